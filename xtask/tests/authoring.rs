//! What an author relies on: the exercise follows from the solution, and an unsound lesson does not get by.

mod common;

use common::Scratch;

#[test]
fn a_sound_lesson_is_called_sound_and_drift_is_named_and_mended() {
    let scratch = Scratch::new();
    scratch.says(&["author", "verify"]).expect(0).contains(&[
        "the solution passes 3 checks",
        "the untouched exercise has 3 checks to write",
        "All sound.",
    ]);
    scratch.student(
        "step1_sum",
        "//! Step 1.\n\npub fn sum(a: f64, b: f64) -> f64 {\n    a + b\n}\n",
    );
    let said = scratch.says(&["author", "verify", "lesson1"]).expect(1);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("step1_sum.rs has drifted from its solution"),
        "{words}"
    );
    assert!(
        words.contains("step1_sum::adds passes although nothing is written yet"),
        "{words}"
    );
    assert!(
        words.contains("no check reaches a `todo!` of step1_sum.rs"),
        "{words}"
    );

    // Nobody's code is lost when the exercise is written anew.
    let said = scratch
        .says(&["author", "strip", "lesson1"])
        .expect(0)
        .contains(&["wrote", "1 written"]);
    let backup = said
        .stdout
        .lines()
        .find_map(|line| line.split_once("what was there:"))
        .expect("it is named")
        .1
        .trim();
    assert!(scratch.read(backup).contains("a + b"));
    scratch.says(&["author", "verify", "lesson1"]).expect(0);
}

#[test]
fn a_wrong_solution_is_named_by_its_check() {
    let scratch = Scratch::new();
    let solution = scratch.read("solutions/lesson1-sums/src/step2_square.rs");
    scratch.write(
        "solutions/lesson1-sums/src/step2_square.rs",
        &solution.replace("x * x", "x + x"),
    );
    let said = scratch.says(&["author", "verify"]).expect(1);
    said.contains(&["step2_square::squares: square(3) is 6, but 9 was due."]);
}

#[test]
fn what_a_manifest_and_a_readme_lack_is_named() {
    let scratch = Scratch::new();
    let manifest = scratch.read("exercises/lesson1-sums/lesson.toml");
    let poorer = manifest
        .replace(
            "hints = [\"Think of times.\", \"Write x * x.\"]",
            "hints = [\"Think.\"]",
        )
        .replace("learned = \"A sum adds.\"\n", "")
        .replace(
            "predict = { question = \"What is 3 squared?\", answer = \"It is 9.\" }\n",
            "",
        );
    scratch.write("exercises/lesson1-sums/lesson.toml", &poorer);
    scratch.write(
        "exercises/lesson1-sums/README.md",
        "## Step 1\n![a curve](figures/curve.svg)\n",
    );
    let lib = scratch.read("exercises/lesson1-sums/src/lib.rs");
    scratch.write(
        "exercises/lesson1-sums/src/lib.rs",
        &format!("{lib}pub mod step3_extra {{}}\npub mod step4_more;\n"),
    );
    scratch.write("exercises/lesson1-sums/src/step4_more.rs", "//! More.\n");
    let said = scratch.says(&["author", "verify"]).expect(1);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for problem in [
        "step 2 needs at least two hints",
        "step 1 needs `learned`",
        "step 2 needs `predict",
        "has no section for step 2: head it `## 2 — Square`",
        "shows figures/curve.svg, which does not exist",
        "has `pub mod step4_more;`, which is no step",
    ] {
        assert!(words.contains(problem), "`{problem}` is not in {words}");
    }
}

#[test]
fn a_manifest_with_a_misspelt_key_is_refused_with_its_line() {
    let scratch = Scratch::new();
    let manifest = scratch.read("exercises/lesson1-sums/lesson.toml");
    scratch.write(
        "exercises/lesson1-sums/lesson.toml",
        &manifest.replace("learned", "lerned"),
    );
    let said = scratch
        .says(&["check", "lesson1"])
        .expect(2)
        .complains("exercises/lesson1-sums/lesson.toml is not a lesson");
    said.complains("lerned");
}

