//! `cargo xtask` alone: what this is, and how to begin or go on.

mod common;

use common::Scratch;

const SUM: &str = "pub fn sum(a: f64, b: f64) -> f64 {\n    a + b\n}\n";
const SQUARE: &str = "pub fn square(x: f64) -> f64 {\n    x * x\n}\n";

#[test]
fn who_begins_is_told_how() {
    let scratch = Scratch::new();
    scratch.says(&[]).expect(0).contains(&[
        "1 lesson, 2 steps",
        "You begin at lesson1.1 — Add.",
        "cargo xtask check lesson1.1",
        "cargo xtask --help",
    ]);
}

#[test]
fn who_comes_back_is_told_where_they_are() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", SUM);
    scratch.says(&["check", "lesson1.1"]).expect(0);
    scratch.says(&[]).expect(0).contains(&[
        "You are at lesson1.2 — Square. 1 of 2 steps pass.",
        "cargo xtask hint lesson1.2",
    ]);
    scratch.student("step2_square", SQUARE);
    scratch.says(&["check", "lesson1.2"]).expect(0);
    scratch
        .says(&[])
        .expect(0)
        .contains(&["All 2 steps pass.", "cargo xtask run lesson1"]);
}

#[test]
fn a_damaged_lesson_or_progress_keeps_nobody_from_being_greeted() {
    let scratch = Scratch::new();
    scratch.write(".workshop/progress.json", "{");
    scratch.write("exercises/lesson2-broken/lesson.toml", "name = ");
    scratch.says(&[]).expect(0).complains("is damaged");
}
