//! What `check` says to people: the most useful thing first, and what comes next.

mod common;

use common::Scratch;

const RIGHT_SUM: &str = "//! Step 1.\n\npub fn sum(a: f64, b: f64) -> f64 {\n    b + a\n}\n";
const WRONG_SUM: &str = "//! Step 1.\n\npub fn sum(a: f64, b: f64) -> f64 {\n    b - a\n}\n";
const RIGHT_SQUARE: &str = "//! Step 2.\n\npub fn square(x: f64) -> f64 {\n    x * x\n}\n";

fn sum(body: &str) -> String {
    format!("//! Step 1.\n\npub fn sum(a: f64, b: f64) -> f64 {{\n    {body}\n}}\n")
}

#[test]
fn what_does_not_compile_is_told_in_plain_words_with_its_place_and_nothing_else() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", &sum("let unused = 1; a + c"));
    let said = scratch.says(&["check", "lesson1"]).expect(1).contains(&[
        "does not compile\n\n  Nothing is called `c` here.",
        "→ exercises/lesson1-sums/src/step1_sum.rs:4:25",
        "error[E0425]",
    ]);
    for noise in [
        "warning",
        "For more information",
        "could not compile",
        "Predict first",
        "hint",
    ] {
        assert!(!said.stdout.contains(noise), "{noise}: {said:?}");
    }
    let check = &scratch.json(&["lesson1"])["steps"][0]["checks"][0];
    assert_eq!(check["outcome"], "build-failed");
    assert_eq!(
        check["location"],
        "exercises/lesson1-sums/src/step1_sum.rs:4"
    );
    let message = check["message"].as_str().expect("words");
    assert!(message.starts_with("Nothing is called `c` here.") && !message.contains('\x1b'));
}

#[test]
fn of_many_errors_one_is_told_some_are_named_and_those_that_follow_are_counted() {
    let scratch = Scratch::new();
    let body = "let p = aa;\n    let q = aa;\n    let r: usize = 1.0;\n    let s: usize = 2.0;\n    let t: usize = 3.0;\n    let u: usize = 4.0;\n    0.0";
    scratch.student("step1_sum", &sum(body));
    let said = scratch.says(&["check", "lesson1"]).expect(1);
    assert_eq!(said.stdout.matches("error[").count(), 1, "{said:?}");
    assert_eq!(
        said.stdout.matches("Also: mismatched types").count(),
        3,
        "{said:?}"
    );
    said.contains(&[
        "And 1 more error.",
        "And 1 more error, likely following from this.",
    ]);
}

#[test]
fn a_wrong_declaration_is_told_once_and_what_is_independent_is_not_said_to_follow() {
    let scratch = Scratch::new();
    let body = "let mut z: f32 = a;\n    z += b;\n    z";
    scratch.student("step1_sum", &sum(body));
    let said = scratch.says(&["check", "lesson1"]).expect(1).contains(&[
        "write `let mut z: f64`",
        "more errors, likely following from this.",
    ]);
    assert!(!said.stdout.contains("Also"), "{said:?}");

    scratch.student(
        "step1_sum",
        &sum("let s: usize = aa; let t: usize = 1.0; a"),
    );
    let said = scratch
        .says(&["check", "lesson1"])
        .expect(1)
        .contains(&["Also on this line: mismatched types"]);
    assert!(!said.stdout.contains("likely following"), "{said:?}");
}

#[test]
fn an_error_without_a_sentence_has_its_place_too() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", &sum("sum(a) + b"));
    scratch.says(&["check", "lesson1"]).expect(1).contains(&[
        "does not compile\n\n  → exercises/lesson1-sums/src/step1_sum.rs:4:5\n",
        "error[E0061]",
    ]);
}

#[test]
fn a_bracket_that_is_not_closed_is_shown_where_it_was_opened() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", &sum("if a > b {\n        return a;\n    b"));
    scratch.says(&["check", "lesson1"]).expect(1).contains(&[
        "A `}` is missing.",
        "→ exercises/lesson1-sums/src/step1_sum.rs:4:14",
    ]);
}

#[test]
fn a_function_whose_first_line_was_changed_is_named_with_the_line_that_is_asked() {
    let scratch = Scratch::new();
    let asked = "pub fn sum(a: f64, b: f64) -> f64 {";
    let changed = "`sum` no longer looks as the exercise has it";
    for (code, words) in [
        (sum("a + b").replace("b: f64", "b: f32"), changed),
        (sum("a + b").replace("-> f64", "-> Option<f64>"), changed),
        (sum("a").replace(", b: f64", ""), changed),
        (
            sum("a + b").replace("fn sum", "fn add"),
            "The function `sum` is missing",
        ),
    ] {
        scratch.student("step1_sum", &code);
        scratch.says(&["check", "lesson1.1"]).expect(1).contains(&[
            "Step 1",
            "does not compile",
            words,
            asked,
            "src/step1_sum.rs:",
        ]);
    }
}

