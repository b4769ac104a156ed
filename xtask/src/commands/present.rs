//! `present`: a lesson for a class, page by page.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::commands::screen;
use crate::slow::Slow;
use crate::workspace::Workspace;

/// What `present` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson, or the step to begin with: lesson3, 3, lesson3.2
    lesson: Option<String>,
    /// Begin anew: the first page, the clocks at zero
    #[arg(long)]
    restart: bool,
    /// Look for saves every quarter of a second, where the system does not tell of them (network folders, WSL)
    #[arg(long)]
    poll: bool,
    #[command(flatten)]
    slow: Slow,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    options.slow.take_effect();
    let mut arguments = vec!["present"];
    arguments.extend(options.lesson.as_deref());
    arguments.extend(options.restart.then_some("--restart"));
    arguments.extend(options.poll.then_some("--poll"));
    screen::show(workspace, &arguments)
}
