//! The compiler, the linker, the crates, and what they have built.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::Finding;
use super::probe::{Answer, ask, version};
use crate::workspace::Workspace;

/// What every lesson needs.
pub(super) fn needed(workspace: &Workspace) -> Vec<Finding> {
    vec![
        compiler(workspace, "rustc"),
        compiler(workspace, "cargo"),
        linker(),
        crates(workspace),
    ]
}

/// What makes it quick.
pub(super) fn speed(workspace: &Workspace) -> Vec<Finding> {
    vec![built(workspace)]
}

fn compiler(workspace: &Workspace, program: &'static str) -> Finding {
    let needed = rust_version(workspace).unwrap_or((1, 0));
    let Some(words) = version(program) else {
        return Finding::blocks(
            program,
            "not found",
            "Install Rust from https://rustup.rs, then open a new terminal.",
        );
    };
    match words.split(' ').nth(1).and_then(numbers) {
        Some(version) if version >= needed => Finding::fine(program, words),
        _ => {
            let (major, minor) = needed;
            Finding::blocks(
                program,
                format!("{words}; {major}.{minor} or newer is needed"),
                "rustup update stable",
            )
        }
    }
}

fn rust_version(workspace: &Workspace) -> Option<(u32, u32)> {
    let manifest = fs::read_to_string(workspace.root.join("Cargo.toml")).ok()?;
    let line = manifest
        .lines()
        .find(|line| line.trim().starts_with("rust-version"))?;
    numbers(line.split('"').nth(1)?)
}

fn numbers(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Links the smallest program there is.
fn linker() -> Finding {
    let folder = std::env::temp_dir().join(format!("workshop-doctor-{}", std::process::id()));
    let source = folder.join("smallest.rs");
    if let Err(error) =
        fs::create_dir_all(&folder).and_then(|()| fs::write(&source, "fn main() {}\n"))
    {
        let found = format!("{} cannot be written: {error}", folder.display());
        return Finding::blocks(
            "linker",
            found,
            "Make room there, or set TMPDIR to another folder.",
        );
    }
    let start = Instant::now();
    let tried = ask(
        Command::new("rustc")
            .arg("--out-dir")
            .arg(&folder)
            .arg(&source),
        30,
    );
    let seconds = start.elapsed().as_secs_f64();
    // A folder in the system's place for such; whether it goes away does not matter to the finding.
    let _ = fs::remove_dir_all(&folder);
    let mend = if cfg!(target_os = "macos") {
        "xcode-select --install"
    } else if cfg!(windows) {
        "Install the C++ build tools: https://visualstudio.microsoft.com/visual-cpp-build-tools"
    } else {
        "Install a C linker: sudo apt install build-essential, or sudo dnf install gcc"
    };
    match tried {
        Answer::Said(_) if seconds > 3.0 => Finding::note(
            "linker",
            format!("works, but the smallest program takes {seconds:.1} s to build"),
            "Does a virus scanner look at every new file? Leave this folder and ~/.cargo out of its watch.",
        ),
        Answer::Said(_) => Finding::fine(
            "linker",
            format!("works; the smallest program in {seconds:.1} s"),
        ),
        Answer::Failed(words) => Finding::blocks(
            "linker",
            words.lines().next().unwrap_or("does not work").to_owned(),
            mend,
        ),
        Answer::Hangs => Finding::blocks("linker", "does not end within 30 s", mend),
        Answer::Missing => Finding::blocks("linker", "cannot be tried without rustc", mend),
    }
}

/// Whether all crates are on this machine, and if not, whether they can be had.
fn crates(workspace: &Workspace) -> Finding {
    let cargo = || {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&workspace.root);
        cargo
    };
    let mut offline = cargo();
    offline.args(["metadata", "--format-version", "1", "--offline", "--quiet"]);
    if let Some(host) = host() {
        offline.args(["--filter-platform", &host]);
    }
    let words = match ask(&mut offline, 20) {
        Answer::Said(_) => {
            return Finding::fine("crates", "all on this machine; no network is needed");
        }
        Answer::Missing => {
            return Finding::blocks(
                "crates",
                "cannot be looked for without cargo",
                "https://rustup.rs",
            );
        }
        Answer::Hangs => String::new(),
        Answer::Failed(words) => words,
    };
    // What is wrong with a manifest is no matter of crates that are not here yet.
    let offline = ["offline", "download", "no matching package"];
    if !offline.iter().any(|word| words.contains(word)) {
        let first = words
            .lines()
            .next()
            .unwrap_or("cargo metadata does not answer");
        return Finding::blocks(
            "crates",
            first.to_owned(),
            "cargo metadata --offline says more",
        );
    }
    let mut registry = cargo();
    registry
        .args(["update", "--dry-run", "--quiet", "--package", "anyhow"])
        .env("CARGO_NET_RETRY", "0")
        .env("CARGO_HTTP_TIMEOUT", "5");
    match ask(&mut registry, 15) {
        Answer::Said(_) => Finding::fine(
            "crates",
            "some are still to be fetched; the registry answers",
        ),
        answer => {
            let why = match answer {
                Answer::Failed(words) => words
                    .lines()
                    .last()
                    .map(|line| format!(": {}", line.trim()))
                    .unwrap_or_default(),
                _ => String::new(),
            };
            Finding::blocks(
                "crates",
                format!("not all are here, and the registry does not answer{why}"),
                "With a network: cargo fetch --locked. Behind a proxy, name it in https_proxy. Without either, copy ~/.cargo/registry \
                 from a machine that has built the workshop.",
            )
        }
    }
}

fn host() -> Option<String> {
    let words = ask(Command::new("rustc").arg("-vV"), 5).said()?;
    let host = words.lines().find_map(|line| line.strip_prefix("host: "))?;
    Some(host.to_owned())
}

/// What is in `target/`.
fn built(workspace: &Workspace) -> Finding {
    let target = target(workspace);
    if !target.join("debug").is_dir() {
        return Finding::fine(
            "built",
            "nothing yet: the first check builds for some minutes",
        );
    }
    let toolchains = toolchains(&target);
    let bytes = bytes(&target);
    let found = format!(
        "{:.1} GB in {}",
        super::machine::gigabytes(bytes),
        workspace.relative(&target)
    );
    if toolchains.len() > 1 {
        return Finding::note(
            "built",
            format!(
                "{found}, by {} versions of Rust; the older ones only take room",
                toolchains.len()
            ),
            "cargo clean makes room; then the first check builds everything once more",
        );
    }
    if bytes > 20_000_000_000 {
        return Finding::note(
            "built",
            found,
            "cargo clean makes room; then the first check builds everything once more",
        );
    }
    Finding::fine("built", found)
}

pub(super) fn target(workspace: &Workspace) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => workspace.root.join(folder),
        None => workspace.root.join("target"),
    }
}

/// The compilers, as numbers, that Cargo has written on the parts that it built.
fn toolchains(target: &Path) -> BTreeSet<u64> {
    let folders = fs::read_dir(target.join("debug/.fingerprint"));
    let folders = folders.into_iter().flatten().flatten();
    let files =
        folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
    files
        .filter(|file| file.path().extension().is_some_and(|end| end == "json"))
        .filter_map(|file| {
            let text = fs::read_to_string(file.path()).ok()?;
            let value: serde_json::Value = serde_json::from_str(&text).ok()?;
            value.get("rustc")?.as_u64()
        })
        .collect()
}

fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes(&entry.path()),
            Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
            _ => 0,
        })
        .sum()
}
