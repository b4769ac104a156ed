//! A newer version comes, and nothing that a student wrote is lost: from a repository, from a folder, with whatever was renamed.

mod common;

use std::fs;
use std::path::Path;

use common::versions::*;
use common::{Said, Scratch};

#[test]
fn what_is_untouched_is_replaced_and_what_is_written_stays() {
    let upstream = upstream();
    let student = clone(&upstream);
    edit(&student, STEP1, TASK, "b + a");
    student.says(&["check", "lesson1.1"]).expect(0);
    // Something in the index, and something new there.
    student.write("notes.md", "Mine.\n");
    git(student.root(), &["add", "--all"]);
    let mine = student.read(STEP1);

    student
        .says(&["update"])
        .expect(0)
        .contains(&["This is the newest version already"]);
    edit(
        &upstream,
        SUM,
        "/// The sum.",
        "/// The sum of two numbers.",
    );
    edit(
        &upstream,
        "solutions/lesson1-sums/src/step2_square.rs",
        "/// The square.",
        "/// The square of a number.",
    );
    edit(
        &upstream,
        MANIFEST,
        "Think of times.",
        "Think of a product.",
    );
    publish(&upstream);

    let told = student.says(&["update", "--dry-run"]).expect(0);
    let told = told.contains(&[
        "What an update would do",
        "Nothing has been changed",
        "your code is in the new one",
    ]);
    assert!(!told.stdout.contains("Go on"), "{told:?}");
    assert!(!student.path(".workshop/update.new").exists());
    assert_eq!(student.read(STEP1), mine);

    let said = student.says(&["update"]).expect(0).contains(&[
        "1  Add\n      The exercise has changed; your code is in the new one.",
        "2  Square\n      The exercise has changed; you had not begun it.",
        "Hints or other texts of step 2 have changed.",
        "Go on: cargo xtask check",
    ]);
    assert_eq!(
        student.read(STEP1),
        mine.replace("/// The sum.", "/// The sum of two numbers.")
    );
    assert_eq!(student.read(STEP2), upstream.read(STEP2));
    let backup = place(&said, "Your files as they were:");
    assert_eq!(student.read(&format!("{backup}/{STEP1}")), mine);
    assert_eq!(student.read("notes.md"), "Mine.\n");
    assert_eq!(head(&student), head(&upstream));
    let changed = git(
        student.root(),
        &["status", "--porcelain", "exercises", "notes.md"],
    );
    assert_eq!(changed, format!(" M {STEP1}\n?? notes.md"));
    student.says(&["list"]).expect(0).contains(&["1 of 2"]);
    student.says(&["check", "lesson1.1"]).expect(0);
}

#[test]
fn where_both_changed_the_same_the_students_code_stays_and_is_told() {
    let upstream = upstream();
    let student = clone(&upstream);
    edit(&student, STEP1, TASK, "b + a");
    edit(&student, STEP2, "/// The square.", "/// My own words.");
    let mine = student.read(STEP1);
    edit(&upstream, SUM, "Add the two numbers.", "Add them up.");
    edit(
        &upstream,
        "solutions/lesson1-sums/src/step2_square.rs",
        "/// The square.",
        "/// The square of it.",
    );
    publish(&upstream);
    // Before it is done, no copy is named: there is none.
    let told = student.says(&["update", "--dry-run"]).expect(0).stdout;
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "The new words will be kept in .workshop/backups/.",
        "The new exercise will be kept in .workshop/backups/.",
        "Your files as they are will be kept in .workshop/backups/.",
    ] {
        assert!(told.contains(words), "{words}\nin\n{told}");
    }
    assert!(!told.contains("backups/update-"), "{told}");
    let said = student.says(&["update"]).expect(0);
    let said = said.contains(&[
        "What you have written is asked for in other words; your code stays.",
        "You and the new version changed the same lines",
    ]);
    assert_eq!(student.read(STEP1), mine);
    assert!(
        student
            .read(&place(&said, "The new words:"))
            .contains("Add them up.")
    );
    assert!(student.read(STEP2).contains("/// My own words."));
    assert!(
        student
            .read(&place(&said, "The new exercise:"))
            .contains("/// The square of it.")
    );
    assert!(!student.read(STEP2).contains("<<<<"));
}

