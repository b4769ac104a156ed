//! Every key and every event: in goes an event, out comes an action.

use std::fs;
use std::path::Path;
use std::thread::sleep;

use xtask::events::Event as Heard;
use xtask::lesson::Lesson;
use xtask::outcome::{CheckResult, LessonResult, Outcome, StepResult};
use xtask::progress::Progress;
use xtask::workspace::Workspace;

use super::{Action, App, DEBOUNCE, Page, Stage};
use crate::event::{Change, Event, Key};

const MANIFEST: &str = r#"
name = "lesson1"
title = "Sums and squares"
summary = "Arithmetic."

[[step]]
file = "step1_sum.rs"
title = "Add"
minutes = 5
learned = "A sum adds."
hints = ["Think of plus.", "Write a + b."]
predict = { question = "What is 1 + 2?", answer = "It is 3." }

[[step]]
file = "step2_square.rs"
title = "Square"
minutes = 5
learned = "A square multiplies."
hints = []

[[step]]
file = "step3_root.rs"
title = "Root"
"#;

/// A workspace with one lesson, and `watch` at work on its first step. It goes when the guard is dropped.
pub(crate) fn app() -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let app = app_in(folder.path());
    (app, folder)
}

fn app_in(root: &Path) -> App {
    let lesson = root.join("exercises/lesson1-sums");
    fs::create_dir_all(&lesson).expect("a folder");
    fs::write(lesson.join("lesson.toml"), MANIFEST).expect("a manifest");
    let workspace = Workspace {
        root: root.to_path_buf(),
    };
    let lesson = Lesson::load(&workspace, "lesson1-sums").expect("a lesson");
    let mut app = App::new(lesson, Progress::load(&workspace), 1);
    app.begin(true);
    app
}

/// What `check` says of a step.
pub(crate) fn done(step: usize, outcome: Outcome) -> Event {
    let mut check = CheckResult::new("step::check", outcome, "Look here.");
    if outcome != Outcome::Passed {
        check.location = Some("src/step.rs:7".to_owned());
        check.picture = Some("target/check.svg".to_owned());
    }
    let passed = outcome == Outcome::Passed;
    let result = LessonResult {
        format: 1,
        lesson: "lesson1".to_owned(),
        subject: "exercise".to_owned(),
        passed,
        steps: vec![StepResult {
            step,
            title: String::new(),
            file: String::new(),
            passed,
            checks: vec![check],
        }],
    };
    let text = "  Look here.\n".to_owned();
    Event::Check(1, Heard::Done { result, text })
}

/// The same from the check that runs now.
pub(crate) fn now(app: &App, event: Event) -> Event {
    match event {
        Event::Check(_, event) => Event::Check(app.run, event),
        Event::Lost(_, words) => Event::Lost(app.run, words),
        other => other,
    }
}

pub(crate) fn press(app: &mut App, key: char) -> Vec<Action> {
    app.take(Event::Key(Key::Char(key)))
}

/// A verdict, remembered as `check` remembers it.
fn judged(app: &mut App, outcome: Outcome) {
    let (step, passed) = (app.step, outcome == Outcome::Passed);
    app.progress.record(&app.lesson, step, passed);
    let actions = app.take(now(app, done(step, outcome)));
    assert_eq!(actions, [Action::Reload]);
}

fn saved(names: &[&str], whole: bool) -> Event {
    let names = names.iter().map(ToString::to_string).collect();
    Event::Files(Change::Saved { names, whole })
}

fn check(number: u64, step: Option<usize>) -> Vec<Action> {
    vec![Action::Check { number, step }]
}

#[test]
fn a_save_starts_a_check_at_once_when_the_file_is_closed_and_soon_when_nobody_knows() {
    let (mut app, _folder) = app();
    assert_eq!(app.take(saved(&["step1_sum.rs"], true)), check(2, Some(1)));
    assert_eq!(app.take(saved(&["step1_sum.rs"], false)), []);
    assert!(app.patience() < DEBOUNCE);
    sleep(2 * DEBOUNCE);
    assert_eq!(app.take(Event::Tick), check(3, Some(1)));
    assert_eq!(app.take(Event::Tick), [], "once");
}

