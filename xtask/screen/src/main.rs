//! The runner's full-screen views. `cargo xtask watch` and `cargo xtask present` start this program, building it the first time.

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
mod present;
mod terminal;
mod text;
mod view;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The runner's full-screen views.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_version_flag = true
)]
struct Options {
    /// The runner that started this
    #[arg(long, hide = true)]
    runner: PathBuf,
    #[command(subcommand)]
    view: View,
}

#[derive(Subcommand)]
enum View {
    /// Check on every save
    Watch(watch::Options),
    /// Show a lesson to a class
    Present(present::Options),
}

fn main() -> ExitCode {
    let Options { runner, view } = Options::parse();
    let shown = match view {
        View::Watch(options) => watch::run(&options, &runner),
        View::Present(options) => present::run(&options, &runner),
    };
    match shown {
        Ok(code) => code,
        Err(error) => {
            xtask::style::complain(&error);
            ExitCode::from(2)
        }
    }
}
