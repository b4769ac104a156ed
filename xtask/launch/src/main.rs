//! Starts the runner, building it first when it is missing or out of date.
//!
//! `cargo run` would look at the runner's dependencies each time, and would either show its messages always or never. This
//! program has no dependencies: it compares file times, which takes a moment, and lets Cargo speak only when there is
//! something to build.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: the workshop's runner cannot be started: {error}");
            ExitCode::from(2)
        }
    }
}

fn start() -> io::Result<ExitCode> {
    let launcher = std::env::current_exe()?;
    let folder = launcher
        .parent()
        .ok_or_else(|| io::Error::other("the launcher lies in no folder"))?;
    let runner = folder.join(format!("xtask{}", std::env::consts::EXE_SUFFIX));
    let root = workspace()?;
    if out_of_date(&runner, &root) {
        if !runner.is_file() {
            eprintln!(
                "The first call builds the workshop's runner, which takes about half a minute."
            );
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        // Into the same target folder, whatever a configuration says: its parts are `…/debug/xtask-launch`.
        // What is edited while Cargo builds is newer than this.
        let begun = SystemTime::now();
        let mut build = Command::new(cargo);
        build
            .current_dir(&root)
            .args(["build", "--package", "xtask", "--bin", "xtask"])
            // Not built here, only named: Cargo then gives every dependency the features that the lessons need too, and
            // builds none of them a second time for the other set.
            .args(["--package", "dlkit", "--package", "dlkit-check"]);
        if let Some(target) = folder.parent() {
            build.arg("--target-dir").arg(target);
        }
        if !build.status()?.success() {
            eprintln!("error: the runner does not build: see Cargo's words above.");
            return Ok(ExitCode::from(2));
        }
        // Cargo leaves a runner as it is when nothing in it changed; without this the next call would ask again. Should it
        // fail, the next call does just that. A runner that is at work cannot be opened for writing on Linux.
        let _ = std::fs::File::options()
            .write(true)
            .open(&runner)
            .or_else(|_| std::fs::File::open(&runner))
            .and_then(|file| file.set_modified(begun));
    }
    run(Command::new(runner).args(std::env::args_os().skip(1)))
}

/// The workspace that this launcher was started in by Cargo.
fn workspace() -> io::Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::other("start it with `cargo xtask`"))?;
    let root = manifest
        .ancestors()
        .nth(2)
        .ok_or_else(|| io::Error::other("it lies outside of the workshop"))?;
    Ok(root.to_path_buf())
}

fn out_of_date(runner: &Path, root: &Path) -> bool {
    let Ok(built) = std::fs::metadata(runner).and_then(|metadata| metadata.modified()) else {
        return true;
    };
    // In the middle of an update the runner's source is half old and half new: the runner that began it finishes it.
    if root.join(".workshop/update/plan.json").is_file() {
        return false;
    }
    let sources = [
        "Cargo.toml",
        "Cargo.lock",
        "xtask/Cargo.toml",
        "xtask/src",
        "xtask/templates",
    ];
    sources
        .iter()
        .any(|source| newest(&root.join(source)).is_none_or(|changed| changed > built))
}

/// The latest change of a file, or of any file in a folder; `None` when it cannot be told.
fn newest(path: &Path) -> Option<SystemTime> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_dir() {
        return metadata.modified().ok();
    }
    // The folder's own time changes when a file is added or removed.
    let mut latest = metadata.modified().ok()?;
    for entry in std::fs::read_dir(path).ok()? {
        latest = latest.max(newest(&entry.ok()?.path())?);
    }
    Some(latest)
}

#[cfg(unix)]
fn run(runner: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    // Takes this process's place: signals and the exit code are the runner's own. It returns only on an error.
    Err(runner.exec())
}

#[cfg(not(unix))]
fn run(runner: &mut Command) -> io::Result<ExitCode> {
    let status = runner.status()?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Duration;

    #[test]
    fn a_runner_is_out_of_date_when_missing_or_older_than_any_source() -> io::Result<()> {
        let root = std::env::temp_dir().join(format!("xtask-launch-test-{}", std::process::id()));
        fs::create_dir_all(root.join("xtask/src/commands"))?;
        fs::create_dir_all(root.join("xtask/templates"))?;
        let now = SystemTime::now();
        for file in [
            "Cargo.toml",
            "Cargo.lock",
            "xtask/Cargo.toml",
            "xtask/src/main.rs",
            "xtask/src/commands/list.rs",
            "xtask/templates/lesson.toml",
        ] {
            fs::write(root.join(file), "")?;
        }
        let runner = root.join("runner");
        assert!(out_of_date(&runner, &root), "missing");
        fs::write(&runner, "")?;
        let touch = |file: &str, time| {
            fs::File::options()
                .write(true)
                .open(root.join(file))?
                .set_modified(time)
        };
        touch("runner", now + Duration::from_secs(60))?;
        assert!(!out_of_date(&runner, &root), "newer than everything");
        touch("xtask/src/commands/list.rs", now + Duration::from_secs(120))?;
        assert!(
            out_of_date(&runner, &root),
            "a source further down is newer"
        );
        fs::create_dir_all(root.join(".workshop/update"))?;
        fs::write(root.join(".workshop/update/plan.json"), "{}")?;
        assert!(!out_of_date(&runner, &root), "an update is to be finished");
        fs::remove_dir_all(root)
    }
}
