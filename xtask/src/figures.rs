//! What a lesson's last `run` left in `target/workshop/LESSON`: the figures of its models, and the pictures.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::lesson::{Lesson, Model};
use crate::workspace::Workspace;

/// `run.json`.
#[derive(Deserialize)]
pub(crate) struct Figures {
    /// What the models were trained on.
    pub(crate) data: String,
    /// Those of the last run.
    pub(crate) models: Vec<Figure>,
}

/// One model's figures.
#[derive(Deserialize)]
pub(crate) struct Figure {
    /// As in `lesson.toml`.
    pub(crate) name: String,
    parameters: Option<u64>,
    epochs: Option<u64>,
    /// What is said of it in place of epochs: `steps`.
    #[serde(default)]
    rounds: Option<String>,
    seconds: Option<f64>,
    /// In what a score is measured: `°C`.
    #[serde(default)]
    units: BTreeMap<String, String>,
    /// Its scores.
    #[serde(flatten)]
    scores: BTreeMap<String, Value>,
}

/// The folder of what a lesson's runs write.
pub(crate) fn folder(workspace: &Workspace, lesson: &Lesson) -> PathBuf {
    let workshop = workspace.root.join("target").join("workshop");
    workshop.join(lesson.name())
}

impl Figures {
    /// Those of the last run.
    pub(crate) fn read(workspace: &Workspace, lesson: &Lesson) -> Result<Self> {
        let path = folder(workspace, lesson).join("run.json");
        fs::read(&path)
            .map_err(anyhow::Error::from)
            .and_then(|bytes| Ok(serde_json::from_slice(&bytes)?))
            .with_context(|| format!("{} cannot be read.", workspace.relative(&path)))
    }

    /// The model of this name.
    pub(crate) fn of(&self, model: &Model) -> Option<&Figure> {
        self.models.iter().find(|figure| figure.name == model.name)
    }
}

impl Figure {
    /// A score by its name in `run.json`; NaN when it is missing or no number, which keeps no promise.
    pub(crate) fn score(&self, name: &str) -> f64 {
        let value = self.scores.get(name).and_then(Value::as_f64);
        value.unwrap_or(f64::NAN)
    }

