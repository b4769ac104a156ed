//! `author mistakes`: what people do wrong, and what the verdict says to them.

use std::process::ExitCode;

use anyhow::Result;

use crate::mistakes::{self, Mistake};
use crate::play::{Played, play};
use crate::select::select;
use crate::style::{BAD, BOLD, FAINT, GOOD, OPEN, complain, paint, wrap};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, words: &str) -> Result<ExitCode> {
    let selection = select(workspace, words)?;
    let lesson = &selection.lesson;
    let (mut mistakes, problems) = mistakes::load(workspace, lesson)?;
    for problem in &problems {
        complain(&anyhow::anyhow!("{problem}"));
    }
    mistakes.retain(|mistake| selection.step.is_none_or(|step| step == mistake.step));
    let results = play(workspace, lesson, &mistakes.iter().collect::<Vec<_>>())?;
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

fn show(mistake: &Mistake, played: &Played) {
    let sign = match played {
        _ if played.named(mistake) => paint(GOOD, "✓"),
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
            &said.message
        }
        Played::Survived => "All checks of the step pass.",
        Played::DoesNotBuild(words) => words,
    };
    anstream::println!("{}\n", wrap(said, 4));
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
            named: tally.named + usize::from(played.named(mistake)),
        })
    }

    pub(crate) fn all_caught(self) -> bool {
        self.caught == self.played
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} mistakes: {} caught, {} named",
            self.played, self.caught, self.named
        )
    }
}