#[test]
fn the_step_whose_file_is_saved_is_the_one_that_is_checked() {
    let (mut app, _folder) = app();
    assert_eq!(app.take(saved(&["step3_root.rs"], true)), check(2, Some(3)));
    assert!(
        app.note
            .as_deref()
            .is_some_and(|note| note.contains("step 3"))
    );
    // Another branch, a formatter: nobody works on all of them.
    let several = saved(&["step1_sum.rs", "step2_square.rs"], true);
    assert_eq!(app.take(several), check(3, Some(3)));
    assert_eq!(app.take(saved(&["lib.rs"], true)), check(4, Some(3)));
}

#[test]
fn a_runner_that_ends_without_a_word_is_told() {
    let (mut app, _folder) = app();
    app.take(Event::Lost(1, "\n".to_owned()));
    assert!(app.verdict.contains("without a word"));
    assert_eq!(app.stage, Stage::Idle);
}

#[test]
fn what_a_stopped_check_says_is_no_news() {
    let (mut app, _folder) = app();
    app.take(saved(&["step1_sum.rs"], true));
    assert_eq!(app.take(done(1, Outcome::Failed)), []);
    assert!(app.result.is_none());
    app.take(Event::Words(1, "old".to_owned()));
    app.take(Event::Lost(1, "old".to_owned()));
    assert!(app.words.is_empty() && app.verdict.is_empty());
    app.take(Event::Lost(2, "Cargo is not there.".to_owned()));
    assert_eq!(
        (app.stage.clone(), app.verdict.as_str()),
        (Stage::Idle, "Cargo is not there.")
    );
}

#[test]
fn a_check_is_followed_from_the_build_to_its_end() {
    let (mut app, _folder) = app();
    assert_eq!(app.stage, Stage::Building);
    let hear = |app: &mut App, event| app.take(now(app, Event::Check(0, event)));
    let (name, limit) = ("step::check".to_owned(), 10.);
    hear(
        &mut app,
        Heard::Checking {
            name: name.clone(),
            limit,
        },
    );
    assert_eq!(
        app.stage,
        Stage::Checking {
            name: name.clone(),
            limit
        }
    );
    hear(
        &mut app,
        Heard::Curve {
            values: vec![3., 2.],
        },
    );
    hear(&mut app, Heard::Curve { values: vec![1.] });
    assert_eq!(app.curve, [3., 2., 1.]);
    hear(&mut app, Heard::Training);
    hear(&mut app, Heard::Curve { values: vec![9.] });
    assert!(app.curve[3].is_nan() && app.curve[4] == 9., "a gap");
    hear(
        &mut app,
        Heard::Curve {
            values: vec![0.; 1_000_000],
        },
    );
    assert!(
        app.curve.len() < 100_000,
        "whatever a check says, it is bounded"
    );
    hear(&mut app, Heard::Checked { name, passed: true });
    assert_eq!(app.passed, 1);
    assert!(matches!(app.stage, Stage::Checked { passed: true, .. }));
    judged(&mut app, Outcome::Failed);
    assert_eq!(app.stage, Stage::Idle);
    assert_eq!(app.trouble(), Some((1, Outcome::Failed)));
    app.take(saved(&["step1_sum.rs"], true));
    assert!(
        app.curve.is_empty() && !app.verdict.is_empty(),
        "the old verdict stays for now"
    );
}

#[test]
fn a_hint_is_offered_after_two_tries_and_each_key_shows_one_more() {
    let (mut app, _folder) = app();
    judged(&mut app, Outcome::Failed);
    assert!(!app.offers_a_hint());
    judged(&mut app, Outcome::Failed);
    assert!(app.offers_a_hint());
    assert_eq!(press(&mut app, 'h'), [Action::Hints { step: 1, shown: 1 }]);
    assert_eq!(app.page, Page::Hint);
    app.progress.set_hints_shown(&app.lesson, 1, 1);
    app.take(Event::Key(Key::Escape));
    assert_eq!(press(&mut app, 'h'), [], "first what was shown before");
    assert_eq!(press(&mut app, 'h'), [Action::Hints { step: 1, shown: 2 }]);
    app.progress.set_hints_shown(&app.lesson, 1, 2);
    assert_eq!(press(&mut app, 'h'), []);
    assert_eq!(app.note.as_deref(), Some("That was the last hint."));
    press(&mut app, 'n');
    press(&mut app, 'h');
    assert!(
        app.note
            .as_deref()
            .is_some_and(|note| note.contains("no hints"))
    );
    assert_eq!(app.page, Page::Verdict);
}

