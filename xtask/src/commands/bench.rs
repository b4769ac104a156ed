//! `bench`: how long dlkit trains, alone or in turn with PyTorch and Keras.
//!
//! Every figure comes from a process of its own: `dlkit-bench` (`crates/dlkit-bench`), which is built here, and `bench/peers.py`.
//! Each prints a line of JSON. What is compared is measured in one sitting, in turn: a machine is never the same twice.

mod facts;
mod figures;
mod peers;
mod table;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::compile::{cargo, compile_program};
use crate::workspace::Workspace;
use crate::{interrupt, style};
use figures::{Figure, Line};
use peers::Python;

/// The package that is built and timed.
const PACKAGE: &str = "dlkit-bench";

/// What `bench` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// What to time; without a name, the four training steps
    #[arg(value_enum)]
    workload: Option<Workload>,
    /// A line of JSON for each figure, and nothing else
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Also time these, in turn with dlkit, and tell the ratio to the fastest; without names, all three
    #[arg(
        long,
        value_enum,
        value_name = "NAMES",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "torch,torch-compile,keras"
    )]
    peers: Option<Vec<Peer>>,
    /// How many steps the median is taken of
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    steps: Option<u32>,
    /// How often everything is measured, in turn; the median counts. With peers 3, else 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// The Python that has the peers; without it BENCH_PYTHON, then bench/.venv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Print the table as the README has it
    #[arg(long)]
    markdown: bool,
    /// Time dlkit without its own kernels, composed of Candle's operations
    #[arg(long, conflicts_with = "simd")]
    composed: bool,
    /// Time dlkit with no wider instructions than these
    #[arg(long, value_enum, value_name = "LEVEL")]
    simd: Option<Simd>,
    /// Ask the peers, too, to use no wider instructions
    #[arg(long, requires = "simd", requires = "peers")]
    mask_peers: bool,
    /// The folder that holds the folder `mnist`, for `fit`; without it DLKIT_DATA
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// What can be timed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Workload {
    /// Dense 512 relu, Dense 10; 128 images of 784 numbers
    Mlp,
    /// Two convolutions, pooling, Dense 10; 128 images of 28×28
    Cnn,
    /// LSTM 16, Dense 1; 256 sequences of 120 steps
    Lstm,
    /// Two causal transformer blocks; 64 texts of 64 tokens
    Attn,
    /// `fit` of both nets below on the real MNIST, 5 epochs
    Fit,
    /// `fit` of Dense 512 relu, Dense 10
    FitMlp,
    /// `fit` of the convolutional net
    FitCnn,
}

impl Workload {
    /// The names that the programs know, in the order in which they are timed.
    fn names(chosen: Option<Self>) -> Vec<&'static str> {
        match chosen {
            None => vec!["mlp", "cnn", "lstm", "attn"],
            Some(Self::Mlp) => vec!["mlp"],
            Some(Self::Cnn) => vec!["cnn"],
            Some(Self::Lstm) => vec!["lstm"],
            Some(Self::Attn) => vec!["attn"],
            Some(Self::Fit) => vec!["fit-mlp", "fit-cnn"],
            Some(Self::FitMlp) => vec!["fit-mlp"],
            Some(Self::FitCnn) => vec!["fit-cnn"],
        }
    }

    /// Whether a whole training is timed, and not a step of it.
    fn is_fit(chosen: Option<Self>) -> bool {
        matches!(chosen, Some(Self::Fit | Self::FitMlp | Self::FitCnn))
    }
}

/// What dlkit is compared with.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// PyTorch as it comes
    Torch,
    /// PyTorch through torch.compile
    TorchCompile,
    /// Keras 3 on TensorFlow
    Keras,
}

impl Peer {
    fn name(self) -> &'static str {
        match self {
            Self::Torch => "torch",
            Self::TorchCompile => "torch-compile",
            Self::Keras => "keras",
        }
    }
}

