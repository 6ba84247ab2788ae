//! What a person may ask on the command line; Terraform itself passes nothing.

use thiserror::Error;

/// What this start of the program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Be the plugin of the Terraform process that started us.
    Serve,
    /// Be a plugin that any number of Terraform commands may attach to.
    Debug,
    /// Print the version and end.
    Version,
    /// Print how the program is used and end.
    Help,
}

/// The command line asks for something that does not exist.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("unknown argument \"{0}\"; --help lists what there is")]
pub(super) struct UnknownArgument(String);

impl Command {
    /// Reads the arguments after the program's name. The first one that ends the
    /// program at once wins; one dash is as good as two, as in Go providers.
    pub(super) fn parse(
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<Self, UnknownArgument> {
        let mut command = Self::Serve;
        for argument in arguments {
            match argument.as_str() {
                "-debug" | "--debug" => command = Self::Debug,
                "-version" | "--version" => return Ok(Self::Version),
                "-h" | "-help" | "--help" => return Ok(Self::Help),
                _ => return Err(UnknownArgument(argument)),
            }
        }
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_and_nothing_else() {
        let unknown = |argument: &str| Err(UnknownArgument(argument.to_owned()));
        let cases = [
            (vec![], Ok(Command::Serve)),
            (vec!["-debug"], Ok(Command::Debug)),
            (vec!["--debug"], Ok(Command::Debug)),
            (vec!["-version"], Ok(Command::Version)),
            (vec!["--version"], Ok(Command::Version)),
            (vec!["-h"], Ok(Command::Help)),
            (vec!["-help"], Ok(Command::Help)),
            (vec!["--help"], Ok(Command::Help)),
            (vec!["--debug", "--version"], Ok(Command::Version)),
            (vec!["plan"], unknown("plan")),
            (vec!["--debug", ""], unknown("")),
            (vec!["--Debug"], unknown("--Debug")),
        ];
        for (arguments, expected) in cases {
            let parsed = Command::parse(arguments.iter().map(ToString::to_string));
            assert_eq!(parsed, expected, "{arguments:?}");
        }
    }
}