#[test]
fn marks_that_do_not_match_change_nothing() {
    let scratch = Scratch::new();
    let before = scratch.read("exercises/lesson1-sums/src/step1_sum.rs");
    let solution = scratch.read("solutions/lesson1-sums/src/step2_square.rs");
    scratch.write(
        "solutions/lesson1-sums/src/step2_square.rs",
        &solution.replace("    // end solution\n", ""),
    );
    let said = scratch.says(&["author", "strip"]).expect(2);
    said.complains("solutions/lesson1-sums/src/step2_square.rs:5: `// solution:` is not closed");
    // One cause, one line about it.
    scratch.write(
        "solutions/lesson1-sums/mistakes/step2_square.toml",
        "[[mistake]]\nname = \"twice\"\nedits = [[\"x * x\", \"x + x\"]]\n",
    );
    let said = scratch.says(&["author", "verify", "lesson1"]).expect(1);
    let said = said.contains(&["is not closed", "are played when the marks are right."]);
    assert_eq!(said.stdout.matches('✗').count(), 1, "{}", said.stdout);
    assert_eq!(
        scratch.read("exercises/lesson1-sums/src/step1_sum.rs"),
        before
    );
}

#[test]
fn a_solution_without_any_mark_is_not_written_into_the_exercise() {
    let scratch = Scratch::new();
    let file = "src/step1_sum.rs";
    let solution = scratch.read(&format!("solutions/lesson1-sums/{file}"));
    let bare: Vec<&str> = solution
        .lines()
        .filter(|line| !line.trim().starts_with("// solution:") && line.trim() != "// end solution")
        .collect();
    scratch.write(
        &format!("solutions/lesson1-sums/{file}"),
        &(bare.join("\n") + "\n"),
    );
    let before = scratch.read(&format!("exercises/lesson1-sums/{file}"));
    for words in [["author", "strip"], ["reset", "lesson1.1"]] {
        scratch
            .says(&words)
            .expect(2)
            .complains("solutions/lesson1-sums/src/step1_sum.rs has no mark");
        let now = scratch.read(&format!("exercises/lesson1-sums/{file}"));
        assert_eq!(now, before);
    }
    let said = scratch.says(&["author", "verify"]).expect(1);
    said.contains(&["✗ exercise is the stripped solution", "has no mark"]);
}

#[test]
fn a_row_of_the_course_that_no_lesson_teaches_is_named() {
    let scratch = Scratch::new();
    scratch.write(
        "solutions/lesson1-sums/COVERAGE.md",
        "| row | where |\n|---|---|\n| 1–48 | step 1 |\n| 59–71, 73–82 | step 2 |\n",
    );
    let said = scratch.says(&["author", "verify"]).expect(1);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("these rows of the curriculum: 49, 72."),
        "{words}"
    );
    // One lesson alone need not teach it all.
    scratch.says(&["author", "verify", "lesson1"]).expect(0);
}