/// Instructions that can be asked for in place of the widest.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Simd {
    /// 256 bits: dlkit is built again without AVX-512
    Avx2,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let threads = threads(std::env::var("BENCH_THREADS").ok())?;
    let fit = Workload::is_fit(options.workload);
    let data = if fit {
        Some(data(options.data.as_deref())?)
    } else {
        None
    };
    let peers = chosen_peers(options, fit)?;
    // Looked for before the build, which takes minutes.
    let python = if peers.is_empty() {
        None
    } else {
        Some(Python::find(workspace, options.python.as_deref(), &peers)?)
    };
    let program = build(workspace, options.simd)?;
    let rounds = options
        .rounds
        .unwrap_or(if peers.is_empty() { 1 } else { 3 });

    if let Some(busy) = facts::others_at_work() {
        style::note(&busy);
    }
    let mut figures = Vec::new();
    for workload in Workload::names(options.workload) {
        // In turn, and not one after the other: what slows the machine down for a minute then slows all of them.
        let mut lines: Vec<Line> = Vec::new();
        for round in 1..=rounds {
            let mut time = |name: &str, mut command: Command| -> Result<()> {
                let _shown =
                    Status::show(&format!("{workload}, round {round} of {rounds}: {name}"));
                if let Some(steps) = options.steps.filter(|_| !fit) {
                    command.arg("--steps").arg(steps.to_string());
                }
                if fit {
                    // Accuracy is a matter of luck, too: each round starts elsewhere.
                    command.arg("--seed").arg(round.to_string());
                }
                lines.push(measure(&mut command, name, workload)?);
                Ok(())
            };
            let mut ours = Command::new(&program);
            ours.arg(workload).envs([
                ("RAYON_NUM_THREADS", &threads),
                ("CANDLE_NUM_THREADS", &threads),
            ]);
            if let Some(data) = &data {
                ours.env("DLKIT_DATA", data);
            }
            if options.composed {
                ours.env("DLKIT_KERNELS", "composed");
            }
            if options.simd == Some(Simd::Avx2) {
                ours.env("DLKIT_KERNELS", "avx2");
            }
            time("dlkit", ours)?;
            for peer in &peers {
                let Some(python) = &python else { continue };
                let mut theirs = python.peer(*peer, workload, &threads, data.as_deref());
                if options.mask_peers {
                    theirs.envs(peers::AVX2);
                }
                time(peer.name(), theirs)?;
            }
        }
        let of_workload = Figure::of_rounds(&lines);
        if options.json {
            for figure in figures::with_ratio(&of_workload) {
                println!("{}", serde_json::to_string(&figure)?);
            }
        }
        figures.extend(of_workload);
    }
    if !options.json {
        let facts = facts::sentence(&figures, &threads, rounds, options);
        anstream::println!(
            "{}",
            table::tables(&figures, options.markdown, &facts).trim_end()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The number of threads for all that are compared.
fn threads(asked: Option<String>) -> Result<String> {
    match asked.filter(|text| !text.is_empty()) {
        None => Ok("2".to_owned()),
        Some(text) if text.parse::<usize>().is_ok_and(|threads| threads > 0) => Ok(text),
        Some(text) => bail!("BENCH_THREADS is `{text}`, but it is a number of threads, from 1."),
    }
}

/// The folder with the real MNIST; `fit` on anything else could not be compared.
fn data(asked: Option<&Path>) -> Result<PathBuf> {
    let environment = || {
        let value = std::env::var_os("DLKIT_DATA").filter(|value| !value.is_empty())?;
        Some(PathBuf::from(value))
    };
    let Some(folder) = asked.map(Path::to_path_buf).or_else(environment) else {
        bail!(
            "`fit` is timed on the real MNIST: name the folder that holds the folder `mnist` with --data FOLDER or DLKIT_DATA."
        );
    };
    if !folder.join("mnist").is_dir() {
        bail!(
            "{} has no folder `mnist`, in which the four files of MNIST would lie.",
            folder.display()
        );
    }
    Ok(std::path::absolute(folder)?)
}

/// The peers to time. Of a whole training there is only Keras's: PyTorch has no `fit`.
fn chosen_peers(options: &Options, fit: bool) -> Result<Vec<Peer>> {
    let Some(asked) = &options.peers else {
        return Ok(Vec::new());
    };
    let mut peers = Vec::new();
    for peer in asked {
        if !peers.contains(peer) && (!fit || *peer == Peer::Keras) {
            peers.push(*peer);
        }
    }
    if peers.is_empty() {
        bail!("`fit` can only be compared with Keras's: --peers=keras");
    }
    Ok(peers)
}

/// The release build, in a folder of its own, so that the build for lessons stays as it is.
fn build(workspace: &Workspace, simd: Option<Simd>) -> Result<PathBuf> {
    if !workspace.root.join("crates").join(PACKAGE).is_dir() {
        bail!(
            "There is nothing to time here: crates/{PACKAGE} is missing. git checkout -- crates/{PACKAGE}"
        );
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.root.join("target"), PathBuf::from);
    let mut cargo = cargo(workspace);
    cargo.args(["build", "--release", "--package", PACKAGE]);
    match simd {
        None => cargo.arg("--target-dir").arg(target.join("bench")),
        Some(Simd::Avx2) => cargo
            .arg("--no-default-features")
            .arg("--target-dir")
            .arg(target.join("bench-avx2")),
    };
    compile_program(&mut cargo, PACKAGE)
}

/// Runs a program and reads the line that it prints.
fn measure(command: &mut Command, name: &str, workload: &str) -> Result<Line> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // torch.compile starts processes of its own; Ctrl-C ends them too.
    let (child, _watched) = interrupt::spawn_group(command)
        .with_context(|| format!("{name} cannot be started on {workload}."))?;
    let output = child
        .wait_with_output()
        .with_context(|| format!("{name} cannot be waited for."))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    // The last line that is one: frameworks like to talk.
    let line = stdout
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str::<Line>(line).ok());
    match line {
        Some(line) if output.status.success() => Ok(line),
        _ => {
            let words = String::from_utf8_lossy(&output.stderr);
            let last: Vec<&str> = words.lines().rev().take(12).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            Err(anyhow::Error::msg(last.join("\n")).context(format!(
                "{name} could not be timed on {workload} ({}).",
                output.status
            )))
        }
    }
}

/// A line on the terminal that says what is being timed, gone when it is over.
struct Status(bool);

impl Status {
    fn show(text: &str) -> Self {
        let on = std::io::stderr().is_terminal();
        if on {
            let room = style::width().saturating_sub(3);
            let text: String = text.chars().take(room).collect();
            let _ = write!(std::io::stderr(), "\r\x1b[2K{text} …");
        }
        Self(on)
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        if self.0 {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_a_number_from_1() {
        assert_eq!(threads(None).unwrap(), "2");
        assert_eq!(threads(Some(String::new())).unwrap(), "2");
        assert_eq!(threads(Some("8".into())).unwrap(), "8");
        for wrong in ["0", "two", "-1"] {
            let error = threads(Some(wrong.into())).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn what_is_no_line_is_told_with_the_programs_own_words() {
        let mut command = Command::new("rustc");
        command.arg("--no-such-option");
        let error = measure(&mut command, "torch", "mlp").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("torch could not be timed on mlp"),
            "{error}"
        );
        assert!(format!("{error:#}").contains("no-such-option"), "{error:#}");
    }
}