/// Step 1 gets another name and becomes step 2, a step is put before it, and step 2 is gone.
fn rearrange(upstream: &Scratch) {
    for side in ["exercises", "solutions"] {
        let file = |name: &str| format!("{side}/lesson1-sums/src/{name}.rs");
        upstream.write(
            &file("lib"),
            "//! A lesson.\n\npub mod step1_zero;\npub mod step2_plus;\n",
        );
        fs::rename(
            upstream.path(&file("step1_sum")),
            upstream.path(&file("step2_plus")),
        )
        .expect("renamed");
        fs::remove_file(upstream.path(&file("step2_square"))).expect("removed");
        let zero = "//! Step 1 — zero.\n\n/// Nothing.\npub fn zero() -> f64 {\n    // solution: Give zero.\n    0.0\n    // end solution\n}\n";
        upstream.write(&file("step1_zero"), zero);
    }
    let manifest = upstream.read(MANIFEST);
    let first = manifest.find("[[step]]").expect("a step");
    let second = manifest.rfind("[[step]]").expect("another");
    let last = manifest.find("[[model]]").expect("a model");
    let sum = manifest[first..second].replace(
        "file = \"step1_sum.rs\"",
        "file = \"step2_plus.rs\"\nwas = [\"step1_sum\"]",
    );
    let zero = "[[step]]\nfile = \"step1_zero.rs\"\ntitle = \"Zero\"\nminutes = 1\n\n";
    upstream.write(
        MANIFEST,
        &format!("{}{zero}{sum}{}", &manifest[..first], &manifest[last..]),
    );
    let checks = "exercises/lesson1-sums/tests/checks.rs";
    let text = upstream.read(checks).replace("step1_sum", "step2_plus");
    let squares = text.find("mod step2_square").expect("its checks");
    let list = text.find("dlkit_harness::checks!").expect("the list");
    let zero = "mod step1_zero {\n    use dlkit_harness::{Verdict, ensure};\n    pub fn is_zero() -> Verdict {\n        \
        ensure!(lesson1::step1_zero::zero() == 0.0, \"not zero\");\n        Ok(())\n    }\n}\n\n";
    let list = text[list..]
        .replace("    step2_square: squares;\n", "")
        .replace("{\n", "{\n    step1_zero: is_zero;\n");
    upstream.write(checks, &format!("{}{zero}{list}", &text[..squares]));
    publish(upstream);
}

/// What the student of these tests has when the steps are rearranged, and what must come out.
fn has_rearranged(student: &Scratch, said: &Said, square: &str) {
    let said = Said {
        code: said.code,
        stdout: said.stdout.clone(),
        stderr: said.stderr.clone(),
    }
    .contains(&[
        "1  Zero\n      A new step.",
        "2  Add\n      It was step 1; your code and your progress came with it.",
        "−  Square\n      The step is gone. Your code:",
    ]);
    assert!(
        student
            .read("exercises/lesson1-sums/src/step2_plus.rs")
            .contains("b + a")
    );
    assert!(!student.path(STEP1).exists() && !student.path(STEP2).exists());
    assert_eq!(
        student.read(&place(&said, "The step is gone. Your code:")),
        square
    );
    student
        .says(&["list"])
        .expect(0)
        .contains(&["1 of 2", "✓  2  Add"]);
    student.says(&["check", "lesson1.2"]).expect(0);
    let open = student.json(&["lesson1"]);
    assert_eq!(
        open["steps"][0]["checks"][0]["outcome"], "not-started",
        "{open}"
    );
}