#[test]
fn next_and_previous_go_through_the_lesson_to_its_end() {
    let (mut app, _folder) = app();
    assert_eq!(press(&mut app, 'p'), []);
    assert_eq!(press(&mut app, 'n'), check(2, Some(2)));
    assert_eq!(press(&mut app, 'p'), check(3, Some(1)));
    judged(&mut app, Outcome::Passed);
    press(&mut app, 'n');
    press(&mut app, 'n');
    judged(&mut app, Outcome::Passed);
    // Step 2 is still open.
    assert_eq!(press(&mut app, 'n'), check(6, Some(2)));
    judged(&mut app, Outcome::Passed);
    press(&mut app, 'n');
    judged(&mut app, Outcome::Passed);
    assert_eq!(press(&mut app, 'n'), []);
    assert_eq!(app.page, Page::Finish);
    let file = "target/workshop/lesson1/index.html".to_owned();
    assert_eq!(press(&mut app, 'o'), [Action::Open { file }]);
    assert_eq!(press(&mut app, 'n'), [Action::NextLesson]);
    assert_eq!(press(&mut app, 'p'), []);
    assert_eq!(app.page, Page::Verdict);
}

#[test]
fn all_steps_are_checked_and_the_first_open_one_is_looked_at() {
    let (mut app, _folder) = app();
    assert_eq!(press(&mut app, 'a'), check(2, None));
    app.take(now(&app, done(2, Outcome::Failed)));
    assert_eq!(app.step, 2);
    assert_eq!(press(&mut app, 'r'), check(3, Some(2)));
    press(&mut app, 'a');
    app.take(now(&app, done(2, Outcome::Passed)));
    assert_eq!(app.page, Page::Finish);
}

#[test]
fn the_reference_and_the_pictures_are_asked_for_when_there_are_any() {
    let (mut app, _folder) = app();
    assert_eq!(press(&mut app, 's'), []);
    assert!(app.note.is_some());
    assert_eq!(press(&mut app, 'o'), []);
    judged(&mut app, Outcome::Failed);
    let file = "target/check.svg".to_owned();
    assert_eq!(press(&mut app, 'o'), [Action::Open { file }]);
    assert_eq!(press(&mut app, 'v'), [Action::Pictures]);
    app.show_pictures(vec!["a.png".to_owned(), "b.png".to_owned()]);
    assert_eq!(app.page, Page::Picture);
    app.take(Event::Key(Key::Left));
    let file = "b.png".to_owned();
    assert_eq!(press(&mut app, 'o'), [Action::Open { file }]);
    app.take(Event::Key(Key::Right));
    assert_eq!(app.picture, 0);
    press(&mut app, 'v');
    assert_eq!(app.page, Page::Verdict);
    app.show_pictures(Vec::new());
    assert_eq!(app.page, Page::Verdict);
    judged(&mut app, Outcome::Passed);
    assert_eq!(press(&mut app, 's'), [Action::Solution { step: 1 }]);
    app.show_solution("a + b".to_owned());
    assert_eq!(app.page, Page::Solution);
    press(&mut app, 's');
    assert_eq!(app.page, Page::Verdict);
}

#[test]
fn a_reset_needs_a_yes() {
    for (key, actions) in [
        ('n', vec![]),
        ('q', vec![]),
        ('y', vec![Action::Reset { step: 1 }]),
    ] {
        let (mut app, _folder) = app();
        press(&mut app, 'x');
        assert_eq!(app.page, Page::ConfirmReset);
        assert_eq!(press(&mut app, key), actions, "{key}");
        assert_eq!(app.page, Page::Verdict);
    }
}

#[test]
fn the_editor_opens_where_the_verdict_points() {
    let (mut app, _folder) = app();
    let place = "exercises/lesson1-sums/src/step1_sum.rs:1".to_owned();
    assert_eq!(press(&mut app, 'e'), [Action::Edit { place }]);
    judged(&mut app, Outcome::Failed);
    let place = "src/step.rs:7".to_owned();
    assert_eq!(app.take(Event::Key(Key::Enter)), [Action::Edit { place }]);
}

