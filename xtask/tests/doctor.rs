//! `doctor` finds what is in the way, names what mends it, and does not hang.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use common::{Said, Scratch};
use serde_json::Value;

/// What the doctor says with these environment variables.
fn doctor(scratch: &Scratch, variables: &[(&str, &str)]) -> Said {
    let mut runner = scratch.runner("");
    runner.arg("doctor");
    for (name, value) in variables {
        runner.env(name, value);
    }
    Said::from(runner.output().expect("the runner starts"))
}

/// The search path with one folder first.
fn path_with(scratch: &Scratch, folder: &Path) -> String {
    let usual = scratch
        .runner("")
        .get_envs()
        .find_map(|(name, value)| (name == "PATH").then_some(value?.to_owned()))
        .expect("a path");
    let all = [folder.to_path_buf()]
        .into_iter()
        .chain(std::env::split_paths(&usual));
    let path = std::env::join_paths(all).expect("a path");
    path.into_string().expect("UTF-8")
}

/// A program that is a shell script.
#[cfg(unix)]
fn script(scratch: &Scratch, name: &str, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let file = format!("programs/{name}");
    scratch.write(&file, &format!("#!/bin/sh\n{text}\n"));
    let file = scratch.path(&file);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
    scratch.path("programs")
}

/// The finding about something, from `--json`.
fn finding(all: &Value, what: &str) -> Value {
    let groups = all["groups"].as_array().expect("groups");
    let mut findings = groups
        .iter()
        .flat_map(|group| group["findings"].as_array().expect("findings"));
    let found = findings.find(|finding| finding["what"] == what);
    found.unwrap_or_else(|| panic!("{what} in {all}")).clone()
}

#[test]
fn a_sound_machine_is_ready_in_words_and_in_json() {
    let scratch = Scratch::new();
    doctor(&scratch, &[]).expect(0).contains(&[
        "What every lesson needs\n✓ rustc",
        "✓ linker",
        "✓ crates       all on this machine",
        "✓ disk",
        "What makes it quick",
        "Only for some",
        "Ready.",
    ]);
    let said = scratch.says(&["doctor", "--json"]).expect(0);
    let all: Value = serde_json::from_str(&said.stdout).expect("one object");
    assert_eq!(all["ready"], true);
    assert_eq!(finding(&all, "lessons")["found"], "lesson1");
}

