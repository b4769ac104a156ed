//! `author mutants`: which small changes of the solution no check sees.

use std::process::ExitCode;

use anyhow::Result;

use crate::lesson::Lesson;
use crate::mutants::{self, Known};
use crate::play::{Played, play_changed};
use crate::select::select;
use crate::style::{BOLD, complain, paint};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, words: Option<&str>) -> Result<ExitCode> {
    let chosen: Vec<(Lesson, Option<usize>)> = match words {
        Some(words) => {
            let selection = select(workspace, words)?;
            vec![(selection.lesson, selection.step)]
        }
        None => Lesson::load_all(workspace)?
            .into_iter()
            .map(|lesson| (lesson, None))
            .collect(),
    };
    let mut good = true;
    for (lesson, step) in &chosen {
        let (tally, problems) = verify(workspace, lesson, *step)?;
        for problem in &problems {
            anstream::println!("{problem}\n");
        }
        anstream::println!("{}: {tally}", paint(BOLD, lesson.name()));
        good &= problems.is_empty();
    }
    if !good {
        complain(&anyhow::anyhow!(
            "Each of these needs a check that fails on it, or an entry in mutants.toml with the reason why it behaves as the solution."
        ));
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Plays the mutants of a lesson, or of one step. The second part is the surviving ones, and what is wrong with `mutants.toml`.
pub(crate) fn verify(
    workspace: &Workspace,
    lesson: &Lesson,
    step: Option<usize>,
) -> Result<(Tally, Vec<String>)> {
    let mut known = Known::load(workspace, lesson)?;
    let mut mutants = mutants::load(workspace, lesson)?;
    if let Some(step) = step {
        known.keep_step(step);
        mutants.retain(|mutant| mutant.step == step);
    }
    let plays: Vec<_> = mutants.iter().map(|mutant| &mutant.play).collect();
    let results = play_changed(workspace, lesson, "mutants", &plays)?;
    let played: Vec<_> = mutants.iter().zip(&results).collect();
    let (equivalent, mut problems) = known.sort(&played);
    let mut tally = Tally::default();
    for ((mutant, played), equivalent) in played.into_iter().zip(equivalent) {
        match played {
            Played::Caught(_) => tally.killed += 1,
            Played::DoesNotBuild(_) => tally.unviable += 1,
            Played::Survived if equivalent => tally.equivalent += 1,
            Played::Survived => {
                tally.surviving += 1;
                problems.push(mutant.shown());
            }
        }
    }
    Ok((tally, problems))
}

/// What became of the mutants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Some check fails on them.
    pub(crate) killed: usize,
    /// They behave as the solution does.
    pub(crate) equivalent: usize,
    /// No check sees them.
    pub(crate) surviving: usize,
    /// The compiler refuses them.
    pub(crate) unviable: usize,
}

impl Tally {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            killed: self.killed + other.killed,
            equivalent: self.equivalent + other.equivalent,
            surviving: self.surviving + other.surviving,
            unviable: self.unviable + other.unviable,
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            killed,
            equivalent,
            surviving,
            unviable,
        } = self;
        write!(
            f,
            "mutants: {killed} killed, {equivalent} equivalent, {surviving} surviving ({unviable} do not build)"
        )
    }
}
