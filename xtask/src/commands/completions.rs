//! `completions`: a script that lets a shell complete `cargo xtask …`.
//!
//! `xtask` is an alias of Cargo's, so the script stands before Cargo's own completion: what begins with `cargo xtask` it completes
//! itself, everything else it hands on. The commands stand in the script; the lessons and steps it reads from the folder
//! `exercises`, which takes no time, while asking the runner would.

use std::fmt::Write;
use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Command, ValueEnum};

use crate::help;
use crate::style::{ACT, BOLD, paint};

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

pub(crate) fn run(shell: Option<Shell>) -> Result<ExitCode> {
    let Some(shell) = shell.or_else(own_shell) else {
        bail!("Which shell? bash, zsh, fish or powershell: cargo xtask completions bash");
    };
    // On a terminal nobody wants to read a script.
    if std::io::stdout().is_terminal() {
        anstream::print!("{}", how_to(shell));
    } else {
        print!("{}", script(shell));
    }
    Ok(ExitCode::SUCCESS)
}

/// The shell that started this, as far as it tells.
fn own_shell() -> Option<Shell> {
    let shell = std::env::var("SHELL").ok()?;
    let name = shell.rsplit(['/', '\\']).next()?;
    Shell::from_str(name, true).ok()
}

/// The lines to run once.
const INSTALL: [(Shell, &str); 4] = [
    (
        Shell::Bash,
        "cargo xtask completions bash > ~/.xtask-completions.bash\necho 'source ~/.xtask-completions.bash' >> ~/.bashrc",
    ),
    (
        Shell::Zsh,
        "cargo xtask completions zsh > ~/.xtask-completions.zsh\necho 'source ~/.xtask-completions.zsh' >> ~/.zshrc",
    ),
    (
        Shell::Fish,
        "mkdir -p ~/.config/fish/conf.d\ncargo xtask completions fish > ~/.config/fish/conf.d/xtask.fish",
    ),
    (
        Shell::Powershell,
        "cargo xtask completions powershell >> $PROFILE",
    ),
];

fn how_to(shell: Shell) -> String {
    let lines = INSTALL
        .iter()
        .find_map(|(of, lines)| (*of == shell).then_some(*lines))
        .unwrap_or_default();
    let mut text = paint(BOLD, "To have `cargo xtask …` completed, run this once:");
    text += "\n\n";
    for line in lines.lines() {
        let _ = writeln!(text, "  {}", paint(ACT, line));
    }
    text + "\nIt works in shells that you open from then on: cargo xtask check les<TAB>\n"
}

/// The script of a shell: its template with all that can be completed.
fn script(shell: Shell) -> String {
    let template = match shell {
        Shell::Bash => include_str!("completions/bash.sh"),
        Shell::Zsh => include_str!("completions/zsh.sh"),
        Shell::Fish => include_str!("completions/fish.fish"),
        Shell::Powershell => include_str!("completions/powershell.ps1"),
    };
    let mut rows = String::new();
    add_rows(&help::command(), "", &mut rows);
    template.replace("@ROWS@", rows.trim_end())
}

/// A row for each word: the words before it, the word, what it is for. `<lesson>` stands for the names of lessons and steps.
fn add_rows(command: &Command, path: &str, rows: &mut String) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        row(rows, path, sub.get_name(), &about);
    }
    for argument in command.get_arguments().filter(|found| !found.is_hide_set()) {
        let help = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        if let Some(long) = argument.get_long() {
            row(rows, path, &format!("--{long}"), &help);
        } else if matches!(argument.get_id().as_str(), "lesson" | "step") {
            row(rows, path, "<lesson>", &help);
        } else {
            for value in argument.get_possible_values() {
                let help = value
                    .get_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                row(rows, path, value.get_name(), &help);
            }
        }
    }
    row(rows, path, "--help", "Show how it is used");
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let path = format!("{path} {}", sub.get_name());
        add_rows(sub, path.trim_start(), rows);
    }
}

fn row(rows: &mut String, path: &str, word: &str, about: &str) {
    // Nothing in it may mean something to a shell.
    let about: String = about
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('\'', "’")
        .chars()
        .filter(|sign| !matches!(sign, '|' | '"' | '`' | '$' | '\\' | '@'))
        .collect();
    let _ = writeln!(rows, "{path}|{word}|{about}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_knows_every_command_and_its_options() {
        for (shell, _) in INSTALL {
            let script = script(shell);
            for row in [
                "|check|",
                "check|--solution|",
                "check|<lesson>|",
                "author|strip|",
                "completions|fish|",
            ] {
                assert!(
                    script.lines().any(|line| line.starts_with(row)),
                    "{row} is not in the script for {shell:?}"
                );
            }
            assert!(!script.contains("--events"), "what is hidden stays hidden");
            assert!(!script.contains("@ROWS@"));
            assert!(script.contains("|run|Train a lesson’s model"));
        }
    }

    #[test]
    fn on_a_terminal_it_is_told_how_to_install_it() {
        for (shell, lines) in INSTALL {
            let told = anstream::adapter::strip_str(&how_to(shell)).to_string();
            assert!(lines.lines().all(|line| told.contains(line)), "{told}");
        }
    }
}
