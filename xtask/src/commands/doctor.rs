//! `doctor`: what on this machine would get in the way, and the command that mends it.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::commands::data::{SETS, places};
use crate::lesson::Lesson;
use crate::platform;
use crate::progress::Progress;
use crate::style::{ACT, BAD, FAINT, GOOD, OPEN, paint, width, wrap};
use crate::workspace::Workspace;

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    state: State,
    found: String,
    /// What to do about it.
    mend: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fine,
    /// It works, but not as well as it could.
    Note,
    /// Lessons would not work.
    Blocks,
}

impl Finding {
    fn fine(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            state: State::Fine,
            found: found.into(),
            mend: None,
        }
    }

    fn note(what: &'static str, found: impl Into<String>, mend: &str) -> Self {
        Self {
            what,
            state: State::Note,
            found: found.into(),
            mend: Some(mend.to_owned()),
        }
    }

    fn blocks(what: &'static str, found: impl Into<String>, mend: &str) -> Self {
        Self {
            what,
            state: State::Blocks,
            found: found.into(),
            mend: Some(mend.to_owned()),
        }
    }
}

pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let findings = [
        compiler(workspace, "rustc"),
        compiler(workspace, "cargo"),
        linker(),
        disk(workspace),
        memory(),
        cores(),
        terminal(),
        data(workspace),
        device(),
        progress(workspace),
        lessons(workspace),
    ];
    for finding in &findings {
        let sign = match finding.state {
            State::Fine => paint(GOOD, "✓"),
            State::Note => paint(OPEN, "!"),
            State::Blocks => paint(BAD, "✗"),
        };
        let text = wrap(&finding.found, 13);
        anstream::println!("{sign} {:<10} {}", finding.what, text.trim_start());
        if let Some(mend) = &finding.mend {
            anstream::println!("{}", paint(ACT, &wrap(mend, 13)));
        }
    }
    let blocked = findings
        .iter()
        .filter(|finding| finding.state == State::Blocks)
        .count();
    anstream::println!();
    if blocked == 0 {
        anstream::println!(
            "{} {}",
            paint(GOOD, "Ready."),
            paint(FAINT, "Start with: cargo xtask list")
        );
        return Ok(ExitCode::SUCCESS);
    }
    anstream::println!(
        "{}",
        paint(
            BAD,
            &format!("{blocked} of these would keep lessons from working.")
        )
    );
    Ok(ExitCode::FAILURE)
}

fn compiler(workspace: &Workspace, program: &'static str) -> Finding {
    let needed = rust_version(workspace).unwrap_or((1, 0));
    let Some(words) = output(program, &["--version"]) else {
        return Finding::blocks(
            program,
            "not found",
            "Install Rust from https://rustup.rs, then open a new terminal.",
        );
    };
    let version = words.split(' ').nth(1).and_then(version);
    match version {
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
    let manifest = std::fs::read_to_string(workspace.root.join("Cargo.toml")).ok()?;
    let line = manifest
        .lines()
        .find(|line| line.trim().starts_with("rust-version"))?;
    version(line.split('"').nth(1)?)
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Links the smallest program there is.
fn linker() -> Finding {
    let folder = std::env::temp_dir().join(format!("workshop-doctor-{}", std::process::id()));
    let source = folder.join("smallest.rs");
    let tried = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&source, "fn main() {}\n"))
        .and_then(|()| {
            Command::new("rustc")
                .args(["--out-dir"])
                .arg(&folder)
                .arg(&source)
                .output()
        });
    // A folder in the system's place for such; whether it goes away does not matter to the finding.
    let _ = std::fs::remove_dir_all(&folder);
    let mend = if cfg!(target_os = "macos") {
        "xcode-select --install"
    } else if cfg!(windows) {
        "Install the C++ build tools: https://visualstudio.microsoft.com/visual-cpp-build-tools"
    } else {
        "Install a C linker: sudo apt install build-essential, or sudo dnf install gcc"
    };
    match tried {
        Ok(output) if output.status.success() => Finding::fine("linker", "works"),
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            Finding::blocks(
                "linker",
                words.lines().next().unwrap_or("does not work").to_owned(),
                mend,
            )
        }
        Err(error) => Finding::blocks("linker", format!("cannot be tried: {error}"), mend),
    }
}

#[allow(clippy::cast_precision_loss)]
fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

fn disk(workspace: &Workspace) -> Finding {
    let Some(bytes) = platform::free_disk_bytes(&workspace.root) else {
        return Finding::fine("disk", "free space not known on this system");
    };
    let found = format!("{:.1} GB free", gigabytes(bytes));
    if bytes < 500_000_000 {
        Finding::blocks(
            "disk",
            found,
            "A build takes about 1 GB: make room, or `cargo clean` in other projects.",
        )
    } else if bytes < 3_000_000_000 {
        Finding::note(
            "disk",
            found,
            "A build takes about 1 GB: keep an eye on it.",
        )
    } else {
        Finding::fine("disk", found)
    }
}

