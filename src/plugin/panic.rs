//! Reports a panic to the user through Terraform, without any value it may contain.

use std::any::Any;
use std::backtrace::Backtrace;
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;

/// Replaces the process's panic hook.
///
/// Terraform takes everything from a line on stderr that begins with `panic: ` for
/// a crash report and prints it (plugin-protocol.md 1.7). The hook only prints:
/// whoever catches the panic carries on.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let report = report(info, &Backtrace::force_capture());
        // One write, so that no log line gets in between. A closed stderr must not
        // cause another panic.
        let _ = io::stderr().lock().write_all(report.as_bytes());
    }));
}

fn report(info: &PanicHookInfo<'_>, backtrace: &Backtrace) -> String {
    let message = message(info.payload());
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let location = info.location().map(ToString::to_string);
    let location = location.as_deref().unwrap_or("an unknown location");
    format!("panic: {message}\n\nthread {thread} at {location}\n{backtrace}\n")
}

/// A literal stands in the source code and is safe to show. A formatted message
/// may contain any value, an API key included.
fn message(payload: &(dyn Any + Send)) -> &'static str {
    match payload.downcast_ref::<&'static str>() {
        Some(literal) => literal,
        None => "message withheld, it may contain secrets",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_literal_is_repeated() {
        const WITHHELD: &str = "message withheld, it may contain secrets";
        let key = "s3cr3t";
        let cases: [(Box<dyn Any + Send>, &str); 4] = [
            (Box::new("a literal"), "a literal"),
            (Box::new(format!("key {key}")), WITHHELD),
            (Box::new(7), WITHHELD),
            (Box::new(()), WITHHELD),
        ];
        for (payload, expected) in cases {
            assert_eq!(message(payload.as_ref()), expected);
        }
    }
}