#[test]
fn a_step_that_waits_for_another_one_to_compile_says_so() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", &sum("a + "));
    scratch.says(&["check", "lesson1.2"]).expect(1).contains(&[
        "✗ Step 1",
        "so step 2 cannot be checked before step 1\n  compiles again.",
        "cargo xtask check lesson1.1",
    ]);
}

#[test]
fn hints_are_offered_from_the_second_wrong_try_and_lead_to_the_reference() {
    let scratch = Scratch::new();
    let offers = |what: &str| {
        let said = scratch.says(&["check", "lesson1.1"]).expect(1).stdout;
        let (_, offered) = said
            .split_once("Again:  cargo xtask check lesson1.1\n")
            .expect("a footer");
        assert_eq!(offered, what);
    };
    // Neither what is still to be written nor what does not compile is a try.
    offers("");
    scratch.student("step1_sum", &sum("c"));
    offers("");
    offers("");
    scratch.student("step1_sum", WRONG_SUM);
    offers("");
    offers("A hint: cargo xtask hint lesson1.1  (1 of 2)\n");
    scratch.says(&["hint", "lesson1.1"]).expect(0);
    offers("A hint: cargo xtask hint lesson1.1  (2 of 2)\n");
    scratch.says(&["hint", "lesson1.1"]).expect(0);
    offers(
        "Hints:  cargo xtask hint lesson1.1 --again  (you have seen them all)\nOr see: cargo xtask solution lesson1.1 --reveal\n",
    );
    scratch
        .says(&["hint", "lesson1.1", "--again"])
        .expect(0)
        .contains(&[
            "hint 1 of 2",
            "Think of plus.",
            "hint 2 of 2",
            "Write a + b.",
            "--reveal",
        ]);
}

#[test]
fn hints_can_be_shown_again_or_all_at_once() {
    let scratch = Scratch::new();
    let none = scratch
        .says(&["hint", "lesson1.1", "--again"])
        .expect(0)
        .contains(&["none of its 2 hints"]);
    assert!(!none.stdout.contains("Think"), "{none:?}");
    scratch
        .says(&["hint", "lesson1.1", "--all"])
        .expect(0)
        .contains(&["Think of plus.", "Write a + b.", "last hint"]);
}

#[test]
fn a_passed_step_says_what_was_learned_and_what_is_next() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", RIGHT_SUM);
    scratch.says(&["check", "lesson1.1"]).expect(0).contains(&[
        "✓ Step 1 — Add",
        "A sum adds.",
        "Did you predict it?",
        "It is 3.",
        "lesson1: 1 of 2 steps",
        "Next:   step 2 — Square · about 5 min",
        "exercises/lesson1-sums/src/step2_square.rs",
        "cargo xtask check lesson1.2",
    ]);
}

#[test]
fn what_was_learned_is_said_once() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", RIGHT_SUM);
    scratch.student("step2_square", RIGHT_SQUARE);
    let said = scratch
        .says(&["check", "lesson1"])
        .expect(0)
        .contains(&["lesson1 is done — Sums and squares"]);
    assert_eq!(said.stdout.matches("A sum adds.").count(), 1, "{said:?}");
    let page = scratch.read("target/workshop/lesson1/index.html");
    assert!(
        !page.contains("about 5 min<"),
        "no plan for what is done: {page}"
    );
}

#[test]
fn a_finished_lesson_leads_to_the_next_and_leaves_a_page() {
    let scratch = Scratch::new().with_twin();
    scratch.student("step1_sum", RIGHT_SUM);
    scratch.student("step2_square", RIGHT_SQUARE);
    let page = "target/workshop/lesson1/index.html";
    scratch.says(&["check", "lesson1.1"]).expect(0);
    scratch.says(&["check", "lesson1"]).expect(0).contains(&[
        "lesson1 is done — Sums and squares",
        "What you know now",
        "1  A sum adds.",
        "cargo xtask run lesson1 --all",
        page,
        "Next: lesson2",
    ]);
    let html = scratch.read(page);
    assert_sound(&html);
    for part in [
        "Sums and squares",
        "A square multiplies.",
        "What is 3 squared?",
        "It is 9.",
        "cargo xtask run lesson1 --all",
        "lesson2",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    // What a run leaves is in the page, and nothing in it can be taken for a tag.
    let figures = r#"{"lesson":"lesson1","data":"a <b> & c","models":[{"name":"plain","parameters":13002,"epochs":30,"seconds":1.25,
        "test_accuracy":0.992,"test_mae":2.4,"units":{"test_mae":"°C"}}]}"#;
    scratch.write("target/workshop/lesson1/run.json", figures);
    scratch.write(
        "target/workshop/lesson1/plain-loss.svg",
        "<svg><title>Loss &lt; 1</title></svg>",
    );
    scratch.write("target/workshop/lesson1/other.svg", "<svg/>");
    let again = scratch.says(&["check", "lesson1"]).expect(0);
    assert!(
        !again.stdout.contains("What you know now"),
        "only once: {again:?}"
    );
    again.contains(&["test accuracy 99.20 %, test MAE 2.40 °C"]);
    let html = scratch.read(page);
    assert_sound(&html);
    for part in [
        "a &lt;b&gt; &amp; c",
        "13,002 parameters",
        "99.20 %",
        "2.40 °C",
        "src=\"plain-loss.svg\"",
        "Loss &lt; 1",
        "More pictures",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    // And the next `check` goes on in the next lesson.
    scratch
        .says(&["check"])
        .expect(1)
        .contains(&["lesson2: 0 of 2 steps", "check lesson2.1"]);
}

