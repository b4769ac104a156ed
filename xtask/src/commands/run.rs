//! `run`: train a lesson's model for real.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::compile::cargo;
use crate::interrupt;
use crate::judge::threads;
use crate::lesson::{Lesson, Subject};
use crate::select::{nearest, select};
use crate::style::wrap;
use crate::workspace::Workspace;

/// What `run` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson: lesson3 or 3
    lesson: String,
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
    let lesson = select(workspace, &options.lesson)?.lesson;
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
    let out = workspace
        .root
        .join("target")
        .join("workshop")
        .join(lesson.name());
    std::fs::create_dir_all(&out)
        .with_context(|| format!("{} cannot be made.", workspace.relative(&out)))?;

    let mut cargo = cargo(workspace);
    cargo
        .args([
            "run",
            "--package",
            &lesson.package(subject),
            "--example",
            "run",
            "--",
        ])
        .env("DLKIT_OUT", &out)
        .envs(threads());
    match (&options.model, options.all) {
        (Some(name), _) => drop(cargo.args(["--model", name])),
        (None, true) => drop(cargo.arg("--all")),
        (None, false) => {}
    }
    let (mut child, _watched) =
        interrupt::spawn(&mut cargo, false).context("Cargo cannot be started.")?;
    let status = child.wait().context("The run cannot be waited for.")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
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
