//! The commands around `check`: what they remember, what they refuse, what they keep.

mod common;

use common::{Said, Scratch};

const RIGHT_SUM: &str = "//! Step 1.\n\npub fn sum(a: f64, b: f64) -> f64 {\n    b + a\n}\n";

#[test]
fn an_unknown_lesson_gets_the_nearest_name_and_a_known_one_many_spellings() {
    let scratch = Scratch::new();
    scratch
        .says(&["check", "leson1"])
        .expect(2)
        .complains("Did you mean `lesson1`?");
    scratch
        .says(&["check", "quux"])
        .expect(2)
        .complains("The lessons are: lesson1.");
    scratch
        .says(&["check", "lesson1.7"])
        .expect(2)
        .complains("steps 1 to 2; there is no step 7");
    for name in ["1", "lesson1", "lesson1-sums", "lesson1.2", "LESSON1"] {
        scratch
            .says(&["list", name])
            .expect(0)
            .contains(&["Sums and squares", "Square"]);
    }
    scratch.says(&["chekc"]).expect(2).complains("check");
    scratch
        .says(&["help"])
        .expect(0)
        .contains(&["cargo xtask check lesson1", "Exit codes"]);
}

#[test]
fn works_from_a_folder_below_and_refuses_one_outside() {
    let scratch = Scratch::new();
    let below = scratch
        .runner("exercises/lesson1-sums/src")
        .arg("list")
        .output()
        .expect("the runner starts");
    common::Said::from(below).expect(0).contains(&["lesson1"]);
    let outside = tempfile::tempdir().expect("a folder");
    let refused = scratch
        .runner("")
        .current_dir(outside.path())
        .arg("list")
        .output()
        .expect("the runner starts");
    common::Said::from(refused)
        .expect(2)
        .complains("is not inside the workshop");
}

#[test]
fn hints_go_one_further_each_time() {
    let scratch = Scratch::new();
    let first = scratch
        .says(&["hint", "lesson1.1"])
        .expect(0)
        .contains(&["hint 1 of 2", "Think of plus."]);
    assert!(!first.stdout.contains("a + b"), "{first:?}");
    scratch.says(&["hint", "lesson1.1"]).expect(0).contains(&[
        "hint 2 of 2",
        "Write a + b.",
        "last hint",
    ]);
    scratch
        .says(&["hint", "lesson1.1"])
        .expect(0)
        .contains(&["hint 2 of 2"]);
    scratch
        .says(&["hint", "lesson1.2"])
        .expect(0)
        .contains(&["hint 1 of 2", "Think of times."]);
}

#[test]
fn the_reference_is_shown_once_yours_passes_or_on_demand() {
    let scratch = Scratch::new();
    let hidden = scratch
        .says(&["solution", "lesson1.1"])
        .expect(1)
        .contains(&["does not pass yet", "--reveal"]);
    assert!(!hidden.stdout.contains("a + b"), "{hidden:?}");
    let shown = scratch
        .says(&["solution", "lesson1.1", "--reveal"])
        .expect(0)
        .contains(&["+     a + b", "-     todo!"]);
    assert!(
        !shown.stdout.contains("// solution:") && !shown.stdout.contains("end solution"),
        "{shown:?}"
    );
    scratch.student("step1_sum", RIGHT_SUM);
    scratch.says(&["check", "lesson1.1"]).expect(0);
    scratch
        .says(&["solution", "lesson1.1"])
        .expect(0)
        .contains(&["-     b + a", "+     a + b"]);
}

#[test]
fn progress_is_remembered_and_shown() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", RIGHT_SUM);
    scratch.says(&["check", "lesson1"]).expect(1);
    scratch.says(&["list"]).expect(0).contains(&[
        "1 of 2 ",
        "✓  1  Add",
        "cargo xtask check lesson1.2",
    ]);
    // What passed once and was spoiled since counts no longer.
    scratch.student(
        "step1_sum",
        "//! Step 1.\n\npub fn sum(a: f64, _b: f64) -> f64 {\n    a\n}\n",
    );
    scratch.says(&["check", "lesson1"]).expect(1);
    scratch.says(&["list"]).expect(0).contains(&["0 of 2 "]);
}

#[test]
fn a_damaged_or_newer_progress_file_is_neither_fatal_nor_overwritten() {
    let scratch = Scratch::new();
    for (text, complaint) in [
        ("{\"format\":1,\"lessons\":", "is damaged"),
        ("not even JSON", "is damaged"),
        ("{\"format\":99,\"anything\":[]}", "newer version"),
    ] {
        scratch.write(".workshop/progress.json", text);
        scratch
            .says(&["check", "lesson1"])
            .expect(1)
            .complains(complaint)
            .contains(&["Step 1 — Add"]);
        scratch
            .says(&["hint", "lesson1.1"])
            .expect(0)
            .complains(complaint);
        scratch
            .says(&["doctor"])
            .contains(&[complaint, "mv .workshop/progress.json"]);
        assert_eq!(scratch.read(".workshop/progress.json"), text);
    }
}

