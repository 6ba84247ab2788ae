//! What crosses the wire: routes, bodies, callers, and IBM's error forms.

pub mod address;
pub mod answer;
pub mod errors;
pub mod exchange;
pub mod fields;
pub mod iam;
pub mod operation;
pub mod page;
pub mod proxy;
pub mod query;
pub mod rules;
pub mod server;
pub mod tokens_page;
pub mod vault;

use crate::App;
use crate::control;
use crate::http::operation::Operation;
use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::routing::{MethodFilter, on};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

/// Smaller answers are not worth the work of compressing them.
const COMPRESS_FROM: u16 = 1024;

/// Every operation of IBM's that is emulated.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        iam::token::OPERATIONS,
        iam::service_ids::OPERATIONS,
        iam::api_keys::OPERATIONS,
        iam::access_groups::OPERATIONS,
        iam::members::OPERATIONS,
        iam::policies::OPERATIONS,
        vault::groups::OPERATIONS,
        vault::configurations::OPERATIONS,
        vault::secrets::OPERATIONS,
        vault::versions::OPERATIONS,
        vault::locks::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}

/// IBM's routes and the emulator's own.
pub fn router(app: Arc<App>) -> anyhow::Result<Router> {
    let mut router = Router::new();
    for operation in operations() {
        let filter = MethodFilter::try_from(operation.method.clone())?;
        let handler =
            move |State(app): State<Arc<App>>, path: Result<RawPathParams, _>, request: Request| {
                exchange::serve(app, operation, path.ok(), request)
            };
        router = router.route(operation.path, on(filter, handler));
    }
    Ok(router
        .fallback(|State(app): State<Arc<App>>, request: Request| {
            exchange::serve_unknown(app, request, crate::refusal::Kind::NotFound)
        })
        .method_not_allowed_fallback(|State(app): State<Arc<App>>, request: Request| {
            exchange::serve_unknown(app, request, crate::refusal::Kind::MethodNotAllowed)
        })
        .merge(control::router())
        .with_state(app)
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESS_FROM))))
}