    /// `17 numbers`, `300 epochs`, `1.2 s`: what it cost.
    pub(crate) fn costs(&self) -> Vec<String> {
        let rounds = self.rounds.as_deref().unwrap_or("epochs");
        let some = |number: u64, words: &str| {
            let one = words.strip_suffix('s').filter(|_| number == 1);
            (number > 0).then(|| format!("{} {}", grouped(number), one.unwrap_or(words)))
        };
        [
            self.parameters
                .and_then(|number| some(number, "parameters")),
            self.epochs.and_then(|number| some(number, rounds)),
            self.seconds
                .filter(|time| *time >= 0.005)
                .map(|time| format!("{time:.*} s", usize::from(time < 1.0) + 1)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// `test accuracy` and `99.20 %`, for each score.
    pub(crate) fn scores(&self) -> impl Iterator<Item = (String, String)> {
        self.scores.iter().filter_map(|(name, value)| {
            let number = value.as_f64()?;
            let shown = if name.ends_with("accuracy") || name.ends_with("exact") {
                format!("{:.2} %", 100.0 * number)
            } else if number.fract() == 0.0 && name.ends_with("steps") {
                format!("{number:.0}")
            } else {
                match self.units.get(name) {
                    Some(unit) => format!("{number:.2} {unit}"),
                    None => format!("{number:.4}"),
                }
            };
            Some((
                name.replace('_', " ")
                    .replace("mae", "MAE")
                    .replace("mse", "MSE"),
                shown,
            ))
        })
    }
}

/// `13,002`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A picture of a run.
pub(crate) struct Picture {
    /// Its file in the lesson's folder.
    pub(crate) file: String,
    /// What it shows.
    pub(crate) title: String,
}

/// Pictures larger than this are shown as PNG: many shapes take a browser long.
const LARGE: u64 = 300_000;

/// The pictures in the folder, curves first, by the model whose name theirs begins with; what is left comes last, without a model.
pub(crate) fn pictures(folder: &Path, models: &[Model]) -> Vec<(Option<String>, Vec<Picture>)> {
    let mut stems: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            Some(name.strip_suffix(".svg")?.to_owned())
        })
        .collect();
    stems.sort_by_key(|stem| {
        (
            !(stem.ends_with("loss") || stem.contains("curve")),
            stem.clone(),
        )
    });
    let model_of = |stem: &str| {
        let begins = |name: &str| {
            stem.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let names = models.iter().map(|model| model.name.as_str());
        names
            .filter(|name| begins(name))
            .max_by_key(|name| name.len())
    };
    let groups = models
        .iter()
        .map(|model| Some(model.name.as_str()))
        .chain([None]);
    groups
        .map(|group| {
            let own = stems.iter().filter(|stem| model_of(stem) == group);
            (
                group.map(str::to_owned),
                own.map(|stem| picture(folder, stem)).collect(),
            )
        })
        .filter(|(_, pictures): &(_, Vec<Picture>)| !pictures.is_empty())
        .collect()
}

fn picture(folder: &Path, stem: &str) -> Picture {
    let (svg, png) = (format!("{stem}.svg"), format!("{stem}.png"));
    let size = fs::metadata(folder.join(&svg)).map_or(0, |facts| facts.len());
    let begin = fs::read_to_string(folder.join(&svg)).unwrap_or_default();
    let title = begin
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map(|(title, _)| plain(title));
    Picture {
        title: title.unwrap_or_else(|| stem.replace('-', " ")),
        file: if size > LARGE && folder.join(&png).is_file() {
            png
        } else {
            svg
        },
    }
}

/// Text out of a drawing, without its escapes.
fn plain(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (escaped, sign)| {
        text.replace(escaped, sign)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(json: &str) -> Figure {
        serde_json::from_str(json).expect("a figure")
    }

    #[test]
    fn one_is_said_in_the_singular() {
        let figure = figure(r#"{"name":"a","parameters":1,"epochs":1}"#);
        assert_eq!(figure.costs(), ["1 parameter", "1 epoch"]);
    }

    #[test]
    fn figures_are_said_with_their_units() {
        let figure = figure(
            r#"{"name":"a","parameters":60000,"epochs":300,"rounds":"steps","seconds":0.25,"units":{"test_mae":"°C"},
                "test_mae":2.449,"test_accuracy":0.9785,"sgd_steps":55.0,"validation_loss":1.84312,"note":"no number"}"#,
        );
        assert_eq!(figure.costs(), ["60,000 parameters", "300 steps", "0.25 s"]);
        let scores: Vec<String> = figure
            .scores()
            .map(|(name, score)| format!("{name} {score}"))
            .collect();
        assert_eq!(
            scores,
            [
                "sgd steps 55",
                "test accuracy 97.85 %",
                "test MAE 2.45 °C",
                "validation loss 1.8431"
            ]
        );
        assert!(figure.score("note").is_nan() && figure.score("other").is_nan());
    }

    #[test]
    fn pictures_belong_to_the_model_with_the_longest_name_that_fits() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [
            "lstm-forecast.svg",
            "lstm-curves.svg",
            "lstm-best-curves.svg",
            "record.svg",
            "lstm.png",
            "run.json",
        ] {
            fs::write(folder.path().join(name), "<svg/>").expect("a file");
        }
        fs::write(folder.path().join("lstm-large.svg"), vec![b' '; 400_000]).expect("a file");
        fs::write(folder.path().join("lstm-large.png"), "").expect("a file");
        let models: Vec<Model> =
            serde_json::from_str(r#"[{"name":"lstm"},{"name":"gru"},{"name":"lstm-best"}]"#)
                .expect("models");
        let found: Vec<(Option<String>, Vec<String>)> = pictures(folder.path(), &models)
            .into_iter()
            .map(|(model, pictures)| {
                (
                    model,
                    pictures.into_iter().map(|picture| picture.file).collect(),
                )
            })
            .collect();
        let some = |name: &str| Some(name.to_owned());
        let files = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found,
            [
                (
                    some("lstm"),
                    files(&["lstm-curves.svg", "lstm-forecast.svg", "lstm-large.png"])
                ),
                (some("lstm-best"), files(&["lstm-best-curves.svg"])),
                (None, files(&["record.svg"])),
            ]
        );
    }
}
