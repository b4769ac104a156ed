//! `run`: train a lesson's model for real.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::compile::{Built, Target, compile};
use crate::diagnostics;
use crate::figures::{self, Figures};
use crate::finish;
use crate::interrupt;
use crate::judge::threads;
use crate::lesson::{Lesson, Model, Subject};
use crate::links;
use crate::patience;
use crate::progress::Progress;
use crate::select::{Selection, lesson_here, nearest, select};
use crate::style::{ACT, BAD, paint, wrap};
use crate::turn;
use crate::workspace::Workspace;

/// What `run` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson: lesson3 or 3; in a lesson's own folder it need not be named
    lesson: Option<String>,
    /// Train the reference instead of your code
    #[arg(long)]
    solution: bool,
    /// Which of the lesson's models; without it, the main one
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    model: Option<String>,
    /// Every model of the lesson
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let here = || lesson_here(workspace);
    let Some(words) = options.lesson.clone().or_else(here) else {
        bail!("Which lesson? cargo xtask run lesson1, for example; `cargo xtask list` shows them.");
    };
    let Selection { lesson, step } = select(workspace, &words)?;
    if step.is_some() {
        bail!(
            "A run trains a whole lesson: cargo xtask run {}",
            lesson.name()
        );
    }
    if lesson.manifest.models.is_empty() {
        bail!("{} has no model to train.", lesson.name());
    }
    if let Some(name) = &options.model {
        find_model(&lesson, name)?;
    }
    let subject = if options.solution {
        Subject::Solution
    } else {
        Subject::Exercise
    };
    let out = figures::folder(workspace, &lesson);
    std::fs::create_dir_all(&out)
        .with_context(|| format!("{} cannot be made.", workspace.relative(&out)))?;

    patience::announce_first_build(workspace);
    let program = match compile(workspace, &lesson, subject, Target::Run)? {
        Built::Program(program) => program,
        Built::Errors(errors) => {
            let errors: Vec<_> = errors.iter().collect();
            anstream::eprintln!("{}", diagnostics::told(&errors));
            bail!(
                "{} does not compile. Mend it first: cargo xtask check {}",
                lesson.package(subject),
                lesson.name()
            );
        }
    };
    // Pictures and figures of two runs at once would be mixed.
    let _turn = turn::take(workspace, &format!("run-{}", lesson.name()));
    let mut command = Command::new(program);
    command
        .env("DLKIT_OUT", &out)
        .env("DLKIT_WORKSPACE", &workspace.root)
        .envs(threads(true));
    match (&options.model, options.all) {
        (Some(name), _) => drop(command.args(["--model", name])),
        (None, true) => drop(command.arg("--all")),
        (None, false) => {}
    }
    let (mut child, watched) =
        interrupt::spawn(&mut command, false).context("The run cannot be started.")?;
    let status = watched
        .wait(&mut child)
        .context("The run cannot be waited for.")?;
    if !status.success() {
        return Ok(ExitCode::FAILURE);
    }
    let page = finish::write_page(workspace, &lesson, &Progress::load(workspace))?;
    let line = format!(
        "The lesson with its curves, on a page: {}\n",
        paint(ACT, &workspace.relative(&page))
    );
    links::print(workspace, &line);
    if subject == Subject::Exercise {
        return Ok(ExitCode::SUCCESS);
    }
    // The reference must keep what the lesson promises; what a student's net reaches is theirs to judge.
    let short = fall_short(&lesson.manifest.models, &Figures::read(workspace, &lesson)?);
    for sentence in &short {
        anstream::println!("{}", paint(BAD, sentence));
    }
    Ok(if short.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A sentence for each promise of `lesson.toml` that a model did not keep.
fn fall_short(models: &[Model], figures: &Figures) -> Vec<String> {
    let mut sentences = Vec::new();
    for model in models {
        let limit = |limits: &BTreeMap<String, f64>| {
            ["any", &figures.data]
                .iter()
                .find_map(|data| limits.get(*data).copied())
        };
        let Some(figure) = figures.of(model) else {
            continue;
        };
        let reached = figure.score(model.metric());
        let floor = limit(&model.at_least).filter(|floor| reached.is_nan() || reached < *floor);
        let ceiling = limit(&model.at_most).filter(|most| reached.is_nan() || reached > *most);
        let broken = [("least", floor), ("most", ceiling)];
        for (side, limit) in broken {
            sentences.extend(limit.map(|limit| {
                format!(
                    "{} has a {} of {reached:.4} on {}, but lesson.toml promises at {side} {limit}.",
                    model.name,
                    model.metric().replace('_', " "),
                    figures.data
                )
            }));
        }
    }
    sentences
}

fn find_model(lesson: &Lesson, name: &str) -> Result<()> {
    let models = &lesson.manifest.models;
    if models.iter().any(|model| model.name == name) {
        return Ok(());
    }
    let known: Vec<String> = models
        .iter()
        .map(|model| {
            let reference = model.reference.as_ref();
            let reference = reference.map_or_else(String::new, |text| format!(" ({text})"));
            format!(
                "  {}\n{}",
                model.name,
                wrap(&format!("{}{reference}", model.summary), 6)
            )
        })
        .collect();
    let guess = nearest(name, models.iter().map(|model| model.name.as_str()))
        .map_or_else(String::new, |guess| format!(" Did you mean `{guess}`?"));
    bail!(
        "{} has no model called `{name}`.{guess} Its models:\n{}",
        lesson.name(),
        known.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_below_its_floor_is_named() {
        let models: Vec<Model> = serde_json::from_value(serde_json::json!([
            {"name": "wide", "at_least": {"mnist": 0.975, "digits": 0.9}},
            {"name": "drawn", "at_least": {"any": 0.9}},
            {"name": "free"},
            {"name": "not-run", "at_least": {"any": 0.9}},
        ]))
        .unwrap();
        let short = |data: &str, wide: f64, drawn: f64| {
            let figures = serde_json::json!({"lesson": "lesson3", "data": data, "models": [
                {"name": "wide", "parameters": 17, "test_accuracy": wide}, {"name": "drawn", "test_accuracy": drawn}, {"name": "free"}
            ]});
            fall_short(&models, &serde_json::from_value(figures).unwrap())
        };
        assert!(short("mnist", 0.98, 0.95).is_empty());
        assert!(short("digits", 0.92, 0.95).is_empty());
        assert_eq!(short("mnist", 0.97, 0.89).len(), 2);
        assert!(short("mnist", 0.97, 0.95)[0].starts_with(
            "wide has a test accuracy of 0.9700 on mnist, but lesson.toml promises at least 0.975"
        ));
    }

    #[test]
    fn an_error_above_its_ceiling_is_named() {
        let models: Vec<Model> = serde_json::from_value(serde_json::json!([
            {"name": "lstm", "at_most": {"jena": 2.6}},
            {"name": "writer", "metric": "validation_loss", "at_most": {"any": 2.0}},
        ]))
        .unwrap();
        let short = |figures: serde_json::Value| {
            let figures =
                serde_json::json!({"lesson": "lesson5", "data": "jena", "models": figures});
            fall_short(&models, &serde_json::from_value(figures).unwrap())
        };
        assert!(short(serde_json::json!([{"name": "lstm", "test_mae": 2.5}])).is_empty());
        assert_eq!(
            short(serde_json::json!([{"name": "lstm", "test_mae": 2.7}])),
            ["lstm has a test mae of 2.7000 on jena, but lesson.toml promises at most 2.6."]
        );
        assert_eq!(
            short(serde_json::json!([{"name": "lstm", "test_mae": null}])).len(),
            1
        );
        assert_eq!(
            short(serde_json::json!([{"name": "writer", "test_mae": 1.0}])).len(),
            1
        );
        assert!(short(serde_json::json!([{"name": "writer", "validation_loss": 1.9}])).is_empty());
    }
}
