//! Whatever a student's code does costs one check only, and is called by its name.

mod common;

use common::Scratch;
use serde_json::Value;

/// The check `name` of a result.
fn check<'a>(result: &'a Value, name: &str) -> &'a Value {
    let steps = result["steps"].as_array().expect("steps");
    let mut checks = steps
        .iter()
        .flat_map(|step| step["checks"].as_array().expect("checks"));
    checks
        .find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {result}"))
}

#[test]
fn every_way_to_end_is_called_by_its_name() {
    let scratch = Scratch::new().with_wild_lesson();
    let result = scratch.json(&["lesson2", "--all"]);
    let (abort, fault) = if cfg!(unix) {
        ("SIGABRT", "SIGSEGV")
    } else {
        ("abort", "access violation")
    };
    assert_eq!(result["passed"], false);
    for (name, outcome, message) in [
        ("passes", "passed", ""),
        ("fails", "failed", "not right"),
        ("is_open", "not-started", "Write me."),
        ("panics", "failed", "index out of bounds"),
        ("hangs", "timed-out", "Stopped after 1 s"),
        ("hangs_deaf_to_requests", "timed-out", "Stopped after 1 s"),
        ("eats_memory", "out-of-memory", "200 MiB"),
        ("allocates_at_once", "out-of-memory", "200 MiB"),
        ("prints_without_end", "output-limit", "64 KiB"),
        ("exits", "exited", "exit code 0"),
        ("exits_after_forging", "exited", "exit code 0"),
        ("forges_everywhere", "exited", "exit code 0"),
        ("fails_after_forging", "failed", "the truth"),
        ("aborts", "crashed", abort),
        ("overflows_the_stack", "crashed", "Stack overflow"),
        ("reads_where_it_must_not", "crashed", fault),
        ("leaves_a_process_behind", "passed", ""),
        ("leaves_a_thread_behind", "passed", ""),
    ] {
        let check = check(&result, &format!("step1_wild::{name}"));
        assert_eq!(check["outcome"], outcome, "{check}");
        assert!(
            check["message"].as_str().unwrap().contains(message),
            "{check}"
        );
        assert_eq!(check["passed"], outcome == "passed", "{check}");
        let place = check["location"].as_str().unwrap_or("");
        let wanted = if outcome == "passed" {
            ""
        } else {
            "exercises/lesson2-wild/"
        };
        assert!(
            place.starts_with(wanted) && place.is_empty() == wanted.is_empty(),
            "{check}"
        );
    }
    assert_eq!(
        check(&result, "step2_tame::passes")["outcome"],
        "passed",
        "the rest still runs"
    );
    #[cfg(unix)]
    assert!(nothing_left("sleep 311.7"), "a process was left behind");
}

