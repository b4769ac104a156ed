//! The workshop itself: its lessons, what the student has in them, what is remembered, the data.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::Finding;
use super::probe::{Answer, ask};
use crate::commands::data;
use crate::lesson::{Lesson, Subject};
use crate::progress::Progress;
use crate::style::count;
use crate::update::{Repository, unfinished};
use crate::workspace::Workspace;

/// What every lesson needs.
pub(super) fn needed(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = vec![lessons(workspace), data(workspace), device()];
    if unfinished(workspace) {
        let words = "an update was interrupted, so old and new files are mixed";
        findings.push(Finding::blocks("update", words, "cargo xtask update"));
    }
    findings
}

/// What makes it quick.
pub(super) fn speed(workspace: &Workspace) -> Vec<Finding> {
    vec![check(workspace)]
}

/// What makes it pleasant.
pub(super) fn comfort(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = vec![progress(workspace)];
    findings.extend(conflicts(workspace));
    findings.extend(solutions(workspace));
    findings
}

fn lessons(workspace: &Workspace) -> Finding {
    match Lesson::load_all(workspace) {
        Ok(lessons) if lessons.is_empty() => Finding::blocks(
            "lessons",
            "none under exercises/",
            "git checkout -- exercises",
        ),
        Ok(lessons) => {
            let all = lessons.iter().flat_map(|lesson| {
                let files = lesson.steps();
                files.map(|(_, step)| lesson.step_file(Subject::Exercise, step))
            });
            let gone: Vec<String> = all
                .filter(|file| !file.is_file())
                .map(|file| workspace.relative(&file))
                .collect();
            if let Some(first) = gone.first() {
                let lesson = lessons
                    .iter()
                    .find(|lesson| first.contains(&lesson.package))
                    .map_or("lesson1", Lesson::name);
                let found = format!("{} missing, among them {first}", count(gone.len(), "file"));
                return Finding::blocks("lessons", found, format!("cargo xtask reset {lesson}"));
            }
            let names: Vec<&str> = lessons.iter().map(Lesson::name).collect();
            Finding::fine("lessons", names.join(", "))
        }
        Err(error) => Finding::blocks(
            "lessons",
            format!("{error:#}"),
            "git checkout -- exercises/*/lesson.toml",
        ),
    }
}

fn data(workspace: &Workspace) -> Finding {
    match std::env::var_os("DLKIT_DATA").filter(|value| !value.is_empty()) {
        Some(folder) if !Path::new(&folder).is_dir() => {
            let found = format!("DLKIT_DATA names {}, which is no folder", folder.display());
            Finding::blocks(
                "data",
                found,
                "unset DLKIT_DATA, or name a folder that holds mnist/, jena/ or text/",
            )
        }
        _ => {
            let (whole, incomplete) = data::here(workspace);
            if let Some((folder, files)) = incomplete.first() {
                let found = format!(
                    "{} lacks {files}; complete it, or move the folder away",
                    workspace.relative(folder)
                );
                return Finding::note("data", found, "cargo xtask data list");
            }
            let found = if whole.is_empty() {
                "the embedded sets; for real data: cargo xtask data list".into()
            } else {
                format!("the embedded sets, {}", whole.join(", "))
            };
            Finding::fine("data", found)
        }
    }
}

fn device() -> Finding {
    let wished = super::variable(&["DLKIT_DEVICE"]).unwrap_or_else(|| "cpu".to_owned());
    match wished.split(':').next().unwrap_or_default() {
        "cpu" => Finding::fine("device", "cpu"),
        "cuda" if super::on_path("nvidia-smi").is_none() => Finding::blocks(
            "device",
            format!("DLKIT_DEVICE is {wished}, but no NVIDIA driver is here"),
            "unset DLKIT_DEVICE",
        ),
        "metal" if !cfg!(target_os = "macos") => Finding::blocks(
            "device",
            "DLKIT_DEVICE is metal, which only a Mac has",
            "unset DLKIT_DEVICE",
        ),
        feature @ ("cuda" | "metal") => Finding::note(
            "device",
            format!("DLKIT_DEVICE is {wished}: dlkit must be built with the feature `{feature}`"),
            "unset DLKIT_DEVICE to train on the processor",
        ),
        _ => Finding::blocks(
            "device",
            format!("DLKIT_DEVICE is `{wished}`; it can be cpu, cuda or metal"),
            "unset DLKIT_DEVICE",
        ),
    }
}

/// How long the check of a step takes, when its lesson is built: nobody waits for a first build here.
fn check(workspace: &Workspace) -> Finding {
    let built = |lesson: &String| {
        let recipe = workspace.root.join("target/quick").join(lesson);
        recipe.join("recipe.json").is_file()
    };
    let progress = Progress::load(workspace);
    let folders = workspace.lesson_folders().unwrap_or_default();
    let mut lessons = progress
        .last_lesson()
        .into_iter()
        .chain(folders.iter().map(|folder| crate::workspace::short(folder)))
        .map(str::to_owned);
    let Some(lesson) = lessons.find(built) else {
        return Finding::absent(
            "check",
            "not measured: no lesson has been checked in this folder yet",
            "",
        );
    };
    let Ok(runner) = std::env::current_exe() else {
        return Finding::fine("check", "not measured");
    };
    let step = format!("{lesson}.1");
    let start = Instant::now();
    let arguments = ["check", &step, "--json", "--unremembered"];
    let answer = ask(
        Command::new(runner)
            .current_dir(&workspace.root)
            .args(arguments),
        30,
    );
    let seconds = start.elapsed().as_secs_f64();
    match answer {
        Answer::Hangs => Finding::note(
            "check",
            format!("{step} takes more than 30 s"),
            format!("Is another check or build at work? Otherwise see: cargo xtask check {step}"),
        ),
        _ if seconds > 5.0 => Finding::note(
            "check",
            format!("{step} takes {seconds:.1} s"),
            "On a slow machine give checks more time: cargo xtask check --slow 3",
        ),
        _ => Finding::fine("check", format!("{step} takes {seconds:.1} s")),
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

/// Exercises with git's conflict marks in them.
fn conflicts(workspace: &Workspace) -> Option<Finding> {
    for lesson in Lesson::load_all(workspace).unwrap_or_default() {
        for (number, step) in lesson.steps() {
            let file = lesson.step_file(Subject::Exercise, step);
            let text = fs::read_to_string(&file).unwrap_or_default();
            let mark = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
            if let Some(line) = text.lines().position(mark) {
                return Some(Finding::note(
                    "exercises",
                    format!(
                        "{}:{} has a conflict mark of git, which does not compile",
                        workspace.relative(&file),
                        line + 1
                    ),
                    format!(
                        "Take out one of the two versions and the marks, or start afresh: cargo xtask reset {}.{number}. Next time: \
                         cargo xtask update",
                        lesson.name()
                    ),
                ));
            }
        }
    }
    None
}

/// Reference solutions that somebody has written in, perhaps in place of the exercise.
fn solutions(workspace: &Workspace) -> Option<Finding> {
    let edited = Repository::find(workspace)?.edited("solutions");
    let first = edited.first()?;
    let others = match edited.len() {
        1 => String::new(),
        more => format!(" and {} more", more - 1),
    };
    Some(Finding::note(
        "solutions",
        format!("{first}{others}: not as you got it. You write in exercises/"),
        "git stash push -- solutions puts your changes aside and the reference back",
    ))
}
