//! IBM's HTTP APIs: routes, authentication, bodies, and error formats.

pub mod address;
pub mod connection;
mod echo;
mod encoding;
pub mod errors;
pub mod exchange;
pub mod fields;
pub mod filter;
mod guard;
pub mod iam;
pub mod operation;
pub mod page;
pub mod proxy;
pub mod query;
pub mod response;
pub mod rules;
pub mod secrets_manager;
pub mod server;
mod socket;
pub mod token_page;

use crate::app::App;
use crate::error::ErrorKind;
use crate::http::operation::Operation;
use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::middleware;
use axum::routing::{MethodFilter, on};
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

/// Smaller responses are not worth compressing.
const COMPRESS_FROM: u16 = 1024;

/// All emulated operations of IBM's APIs.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        iam::token::OPERATIONS,
        iam::service_ids::OPERATIONS,
        iam::service_id_groups::OPERATIONS,
        iam::account_settings::OPERATIONS,
        iam::api_keys::OPERATIONS,
        iam::access_groups::OPERATIONS,
        iam::members::OPERATIONS,
        iam::policies::OPERATIONS,
        iam::roles::OPERATIONS,
        iam::profiles::OPERATIONS,
        iam::users::OPERATIONS,
        secrets_manager::groups::OPERATIONS,
        secrets_manager::endpoints::OPERATIONS,
        secrets_manager::configurations::OPERATIONS,
        secrets_manager::secrets::OPERATIONS,
        secrets_manager::versions::OPERATIONS,
        secrets_manager::locks::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}

/// The routes of IBM's APIs, together with `others`.
pub fn router(app: Arc<App>, others: Router<Arc<App>>) -> anyhow::Result<Router> {
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
            exchange::serve_unknown(app, request, ErrorKind::NotFound)
        })
        .method_not_allowed_fallback(|State(app): State<Arc<App>>, request: Request| {
            exchange::serve_unknown(app, request, ErrorKind::MethodNotAllowed)
        })
        .merge(others)
        .with_state(Arc::clone(&app))
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(COMPRESS_FROM)),
        )
        .layer(middleware::from_fn_with_state(Arc::clone(&app), encoding::decode))
        .layer(middleware::from_fn_with_state(app, guard::check)))
}
