//! The help texts, set in the width of the terminal, and the greeting of `cargo xtask` alone.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Arg, Command, CommandFactory};

use crate::Cli;
use crate::lesson::Lesson;
use crate::progress::Progress;
use crate::style::{ACT, BOLD, FAINT, count, paint, width, wrap_to};
use crate::workspace::Workspace;

/// All commands. clap itself leaves lines as long as they are, unless it brings a library along.
pub(crate) fn command() -> Command {
    set(Cli::command(), width().min(80))
}

fn set(command: Command, width: usize) -> Command {
    let about = command
        .get_long_about()
        .map(|text| wrap_to(&text.to_string(), width));
    let command = match about {
        Some(about) => command.long_about(about),
        None => command,
    };
    let longest = command.get_arguments().map(columns).max().unwrap_or(0);
    let room = width.saturating_sub(longest).max(20);
    command
        .mut_args(|argument| {
            match argument
                .get_help()
                .map(|text| wrap_to(&text.to_string(), room))
            {
                Some(help) => argument.help(help),
                None => argument,
            }
        })
        .mut_subcommands(|sub| set(sub, width))
}

/// The columns that clap puts before what it says of an option, at most: `      --peers[=<NAMES>]  `.
fn columns(argument: &Arg) -> usize {
    let long = argument.get_long().map_or(0, |long| long.len() + 8);
    // Every argument has a name for its value, also one that takes none.
    let values = argument.get_value_names().unwrap_or_default();
    let takes = argument.is_positional() || argument.get_action().takes_values();
    let value: usize = values.iter().map(|value| value.len() + 5).sum();
    long + if takes { value } else { 0 } + 2
}

/// Who types `cargo xtask` alone wants to know what this is, and how to begin or go on.
pub(crate) fn greet(workspace: &Workspace) -> Result<ExitCode> {
    let progress = Progress::load_aloud(workspace);
    // A lesson that cannot be read is `list`'s to complain about.
    let lessons: Vec<Lesson> = workspace
        .lesson_folders()?
        .iter()
        .filter_map(|folder| Lesson::load(workspace, folder).ok())
        .collect();
    let steps: usize = lessons
        .iter()
        .map(|lesson| lesson.manifest.steps.len())
        .sum();
    let done: usize = lessons
        .iter()
        .map(|lesson| {
            let passed = lesson
                .steps()
                .filter(|(step, _)| progress.has_passed(lesson, *step));
            passed.count()
        })
        .sum();
    let extent = format!(
        "{}, {}",
        count(lessons.len(), "lesson"),
        count(steps, "step")
    );
    anstream::println!(
        "{}  {}\n",
        paint(BOLD, "Deep learning in Rust, by writing it."),
        paint(FAINT, &extent)
    );
    let last = lessons
        .iter()
        .find(|lesson| Some(lesson.name()) == progress.last_lesson())
        .filter(|lesson| progress.first_open_step(lesson).is_some());
    let current = last.or_else(|| {
        let open = |lesson: &&Lesson| progress.first_open_step(lesson).is_some();
        lessons.iter().find(open)
    });
    let Some((lesson, step)) =
        current.and_then(|lesson| Some((lesson, progress.first_open_step(lesson)?)))
    else {
        anstream::println!("All {steps} steps pass. Train what you built:\n");
        say("cargo xtask run lesson1", "with your code, for real");
        say("cargo xtask list", "all lessons");
        return Ok(ExitCode::SUCCESS);
    };
    let name = format!("{}.{step}", lesson.name());
    let title = &lesson.step(step).title;
    anstream::println!(
        "{}\n",
        match last {
            Some(_) => format!(
                "You are at {} — {title}. {done} of {steps} steps pass.",
                paint(BOLD, &name)
            ),
            None => format!("You begin at {} — {title}.", paint(BOLD, &name)),
        }
    );
    say(
        &format!("cargo xtask check {name}"),
        "what to write, and what is wrong",
    );
    say(
        &format!("cargo xtask watch {name}"),
        "the same on every save",
    );
    say(&format!("cargo xtask hint {name}"), "when you are stuck");
    anstream::println!(
        "\n{}",
        paint(
            FAINT,
            "All lessons: cargo xtask list. All commands: cargo xtask --help"
        )
    );
    Ok(ExitCode::SUCCESS)
}

fn say(command: &str, what: &str) {
    anstream::println!("  {}  {what}", paint(ACT, &format!("{command:<32}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All commands that people see, with their full names.
    fn each(command: &Command, name: &str, visit: &mut impl FnMut(&str, &Command)) {
        visit(name, command);
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            each(sub, &format!("{name} {}", sub.get_name()), visit);
        }
    }

    #[test]
    fn every_command_says_what_it_is_for_and_shows_how_it_is_used() {
        let mut seen = 0;
        each(
            &set(Cli::command(), 80),
            "cargo xtask",
            &mut |name, command| {
                seen += 1;
                assert!(
                    command.get_about().is_some(),
                    "{name} says nothing of itself"
                );
                let after = command
                    .get_after_long_help()
                    .or(command.get_after_help())
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let examples = after.split_once("Examples:\n").map_or("", |(_, rest)| rest);
                let shown = examples.lines().filter(|line| line.contains(name));
                assert!(shown.count() > 0, "{name} has no example:\n{after}");
            },
        );
        assert!(seen > 15, "{seen} commands were looked at");
    }

    #[test]
    fn every_example_is_understood() {
        each(&Cli::command(), "cargo xtask", &mut |_, command| {
            let after = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let examples = after.split_once("Examples:\n").map_or("", |(_, rest)| rest);
            for line in examples.lines().take_while(|line| line.starts_with("  ")) {
                let Some((_, call)) = line.split_once("cargo xtask") else {
                    continue;
                };
                // What it is for stands behind two spaces, where it writes to behind a sign.
                let call = call.split("  ").next().unwrap_or(call);
                let call = call.split(['>', '|']).next().unwrap_or(call);
                let words = shlex::split(call).expect("quotation marks come in pairs");
                let words = ["cargo xtask".to_owned()].into_iter().chain(words);
                if let Err(error) = Cli::command().try_get_matches_from(words)
                    && error.use_stderr()
                {
                    panic!("`{line}` is not understood: {error}");
                }
            }
        });
    }

    #[test]
    fn every_help_fits_into_eighty_columns() {
        let mut wide = Vec::new();
        each(
            &set(Cli::command(), 80),
            "cargo xtask",
            &mut |name, command| {
                let help = command.clone().render_long_help().to_string();
                let lines = help.lines().filter(|line| line.chars().count() > 80);
                wide.extend(lines.map(|line| format!("{name}: {line}")));
            },
        );
        assert!(
            wide.is_empty(),
            "{}",
            wide.join(
                "
"
            )
        );
    }

    #[test]
    fn no_command_contradicts_itself() {
        Cli::command().debug_assert();
    }
}
