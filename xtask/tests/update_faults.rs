//! An update that is stopped, killed, or has no room: nothing is lost, and the next one finishes it.

mod common;

use std::fs;
#[cfg(unix)]
use std::process::Command;
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use common::Said;
use common::Scratch;
use common::versions::*;

#[test]
fn an_update_that_stopped_half_way_is_finished_by_the_next_with_what_was_written_since() {
    let upstream = upstream();
    let student = clone(&upstream);
    edit(&student, STEP1, TASK, "b + a");
    edit(
        &upstream,
        SUM,
        "/// The sum.",
        "/// The sum of two numbers.",
    );
    upstream.write("solutions/lesson1-sums/new.txt", "new\n");
    publish(&upstream);
    // A file where the folder of copies must be: the new file is written by then, the student's is not.
    student.write(".workshop/backups", "in the way\n");
    student.says(&["update"]).expect(2).complains(&format!(
        "{STEP1} cannot be brought up to date. Nothing is lost"
    ));
    assert_eq!(student.read("solutions/lesson1-sums/new.txt"), "new\n");
    assert!(student.read(STEP1).contains("/// The sum.\n"));
    // No other command works on half a version; but nobody can keep the student from writing.
    student
        .says(&["check"])
        .expect(2)
        .complains("An update was interrupted. Finish it first: cargo xtask update");
    student
        .says(&["update", "--dry-run"])
        .expect(2)
        .complains("Finish it first");
    edit(&student, STEP1, "b + a", "0.0 + b + a");
    fs::remove_file(student.path(".workshop/backups")).expect("it was there");
    student.says(&["update"]).expect(0).contains(&[
        "Finishing the update that was interrupted.",
        "your code is in the new one",
    ]);
    let now = student.read(STEP1);
    assert!(
        now.contains("/// The sum of two numbers.") && now.contains("0.0 + b + a"),
        "{now}"
    );
    assert_eq!(head(&student), head(&upstream));
    student.says(&["check", "lesson1.1"]).expect(0);
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_it_loses_nothing_and_is_finished_later() {
    let upstream = upstream();
    let moments = [0, 10, 20, 30, 45, 60, 80, 100, 130, 170, 220, 300, 400, 600];
    let clones: Vec<Scratch> = moments.iter().map(|_| clone(&upstream)).collect();
    edit(
        &upstream,
        SUM,
        "/// The sum.",
        "/// The sum of two numbers.",
    );
    for file in 0..40 {
        upstream.write(
            &format!("solutions/lesson1-sums/figures/{file}.txt"),
            "new\n",
        );
    }
    publish(&upstream);
    for (round, student) in clones.iter().enumerate() {
        edit(student, STEP1, TASK, "b + a");
        let mut killed = student
            .runner("")
            .arg("update")
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(moments[round]));
        killed.kill().expect("it is killed");
        killed.wait().expect("it has ended");
        // A git that was killed with it may leave its lock behind; git's own words say what to do about that.
        let _ = fs::remove_file(student.path(".git/index.lock"));
        student.says(&["update"]).expect(0);
        let now = student.read(STEP1);
        assert!(
            now.contains("b + a") && now.contains("of two numbers"),
            "round {round}:\n{now}"
        );
        assert_eq!(head(student), head(&upstream), "round {round}");
        assert_eq!(
            git(student.root(), &["status", "--porcelain"]),
            format!(" M {STEP1}"),
            "round {round}"
        );
        for left in ["update", "update.new", "update.done"] {
            let left = student.path(&format!(".workshop/{left}"));
            assert!(!left.exists(), "round {round}: {}", left.display());
        }
    }
}

/// A limit on the size of files stands in for a full disk: every write fails with an error.
#[cfg(unix)]
#[test]
fn on_a_full_disk_nothing_changes() {
    let upstream = upstream();
    let student = clone(&upstream);
    edit(&student, STEP1, TASK, "b + a");
    student.says(&["check", "lesson1.1"]).expect(0);
    let before = (
        student.read(STEP1),
        student.read(".workshop/progress.json"),
        head(&student),
    );
    edit(
        &upstream,
        SUM,
        "/// The sum.",
        "/// The sum of two numbers.",
    );
    publish(&upstream);
    git(student.root(), &["fetch", "--quiet"]);
    let full = |words: &str| {
        let runner = student.runner("");
        let mut shell = Command::new("sh");
        for (name, value) in runner.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let program = runner.get_program().to_str().expect("UTF-8").to_owned();
        let script = format!("trap '' XFSZ; ulimit -f 0; exec '{program}' {words}");
        Said::from(
            shell
                .current_dir(student.root())
                .args(["-c", &script])
                .output()
                .expect("sh starts"),
        )
    };
    full("hint lesson1.1")
        .expect(0)
        .complains("What you did is not remembered");
    let said = full("update").expect(2);
    assert!(
        said.stderr.contains("so nothing has changed")
            || said.stderr.contains("Nothing has been changed"),
        "{said:?}"
    );
    let after = (
        student.read(STEP1),
        student.read(".workshop/progress.json"),
        head(&student),
    );
    assert_eq!(before, after);
    student
        .says(&["update"])
        .expect(0)
        .contains(&["your code is in the new one"]);
}
