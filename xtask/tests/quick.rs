//! The way around Cargo gives the same verdicts as Cargo, and is left when anything is unusual.

mod common;

use common::Scratch;

const DONE: &str = "target/quick/lesson1/done.json";

fn sum(body: &str) -> String {
    format!("//! Step 1.\n\npub fn sum(a: f64, b: f64) -> f64 {{\n    {body}\n}}\n")
}

/// A workspace in which the compiler was called without Cargo once.
fn warm() -> Scratch {
    let scratch = Scratch::new();
    for body in ["a * b", "a - b"] {
        scratch.student("step1_sum", &sum(body));
        scratch.says(&["check", "lesson1.1"]).expect(1);
    }
    assert!(
        scratch.path(DONE).is_file(),
        "the compiler was not called directly"
    );
    scratch
}

fn outcome(scratch: &Scratch, name: &str) -> (String, String) {
    let result = scratch.json(&[name]);
    let steps = result["steps"].as_array().expect("steps");
    let checks = steps
        .iter()
        .flat_map(|step| step["checks"].as_array().expect("checks"));
    let open = checks
        .into_iter()
        .find(|check| check["outcome"] != "passed");
    open.map_or_else(
        || ("passed".to_owned(), String::new()),
        |check| {
            let word = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
            (word("outcome"), word("message"))
        },
    )
}

#[test]
fn each_save_gets_its_own_verdict() {
    let scratch = warm();
    for (body, want) in [
        ("a + b", "passed"),
        ("a * b", "failed"),
        ("a + b", "passed"),
        ("todo!(\"Later.\")", "not-started"),
        ("a +", "build-failed"),
        ("b + a", "passed"),
    ] {
        scratch.student("step1_sum", &sum(body));
        assert_eq!(outcome(&scratch, "lesson1.1").0, want, "{body}");
    }
}

#[test]
fn what_was_built_under_another_name_is_not_taken_for_the_answer() {
    let scratch = warm();
    // Another version of a library, or other settings: Cargo gives all that is built another name.
    let manifest = scratch.read("Cargo.toml");
    scratch.write("Cargo.toml", &format!("{manifest}opt-level = 1\n"));
    for (body, want) in [
        ("a * b", "failed"),
        ("a + b", "passed"),
        ("a - b", "failed"),
    ] {
        scratch.student("step1_sum", &sum(body));
        assert_eq!(outcome(&scratch, "lesson1.1").0, want, "{body}");
    }
}

#[test]
fn a_lesson_goes_on_to_the_next_step_and_names_what_was_skipped() {
    let scratch = warm();
    let result = scratch.json(&["lesson1"]);
    let skipped = &result["steps"][1]["checks"][0];
    assert_eq!(skipped["name"], "step2_square::squares");
    assert_eq!(skipped["outcome"], "skipped");
    scratch.student("step1_sum", &sum("a + b"));
    let result = scratch.json(&["lesson1"]);
    assert_eq!(result["steps"][0]["passed"], true);
    assert_eq!(result["steps"][1]["checks"][0]["outcome"], "not-started");
}

#[test]
fn a_changed_signature_is_told_as_cargo_tells_it() {
    let scratch = warm();
    scratch.student(
        "step1_sum",
        "//! Step 1.\n\npub fn sum(a: f32) -> f32 {\n    a\n}\n",
    );
    let (outcome, message) = outcome(&scratch, "lesson1.1");
    assert_eq!(outcome, "build-failed");
    assert!(
        message.contains("no longer looks as the exercise has it"),
        "{message}"
    );
    assert!(!message.contains("target/quick"), "{message}");
}

#[test]
fn checks_that_changed_count_at_once() {
    let scratch = warm();
    let file = "exercises/lesson1-sums/tests/checks.rs";
    scratch.write(
        file,
        &scratch
            .read(file)
            .replace("but 3 was due.\")", "but three was due.\")"),
    );
    scratch.student("step1_sum", &sum("a * b"));
    let message = outcome(&scratch, "lesson1.1").1;
    assert!(message.contains("three was due"), "{message}");
}

#[test]
fn what_is_damaged_changed_or_gone_is_built_by_cargo() {
    let scratch = warm();
    let built = "target/quick/lesson1/built";
    let library = std::fs::read_dir(scratch.path(built))
        .expect("a folder")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.to_owned()))
        .find(|name| name.ends_with(".rlib"))
        .expect("a library");
    let library = format!("{built}/{library}");
    for (file, text) in [
        ("target/quick/lesson1/recipe.json", "{\"stamp\":"),
        (DONE, "no JSON"),
        (library.as_str(), "no library"),
        ("exercises/lesson1-sums/Cargo.toml", ""),
    ] {
        if file.ends_with("Cargo.toml") {
            // A manifest that changed may change everything.
            scratch.write(file, &(scratch.read(file) + "\n# Touched.\n"));
        } else {
            scratch.write(file, text);
        }
        for (body, want) in [("a / b", "failed"), ("a + b", "passed")] {
            scratch.student("step1_sum", &sum(body));
            assert_eq!(
                outcome(&scratch, "lesson1.1").0,
                want,
                "{body} after {file}"
            );
        }
    }
    std::fs::remove_dir_all(scratch.path("target/quick")).expect("it goes");
    assert_eq!(outcome(&scratch, "lesson1.1").0, "passed");
}
