//! The calls about functions. They need no configured provider and return no
//! diagnostics: an error is a message about one argument.

use std::sync::Arc;

use crate::framework::codec::{decode_value, encode_value};
use crate::framework::function::Failure;
use crate::framework::provider::Provider;
use crate::plugin::convert::{dynamic_value, encoded};
use crate::plugin::proto::tfplugin6 as proto;

pub(super) async fn call<P: Provider>(
    provider: Arc<P>,
    request: proto::call_function::Request,
) -> proto::call_function::Response {
    match outcome(&*provider, &request) {
        Ok(result) => proto::call_function::Response { result: dynamic_value(result), error: None },
        Err((argument, text)) => failed(argument, &text),
    }
}

/// The response of a call that panicked.
pub(super) fn panicked() -> proto::call_function::Response {
    failed(None, "The function panicked, which is a bug in the provider.")
}

/// Terraform ends the message with a period of its own.
fn failed(argument: Option<i64>, message: &str) -> proto::call_function::Response {
    let text = message.trim_end_matches('.').to_owned();
    proto::call_function::Response {
        result: None,
        error: Some(proto::FunctionError { text, function_argument: argument }),
    }
}

fn outcome(
    provider: &impl Provider,
    request: &proto::call_function::Request,
) -> Result<Vec<u8>, (Option<i64>, String)> {
    let functions = &provider.registry().functions;
    let function = functions
        .iter()
        .find(|function| function.name == request.name)
        .ok_or_else(|| (None, format!("This provider has no function {:?}.", request.name)))?;
    let mut arguments = Vec::new();
    for (index, (parameter, value)) in
        (0_i64..).zip(function.parameters.iter().zip(&request.arguments))
    {
        let value = decode_value(&parameter.value_type, encoded(Some(value)))
            .map_err(|error| (Some(index), error.reason().to_owned()))?;
        arguments.push(value);
    }
    let result = (function.call)(&arguments)
        .map_err(|Failure { argument, message }| (Some(argument), message))?;
    encode_value(&result).map_err(|_| {
        (None, "The result cannot be encoded, which is a bug in the provider.".to_owned())
    })
}
