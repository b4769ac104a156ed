//! The machine: disk, memory, clock, the place where the workshop lies, the terminal.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::probe::{Answer, ask};
use super::{Finding, can_write, on_path, variable};
use crate::platform;
use crate::style::columns;
use crate::workspace::Workspace;

/// What every lesson needs.
pub(super) fn needed(workspace: &Workspace) -> Vec<Finding> {
    vec![disk(workspace)]
}

/// What makes it quick.
pub(super) fn speed(workspace: &Workspace) -> Vec<Finding> {
    vec![memory(), cores(), place(workspace), clock(workspace)]
}

/// What makes it pleasant.
pub(super) fn comfort(_workspace: &Workspace) -> Vec<Finding> {
    vec![terminal(), saves(), editor()]
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

fn disk(workspace: &Workspace) -> Finding {
    if let Err(error) = can_write(&workspace.state()) {
        return Finding::blocks(
            "disk",
            format!("{error:#}"),
            "Copy the workshop to a folder that is yours, or make room.",
        );
    }
    // Cargo locks in one and builds in the other; what is not there yet it makes.
    let target = super::toolchain::target(workspace);
    let debug = target.join("debug");
    for folder in [&target, &debug] {
        if (folder == &target || debug.exists())
            && let Err(error) = can_write(folder)
        {
            return Finding::blocks(
                "disk",
                format!("{error:#}, so nothing can be built"),
                "Make that folder yours again, or remove it: the next check builds it anew.",
            );
        }
    }
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
    // A container may have less than the machine.
    let allowed = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ]
    .iter()
    .filter_map(|file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok())
    .min();
    let Some(bytes) = platform::memory_bytes().map(|all| all.min(allowed.unwrap_or(all))) else {
        return Finding::fine("memory", "not known on this system");
    };
    let free = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text
            .lines()
            .find(|line| line.starts_with("MemAvailable:"))?;
        let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes * 1024)
    });
    let found = match free {
        Some(free) => format!("{:.1} GB, {:.1} GB free", gigabytes(bytes), gigabytes(free)),
        None => format!("{:.1} GB", gigabytes(bytes)),
    };
    if bytes < 3_500_000_000 {
        Finding::note(
            "memory",
            found,
            "Little for the first build: CARGO_BUILD_JOBS=1 cargo xtask check lesson1",
        )
    } else if free.is_some_and(|free| free < 1_000_000_000) {
        Finding::note(
            "memory",
            found,
            "Close what you do not need, above all browsers.",
        )
    } else {
        Finding::fine("memory", found)
    }
}

fn cores() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    match variable(&["DLKIT_THREADS"]) {
        Some(threads) if threads.parse::<usize>().is_ok_and(|threads| threads > 0) => {
            Finding::fine("cores", format!("{cores}; DLKIT_THREADS uses {threads}"))
        }
        Some(threads) => Finding::blocks(
            "cores",
            format!("DLKIT_THREADS is `{threads}`, which is no number"),
            "unset DLKIT_THREADS",
        ),
        None => Finding::fine("cores", cores.to_string()),
    }
}

/// Where the workshop lies.
fn place(workspace: &Workspace) -> Finding {
    let root = workspace.root.canonicalize();
    let root = root.as_deref().unwrap_or(&workspace.root);
    let shown = root.display().to_string();
    let within = |part: &str| {
        root.iter()
            .any(|name| name.to_string_lossy().starts_with(part))
    };
    if is_wsl() && root.starts_with("/mnt") {
        return Finding::note(
            "folder",
            format!("{shown}, a folder of Windows: every file takes long, and saves are not told"),
            "Clone into your Linux home instead: cd ~. If it must be here: cargo xtask watch --poll",
        );
    }
    if let Some(kind) = file_system(root).filter(|kind| {
        let far = [
            "nfs",
            "cifs",
            "smb",
            "9p",
            "fuse.sshfs",
            "vboxsf",
            "drvfs",
            "afpfs",
        ];
        far.iter().any(|name| kind.starts_with(name))
    }) {
        return Finding::note(
            "folder",
            format!(
                "{shown}, over a network ({kind}): builds take long, and saves may not be told"
            ),
            "Keep the workshop on a disk of this machine, or at least what is built: export CARGO_TARGET_DIR=/tmp/workshop-target. For saves: \
             cargo xtask watch --poll",
        );
    }
    let synchronised = [
        "OneDrive",
        "Dropbox",
        "Mobile Documents",
        "Google Drive",
        "Nextcloud",
    ];
    if let Some(service) = synchronised.into_iter().find(|service| within(service)) {
        return Finding::note(
            "folder",
            format!("{shown}: {service} uploads all that is built there"),
            "Move the workshop out of that folder, or leave `target` out of what is synchronised.",
        );
    }
    if cfg!(windows) && shown.len() > 100 {
        return Finding::note(
            "folder",
            format!("{shown}: so long a path may pass the limit of Windows"),
            "Move the workshop to a short path, such as C:\\workshop",
        );
    }
    if root.to_str().is_none() {
        return Finding::note(
            "folder",
            format!("{shown}: its name is not UTF-8, which Cargo and editors do not expect"),
            "Rename the folder.",
        );
    }
    if shown.contains(char::is_whitespace) || !shown.is_ascii() {
        return Finding::fine(
            "folder",
            format!("{shown} (works; put it between quotes in commands)"),
        );
    }
    Finding::fine("folder", shown)
}

