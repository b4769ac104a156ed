//! `watch`: check on every save.

use std::process::ExitCode;

use anyhow::Result;

use crate::commands::screen;
use crate::select::select;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, lesson: Option<&str>, poll: bool) -> Result<ExitCode> {
    // A slip of the finger is said before anything is built.
    if let Some(words) = lesson {
        select(workspace, words)?;
    }
    let mut arguments = vec!["watch"];
    arguments.extend(lesson);
    arguments.extend(poll.then_some("--poll"));
    screen::show(workspace, &arguments)
}
