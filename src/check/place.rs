//! Where something is written in a workspace.

use std::ops::Range;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file, relative to the workspace.
    pub(super) file: String,
    /// Its bytes in the file; none in JSON syntax, whose parser does not tell.
    pub(super) bytes: Option<Range<usize>>,
    /// Its first line, counted from 1.
    pub(super) line: Option<usize>,
}