#[test]
fn reset_keeps_what_was_there_and_names_it() {
    let scratch = Scratch::new();
    let fresh = scratch.read("exercises/lesson1-sums/src/step1_sum.rs");
    scratch
        .says(&["reset", "lesson1"])
        .expect(0)
        .contains(&["Nothing to do"]);
    for code in [RIGHT_SUM, "//! Another attempt.\n"] {
        scratch.student("step1_sum", code);
        let said = scratch
            .says(&["reset", "lesson1.1"])
            .expect(0)
            .contains(&["Step 1 starts afresh"]);
        let backup = said
            .stdout
            .lines()
            .find_map(|line| line.split_once("what was there:"))
            .expect("it is named")
            .1
            .trim();
        assert_eq!(scratch.read(backup), code);
        assert_eq!(
            scratch.read("exercises/lesson1-sums/src/step1_sum.rs"),
            fresh
        );
    }
}

#[test]
fn run_refuses_an_unknown_model_by_name() {
    let scratch = Scratch::new();
    let said = scratch
        .says(&["run", "lesson1", "--model", "plan"])
        .expect(2);
    said.complains("no model called `plan`. Did you mean `plain`?");
}

#[test]
fn run_trains_with_the_output_folder_and_the_model_passed_on() {
    let scratch = Scratch::new();
    let example = "//! Trains.\n\nfn main() {\n    let out = std::env::var(\"DLKIT_OUT\").unwrap();\n    let words: Vec<String> = \
        std::env::args().skip(1).collect();\n    std::fs::write(format!(\"{out}/run.json\"), words.join(\" \")).unwrap();\n    \
        println!(\"threads {}\", std::env::var(\"RAYON_NUM_THREADS\").unwrap_or_default());\n    \
        if words.contains(&\"--all\".to_owned()) {\n        std::process::exit(3);\n    }\n}\n";
    scratch.write(
        "exercises/lesson1-sums/examples/run-lesson1-sums.rs",
        example,
    );
    let mut runner = scratch.runner("");
    let output = runner
        .args(["run", "lesson1", "--model", "plain"])
        .env("DLKIT_THREADS", "3")
        .output()
        .expect("it starts");
    common::Said::from(output)
        .expect(0)
        .contains(&["threads 3"]);
    assert_eq!(
        scratch.read("target/workshop/lesson1/run.json"),
        "--model plain"
    );
    scratch.says(&["run", "lesson1", "--all"]).expect(1);
    assert_eq!(scratch.read("target/workshop/lesson1/run.json"), "--all");
}

#[test]
fn data_list_finds_sets_and_names_what_is_missing() {
    let scratch = Scratch::new();
    scratch.says(&["data", "list"]).expect(0).contains(&[
        "digits",
        "fashion-mnist",
        "not here",
        "DLKIT_DATA=FOLDER",
    ]);
    for file in [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte.gz",
    ] {
        scratch.write(&format!(".workshop/data/mnist/{file}"), "x");
    }
    scratch
        .says(&["data", "list"])
        .expect(0)
        .contains(&["incomplete in", "t10k-labels-idx1-ubyte"]);
    scratch.write(".workshop/data/mnist/t10k-labels-idx1-ubyte", "x");
    scratch
        .says(&["data", "list"])
        .expect(0)
        .contains(&["the workshop's cache"]);
}

#[test]
fn in_the_folder_of_a_lesson_that_lesson_is_meant() {
    let scratch = Scratch::new().with_twin();
    let folder = "exercises/lesson2-twin/src";
    let there = |arguments: &[&str]| {
        let output = scratch.runner(folder).args(arguments).output();
        Said::from(output.expect("the runner starts"))
    };
    there(&["check"]).expect(1).contains(&["check lesson2.1"]);
    there(&["hint"]).expect(0).contains(&["lesson2.1"]);
    there(&["list"]).expect(0).contains(&[
        "check lesson2.1",
        "Models:",
        "--model plain",
        "list all",
    ]);
    there(&["list", "all"]).expect(0).contains(&["lesson1 "]);
    there(&["check", "lesson1"])
        .expect(1)
        .contains(&["check lesson1.1"]);
    // Elsewhere `run` wants a name.
    scratch.says(&["run"]).expect(2);
}