#[test]
fn mistakes_are_played_and_must_be_called_by_their_name() {
    let scratch = Scratch::new();
    let mistakes = "solutions/lesson1-sums/mistakes/step1_sum.toml";
    let product = "[[mistake]]\nname = \"times for plus\"\ndiagnosis = \"product\"\nedits = [[\"a + b\", \"a * b\"]]\n";
    let difference = "[[mistake]]\nname = \"minus for plus\"\nedits = [[\"a + b\", \"a - b\"]]\n";
    scratch.write(mistakes, &format!("{product}\n{difference}"));
    for _ in 0..2 {
        scratch
            .says(&["author", "verify", "lesson1"])
            .expect(0)
            .contains(&["2 mistakes: 2 caught, 1 named"]);
    }
    scratch
        .says(&["author", "mistakes", "lesson1.1"])
        .expect(0)
        .contains(&[
            "times for plus",
            "sum(1, 2) is 2, but 3 was due.",
            "step1_sum::adds — no diagnosis",
        ]);
    assert!(
        scratch
            .read("solutions/lesson1-sums/src/step1_sum.rs")
            .contains("a + b"),
        "the solution stays as it is"
    );

    let no_mistake =
        "[[mistake]]\nname = \"the other way round\"\nedits = [[\"a + b\", \"b + a\"]]\n";
    let not_rust = "[[mistake]]\nname = \"a slip of the pen\"\nedits = [[\"a + b\", \"a + +\"]]\n";
    let gone = "[[mistake]]\nname = \"from an older solution\"\nedits = [[\"c + d\", \"c\"]]\n";
    let unnamed = "[[mistake]]\nname = \"times again\"\nedits = [[\"a + b\", \"b * a\"]]\n";
    let misnamed = product.replace("\"product\"", "\"sign\"");
    scratch.write(
        mistakes,
        &format!("{no_mistake}\n{not_rust}\n{gone}\n{unnamed}\n{misnamed}"),
    );
    let said = scratch.says(&["author", "verify", "lesson1"]).expect(1);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for problem in [
        "\"the other way round\": all checks of the step pass. Write a check that sees it, or take it out of solutions/lesson1-sums/mistakes/step1_sum.toml.",
        "\"a slip of the pen\" does not compile",
        "\"from an older solution\": `c + d` stands 0 times",
        "\"times again\": step1_sum::adds calls it product: add `diagnosis = \"product\"` to it in \
         solutions/lesson1-sums/mistakes/step1_sum.toml.",
        "\"times for plus\": step1_sum::adds calls it product, but solutions/lesson1-sums/mistakes/step1_sum.toml says sign.",
    ] {
        assert!(words.contains(problem), "{problem}\nin\n{words}");
    }
}

#[test]
fn a_mutant_that_no_check_sees_is_shown_until_somebody_says_why() {
    let scratch = Scratch::new();
    scratch.mutants(&[
        (7..8, "-"),
        (7..8, "+ 0.0 +"),
        (5..10, "\"no number\""),
        (5..10, "loop {}"),
    ]);
    let said = scratch.says(&["author", "mutants", "lesson1.1"]).expect(1);
    said.contains(&[
        "solutions/lesson1-sums/src/step1_sum.rs:6: replace sum with + 0.0 +\n  -     a + b\n  +     a + 0.0 + b\n",
        "lesson1: mutants: 2 killed, 0 equivalent, 1 surviving (1 do not build)",
    ])
    .complains("Each of these needs a check that fails on it");

    let entry = |what: &str| {
        format!(
            "[[equivalent]]\nstep = 1\nmutant = \"replace sum with {what}\"\nreason = \"Zero adds nothing.\"\n"
        )
    };
    let list = "solutions/lesson1-sums/mutants.toml";
    scratch.write(list, &entry("+ 0.0 +"));
    scratch
        .says(&["author", "verify"])
        .expect(0)
        .contains(&["mutants: 2 killed, 1 equivalent, 0 surviving (1 do not build)"]);

    scratch.write(list, &format!("{}{}", entry("-"), entry("*")));
    let said = scratch.says(&["author", "verify"]).expect(1);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for problem in [
        "\"replace sum with -\": it is not equivalent, step1_sum::adds",
        "\"replace sum with *\": there is no such mutant.",
        "step1_sum.rs:6: replace sum with + 0.0 +",
    ] {
        assert!(words.contains(problem), "{problem}\nin\n{words}");
    }
}

