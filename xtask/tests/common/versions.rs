//! Two versions of a workspace: its authors' repository, and a student's clone or copy.

use std::path::Path;
use std::process::Command;

use super::{Said, Scratch};

pub(crate) const STEP1: &str = "exercises/lesson1-sums/src/step1_sum.rs";
pub(crate) const STEP2: &str = "exercises/lesson1-sums/src/step2_square.rs";
pub(crate) const SUM: &str = "solutions/lesson1-sums/src/step1_sum.rs";
pub(crate) const MANIFEST: &str = "exercises/lesson1-sums/lesson.toml";
pub(crate) const TASK: &str = "todo!(\"Add the two numbers.\")";
/// The same of step 2.
pub(crate) const TASK2: &str = "todo!(\"Multiply the number by itself.\")";

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Somebody", "-c", "user.email=s@localhost"])
        .args(["-c", "init.defaultBranch=main"])
        .args(arguments)
        .output()
        .expect("git starts");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim_end()
        .to_owned()
}

/// The workshop as its authors have it, in a repository.
pub(crate) fn upstream() -> Scratch {
    let scratch = Scratch::new();
    scratch.write(".gitignore", "/target/\n/.workshop/\n");
    git(scratch.root(), &["init", "--quiet"]);
    publish(&scratch);
    scratch
}

/// Writes the exercises anew and commits everything.
pub(crate) fn publish(upstream: &Scratch) {
    upstream.says(&["author", "strip", "lesson1"]).expect(0);
    git(upstream.root(), &["add", "--all"]);
    git(
        upstream.root(),
        &["commit", "--quiet", "--message", "A version"],
    );
}

/// A student's clone.
pub(crate) fn clone(upstream: &Scratch) -> Scratch {
    let scratch = Scratch::empty();
    let from = upstream.root().to_str().expect("UTF-8").to_owned();
    git(scratch.root(), &["clone", "--quiet", &from, "."]);
    scratch
}

/// A copy without a repository.
pub(crate) fn copy(of: &Scratch) -> Scratch {
    let scratch = Scratch::empty();
    let list = git(of.root(), &["ls-files"]);
    for file in list.lines() {
        scratch.write(file, &of.read(file));
    }
    scratch
}

/// Changes a file's text.
pub(crate) fn edit(scratch: &Scratch, file: &str, from: &str, to: &str) {
    let text = scratch.read(file);
    assert!(text.contains(from), "`{from}` is not in {file}:\n{text}");
    scratch.write(file, &text.replace(from, to));
}

/// The path behind some words in what was said.
pub(crate) fn place(said: &Said, before: &str) -> String {
    let words: Vec<&str> = said.stdout.split_whitespace().collect();
    let text = words.join(" ");
    let rest = text
        .split(before)
        .nth(1)
        .unwrap_or_else(|| panic!("`{before}` is not in {text}"));
    rest.split_whitespace().next().expect("a path").to_owned()
}

pub(crate) fn head(scratch: &Scratch) -> String {
    git(scratch.root(), &["rev-parse", "HEAD"])
}
