//! What every lesson's `run` program does around its training: choose the nets by name, name what was written, keep the
//! figures in `run.json`.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::run::{Run, Trained};
//!
//! # let folder = tempfile::tempdir()?;
//! let args = ["--model", "xor"].map(String::from);
//! let mut run = Run::new("lesson1", &["neuron", "xor"], args, folder.path())?;
//! if run.trains("xor") {
//!     // … train, measure, save pictures into `run.folder()` …
//!     run.record(Trained::new("xor").parameters(17).epochs(500).seconds(0.2).score("test_accuracy", 1.0));
//! }
//! let written = run.finish("xor")?;
//! assert!(std::fs::read_to_string(written)?.contains("\"test_accuracy\": 1.0"));
//! # Ok(()) }
//! ```

use crate::files::write_whole;
use crate::model::grouped;
use crate::plot::Figure;
use anyhow::{Result, bail, ensure};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One call of a lesson's `run` program.
#[derive(Debug)]
pub struct Run {
    lesson: String,
    folder: PathBuf,
    chosen: Vec<String>,
    trained: Vec<Trained>,
}

impl Run {
    /// Reads the program's arguments: `--model NAME` (also several times), `--all`, or nothing for the first of `models`. The
    /// output goes to the folder in the environment variable `DLKIT_OUT`, or to `target/workshop/` and the lesson's name.
    ///
    /// # Errors
    /// When an argument is unknown or a net of that name does not exist; the message lists the names there are.
    pub fn from_args(lesson: &str, models: &[&str]) -> Result<Self> {
        explain_unwritten_parts(lesson);
        let folder = std::env::var_os("DLKIT_OUT")
            .map_or_else(|| Path::new("target/workshop").join(lesson), PathBuf::from);
        Self::new(lesson, models, std::env::args().skip(1), folder)
    }

    /// The same with the arguments and the folder given.
    ///
    /// # Errors
    /// As for [`Run::from_args`].
    pub fn new(
        lesson: &str,
        models: &[&str],
        args: impl IntoIterator<Item = String>,
        folder: impl Into<PathBuf>,
    ) -> Result<Self> {
        let names = models.join(", ");
        let mut chosen = Vec::new();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--all" => chosen = models.iter().map(ToString::to_string).collect(),
                "--model" => {
                    let Some(name) = args.next() else {
                        bail!("--model needs a name: {names}");
                    };
                    ensure!(
                        models.contains(&name.as_str()),
                        "{lesson} has no model \"{name}\"; it has {names}"
                    );
                    chosen.push(name);
                }
                unknown => {
                    bail!("\"{unknown}\" is not known here: use --model NAME ({names}) or --all")
                }
            }
        }
        if chosen.is_empty() {
            chosen.extend(models.first().map(ToString::to_string));
        }
        Ok(Self {
            lesson: lesson.into(),
            folder: folder.into(),
            chosen,
            trained: Vec::new(),
        })
    }

    /// Whether this net was asked for.
    #[must_use]
    pub fn trains(&self, model: &str) -> bool {
        self.chosen.iter().any(|name| name == model)
    }

    /// Where pictures and figures go.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps the figures of a net, and says them on a line.
    pub fn record(&mut self, trained: Trained) {
        println!("{trained}");
        self.trained.push(trained);
    }

    /// Saves a figure under this name into the folder, as SVG and PNG, and says so.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, name: &str, figure: &Figure) -> Result<()> {
        let saved = figure.save(self.folder.join(name))?;
        println!("  wrote {} and .png", from_here(&saved.svg).display());
        Ok(())
    }

    /// Says which files were written.
    pub fn wrote(&self, files: &[PathBuf]) {
        for file in files {
            println!("  wrote {}", from_here(file).display());
        }
    }

    /// Writes `run.json`, whole or not at all, says so, and gives its path. `data` is the source of the data, for example
    /// `"mnist"`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self, data: &str) -> Result<PathBuf> {
        let path = self.folder.join("run.json");
        let report = Report {
            lesson: &self.lesson,
            data,
            models: &self.trained,
        };
        write_whole(&path, &serde_json::to_vec_pretty(&report)?)?;
        self.wrote(std::slice::from_ref(&path));
        Ok(path)
    }
}

/// A path as short as it can be named from the current folder.
fn from_here(path: &Path) -> &Path {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok())
        .unwrap_or(path)
}

/// A `todo!` that a run meets is not a crash: it says which part of the exercise the run needs.
fn explain_unwritten_parts(lesson: &str) {
    let lesson = lesson.to_string();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let formatted = payload.downcast_ref::<String>().map(String::as_str);
        let message = formatted
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or_default();
        let (Some(task), Some(place)) = (
            message.strip_prefix("not yet implemented"),
            panic.location(),
        ) else {
            return usual(panic);
        };
        eprintln!("This run needs a part that is still to be written:\n");
        eprintln!("  {}", task.trim_start_matches(": "));
        eprintln!("  → {}:{}\n", place.file(), place.line());
        eprintln!("Write it first: cargo xtask check {lesson}");
        eprintln!(
            "Or see the run with the reference solution: cargo xtask run {lesson} --solution"
        );
    }));
}