/// Many are played in one program, few one by one; that must not be seen.
#[test]
fn many_mutants_fare_as_each_of_them_alone() {
    let scratch = Scratch::new();
    let mut all = vec![
        (7..8, "+ 0.0 +"),
        (5..10, "\"no number\""),
        (5..10, "let c = &String::new(); drop(*c); a + b"),
        (5..10, "return a + b;"),
    ];
    let wrong = [
        "-", "*", "/", "%", "+ 1.0 +", "+ 2.0 +", "+ 3.0 +", "+ 4.0 +",
    ];
    all.extend(wrong.map(|operator| (7..8, operator)));
    all.push((5..10, "panic!(\"no\")"));
    scratch.mutants(&all);
    scratch
        .says(&["author", "mutants", "lesson1"])
        .expect(1)
        .contains(&[
            "mutants: 9 killed, 0 equivalent, 2 surviving (2 do not build)",
            "replace sum with + 0.0 +",
            "replace sum with return a + b;",
        ]);
    let batch = scratch.path("target/mistakes/lesson1/batch/built");
    assert!(
        std::fs::read_dir(batch).expect("it was built").count() > 11,
        "11 of them were played in one program"
    );
}

#[test]
fn without_cargo_mutants_the_runner_says_how_to_install_it() {
    let scratch = Scratch::new();
    let said = scratch
        .runner("")
        .args(["author", "mutants"])
        .env("PATH", "")
        .env("CARGO_HOME", scratch.path("nothing"))
        .output()
        .expect("the runner starts");
    let words = String::from_utf8(said.stderr).expect("the runner speaks UTF-8");
    assert_eq!(said.status.code(), Some(2));
    assert!(
        words.contains("it is not installed. `cargo install cargo-mutants --version"),
        "{words}"
    );
}

#[test]
fn a_variant_that_a_check_refuses_and_too_few_of_them_are_named() {
    let scratch = Scratch::new();
    scratch
        .says(&["author", "variants"])
        .expect(0)
        .contains(&["✓ order", "lesson1: variants: 3 pass"]);
    let variant = |name: &str, parts: &str, uses: &str| {
        scratch.write(
            &format!("solutions/lesson1-sums/variants/{name}.toml"),
            &format!(
                "title = \"{name}\"\n\n[[step]]\nstep = 1\nparts = {parts}\nuses = \"{uses}\"\n"
            ),
        );
    };
    variant("order", "[\"a.add(b)\"]", "use std::ops::Add;");
    variant("minus", "[\"a - b\"]", "");
    variant("zero", "[]", "");
    let said = scratch.says(&["author", "verify"]).expect(1);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for problem in [
        "variants: 1 pass",
        "\"minus\": step1_sum::adds does not pass: sum(1, 2) is -1, but 3 was due.",
        "zero.toml: step 1: `parts` lists 0 parts, but the file has 1 marked part.",
    ] {
        assert!(words.contains(problem), "{problem}\nin\n{words}");
    }
    std::fs::remove_file(scratch.path("solutions/lesson1-sums/variants/zero.toml"))
        .expect("it is there");
    scratch
        .says(&["author", "variants", "lesson1"])
        .expect(1)
        .contains(&["has 2 of at least 3 variants"]);
}

/// Stands in for `dlkit` and `dlkit-check`, whose Candle would take minutes to build here: as much of them as a new lesson uses.
const STAND_IN: &str = r#"//! Comparisons.
pub use dlkit_harness::checks;
pub mod prelude {
    pub use crate::checks;
    pub use dlkit_harness::{Failure, Verdict};
    pub fn expect(_: String) -> Expect {
        Expect(String::new(), Vec::new())
    }
    pub struct Expect(String, Vec<f64>);
    impl Expect {
        pub fn mistake(self, name: &str, _: &str, gives: Vec<f64>) -> Self {
            Self(name.to_owned(), gives)
        }
        pub fn advice(self, _: &str) -> Self {
            self
        }
        pub fn close_all(&self, got: &[f64], want: &[f64]) -> Verdict {
            let failure = Failure::new("They differ.");
            match got {
                got if got == want => Ok(()),
                got if got == self.1 => Err(failure.diagnosed(self.0.clone())),
                _ => Err(failure),
            }
        }
    }
}
"#;