#[test]
fn renamed_inserted_and_removed_steps_lose_neither_code_nor_progress() {
    let upstream = upstream();
    let student = clone(&upstream);
    edit(&student, STEP1, TASK, "b + a");
    edit(&student, STEP2, TASK2, "x * x");
    student.says(&["check", "lesson1"]).expect(0);
    let square = student.read(STEP2);
    rearrange(&upstream);
    let from = upstream.root().to_str().expect("UTF-8");
    let told = copy(&student).says(&["update", "--dry-run", "--from", from]);
    let told = told
        .expect(0)
        .contains(&["your progress will come with it."]);
    assert!(!told.stdout.contains("backups/update-"), "{told:?}");
    let said = student.says(&["update"]).expect(0);
    has_rearranged(&student, &said, &square);
}

#[test]
fn steps_that_moved_are_moved_in_the_students_commits_too() {
    let upstream = upstream();
    let student = clone(&upstream);
    edit(&student, STEP1, TASK, "b + a");
    edit(&student, STEP2, TASK2, "x * x");
    git(
        student.root(),
        &["commit", "--all", "--quiet", "--message", "Mine"],
    );
    student.says(&["check", "lesson1"]).expect(0);
    git(student.root(), &["checkout", "--quiet", "--", "Cargo.lock"]);
    let square = student.read(STEP2);
    rearrange(&upstream);
    let said = student.says(&["update"]).expect(0);
    assert_eq!(git(student.root(), &["status", "--porcelain"]), "");
    has_rearranged(&student, &said, &square);
}

#[test]
fn a_copy_without_git_is_updated_from_a_folder() {
    let upstream = upstream();
    let student = copy(&upstream);
    student
        .says(&["update"])
        .expect(2)
        .complains("cargo xtask update --from FOLDER");
    edit(&student, STEP1, TASK, "b + a");
    edit(&student, STEP2, TASK2, "x * x");
    student.write("exercises/lesson1-sums/src/mine.rs", "// mine\n");
    student.write("solutions/lesson1-sums/old.txt", "old\n");
    student.says(&["check", "lesson1"]).expect(0);
    let square = student.read(STEP2);
    rearrange(&upstream);
    let newer = copy(&upstream);
    // Somebody has written in that copy: what they wrote is not the exercise.
    edit(
        &newer,
        "exercises/lesson1-sums/src/step1_zero.rs",
        "todo!(\"Give zero.\")",
        "0.0 // spoiled",
    );
    let from = |folder: &Path, code| {
        let folder = folder.to_str().expect("UTF-8");
        student.says(&["update", "--from", folder]).expect(code)
    };
    from(student.root(), 2).complains("is this workshop itself");
    from(&student.path("exercises"), 2).complains("holds no copy of the workshop");
    from(&student.path("nowhere"), 2).complains("nowhere is not there");
    edit(
        &student,
        "Cargo.toml",
        "[workspace.package]\n",
        "[workspace.package]\nversion = \"0.2.0\"\n",
    );
    edit(
        &newer,
        "Cargo.toml",
        "[workspace.package]\n",
        "[workspace.package]\nversion = \"0.1.9\"\n",
    );
    from(newer.root(), 2).complains("holds an older version (0.1.9) than this one (0.2.0)");
    edit(&newer, "Cargo.toml", "0.1.9", "0.2.0");

    let said = from(newer.root(), 0);
    has_rearranged(&student, &said, &square);
    assert!(
        !student
            .read("exercises/lesson1-sums/src/step1_zero.rs")
            .contains("spoiled")
    );
    assert_eq!(
        student.read("exercises/lesson1-sums/src/mine.rs"),
        "// mine\n"
    );
    let backup = place(&said, "Your files as they were:");
    assert_eq!(
        student.read(&format!("{backup}/solutions/lesson1-sums/old.txt")),
        "old\n"
    );
    // Cargo wrote into it when the student's code was checked.
    student.write("Cargo.lock", &newer.read("Cargo.lock"));
    from(newer.root(), 0).contains(&["This is the newest version already."]);
}