fn memory() -> Finding {
    let Some(bytes) = platform::memory_bytes() else {
        return Finding::fine("memory", "not known on this system");
    };
    let found = format!("{:.1} GB", gigabytes(bytes));
    if bytes < 3_500_000_000 {
        Finding::note(
            "memory",
            found,
            "Little for the first build: CARGO_BUILD_JOBS=1 cargo xtask check lesson1",
        )
    } else {
        Finding::fine("memory", found)
    }
}

fn cores() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    match std::env::var("DLKIT_THREADS") {
        Ok(threads) if threads.parse::<usize>().is_ok_and(|threads| threads > 0) => {
            Finding::fine("cores", format!("{cores}; DLKIT_THREADS uses {threads}"))
        }
        Ok(threads) if !threads.is_empty() => Finding::blocks(
            "cores",
            format!("DLKIT_THREADS is `{threads}`, which is no number"),
            "unset DLKIT_THREADS",
        ),
        _ => Finding::fine("cores", cores.to_string()),
    }
}

fn terminal() -> Finding {
    use std::io::IsTerminal;
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let utf8 = cfg!(windows)
        || cfg!(target_os = "macos")
        || locale
            .as_deref()
            .is_some_and(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    let place = if std::io::stdout().is_terminal() {
        let colour =
            anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
        format!(
            "{} columns, {}",
            width(),
            if colour { "colour" } else { "no colour" }
        )
    } else {
        "standard output is no terminal: no colour".to_owned()
    };
    if !utf8 {
        let found = format!("{place}; the locale is not UTF-8, so signs such as ✓ may look odd");
        return Finding::note("terminal", found, "export LANG=C.UTF-8");
    }
    if width() < 80 {
        return Finding::note(
            "terminal",
            place,
            "80 columns or more read best: widen the window.",
        );
    }
    Finding::fine("terminal", place)
}

fn data(workspace: &Workspace) -> Finding {
    match std::env::var_os("DLKIT_DATA").filter(|value| !value.is_empty()) {
        Some(folder) if !std::path::Path::new(&folder).is_dir() => {
            let found = format!("DLKIT_DATA names {}, which is no folder", folder.display());
            Finding::blocks(
                "data",
                found,
                "unset DLKIT_DATA, or name a folder that holds mnist/, jena/ or text/",
            )
        }
        _ => {
            let here: Vec<&str> = SETS
                .iter()
                .map(|set| set.folder)
                .filter(|set| {
                    places(workspace)
                        .iter()
                        .any(|place| place.folder.join(set).is_dir())
                })
                .collect();
            let found = if here.is_empty() {
                "the embedded sets; `cargo xtask data list` says how to use real data".into()
            } else {
                format!("the embedded sets, {}", here.join(", "))
            };
            Finding::fine("data", found)
        }
    }
}

fn device() -> Finding {
    match std::env::var("DLKIT_DEVICE") {
        Err(_) => Finding::fine("device", "cpu"),
        Ok(device) if ["", "cpu"].contains(&device.as_str()) => Finding::fine("device", "cpu"),
        Ok(device) if device == "cuda" || device == "metal" => Finding::note(
            "device",
            format!("DLKIT_DEVICE is {device}: dlkit must be built with the feature `{device}`"),
            "unset DLKIT_DEVICE to train on the processor",
        ),
        Ok(device) => Finding::blocks(
            "device",
            format!("DLKIT_DEVICE is `{device}`; it can be cpu, cuda or metal"),
            "unset DLKIT_DEVICE",
        ),
    }
}

fn progress(workspace: &Workspace) -> Finding {
    let progress = Progress::load(workspace);
    match progress.trouble() {
        Some(trouble) => Finding::note(
            "progress",
            format!("{trouble}; nothing is remembered until it is moved away"),
            "mv .workshop/progress.json .workshop/progress.old.json",
        ),
        None => match progress.last_lesson() {
            Some(lesson) => Finding::fine("progress", format!("remembered; last at {lesson}")),
            None => Finding::fine("progress", "nothing checked yet"),
        },
    }
}

fn lessons(workspace: &Workspace) -> Finding {
    match Lesson::load_all(workspace) {
        Ok(lessons) if lessons.is_empty() => Finding::blocks(
            "lessons",
            "none under exercises/",
            "git checkout -- exercises",
        ),
        Ok(lessons) => Finding::fine(
            "lessons",
            lessons
                .iter()
                .map(Lesson::name)
                .collect::<Vec<_>>()
                .join(", "),
        ),
        Err(error) => Finding::blocks(
            "lessons",
            format!("{error:#}"),
            "git checkout -- exercises/*/lesson.toml",
        ),
    }
}