/// Whether no process with these words is there, or soon none.
#[cfg(unix)]
fn nothing_left(words: &str) -> bool {
    use std::process::Command;
    use std::time::{Duration, Instant};

    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        let listed = Command::new("ps")
            .args(["-A", "-o", "args"])
            .output()
            .expect("ps");
        if !String::from_utf8_lossy(&listed.stdout)
            .lines()
            .any(|line| line.contains(words))
        {
            return true;
        }
        if Instant::now() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_picture_is_named_and_goes_when_the_check_passes() {
    let scratch = Scratch::new().with_wild_lesson();
    let file = "exercises/lesson2-wild/src/step2_tame.rs";
    let tame = scratch.read(file);
    scratch.write(file, &tame.replace("    1\n", "    2\n"));
    let result = scratch.json(&["lesson2.2"]);
    let picture = "target/workshop/lesson2/checks/step2_tame.passes.png";
    assert_eq!(check(&result, "step2_tame::passes")["picture"], picture);
    assert!(scratch.path(picture).is_file());
    scratch.says(&["check", "lesson2.2"]).expect(1).contains(&[
        "look at this",
        "Picture:",
        picture,
    ]);
    scratch.write(file, &tame);
    scratch.says(&["check", "lesson2.2"]).expect(0);
    assert!(!scratch.path(picture).exists());
}

#[test]
fn an_untouched_exercise_names_the_first_todo() {
    let scratch = Scratch::new();
    let result = scratch.json(&["lesson1"]);
    assert_eq!(
        (&result["format"], &result["lesson"], &result["subject"]),
        (&1.into(), &"lesson1".into(), &"exercise".into())
    );
    let adds = check(&result, "step1_sum::adds");
    assert_eq!(adds["outcome"], "not-started");
    assert_eq!(adds["message"], "Add the two numbers.");
    assert_eq!(
        adds["location"],
        "exercises/lesson1-sums/src/step1_sum.rs:5"
    );
    assert_eq!(
        check(&result, "step2_square::squares")["outcome"],
        "skipped"
    );
    scratch
        .says(&["check", "lesson1", "--solution"])
        .expect(0)
        .contains(&["passes (2 steps)"]);

    let human = scratch.says(&["check", "lesson1"]).expect(1);
    human.contains(&[
        "Step 1 — Add",
        "to be written",
        "Add the two numbers.",
        "exercises/lesson1-sums/src/step1_sum.rs:5",
        "What is 1 + 2?",
        "cargo xtask check lesson1.1",
    ]);
}

#[test]
fn a_wrong_answer_is_told_with_its_place_and_a_right_one_with_what_was_learned() {
    let scratch = Scratch::new();
    scratch.student(
        "step1_sum",
        "//! Step 1.\n\npub fn sum(a: f64, b: f64) -> f64 {\n    a * b\n}\n",
    );
    scratch.says(&["check", "lesson1.1"]).expect(1).contains(&[
        "sum(1, 2) is 2",
        "Your code printed:",
        "│ adding",
        "What is 1 + 2?",
    ]);
    // What to predict is asked once; with the same step wrong again it would be in the way.
    let again = scratch.says(&["check", "lesson1.1"]).expect(1);
    assert!(again.stdout.contains("sum(1, 2) is 2") && !again.stdout.contains("What is 1 + 2?"));
    let adds = &scratch.json(&["lesson1.1"])["steps"][0]["checks"][0];
    assert_eq!(
        (&adds["outcome"], &adds["diagnosis"]),
        (&"failed".into(), &"product".into())
    );
    assert_eq!(
        adds["location"],
        "exercises/lesson1-sums/src/step1_sum.rs:3"
    );

    scratch.student(
        "step1_sum",
        "//! Step 1.\n\npub fn sum(a: f64, b: f64) -> f64 {\n    a + b\n}\n",
    );
    let said = scratch.says(&["check", "lesson1.1"]).expect(0);
    said.contains(&["A sum adds.", "It is 3.", "Next:   step 2 — Square"]);
    // Where you left off, and from a folder further down.
    let resumed = scratch
        .runner("exercises/lesson1-sums/src")
        .arg("check")
        .output()
        .expect("the runner starts");
    common::Said::from(resumed)
        .expect(1)
        .contains(&["Step 2 — Square"]);
}

#[test]
fn code_that_does_not_compile_is_named_with_its_step_and_nothing_else() {
    let scratch = Scratch::new();
    scratch.student(
        "step2_square",
        "//! Step 2.\n\npub fn square(x: f64) -> f64 {\n    \"nine\"\n}\n",
    );
    let result = scratch.json(&["lesson1"]);
    assert_eq!(result["steps"][0]["checks"][0]["outcome"], "skipped");
    let built = &result["steps"][1]["checks"][0];
    assert_eq!(built["outcome"], "build-failed");
    assert_eq!(
        built["location"],
        "exercises/lesson1-sums/src/step2_square.rs:4"
    );
    let message = built["message"].as_str().unwrap();
    assert!(
        message.contains("mismatched types") && !message.contains('\x1b'),
        "{message}"
    );
    let human = scratch.says(&["check", "lesson1"]).expect(1).contains(&[
        "Step 2 — Square",
        "does not compile",
        "mismatched types",
    ]);
    assert!(
        !human.stdout.contains("could not compile"),
        "{}",
        human.stdout
    );

    // A changed signature shows in the checks: the step is named all the same.
    scratch.student(
        "step2_square",
        "//! Step 2.\n\npub fn square(x: f32, y: f32) -> f32 {\n    x * y\n}\n",
    );
    let built = &scratch.json(&["lesson1.2"])["steps"][0];
    assert_eq!(built["step"], 2);
    assert!(
        built["checks"][0]["message"]
            .as_str()
            .unwrap()
            .contains("`square` no longer looks as the exercise has it"),
        "{built}"
    );
}

#[test]
fn a_lesson_without_checks_never_passes() {
    let scratch = Scratch::new();
    let checks = "//! None.\n\ndlkit_harness::checks! {}\n";
    scratch.write("exercises/lesson1-sums/tests/checks.rs", checks);
    scratch
        .says(&["check", "lesson1"])
        .expect(2)
        .complains("No check was found");
}
