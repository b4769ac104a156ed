//! `author mistakes`: what people do wrong, and what the verdict says to them.

use std::process::ExitCode;

use anyhow::Result;

use crate::lesson::Lesson;
use crate::mistakes::{self, Mistake};
use crate::play::{Play, Played, play, play_changed};
use crate::select::select;
use crate::style::{BAD, BOLD, FAINT, GOOD, OPEN, complain, count, indented, paint, wrap};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, words: &str) -> Result<ExitCode> {
    let selection = select(workspace, words)?;
    let lesson = &selection.lesson;
    let (mut mistakes, problems) = mistakes::load(workspace, lesson)?;
    for problem in &problems {
        complain(&anyhow::anyhow!("{problem}"));
    }
    mistakes.retain(|mistake| selection.step.is_none_or(|step| step == mistake.step));
    let results = play(workspace, lesson, &plays(&mistakes))?;
    for (mistake, played) in mistakes.iter().zip(&results) {
        show(mistake, played);
    }
    let tally = Tally::of(mistakes.iter().zip(&results));
    anstream::println!("{}: {tally}", paint(BOLD, lesson.name()));
    Ok(if tally.all_caught() && problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn plays(mistakes: &[Mistake]) -> Vec<&Play> {
    mistakes.iter().map(|mistake| &mistake.play).collect()
}

/// Plays the lesson's mistakes for `author verify`: each must be caught, and called by the name that it has.
pub(crate) fn verify(workspace: &Workspace, lesson: &Lesson) -> Result<(Tally, Vec<String>)> {
    let (mistakes, mut problems) = mistakes::load(workspace, lesson)?;
    let results = play_changed(workspace, lesson, "mistakes", &plays(&mistakes))?;
    for (mistake, played) in mistakes.iter().zip(&results) {
        let here = format!("step {}, \"{}\"", mistake.step, mistake.name);
        match played {
            Played::Survived => problems.push(format!(
                "{here}: all checks of the step pass. {}",
                unseen(mistake)
            )),
            Played::DoesNotBuild(words) => {
                problems.push(format!("{here} does not compile:\n{words}"));
            }
            Played::Caught(said) if said.diagnosis != mistake.diagnosis => {
                let check = &said.check;
                let file = &mistake.file;
                let words = match (&said.diagnosis, &mistake.diagnosis) {
                    (Some(got), None) => {
                        format!(
                            "{check} calls it {got}: add `diagnosis = \"{got}\"` to it in {file}."
                        )
                    }
                    (got, want) => format!(
                        "{check} calls it {}, but {file} says {}.",
                        got.as_deref().unwrap_or("nothing"),
                        want.as_deref().unwrap_or("nothing")
                    ),
                };
                problems.push(format!(
                    "{here}: {words} `cargo xtask author mistakes {}.{}` shows the verdict.",
                    lesson.name(),
                    mistake.step
                ));
            }
            Played::Caught(_) => {}
        }
    }
    Ok((Tally::of(mistakes.iter().zip(&results)), problems))
}

/// What to do about a mistake that no check sees.
fn unseen(mistake: &Mistake) -> String {
    format!(
        "Write a check that sees it, or take it out of {}.",
        mistake.file
    )
}

fn show(mistake: &Mistake, played: &Played) {
    let sign = match played {
        _ if mistake.is_named_by(played) => paint(GOOD, "✓"),
        Played::Caught(_) => paint(OPEN, "○"),
        _ => paint(BAD, "✗"),
    };
    anstream::println!(
        "{sign} step {}: {}",
        mistake.step,
        paint(BOLD, &mistake.name)
    );
    let said = match played {
        Played::Caught(said) => {
            let got = said.diagnosis.as_deref();
            let heading = format!("{} — {}", said.check, named(got));
            anstream::println!("{}", wrap(&paint(FAINT, &heading), 4));
            if got != mistake.diagnosis.as_deref() {
                let want = named(mistake.diagnosis.as_deref());
                anstream::println!("{}", wrap(&paint(OPEN, &format!("wanted: {want}")), 4));
            }
            wrap(&said.message, 4)
        }
        Played::Survived => wrap(
            &format!("All checks of the step pass. {}", unseen(mistake)),
            4,
        ),
        Played::DoesNotBuild(words) => indented(words, 4),
    };
    anstream::println!("{said}\n");
}

fn named(diagnosis: Option<&str>) -> &str {
    diagnosis.unwrap_or("no diagnosis")
}

/// How many mistakes were played, caught and named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// All of them.
    pub(crate) played: usize,
    /// Those that a check failed on.
    pub(crate) caught: usize,
    /// Those whose verdict carried the diagnosis that was asked for.
    pub(crate) named: usize,
}

impl Tally {
    pub(crate) fn of<'a>(results: impl Iterator<Item = (&'a Mistake, &'a Played)>) -> Self {
        results.fold(Self::default(), |tally, (mistake, played)| Self {
            played: tally.played + 1,
            caught: tally.caught + usize::from(matches!(played, Played::Caught(_))),
            named: tally.named + usize::from(mistake.is_named_by(played)),
        })
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            played: self.played + other.played,
            caught: self.caught + other.caught,
            named: self.named + other.named,
        }
    }

    pub(crate) fn all_caught(self) -> bool {
        self.caught == self.played
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} caught, {} named",
            count(self.played, "mistake"),
            self.caught,
            self.named
        )
    }
}