/// The file `run.json`.
#[derive(Serialize)]
struct Report<'a> {
    lesson: &'a str,
    data: &'a str,
    models: &'a [Trained],
}

/// The figures of one trained net.
#[derive(Clone, Debug, Serialize)]
pub struct Trained {
    name: String,
    parameters: usize,
    epochs: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounds: Option<&'static str>,
    seconds: f64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    units: BTreeMap<String, &'static str>,
    #[serde(flatten)]
    scores: BTreeMap<String, f64>,
}

impl Trained {
    /// The net with this name, as in the lesson's `lesson.toml`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            parameters: 0,
            epochs: 0,
            rounds: None,
            seconds: 0.0,
            units: BTreeMap::new(),
            scores: BTreeMap::new(),
        }
    }

    /// How many numbers it holds.
    #[must_use]
    pub fn parameters(self, parameters: usize) -> Self {
        Self { parameters, ..self }
    }

    /// How many epochs it was trained.
    #[must_use]
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// The same for a training that knows no epochs: how many steps it took.
    #[must_use]
    pub fn steps(self, steps: usize) -> Self {
        Self {
            epochs: steps,
            rounds: Some("steps"),
            ..self
        }
    }

    /// How long its training took.
    #[must_use]
    pub fn seconds(self, seconds: f64) -> Self {
        Self { seconds, ..self }
    }

    /// A figure under its name in `run.json`: `"test_accuracy"` as a share from 0 to 1, `"test_mae"`.
    #[must_use]
    pub fn score(mut self, name: impl Into<String>, value: f64) -> Self {
        self.scores.insert(name.into(), value);
        self
    }

    /// A figure with its unit, for example `"°C"`.
    #[must_use]
    pub fn score_in(mut self, name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        let name = name.into();
        self.units.insert(name.clone(), unit);
        self.score(name, value)
    }
}

impl std::fmt::Display for Trained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} parameters, {} {} in {:.1} s",
            self.name,
            grouped(self.parameters),
            grouped(self.epochs),
            self.rounds.unwrap_or("epochs"),
            self.seconds
        )?;
        for (key, value) in &self.scores {
            let name = key.replace('_', " ");
            let name = name.replace("mae", "MAE").replace("mse", "MSE");
            match self.units.get(key) {
                _ if name.ends_with("accuracy") => write!(f, ", {name} {:.2} %", 100.0 * value)?,
                Some(unit) => write!(f, ", {name} {value:.2} {unit}")?,
                None => write!(f, ", {name} {value:.4}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Result<Run> {
        let args = args.iter().map(ToString::to_string);
        Run::new("lesson1", &["a", "b", "c"], args, "unused")
    }

    #[test]
    fn trains_the_first_model_unless_told_otherwise() {
        let chosen = |args: &[&str]| run(args).unwrap().chosen;
        assert_eq!(chosen(&[]), ["a"]);
        assert_eq!(chosen(&["--model", "b"]), ["b"]);
        assert_eq!(chosen(&["--model", "b", "--model", "c"]), ["b", "c"]);
        assert_eq!(chosen(&["--all"]), ["a", "b", "c"]);
    }

    #[test]
    fn refuses_what_it_does_not_know_and_lists_the_names() {
        for args in [&["--model", "d"][..], &["--model"], &["--modle", "a"]] {
            let message = run(args).unwrap_err().to_string();
            assert!(message.contains("a, b, c"), "{message}");
        }
    }

    #[test]
    fn steps_and_units_are_called_by_their_names() {
        let trained = Trained::new("a")
            .steps(60_000)
            .score_in("test_mae", 2.449, "°C")
            .score("test_accuracy", 0.9);
        assert_eq!(
            trained.to_string(),
            "a: 0 parameters, 60,000 steps in 0.0 s, test accuracy 90.00 %, test MAE 2.45 °C"
        );
        let json = serde_json::to_value(trained).unwrap();
        assert_eq!(json["rounds"], "steps");
        assert_eq!(json["units"]["test_mae"], "°C");
    }

    #[test]
    fn run_json_holds_every_trained_model() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = Run::new("lesson3", &["a"], [], folder.path().join("new")).unwrap();
        run.record(
            Trained::new("a")
                .parameters(3)
                .epochs(5)
                .seconds(1.5)
                .score("test_accuracy", 0.9),
        );
        let path = run.finish("mnist").unwrap();
        let json: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"lesson": "lesson3", "data": "mnist", "models": [
                {"name": "a", "parameters": 3, "epochs": 5, "seconds": 1.5, "test_accuracy": 0.9}
            ]})
        );
    }
}