/// Every tag is closed by its own.
#[track_caller]
fn assert_sound(html: &str) {
    let mut open = Vec::new();
    let body = html.split("<style>").next().expect("a start").to_owned()
        + html.split("</style>").nth(1).expect("a style");
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let name = tag.split_whitespace().next().unwrap_or_default();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
        } else if !["!doctype", "meta", "img"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
}

#[test]
fn run_refreshes_the_page_and_names_it() {
    let scratch = Scratch::new();
    let example = "fn main() {\n    let out = std::env::var(\"DLKIT_OUT\").unwrap();\n    std::fs::write(format!(\"{out}/run.json\"), \
        r#\"{\"lesson\":\"lesson1\",\"data\":\"numbers\",\"models\":[{\"name\":\"plain\",\"test_accuracy\":0.5}]}\"#).unwrap();\n}\n";
    scratch.write(
        "exercises/lesson1-sums/examples/run-lesson1-sums.rs",
        example,
    );
    scratch
        .says(&["run", "lesson1"])
        .expect(0)
        .contains(&["target/workshop/lesson1/index.html"]);
    let html = scratch.read("target/workshop/lesson1/index.html");
    assert_sound(&html);
    assert!(html.contains("50.00 %"), "{html}");
    // A step that is still open gives nothing away.
    assert!(
        html.contains("Add") && !html.contains("A sum adds.") && !html.contains("It is 3."),
        "{html}"
    );
}

#[test]
fn everything_is_checked_without_a_name_and_the_first_open_step_is_told() {
    let scratch = Scratch::new().with_twin();
    scratch.student("step1_sum", RIGHT_SUM);
    for words in [&["check", "--all"][..], &["check", "all"]] {
        let said = scratch.says(words).expect(1).contains(&[
            "○ lesson1  1 of 2 steps  step 2 — Square: to be written\n○ lesson2  0 of 2 steps  step 1 — Add: to be written\n",
            "Multiply the number by itself",
        ]);
        assert!(!said.stdout.contains("Add the two numbers"), "{said:?}");
    }
    let all = scratch.json(&["--all"]);
    assert_eq!((&all["format"], &all["passed"]), (&1.into(), &false.into()));
    assert_eq!(all["lessons"][0]["lesson"], "lesson1");
    assert_eq!(
        all["lessons"][1]["steps"][0]["checks"][0]["outcome"],
        "not-started"
    );
    scratch
        .says(&["check", "--all", "--solution"])
        .expect(0)
        .contains(&[
            "✓ lesson1  2 of 2 steps\n✓ lesson2  2 of 2 steps\n",
            "Everything passes.",
        ]);
    // A lesson that cannot be read is told, and does not hide the others.
    scratch.write("exercises/lesson2-twin/lesson.toml", "name = 1");
    scratch
        .says(&["check", "--all"])
        .expect(2)
        .contains(&["lesson1  1 of 2"])
        .complains("exercises/lesson2-twin/lesson.toml");
}

#[test]
fn time_spent_stands_beside_the_time_planned() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", RIGHT_SUM);
    let kept = r#"{"format":1,"last_lesson":"lesson1","lessons":{"lesson1":{"passed":[1],"seconds":{"1":425,"2":3600}}}}"#;
    scratch.write(".workshop/progress.json", kept);
    scratch.says(&["list"]).expect(0).contains(&[
        "1 of 2  1:07 of 0:10 h",
        "7 of 5 min",
        "60 of 5 min",
        "You are at lesson1.2 — Square",
    ]);
    scratch.says(&["list", "lesson1"]).expect(0).contains(&[
        "1 of 2 steps · 1 h 7 min of about 10 min",
        "Planned: 10 min for 2 steps",
    ]);
    scratch
        .says(&["check", "lesson1.1"])
        .expect(0)
        .contains(&["lesson1: 1 of 2 steps · 1 h 7 min of about 10 min"]);
}
