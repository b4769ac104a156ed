//! The runner's full-screen views. `cargo xtask watch` starts this program, building it the first time.

mod app;
mod chart;
mod checker;
mod editor;
mod event;
mod files;
mod list;
mod pages;
mod picture;
mod plain;
mod terminal;
mod text;
mod view;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Check on every save.
#[derive(Parser)]
#[command(
    name = "cargo xtask watch",
    bin_name = "cargo xtask watch",
    disable_version_flag = true
)]
struct Options {
    /// The lesson or the step: lesson3, 3, lesson3.2. Without: where you left off
    lesson: Option<String>,
    /// Look for saves every quarter of a second, where the system does not tell of them (network folders, WSL)
    #[arg(long)]
    poll: bool,
    /// The runner that started this
    #[arg(long, hide = true)]
    runner: PathBuf,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match watch::run(&options) {
        Ok(code) => code,
        Err(error) => {
            xtask::style::complain(&error);
            ExitCode::from(2)
        }
    }
}
