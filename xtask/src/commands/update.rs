//! `update`: a newer version of the workshop, with the student's code kept.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::update::update;
use crate::workspace::Workspace;

/// What `update` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// Take the new version from this folder: an unpacked archive, a stick
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// Only say what it would do
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    update(workspace, options.from.as_deref(), options.dry_run)?;
    Ok(ExitCode::SUCCESS)
}
