//! What the emulator received, compared with what it must have received.

use anyhow::{Context, Result, bail, ensure};

use super::emulator::Exchange;
use super::expect::{AnyOrder, DetailedRequest, Request, Requests};
use super::matcher::{Around, check};

/// The operation that every process begins with, as often as it needs to.
const TOKEN: &str = "create_token";

/// The operations that answer with a key.
const KEYS: [&str; 3] = ["get_secret", "get_secret_by_name_type", "get_secret_version"];

/// The writes with which ephemeral resources are opened and closed.
const OPENING: [&str; 3] = ["create_secret", "delete_secret", "delete_secret_version_data"];

/// Ok if these are the expected requests and no others, except for tokens.
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

/// Ok if so many tokens were asked for.
pub(crate) fn count_tokens(expected: usize, received: &[Exchange]) -> Result<()> {
    let tokens = received.iter().filter(|exchange| exchange.operation.as_deref() == Some(TOKEN));
    let count = tokens.count();
    ensure!(count == expected, "{expected} tokens are expected, {count} were asked for");
    Ok(())
}

/// Ok if nothing was changed, which is what a plan may do; one that opens
/// ephemeral resources may make and delete these.
pub(crate) fn only_reads(received: &[Exchange], opens: bool) -> Result<()> {
    let is_write = |exchange: &&Exchange| {
        let operation = exchange.operation.as_deref().unwrap_or_default();
        let opening = opens && OPENING.contains(&operation);
        exchange.method != "GET" && operation != TOKEN && !opening
    };
    match received.iter().find(is_write) {
        Some(write) => bail!("a plan wrote: {}", brief(write)),
        None => Ok(()),
    }
}

/// Ok if no key was read: what a plan without changes may do, since reading a
/// key locks it and is audited.
pub(crate) fn no_keys_read(received: &[Exchange]) -> Result<()> {
    let mut operations = received.iter().filter_map(|exchange| exchange.operation.as_deref());
    let read = operations.find(|operation| KEYS.contains(operation));
    ensure!(read.is_none(), "a key was read without a change: {read:?}");
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
            .with_context(|| format!("{} as expected is missing", expected.operation()))?;
        rest.remove(position);
    }
    counts(expected, received)
}

fn counts(expected: &[Request], received: &[Exchange]) -> Result<()> {
    let (expected, received) = (expected.len(), received.len());
    ensure!(expected == received, "{expected} requests are expected, {received} came");
    Ok(())
}

fn matches(expected: &Request, received: &Exchange) -> Result<()> {
    let operation = received.operation.as_deref().unwrap_or("nothing that exists");
    ensure!(expected.operation() == operation, "expected {}", expected.operation());
    let Request::Detailed(DetailedRequest { body, status, .. }) = expected else {
        return Ok(());
    };
    if let Some(body) = body {
        let received = received.request_body.clone().unwrap_or_default();
        check(body, &received, &Around::NOTHING).with_context(|| format!("body of {operation}"))?;
    }
    if let Some(status) = status {
        ensure!(Some(*status) == received.status, "{operation} answered {:?}", received.status);
    }
    Ok(())
}

fn ordered(first: &str, second: &str, received: &[Exchange]) -> Result<()> {
    let is = |exchange: &Exchange, name: &str| exchange.operation.as_deref() == Some(name);
    let last_first = received.iter().rposition(|exchange| is(exchange, first));
    let first_second = received.iter().position(|exchange| is(exchange, second));
    let (last_first, first_second) = last_first
        .zip(first_second)
        .with_context(|| format!("{first} and {second} do not both occur"))?;
    ensure!(last_first < first_second, "{first} must come before {second}");
    Ok(())
}

fn brief(exchange: &Exchange) -> String {
    let Exchange { operation, method, path, status, request_body } = exchange;
    let operation = operation.as_deref().unwrap_or("-");
    let body = request_body.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{operation}: {method} {path} {status:?} {body}")
}