#[test]
fn commits_of_the_student_are_joined_with_the_new_version() {
    let upstream = upstream();
    let student = clone(&upstream);
    edit(&student, STEP1, TASK, "b + a");
    git(
        student.root(),
        &["commit", "--all", "--quiet", "--message", "Mine"],
    );
    let mine = head(&student);
    edit(&student, STEP2, TASK2, "x * x");
    edit(
        &upstream,
        SUM,
        "/// The sum.",
        "/// The sum of two numbers.",
    );
    publish(&upstream);
    student
        .says(&["update"])
        .expect(0)
        .contains(&["your own commits are kept"]);
    let parents = git(student.root(), &["rev-parse", "HEAD^1", "HEAD^2"]);
    assert_eq!(parents, format!("{mine}\n{}", head(&upstream)));
    let committed = git(student.root(), &["show", &format!("HEAD:{STEP1}")]);
    assert_eq!(committed, student.read(STEP1).trim_end());
    assert!(committed.contains("b + a") && committed.contains("of two numbers"));
    assert_eq!(
        git(student.root(), &["status", "--porcelain"]),
        format!(" M {STEP2}")
    );
    student
        .says(&["update"])
        .expect(0)
        .contains(&["newest version already"]);
}

#[test]
fn a_detached_head_and_a_branch_of_ones_own_are_updated_too() {
    let upstream = upstream();
    for switch in [
        &["switch", "--quiet", "--detach"][..],
        &["switch", "--quiet", "--create", "mine"],
    ] {
        let student = clone(&upstream);
        git(student.root(), switch);
        edit(&student, STEP1, TASK, "b + a");
        let words = format!("/// The sum, {}.", switch.len());
        let now = upstream.read(SUM);
        let doc = now
            .lines()
            .find(|line| line.starts_with("/// The sum"))
            .expect("a doc")
            .to_owned();
        edit(&upstream, SUM, &doc, &words);
        publish(&upstream);
        student.says(&["update"]).expect(0);
        assert!(student.read(STEP1).contains(&words) && student.read(STEP1).contains("b + a"));
        assert_eq!(head(&student), head(&upstream));
    }
}

#[test]
fn a_fork_gets_new_versions_from_the_remote_called_upstream() {
    let upstream = upstream();
    let fork = clone(&upstream);
    let student = clone(&fork);
    let workshop = upstream.root().to_str().expect("UTF-8");
    git(student.root(), &["remote", "add", "upstream", workshop]);
    edit(
        &upstream,
        SUM,
        "/// The sum.",
        "/// The sum of two numbers.",
    );
    publish(&upstream);
    student
        .says(&["update"])
        .expect(0)
        .contains(&["1  Add", "you had not begun it"]);
    assert_eq!(student.read(STEP1), upstream.read(STEP1));
    assert_eq!(head(&student), head(&upstream));
}

#[test]
fn without_a_way_to_the_new_version_nothing_changes_and_a_sentence_says_why() {
    let upstream = upstream();
    let student = clone(&upstream);
    edit(&student, STEP1, TASK, "b + a");
    let mine = student.read(STEP1);
    let unreachable = upstream.path("nowhere");
    let unreachable = unreachable.to_str().expect("UTF-8");
    git(
        student.root(),
        &["remote", "set-url", "origin", unreachable],
    );
    student
        .says(&["update"])
        .expect(2)
        .complains("cannot be reached, so nothing has changed");
    git(student.root(), &["remote", "remove", "origin"]);
    student
        .says(&["update"])
        .expect(2)
        .complains("has no remote");
    student.write(".git/MERGE_HEAD", &head(&student));
    student
        .says(&["update"])
        .expect(2)
        .complains("A git merge is under way here.");
    fs::write(student.path(".git/HEAD"), "nonsense\n").expect("written");
    student
        .says(&["update"])
        .expect(2)
        .complains("git does not work here");
    assert_eq!(student.read(STEP1), mine);
    assert!(!student.path(".workshop/update").exists());
}

