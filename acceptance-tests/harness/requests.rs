//! Compares the requests that the emulator received with the expected ones.

use anyhow::{Context, Result, bail, ensure};

use super::emulator::Exchange;
use super::expect::{AnyOrder, DetailedRequest, Request, Requests};
use super::matcher::{References, check};

/// The token request, which every process sends whenever it needs a token.
const TOKEN: &str = "create_token";

/// The operations that return a key.
const KEYS: [&str; 3] = ["get_secret", "get_secret_by_name_type", "get_secret_version"];

/// The operations that ephemeral resources write with when they open and close.
const OPENING: [&str; 3] = ["create_secret", "delete_secret", "delete_secret_version_data"];

/// Ok if exactly the expected requests were received, token requests aside.
pub(crate) fn compare(expected: &Requests, mut received: Vec<Exchange>) -> Result<()> {
    received.retain(|exchange| exchange.operation.as_deref() != Some(TOKEN));
    let received = &received[..];
    let all = || format!("received: {:#?}", received.iter().map(brief).collect::<Vec<_>>());
    match expected {
        Requests::InOrder(expected) => in_order(expected, received).with_context(all),
        Requests::AnyOrder(AnyOrder { any_order, precedes }) => {
            any(any_order, received).with_context(all)?;
            precedes.iter().try_for_each(|(first, second)| ordered(first, second, received))
        }
    }
}

/// Ok if this many tokens were requested.
pub(crate) fn count_tokens(expected: usize, received: &[Exchange]) -> Result<()> {
    let tokens = received.iter().filter(|exchange| exchange.operation.as_deref() == Some(TOKEN));
    let count = tokens.count();
    ensure!(count == expected, "expected {expected} token requests, received {count}");
    Ok(())
}

/// Ok if nothing was written. A plan that `opens` ephemeral resources may create
/// and delete what they need.
pub(crate) fn only_reads(received: &[Exchange], opens: bool) -> Result<()> {
    let is_write = |exchange: &&Exchange| {
        let operation = exchange.operation.as_deref().unwrap_or_default();
        let opening = opens && OPENING.contains(&operation);
        exchange.method != "GET" && operation != TOKEN && !opening
    };
    match received.iter().find(is_write) {
        Some(write) => bail!("the plan made a change: {}", brief(write)),
        None => Ok(()),
    }
}

/// Ok if no key was read: reading one locks it and is audited, so an empty plan
/// does not.
pub(crate) fn no_keys_read(received: &[Exchange]) -> Result<()> {
    let mut operations = received.iter().filter_map(|exchange| exchange.operation.as_deref());
    let read = operations.find(|operation| KEYS.contains(operation));
    ensure!(read.is_none(), "an empty plan read a key: {read:?}");
    Ok(())
}

fn in_order(expected: &[Request], received: &[Exchange]) -> Result<()> {
    for (index, (expected, received)) in expected.iter().zip(received).enumerate() {
        matches(expected, received).with_context(|| format!("request {}", index + 1))?;
    }
    counts(expected, received)
}

fn any(expected: &[Request], received: &[Exchange]) -> Result<()> {
    let mut rest: Vec<&Exchange> = received.iter().collect();
    for expected in expected {
        let position = rest
            .iter()
            .position(|received| matches(expected, received).is_ok())
            .with_context(|| format!("the expected {} is missing", expected.operation()))?;
        rest.remove(position);
    }
    counts(expected, received)
}

fn counts(expected: &[Request], received: &[Exchange]) -> Result<()> {
    let (expected, received) = (expected.len(), received.len());
    ensure!(expected == received, "expected {expected} requests, received {received}");
    Ok(())
}

fn matches(expected: &Request, received: &Exchange) -> Result<()> {
    let operation = received.operation.as_deref().unwrap_or("a route that does not exist");
    ensure!(
        expected.operation() == operation,
        "expected {}, received {operation}",
        expected.operation()
    );
    let Request::Detailed(DetailedRequest { body, status, .. }) = expected else {
        return Ok(());
    };
    if let Some(body) = body {
        let received = received.request_body.clone().unwrap_or_default();
        check(body, &received, &References::NONE)
            .with_context(|| format!("the body of {operation}"))?;
    }
    if let Some(status) = status {
        ensure!(Some(*status) == received.status, "{operation} returned {:?}", received.status);
    }
    Ok(())
}

fn ordered(first: &str, second: &str, received: &[Exchange]) -> Result<()> {
    let is = |exchange: &Exchange, name: &str| exchange.operation.as_deref() == Some(name);
    let last_first = received.iter().rposition(|exchange| is(exchange, first));
    let first_second = received.iter().position(|exchange| is(exchange, second));
    let (last_first, first_second) = last_first
        .zip(first_second)
        .with_context(|| format!("{first} and {second} were not both received"))?;
    ensure!(last_first < first_second, "{first} must come before {second}");
    Ok(())
}

fn brief(exchange: &Exchange) -> String {
    let Exchange { operation, method, path, status, request_body } = exchange;
    let operation = operation.as_deref().unwrap_or("-");
    let body = request_body.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{operation}: {method} {path} {status:?} {body}")
}
