//! The command-line arguments; Terraform itself passes none.

use thiserror::Error;

/// What the program was started to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Serve the Terraform process that started us.
    Serve,
    /// Serve any number of Terraform commands that attach to this process.
    Debug,
    /// Print the version and exit.
    Version,
    /// Print the usage and exit.
    Help,
}

/// An argument that the program does not know.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("unknown argument \"{0}\"; see --help")]
pub(super) struct UnknownArgument(String);

impl Command {
    /// Parses the arguments after the program's name. The first `--version` or
    /// `--help` decides; one dash works as well as two, as in Go providers.
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
    fn one_dash_or_two_and_no_other_argument() {
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
