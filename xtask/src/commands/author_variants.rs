//! `author variants`: whether correct code that is written differently passes.

use std::process::ExitCode;

use anyhow::Result;

use crate::commands::author_verify::shown;
use crate::lesson::Lesson;
use crate::play::{Played, play_changed};
use crate::select::select;
use crate::style::{BAD, BOLD, GOOD, paint};
use crate::variants::{self, Variant};
use crate::workspace::Workspace;

/// So many has every lesson at least: one way to write it otherwise may pass by luck.
const LEAST: usize = 3;

pub(crate) fn run(workspace: &Workspace, words: Option<&str>) -> Result<ExitCode> {
    let lessons = match words {
        Some(words) => vec![select(workspace, words)?.lesson],
        None => Lesson::load_all(workspace)?,
    };
    let mut good = true;
    for lesson in &lessons {
        let (passing, problems) = verify(workspace, lesson)?;
        for variant in &passing {
            anstream::println!("{} {}", paint(GOOD, "✓"), variant.title);
        }
        for problem in &problems {
            anstream::println!("{}", paint(BAD, "✗"));
            anstream::println!("{}", shown(problem, 2));
        }
        anstream::println!("{}: {}", paint(BOLD, lesson.name()), summary(passing.len()));
        good &= problems.is_empty();
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Plays the lesson's variants. The second part says which do not pass, and whether there are too few.
pub(crate) fn verify(
    workspace: &Workspace,
    lesson: &Lesson,
) -> Result<(Vec<Variant>, Vec<String>)> {
    let (variants, mut problems) = variants::load(workspace, lesson)?;
    if variants.len() + problems.len() < LEAST {
        problems.push(format!(
            "solutions/{}/variants/ has {} of at least {LEAST} variants: correct solutions that are written differently.",
            lesson.package,
            variants.len() + problems.len()
        ));
    }
    let plays: Vec<_> = variants.iter().map(|variant| &variant.play).collect();
    let results = play_changed(workspace, lesson, "variants", &plays)?;
    let mut passing = Vec::new();
    for (variant, played) in variants.into_iter().zip(results) {
        let here = format!("variants/{}.toml, \"{}\"", variant.name, variant.title);
        match played {
            Played::Survived => passing.push(variant),
            Played::Caught(said) => problems.push(format!(
                "{here}: {} does not pass: {}",
                said.check, said.message
            )),
            Played::DoesNotBuild(words) => {
                problems.push(format!("{here} does not compile:\n{words}"));
            }
        }
    }
    Ok((passing, problems))
}

/// The line about them.
pub(crate) fn summary(passing: usize) -> String {
    format!("variants: {passing} pass")
}
