//! `doctor`: what on this machine would get in the way, and the command that mends it.
//!
//! Four groups, from what every lesson needs to what only some people want. Nothing here may hang: whatever is asked has little time to
//! answer.

mod extras;
mod machine;
mod probe;
mod toolchain;
mod workshop;

use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::style::{ACT, BAD, BOLD, FAINT, GOOD, OPEN, count, paint, wrap};
use crate::workspace::Workspace;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Fine,
    /// It is not here, and nobody needs it who does not ask for it.
    Absent,
    /// It works, but not as well as it could.
    Note,
    /// Lessons would not work.
    Blocks,
}

impl Finding {
    fn fine(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            state: State::Fine,
            found: found.into(),
            mend: None,
        }
    }

    fn absent(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            state: State::Absent,
            mend: Some(mend.into()).filter(|mend: &String| !mend.is_empty()),
            ..Self::fine(what, found)
        }
    }

    fn note(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            state: State::Note,
            mend: Some(mend.into()),
            ..Self::fine(what, found)
        }
    }

    fn blocks(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            state: State::Blocks,
            mend: Some(mend.into()),
            ..Self::fine(what, found)
        }
    }
}

/// Findings that concern the same people.
#[derive(Serialize)]
struct Group {
    title: &'static str,
    findings: Vec<Finding>,
}

type Look = fn(&Workspace) -> Vec<Finding>;

/// Each group's title and what it looks at.
const GROUPS: [(&str, &[Look]); 4] = [
    (
        "What every lesson needs",
        &[toolchain::needed, machine::needed, workshop::needed],
    ),
    (
        "What makes it quick",
        &[machine::speed, toolchain::speed, workshop::speed],
    ),
    (
        "What makes it pleasant",
        &[machine::comfort, workshop::comfort],
    ),
    ("Only for some", &[extras::extras]),
];

pub(crate) fn run(workspace: &Workspace, json: bool) -> Result<ExitCode> {
    let groups = look(workspace);
    let blocked = groups
        .iter()
        .flat_map(|group| &group.findings)
        .filter(|finding| finding.state == State::Blocks)
        .count();
    if json {
        let all = serde_json::json!({ "ready": blocked == 0, "groups": groups });
        println!("{all}");
    } else {
        for group in &groups {
            show(group);
        }
        if blocked == 0 {
            anstream::println!(
                "{} {}",
                paint(GOOD, "Ready."),
                paint(FAINT, "Start with: cargo xtask list")
            );
        } else {
            let these = if blocked == 1 {
                "One thing keeps".to_owned()
            } else {
                format!("{} keep", count(blocked, "thing"))
            };
            let words = format!("{these} lessons from working: see ✗ above.");
            anstream::println!("{}", paint(BAD, &words));
        }
    }
    Ok(if blocked == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Looks at everything, all groups at once: most of the time is spent waiting for answers.
fn look(workspace: &Workspace) -> Vec<Group> {
    thread::scope(|scope| {
        let running = GROUPS.map(|(title, looks)| {
            let looks = looks
                .iter()
                .map(|look| scope.spawn(move || look(workspace)))
                .collect::<Vec<_>>();
            (title, looks)
        });
        let done = running.into_iter().map(|(title, looks)| Group {
            title,
            findings: looks
                .into_iter()
                .flat_map(|look| {
                    look.join().unwrap_or_else(|_| {
                        let words = "the doctor itself stumbled; the rest is right";
                        vec![Finding::note("doctor", words, "cargo xtask doctor")]
                    })
                })
                .collect(),
        });
        done.collect()
    })
}

fn show(group: &Group) {
    const MARGIN: usize = 15;
    anstream::println!("{}", paint(BOLD, group.title));
    for finding in &group.findings {
        let sign = match finding.state {
            State::Fine => paint(GOOD, "✓"),
            State::Absent => paint(FAINT, "·"),
            State::Note => paint(OPEN, "!"),
            State::Blocks => paint(BAD, "✗"),
        };
        let text = wrap(&finding.found, MARGIN);
        anstream::println!("{sign} {:<12} {}", finding.what, text.trim_start());
        if let Some(mend) = &finding.mend {
            let style = if finding.state == State::Absent {
                FAINT
            } else {
                ACT
            };
            anstream::println!("{}", paint(style, &wrap(mend, MARGIN)));
        }
    }
    anstream::println!();
}

/// The first of these environment variables that says something.
fn variable(names: &[&str]) -> Option<String> {
    names
        .iter()
        .filter_map(std::env::var_os)
        .map(|value| value.to_string_lossy().into_owned())
        .find(|value| !value.is_empty())
}

/// The file of a program on the search path.
fn on_path(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .flat_map(|folder| [folder.join(program), folder.join(&name)])
        .find(|file| file.is_file())
}

/// Writes to a folder as the runner does, and takes it back.
fn can_write(folder: &std::path::Path) -> Result<()> {
    let file = folder.join(format!(".doctor.{}", std::process::id()));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, "x"))
        .and_then(|()| std::fs::remove_file(&file))
        .with_context(|| format!("{} cannot be written", folder.display()))
}