#[test]
fn a_new_lesson_and_a_new_step_are_sound_from_the_first_minute() {
    let scratch = Scratch::new();
    let crates = |name: &str, dependencies: &str, text: &str| {
        scratch.write(
            &format!("crates/{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.1\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}"
            ),
        );
        scratch.write(&format!("crates/{name}/src/lib.rs"), text);
    };
    crates("dlkit", "", "//! Nothing.\n");
    crates("dlkit-check", "dlkit-harness.workspace = true\n", STAND_IN);
    let manifest = scratch
        .read("Cargo.toml")
        .replace("\"solutions/*\"", "\"solutions/*\", \"crates/*\"")
        .replace(
            "[workspace.package]\n",
            "[workspace.package]\nversion = \"0.0.7\"\nedition = \"2024\"\nlicense = \"MIT\"\npublish = false\n",
        )
        .replace(
            "[workspace.dependencies]\n",
            "[workspace.lints.rust]\nunsafe_code = \"deny\"\n\n[workspace.dependencies]\n\
             dlkit = { path = \"crates/dlkit\" }\ndlkit-check = { path = \"crates/dlkit-check\" }\n",
        );
    scratch.write("Cargo.toml", &manifest);

    let new = |words: &[&str], code| scratch.says(&[&["author"], words].concat()).expect(code);
    new(&["new", "lesson3-rnn"], 2).complains("the next one is lesson 2");
    new(&["new", "sums"], 2).complains("There is a lesson lesson1-sums already.");
    for name in ["lesson2", "lesson2-", "Über", "lesson2-a/b", "-"] {
        new(&["new", "--", name], 2).complains("cannot be a lesson's name");
    }
    new(&["new", "rnn", "--step", "1st"], 2).complains("cannot be a step's name");
    assert!(!scratch.path("exercises/lesson2-rnn").exists());

    let title = "Nets with \"memory\" \\ {and} more";
    new(&["new", "lesson2-rnn", "--title", title], 0)
        .contains(&["cargo xtask author verify lesson2"]);
    scratch
        .says(&["author", "verify", "lesson2"])
        .expect(0)
        .contains(&[
            title,
            "the solution passes 2 checks",
            "1 mistake: 1 caught, 1 named",
        ]);
    new(
        &["new-step", "lesson2", "state", "--title", "What stays"],
        0,
    );
    new(&["new-step", "lesson2", "step5_state"], 2).complains("has a step step2_state already");
    scratch
        .says(&["author", "verify"])
        .expect(0)
        .contains(&["the solution passes 4 checks", "All sound."]);
    scratch
        .says(&["check", "lesson2"])
        .expect(1)
        .contains(&["Step 1 — First", "to be written"]);
    scratch
        .says(&["list", "lesson2"])
        .expect(0)
        .contains(&[title, "2  What stays"]);
}

#[test]
fn steps_that_progress_could_not_tell_apart_are_named() {
    let scratch = Scratch::new();
    let manifest = scratch.read("exercises/lesson1-sums/lesson.toml");
    scratch.write(
        "exercises/lesson1-sums/lesson.toml",
        &manifest.replace(
            "file = \"step2_square.rs\"",
            "file = \"step2_square.rs\"\nwas = [\"step1_sum\"]",
        ),
    );
    let said = scratch.says(&["author", "verify"]).expect(1);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("Step 2 says that it was called sum, but that is step 1"),
        "{words}"
    );
}

#[test]
fn sections_that_belong_to_other_steps_are_named() {
    let scratch = Scratch::new();
    // A step was put before the others, and its section was forgotten.
    scratch.write(
        "exercises/lesson1-sums/README.md",
        "## 1 — Square\n\n## 2 — Squares of squares\n",
    );
    let said = scratch.says(&["author", "verify", "lesson1"]).expect(1);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for problem in [
        "✗ manifest, README, files",
        "README.md:1: the section of step 1 is headed \"Square\", but lesson.toml calls the step \"Add\".",
        "README.md:3: the section of step 2 is headed \"Squares of squares\"",
    ] {
        assert!(words.contains(problem), "{problem}\nin\n{words}");
    }
}
