//! What only some people want: a GPU, notebooks, the tools of authors, git.

use std::path::PathBuf;
use std::process::Command;

use super::probe::{Answer, ask, version};
use super::{Finding, on_path, variable};
use crate::workspace::Workspace;

pub(super) fn extras(_workspace: &Workspace) -> Vec<Finding> {
    vec![git(), gpu(), notebooks(), author()]
}

fn git() -> Finding {
    match version("git") {
        Some(words) => Finding::fine("git", words),
        None => Finding::absent(
            "git",
            "not found: newer versions come from a folder",
            "cargo xtask update --from FOLDER, or install git from https://git-scm.com",
        ),
    }
}

fn gpu() -> Finding {
    if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        return Finding::fine(
            "GPU",
            "Metal; for dlkit built with the feature `metal`, DLKIT_DEVICE=metal trains on it",
        );
    }
    match ask(Command::new("nvidia-smi").arg("-L"), 5) {
        Answer::Said(cards) if !cards.is_empty() => {
            let card = cards.lines().next().unwrap_or_default();
            // `GPU 0: NVIDIA H200 (UUID: …)`.
            let card = card.split(" (").next().unwrap_or(card);
            match on_path("nvcc") {
                Some(_) => Finding::fine(
                    "GPU",
                    format!(
                        "{card}, and nvcc; for dlkit built with the feature `cuda`, DLKIT_DEVICE=cuda trains on it"
                    ),
                ),
                None => Finding::absent(
                    "GPU",
                    format!("{card}, but no nvcc, which a build with the feature `cuda` needs"),
                    "Install the CUDA toolkit and put its bin folder on the PATH. The lessons do not need it.",
                ),
            }
        }
        Answer::Hangs => Finding::note(
            "GPU",
            "nvidia-smi does not answer within 5 s: the driver is stuck",
            "Restart the machine. The lessons train on the processor meanwhile.",
        ),
        _ => Finding::absent("GPU", "none found; the lessons need none", ""),
    }
}

fn notebooks() -> Finding {
    let kernel = kernels()
        .iter()
        .any(|folder| folder.join("rust/kernel.json").is_file());
    let jupyter = version("jupyter").is_some();
    match (jupyter, kernel) {
        (true, true) => Finding::fine("notebooks", "Jupyter, with evcxr's kernel for Rust"),
        (true, false) => Finding::absent(
            "notebooks",
            "Jupyter, without a kernel for Rust",
            "cargo install --locked evcxr_jupyter && evcxr_jupyter --install",
        ),
        (false, true) => Finding::absent(
            "notebooks",
            "evcxr's kernel for Rust, without Jupyter",
            "python3 -m pip install jupyterlab",
        ),
        (false, false) => Finding::absent(
            "notebooks",
            "no Jupyter; the lessons need none",
            "python3 -m pip install jupyterlab, then: cargo install --locked evcxr_jupyter && evcxr_jupyter --install",
        ),
    }
}

/// Where Jupyter keeps kernels.
fn kernels() -> Vec<PathBuf> {
    let home = std::env::home_dir().unwrap_or_default();
    let own = variable(&["JUPYTER_DATA_DIR"]).map(PathBuf::from);
    let roaming = variable(&["APPDATA"]).map(|folder| PathBuf::from(folder).join("jupyter"));
    let mut folders = vec![
        home.join(".local/share/jupyter"),
        home.join("Library/Jupyter"),
        PathBuf::from("/usr/local/share/jupyter"),
        PathBuf::from("/usr/share/jupyter"),
    ];
    folders.extend(own);
    folders.extend(roaming);
    folders
        .into_iter()
        .map(|folder| folder.join("kernels"))
        .collect()
}

/// What writing lessons takes.
fn author() -> Finding {
    let cargo = |arguments: &[&str]| ask(Command::new("cargo").args(arguments), 10).said();
    let tools = [
        (
            version("rustfmt"),
            "rustfmt",
            "rustup component add rustfmt",
        ),
        (
            cargo(&["clippy", "--version"]),
            "clippy",
            "rustup component add clippy",
        ),
        (
            cargo(&["mutants", "--version"]),
            "cargo-mutants",
            "cargo install cargo-mutants --version 27.1.0 --locked",
        ),
    ];
    let missing: Vec<_> = tools.iter().filter(|(found, ..)| found.is_none()).collect();
    if missing.is_empty() {
        return Finding::fine("authors", "rustfmt, clippy, cargo-mutants");
    }
    let names: Vec<&str> = missing.iter().map(|(_, name, _)| *name).collect();
    let mends: Vec<&str> = missing.iter().map(|(.., mend)| *mend).collect();
    Finding::absent(
        "authors",
        format!("without {}", names.join(", ")),
        mends.join("; "),
    )
}
