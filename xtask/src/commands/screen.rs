//! Hands over to the full-screen program, which is built when somebody first asks for one of its views.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::compile::{cargo, compile_program};
use crate::slow;
use crate::workspace::Workspace;

/// Shows a view; `arguments` are its name and its options.
pub(crate) fn show(workspace: &Workspace, arguments: &[&str]) -> Result<ExitCode> {
    let mut build = cargo(workspace);
    build.args(["build", "--package", "xtask-screen"]);
    let program = compile_program(&mut build, "the full-screen view")?;
    let runner = std::env::current_exe().context("The runner's own file cannot be found.")?;
    let mut command = Command::new(program);
    command
        .arg("--runner")
        .arg(runner)
        .args(arguments)
        // For the checks that it starts.
        .env(slow::VARIABLE, slow::factor().to_string());
    hand_over(&mut command)
}

#[cfg(unix)]
fn hand_over(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    // Takes this process's place, so that the terminal's signals are its own. It returns only on an error.
    Err(command.exec()).context("The full-screen view cannot be started.")
}

#[cfg(not(unix))]
fn hand_over(command: &mut Command) -> Result<ExitCode> {
    let status = command
        .status()
        .context("The full-screen view cannot be started.")?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}