#[test]
fn a_lesson_comes_and_a_lesson_goes_and_cargo_still_finds_its_members() {
    let upstream = upstream();
    let other = "exercises/lesson2-other";
    for (file, text) in [
        (
            "Cargo.toml",
            "[package]\nname = \"lesson2-other\"\nversion = \"0.1.0\"\n",
        ),
        (
            "lesson.toml",
            "name = \"lesson2\"\ntitle = \"Other\"\nsummary = \"s\"\n\n[[step]]\nfile = \"step1_a.rs\"\ntitle = \"A\"\n",
        ),
        ("src/lib.rs", "//! A lesson.\n\npub mod step1_a;\n"),
        ("src/step1_a.rs", "//! A.\n"),
    ] {
        upstream.write(&format!("{other}/{file}"), text);
    }
    publish(&upstream);
    let by_git = clone(&upstream);
    let by_folder = copy(&upstream);
    for student in [&by_git, &by_folder] {
        edit(student, &format!("{other}/src/step1_a.rs"), "A.", "Mine.");
        student.write(&format!("{other}/notes.md"), "My notes.\n");
    }
    let to = upstream.path("exercises/lesson3-new");
    fs::rename(upstream.path(other), &to).expect("renamed");
    for file in ["Cargo.toml", "lesson.toml"] {
        let file = format!("exercises/lesson3-new/{file}");
        let text = upstream.read(&file).replace("lesson2", "lesson3");
        upstream.write(&file, &text.replace("-other", "-new"));
    }
    publish(&upstream);
    let newer = upstream.root().to_str().expect("UTF-8");
    for (student, words) in [
        (&by_git, &["update"][..]),
        (&by_folder, &["update", "--from", newer]),
    ] {
        let said = student.says(words).expect(0).contains(&[
            "lesson3-new\n  A new lesson with 1 step.",
            "lesson2-other\n  The lesson is gone.",
        ]);
        let copies = place(&said, "All that was in it:");
        assert_eq!(student.read(&format!("{copies}/notes.md")), "My notes.\n");
        assert_eq!(
            student.read(&format!("{copies}/src/step1_a.rs")),
            "//! Mine.\n"
        );
        assert!(!student.path(other).exists());
        assert!(
            student
                .path("exercises/lesson3-new/src/step1_a.rs")
                .is_file()
        );
        student
            .says(&["check", "lesson1.2"])
            .expect(1)
            .contains(&["to be written"]);
    }
}

#[test]
fn of_several_copies_in_a_folder_none_is_taken() {
    let upstream = upstream();
    let shelf = Scratch::empty();
    let put = |name: &str| {
        for file in git(upstream.root(), &["ls-files"]).lines() {
            shelf.write(&format!("{name}/{file}"), &upstream.read(file));
        }
    };
    put("here");
    let update = || {
        let mut runner = upstream.runner("");
        runner.args(["update", "--from", ".."]);
        runner.current_dir(shelf.path("here"));
        Said::from(runner.output().expect("the runner starts"))
    };
    update()
        .expect(2)
        .complains(".. holds no copy of the workshop but this one.");
    // The one beside it is meant.
    edit(&upstream, SUM, "/// The sum.", "/// The sum of two.");
    publish(&upstream);
    put("newer");
    put("older");
    let before = shelf.read(&format!("here/{STEP1}"));
    update()
        .expect(2)
        .complains(".. holds several copies of the workshop. Name the one that you mean:")
        .complains("/newer")
        .complains("/older");
    assert_eq!(shelf.read(&format!("here/{STEP1}")), before);
    fs::remove_dir_all(shelf.path("older")).expect("removed");
    update().expect(0);
    assert!(
        shelf
            .read(&format!("here/{STEP1}"))
            .contains("The sum of two.")
    );
}
