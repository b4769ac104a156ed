//! Times dlkit's training: one workload, one process, one line of JSON on standard output.
//!
//! ```text
//! dlkit-bench mlp [--steps 300]                  a training step on a batch that stays the same
//! DLKIT_DATA=FOLDER dlkit-bench fit-cnn [--seed 42]
//!                                                `fit` from the first epoch to the last, on the real MNIST
//! ```
//!
//! `cargo xtask bench` builds and starts this program; it sets the number of threads, which Candle and rayon read once for a
//! process. Only dlkit's public interface is used: what is measured here is what a lesson gets. `bench/peers.py` does the same
//! with PyTorch and Keras and prints lines of the same form.

mod machine;
mod steps;
mod training;
mod workloads;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use dlkit::prelude::Seed;
use serde_json::{Value, json};

fn main() -> ExitCode {
    match measure(std::env::args().skip(1)) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Measures what the arguments name.
fn measure(mut arguments: impl Iterator<Item = String>) -> Result<Value> {
    let name = arguments
        .next()
        .with_context(|| format!("name a workload: {}", names()))?;
    let (mut asked, mut seed) = (None, 42);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--steps" => {
                let number = arguments.next().and_then(|text| text.parse().ok());
                asked = Some(
                    number
                        .filter(|steps| *steps > 0)
                        .context("--steps needs a number from 1")?,
                );
            }
            "--seed" => {
                seed = arguments
                    .next()
                    .and_then(|text| text.parse().ok())
                    .context("--seed needs a number from 0")?;
            }
            unknown => bail!("\"{unknown}\" is not known here: use --steps N or --seed N"),
        }
    }
    let mut line = json!({ "framework": "dlkit", "workload": name });
    let figures = if let Some(training) = training::find(&name) {
        training.run(Seed(seed))?
    } else {
        let Some((workload, steps)) = workloads::find(&name) else {
            bail!("there is no workload \"{name}\": use {}", names());
        };
        let workload = workload()?;
        let steps = asked.unwrap_or(steps);
        let times = steps::milliseconds(workload, steps)?;
        json!({
            "ms_per_step": rounded(times.median),
            "fastest_ms": rounded(times.fastest),
            "steps": steps,
        })
    };
    for part in [figures, machine::facts()] {
        let Value::Object(part) = part else { continue };
        line.as_object_mut().into_iter().for_each(|line| {
            line.extend(part.clone());
        });
    }
    Ok(line)
}

/// Three digits behind the point: a microsecond is less than the noise.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// All names, for messages.
fn names() -> String {
    let all: Vec<&str> = workloads::names().chain(training::names()).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> impl Iterator<Item = String> {
        text.split_whitespace()
            .map(String::from)
            .collect::<Vec<_>>()
            .into_iter()
    }

    #[test]
    fn a_line_tells_the_time_of_a_step_and_how_it_was_measured() {
        let line = measure(words("mlp --steps 2")).unwrap();
        assert_eq!(line["framework"], "dlkit");
        assert_eq!(line["workload"], "mlp");
        assert_eq!(line["steps"], 2);
        let fastest = line["fastest_ms"].as_f64().unwrap();
        assert!(fastest > 0.0, "{line}");
        assert!(line["ms_per_step"].as_f64().unwrap() >= fastest, "{line}");
        assert!(line["threads"].as_u64().unwrap() > 0, "{line}");
        #[cfg(target_os = "linux")]
        assert!(line["peak_mib"].as_f64().unwrap() > 1.0, "{line}");
    }

    #[test]
    fn wrong_use_is_answered_with_the_choices() {
        for (wrong, part) in [
            ("", "name a workload: mlp"),
            ("rnn", "there is no workload \"rnn\": use mlp"),
            ("mlp --steps none", "--steps needs a number"),
            ("mlp --steps 0", "--steps needs a number"),
            ("mlp --fast", "\"--fast\" is not known here"),
        ] {
            let error = measure(words(wrong)).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