#[test]
fn a_lesson_and_a_step_are_chosen_from_the_list() {
    let (mut app, folder) = app();
    assert_eq!(press(&mut app, 'l'), [Action::List]);
    let workspace = Workspace {
        root: folder.path().to_path_buf(),
    };
    let load = || Lesson::load(&workspace, "lesson1-sums").expect("a lesson");
    app.choose(vec![load()]);
    assert_eq!(app.page, Page::List);
    let open = |step| Action::Lesson {
        package: "lesson1-sums".to_owned(),
        step,
    };
    assert_eq!(app.take(Event::Key(Key::Down)), []);
    assert_eq!(app.take(Event::Key(Key::Enter)), [open(Some(2))]);
    app.take(Event::Key(Key::Home));
    assert_eq!(app.take(Event::Key(Key::Enter)), [open(None)]);
    app.take(Event::Key(Key::End));
    assert_eq!(app.take(Event::Key(Key::Enter)), [open(Some(3))]);
    app.take(Event::Key(Key::Left));
    assert_eq!(app.take(Event::Key(Key::Enter)), [open(None)]);
    app.take(Event::Key(Key::Escape));
    assert_eq!(app.page, Page::Verdict);
    assert_eq!(
        app.open(load(), Some(99)),
        check(2, Some(3)),
        "as far as there are steps"
    );
}

#[test]
fn pages_scroll_as_far_as_there_is_something_to_see() {
    let (mut app, _folder) = app();
    (app.scroll_most, app.rows) = (25, 10);
    let mut scrolled = |key| {
        app.take(Event::Key(key));
        app.scroll
    };
    assert_eq!(scrolled(Key::Up), 0);
    assert_eq!(scrolled(Key::Down), 1);
    assert_eq!(scrolled(Key::Char('j')), 2);
    assert_eq!(scrolled(Key::Char('k')), 1);
    assert_eq!(scrolled(Key::PageDown), 10);
    assert_eq!(scrolled(Key::Char(' ')), 19);
    assert_eq!(scrolled(Key::PageUp), 10);
    assert_eq!(scrolled(Key::End), 25);
    assert_eq!(scrolled(Key::Down), 25);
    assert_eq!(scrolled(Key::Home), 0);
}

#[test]
fn the_other_keys_do_what_they_say() {
    let (mut app, _folder) = app();
    assert_eq!(press(&mut app, 'q'), [Action::Quit]);
    assert_eq!(app.take(Event::Quit), [Action::Quit]);
    assert_eq!(app.take(Event::Key(Key::Suspend)), [Action::Suspend]);
    assert_eq!(app.take(Event::Key(Key::Redraw)), [Action::Redraw]);
    press(&mut app, '?');
    assert_eq!(app.page, Page::Help);
    press(&mut app, '?');
    assert_eq!(app.page, Page::Verdict);
    app.take(Event::Key(Key::Right));
    assert!(app.aside > 0);
    app.take(Event::Key(Key::Left));
    app.take(Event::Key(Key::Left));
    assert_eq!(app.aside, 0);
    for key in ['~', 'Q', 'é', '\0'] {
        assert_eq!(press(&mut app, key), [], "{key:?}");
    }
}

#[test]
fn files_that_go_are_told_and_a_verdict_clears_what_was_said() {
    let (mut app, _folder) = app();
    let gone = |name: &str| Event::Files(Change::Gone(name.to_owned()));
    let loss = |app: &App| app.loss().unwrap_or_default();
    assert_eq!(app.take(gone("step1_sum.rs")), check(2, Some(1)));
    assert!(loss(&app).contains("`x`"));
    press(&mut app, 'j');
    assert_eq!(app.take(saved(&["lib.rs"], true)), check(3, Some(1)));
    assert!(loss(&app).contains("`x`"), "it is still not there");
    app.take(saved(&["step1_sum.rs"], true));
    assert_eq!(app.loss(), None);
    let empty = Event::Files(Change::Emptied("step2_square.rs".to_owned()));
    assert_eq!(app.take(empty), check(5, Some(1)));
    assert!(loss(&app).contains("empty. It is the file of step 2"));
    app.take(saved(&["step2_square.rs"], true));
    press(&mut app, 'p');
    app.take(Event::Files(Change::FolderGone));
    assert!(
        app.note
            .as_deref()
            .is_some_and(|note| note.contains("comes back"))
    );
    judged(&mut app, Outcome::Passed);
    assert_eq!(app.note, None);
    (app.note, app.note_stays) = (Some("A backup.".to_owned()), true);
    app.take(saved(&["step1_sum.rs"], true));
    judged(&mut app, Outcome::NotStarted);
    assert_eq!(app.note.as_deref(), Some("A backup."));
    press(&mut app, 'j');
    assert_eq!(app.note, None);
}