#[test]
fn wrong_settings_block_and_say_how_to_be_rid_of_them() {
    let scratch = Scratch::new();
    for (name, value, words) in [
        (
            "DLKIT_DEVICE",
            "abacus",
            "✗ device       DLKIT_DEVICE is `abacus`",
        ),
        (
            "DLKIT_THREADS",
            "many",
            "✗ cores        DLKIT_THREADS is `many`",
        ),
        (
            "DLKIT_DATA",
            "/nowhere",
            "✗ data         DLKIT_DATA names /nowhere",
        ),
    ] {
        doctor(&scratch, &[(name, value)]).expect(1).contains(&[
            words,
            &format!("unset {name}"),
            "One thing keeps lessons from working",
        ]);
    }
    doctor(
        &scratch,
        &[
            ("LANG", "C"),
            ("LC_ALL", ""),
            ("LC_CTYPE", ""),
            ("VISUAL", "no-such-editor --wait"),
        ],
    )
    .expect(0)
    .contains(&["`no-such-editor`, which is not here", "export VISUAL="]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_missing_linker_and_missing_tools_are_told_apart() {
    let scratch = Scratch::new();
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = String::from_utf8(sysroot.expect("rustc starts").stdout).expect("UTF-8");
    // Rust and nothing else: no C compiler, no git.
    let bare = format!("{}/bin", sysroot.trim());
    doctor(&scratch, &[("PATH", &bare), ("LANG", "C"), ("LC_ALL", "C")])
        .expect(1)
        .contains(&[
            "✓ rustc",
            "✗ linker",
            "build-essential",
            "! terminal",
            "export LANG=C.UTF-8",
            "· git          not found",
        ]);
    let said = doctor(
        &scratch,
        &[("PATH", "/nowhere"), ("CARGO_HOME", "/nowhere")],
    )
    .expect(1);
    said.contains(&[
        "✗ rustc        not found",
        "https://rustup.rs",
        "✗ cargo",
        "✗ linker",
    ]);
}

#[cfg(unix)]
#[test]
fn an_old_compiler_and_a_driver_that_hangs_are_found_without_hanging() {
    let scratch = Scratch::new();
    script(&scratch, "rustc", "echo 'rustc 1.60.0 (old)'");
    let programs = script(&scratch, "nvidia-smi", "sleep 600");
    let path = path_with(&scratch, &programs);
    let said = doctor(&scratch, &[("PATH", &path)]).expect(1);
    said.contains(&[
        "✗ rustc        rustc 1.60.0 (old); 1.89 or newer is needed",
        "rustup update stable",
        "! GPU          nvidia-smi does not answer",
    ]);
    fs::remove_file(programs.join("rustc")).expect("it was there");
    script(
        &scratch,
        "nvidia-smi",
        "echo 'GPU 0: Abacus 9000 (UUID: 1)'",
    );
    script(&scratch, "jupyter", "echo 4.2");
    let path = path_with(&scratch, &programs);
    doctor(&scratch, &[("PATH", &path)]).expect(0).contains(&[
        "GPU 0: Abacus 9000",
        "Jupyter, without a kernel for Rust",
        "evcxr_jupyter --install",
    ]);
}

#[cfg(unix)]
#[test]
fn crates_that_are_not_here_are_told_from_a_registry_that_does_not_answer() {
    let scratch = Scratch::new();
    let cargo = |update: &str| {
        let text = format!(
            "case \"$1\" in\n--version) echo 'cargo 1.95.0';;\nmetadata) echo 'you may want to run without --offline' >&2; exit 101;;\n\
             update) {update};;\n*) exit 1;;\nesac"
        );
        let programs = script(&scratch, "cargo", &text);
        path_with(&scratch, &programs)
    };
    let path = cargo("exit 0");
    doctor(&scratch, &[("PATH", &path)])
        .expect(0)
        .contains(&["✓ crates       some are still to be fetched; the registry answers"]);
    let path = cargo("echo 'no route to host' >&2; exit 101");
    doctor(&scratch, &[("PATH", &path)]).expect(1).contains(&[
        "✗ crates       not all are here, and the registry does not answer",
        "cargo fetch --locked",
        "https_proxy",
    ]);
}

#[test]
fn what_a_student_did_by_mistake_is_found() {
    let scratch = Scratch::new();
    let git = |arguments: &[&str]| {
        let done = Command::new("git")
            .current_dir(scratch.root())
            .args(["-c", "user.name=S", "-c", "user.email=s@localhost"])
            .args(arguments)
            .status();
        assert!(done.expect("git starts").success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "A version"]);
    let solution = "solutions/lesson1-sums/src/step1_sum.rs";
    scratch.write(solution, &scratch.read(solution).replace("a + b", "b + a"));
    scratch.student(
        "step1_sum",
        "<<<<<<< HEAD\nfn a() {}\n=======\n>>>>>>> other\n",
    );
    let later = SystemTime::now() + Duration::from_secs(86_400);
    let file = fs::File::options()
        .write(true)
        .open(scratch.path("exercises/lesson1-sums/src/step2_square.rs"));
    file.and_then(|file| file.set_modified(later))
        .expect("a new date");
    let said = doctor(&scratch, &[]).expect(0);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "! exercises exercises/lesson1-sums/src/step1_sum.rs:1 has a conflict mark of git",
        "cargo xtask reset lesson1.1",
        "! solutions solutions/lesson1-sums/src/step1_sum.rs: not as you got it",
        "! clock exercises/lesson1-sums/src/step2_square.rs: dated in the future",
    ] {
        assert!(words.contains(part), "{part}\nin\n{words}");
    }
    fs::remove_file(scratch.path("exercises/lesson1-sums/src/step1_sum.rs")).expect("it was there");
    doctor(&scratch, &[])
        .expect(1)
        .contains(&["✗ lessons      1 file missing", "cargo xtask reset lesson1"]);
    scratch.says(&["reset", "lesson1"]).expect(0);
    doctor(&scratch, &[]).expect(0);
    scratch.write(".workshop/data/text/names.txt", "ada\n");
    doctor(&scratch, &[])
        .expect(0)
        .contains(&["! data         .workshop/data/text lacks tinyshakespeare.txt"]);
    // A folder alone is no set, wherever it lies.
    let _ = fs::remove_dir_all(scratch.path(".workshop/data"));
    fs::create_dir_all(scratch.path("data/mnist")).expect("made");
    let data = scratch.path("data");
    doctor(&scratch, &[("DLKIT_DATA", data.to_str().expect("UTF-8"))])
        .expect(0)
        .contains(&["! data", "mnist lacks"]);
    // What is built has nowhere to go.
    scratch.write("built", "no folder");
    let built = scratch.path("built");
    doctor(
        &scratch,
        &[("CARGO_TARGET_DIR", built.to_str().expect("UTF-8"))],
    )
    .expect(1)
    .contains(&["✗ disk", "nothing can be", "Make that folder yours again"]);
    // A file where the runner keeps what it remembers.
    let _ = fs::remove_dir_all(scratch.path(".workshop"));
    scratch.write(".workshop", "");
    doctor(&scratch, &[])
        .expect(1)
        .contains(&["✗ disk", "cannot be written"]);
}