fn is_wsl() -> bool {
    fs::read_to_string("/proc/version").is_ok_and(|text| text.to_lowercase().contains("microsoft"))
}

/// The kind of file system that a folder is on, where that can be told.
fn file_system(folder: &Path) -> Option<String> {
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let place = words.next()?.replace("\\040", " ");
        folder
            .starts_with(&place)
            .then_some((place.len(), words.next()?))
    });
    mounts
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind.to_owned())
}

/// Cargo rebuilds what is newer than what it built, and goes by the files' times.
fn clock(workspace: &Workspace) -> Finding {
    let tolerance = Duration::from_secs(60);
    let now = SystemTime::now();
    let mut future = Vec::new();
    for part in [
        "Cargo.toml",
        "Cargo.lock",
        "crates",
        "exercises",
        "solutions",
        "xtask",
    ] {
        from_the_future(&workspace.root.join(part), now + tolerance, &mut future);
    }
    if let Some(first) = future.first() {
        let others = match future.len() {
            1 => String::new(),
            more => format!(" and {} more", more - 1),
        };
        return Finding::note(
            "clock",
            format!(
                "{}{others}: dated in the future, so Cargo builds it again and again",
                workspace.relative(first)
            ),
            if cfg!(windows) {
                "Set the clock right, then save these files anew."
            } else {
                "Set the clock right (timedatectl), then: find Cargo.* crates exercises solutions xtask -exec touch {} +"
            },
        );
    }
    Finding::fine("clock", "no file is dated in the future")
}

fn from_the_future(path: &Path, now: SystemTime, found: &mut Vec<std::path::PathBuf>) {
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            from_the_future(&entry.path(), now, found);
        }
    } else if metadata.modified().is_ok_and(|changed| changed > now) {
        found.push(path.to_path_buf());
    }
}

fn terminal() -> Finding {
    let locale = variable(&["LC_ALL", "LC_CTYPE", "LANG"]);
    let utf8 = cfg!(windows)
        || cfg!(target_os = "macos")
        || locale
            .as_deref()
            .is_some_and(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    let is_terminal = std::io::stdout().is_terminal();
    let dumb = !cfg!(windows) && variable(&["TERM"]).is_none_or(|term| term == "dumb");
    let mut place = if is_terminal {
        let colour =
            anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
        format!(
            "{} columns, {}",
            columns(),
            if colour { "colour" } else { "no colour" }
        )
    } else {
        "standard output is no terminal: no colour".to_owned()
    };
    if variable(&["NO_COLOR"]).is_some() {
        place += " (NO_COLOR is set)";
    }
    if !utf8 {
        let found = format!("{place}; the locale is not UTF-8, so signs such as ✓ may look odd");
        return Finding::note("terminal", found, "export LANG=C.UTF-8");
    }
    if is_terminal && dumb {
        let found = format!(
            "{place}; TERM names no terminal that can be drawn on, so `watch` prints plain lines"
        );
        return Finding::note("terminal", found, "export TERM=xterm-256color");
    }
    if is_terminal && columns() < 80 {
        return Finding::note(
            "terminal",
            place,
            "80 columns or more read best: widen the window.",
        );
    }
    Finding::fine("terminal", place)
}

/// Whether the system can tell `watch` of one more folder.
fn saves() -> Finding {
    let limit = |name: &str| -> Option<u64> {
        let file = format!("/proc/sys/fs/inotify/{name}");
        fs::read_to_string(file).ok()?.trim().parse().ok()
    };
    match (limit("max_user_watches"), limit("max_user_instances")) {
        (Some(watches), Some(instances)) if watches < 4096 || instances < 32 => Finding::note(
            "watch",
            format!(
                "few files can be watched here ({watches} in {instances} programs), and editors watch many"
            ),
            "sudo sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=256, or: cargo xtask watch --poll",
        ),
        _ => Finding::fine(
            "watch",
            "the system tells of saves; where it does not: watch --poll",
        ),
    }
}

/// What `watch` opens on a key, and rust-analyzer.
fn editor() -> Finding {
    let chosen = variable(&["VISUAL", "EDITOR"]);
    let program = chosen.as_deref().map(|editor| {
        let words = shlex::split(editor).unwrap_or_default();
        words
            .into_iter()
            .next()
            .unwrap_or_else(|| editor.to_owned())
    });
    if let Some(program) =
        program.filter(|program| on_path(program).is_none() && !Path::new(program).is_file())
    {
        return Finding::note(
            "editor",
            format!("`{program}`, which is not here"),
            "export VISUAL=code, or whatever you write with: `watch` opens it at the line",
        );
    }
    let analyzer = matches!(
        ask(Command::new("rust-analyzer").arg("--version"), 5),
        Answer::Said(_)
    );
    let analyzer = if analyzer {
        "rust-analyzer is here; should it and the runner wait for each other, set rust-analyzer.cargo.targetDir to true"
    } else {
        "rust-analyzer, which shows errors as you type, comes with most editors' Rust extension"
    };
    match chosen {
        Some(editor) => Finding::fine("editor", format!("{editor}; {analyzer}")),
        None => Finding::absent(
            "editor",
            format!("none is named; {analyzer}"),
            "export VISUAL=code, or whatever you write with: then `watch` opens it at the line",
        ),
    }
}
