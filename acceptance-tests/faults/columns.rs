//! The columns: the faults, and how each of them is brought about.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

/// One column of the table.
pub(crate) struct Column {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// The fault.
    pub(crate) fault: Fault,
    /// How often the provider repeats a request while the fault is there.
    pub(crate) retries: u32,
}

/// How something goes wrong.
pub(crate) enum Fault {
    /// The service does not accept the connection for the request.
    Refused,
    /// The emulator does this to the request.
    Injected(Value),
    /// The request takes longer than the provider waits.
    Stalled,
    /// No token is issued, since IAM does not know the key yet.
    UnknownKey,
    /// A process is killed while the request is held.
    Killed(Process, Moment),
    /// Terraform gets so many interrupts while the request is held.
    Interrupted(u32, Moment),
}

/// A process of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// The provider.
    Provider,
    /// Terraform.
    Terraform,
}

/// Before or after the service has done what the request asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before.
    Before,
    /// After; the provider does not know it yet.
    After,
}

impl Moment {
    /// What the emulator calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Moment::Before => "before_commit",
            Moment::After => "after_commit",
        }
    }
}

/// All columns.
pub(crate) fn all() -> Vec<Column> {
    use Fault::{Injected, Interrupted, Killed, Refused, Stalled, UnknownKey};
    use Moment::{After, Before};
    use Process::{Provider, Terraform};
    let retried = |name, fault| Column { name, fault, retries: 1 };
    let one = |name, fault| Column { name, fault, retries: 0 };
    let status = |status: u16| Injected(json!({ "status": status }));
    let late = |status: u16| Injected(json!({ "status": status, "at": "after_commit" }));
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(1));
    vec![
        one("connection refused", Refused),
        one("reset before the commit", Injected(json!({ "reset": "before_commit" }))),
        one("reset after the commit", Injected(json!({ "reset": "after_commit" }))),
        one("truncated body", Injected(json!({ "body": "truncated" }))),
        one("invalid JSON", Injected(json!({ "body": "invalid_json" }))),
        one("wrong content type", Injected(json!({ "body": "wrong_content_type" }))),
        retried(
            "429, Retry-After in seconds",
            Injected(json!({ "status": 429, "retry_after": 1, "times": 1 })),
        ),
        retried(
            "429, Retry-After as a date",
            Injected(json!({ "status": 429, "retry_after": soon, "times": 1 })),
        ),
        one("500", status(500)),
        one("502", status(502)),
        one("503", status(503)),
        one("504", status(504)),
        one("500 after the commit", late(500)),
        one("502 after the commit", late(502)),
        one("503 after the commit", late(503)),
        one("504 after the commit", late(504)),
        one("401 once", Injected(json!({ "status": 401, "times": 1 }))),
        one("401 for ever", status(401)),
        one("403 once", Injected(json!({ "status": 403, "times": 1 }))),
        one("403 for ever", status(403)),
        one("unknown key", UnknownKey),
        one("slower than the timeout", Stalled),
        one("provider killed before the commit", Killed(Provider, Before)),
        one("provider killed after the commit", Killed(Provider, After)),
        one("Terraform killed before the commit", Killed(Terraform, Before)),
        one("Terraform killed after the commit", Killed(Terraform, After)),
        one("SIGINT before the commit", Interrupted(1, Before)),
        one("SIGINT after the commit", Interrupted(1, After)),
        one("two SIGINTs before the commit", Interrupted(2, Before)),
        one("two SIGINTs after the commit", Interrupted(2, After)),
    ]
}
