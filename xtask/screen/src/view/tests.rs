//! What is drawn, on windows of every size.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use xtask::events::Event as Heard;
use xtask::outcome::Outcome;

use super::draw;
use crate::app::tests::{app, done, now, press};
use crate::app::{App, Page};
use crate::event::{Change, Event};

const SIZES: [(u16, u16); 9] = [
    (80, 24),
    (40, 10),
    (120, 40),
    (200, 60),
    (20, 6),
    (10, 3),
    (3, 10),
    (1, 1),
    (101, 1),
];

fn drawn(app: &App, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    terminal
        .draw(|frame| {
            draw(frame, app, None);
        })
        .expect("a frame");
    terminal.backend().to_string()
}

#[track_caller]
fn shows(app: &App, parts: &[&str]) {
    let text = drawn(app, (80, 24));
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
    for size in SIZES {
        drawn(app, size);
    }
}

#[test]
fn a_build_says_how_far_it_is() {
    let (mut app, _folder) = app();
    shows(
        &app,
        &[
            "Step 1 of 3 — Add",
            "building",
            "exercises/lesson1-sums/src/step1_sum.rs",
        ],
    );
    let words = "Building [====>      ] 45/210: candle-core, gemm".to_owned();
    app.take(Event::Words(1, words));
    shows(&app, &["45 of 210", "candle-core, gemm", "━━━"]);
    app.take(Event::Words(
        1,
        "Blocking waiting for file lock on build directory".to_owned(),
    ));
    shows(&app, &["⋯ Blocking waiting for file lock"]);
    app.take(Event::Words(
        1,
        "note: Waiting for another run in this workspace.".to_owned(),
    ));
    shows(&app, &["⋯ Waiting for another run in this workspace."]);
    for odd in [
        "Building [> ] 7/3: x",
        "Building [",
        "Building ] /:",
        "Building [] a/b",
    ] {
        app.take(Event::Words(1, odd.to_owned()));
        shows(&app, &["building"]);
    }
}

#[test]
fn a_check_says_its_time_and_draws_its_curve() {
    let (mut app, _folder) = app();
    let name = "step1_sum::learns_to_add".to_owned();
    app.take(Event::Check(1, Heard::Checking { name, limit: 10. }));
    shows(&app, &["learns to add", "of 10 s", "0 passed"]);
    let values = (1..50).map(|i| 1. / f64::from(i)).collect();
    app.take(Event::Check(1, Heard::Curve { values }));
    shows(&app, &["loss 0.0204 learns to add"]);
    let (name, passed) = ("step1_sum::learns_to_add".to_owned(), true);
    app.take(Event::Check(1, Heard::Checked { name, passed }));
    shows(&app, &["⋯ learns to add ✓   1 passed"]);
    assert!(
        !drawn(&app, (80, 24)).contains("of 10 s"),
        "its clock stands"
    );
    app.take(Event::Check(1, Heard::Building));
    shows(&app, &["⋯ 1 passed, building the next steps"]);
}

#[test]
fn a_verdict_comes_first_and_its_keys_below() {
    let (mut app, _folder) = app();
    app.take(done(1, Outcome::Failed));
    shows(
        &app,
        &[
            "✗ not yet right",
            "Look here.",
            "e edit",
            "h hint",
            "v picture",
        ],
    );
    app.take(Event::Files(Change::Gone("step1_sum.rs".to_owned())));
    shows(&app, &["building", "`x` starts the step afresh"]);
    app.take(Event::Files(Change::Saved {
        names: vec!["step1_sum.rs".to_owned()],
        whole: true,
    }));
    app.note = Some("word ".repeat(20) + "end");
    shows(&app, &["word end"]);
    press(&mut app, 'r');
    shows(&app, &["building", "Look here."]);
    app.take(now(&app, done(1, Outcome::Passed)));
    shows(
        &app,
        &[
            "✓ passes",
            "n goes on to step 2 — Square · about 5 min",
            "n next   s solution",
        ],
    );
    // Of all steps, the open one comes first.
    press(&mut app, 'a');
    let text =
        "✓ Step 1 — Add\n  A sum adds.\n\n✗ Step 2 — Square  not yet right\n\n  Look there.\n";
    let Event::Check(run, Heard::Done { result, .. }) = now(&app, done(2, Outcome::Failed)) else {
        unreachable!("that is what it gives");
    };
    let text = text.to_owned();
    app.take(Event::Check(run, Heard::Done { result, text }));
    let text = drawn(&app, (80, 24));
    let at = |words: &str| text.find(words).expect(words);
    assert!(at("Look there.") < at("✓ Step 1 — Add"), "{text}");
    assert!(
        !text.contains("A sum adds."),
        "there is something to do: {text}"
    );
    press(&mut app, 'p');
    // Another step's file stands in the way.
    press(&mut app, 'r');
    app.take(now(&app, done(3, Outcome::BuildFailed)));
    shows(&app, &["✗ step 3 does not compile"]);
    assert!(drawn(&app, (10, 3)).contains("1.1 ✗"));
    press(&mut app, 'r');
    app.take(now(&app, Event::Lost(0, "No linker.".to_owned())));
    shows(&app, &["it could not be checked", "No linker."]);
}

#[test]
fn the_steps_stand_beside_it_where_there_is_room() {
    let (mut app, _folder) = app();
    app.progress.record(&app.lesson, 2, true);
    app.take(done(1, Outcome::NotStarted));
    let wide = drawn(&app, (120, 30));
    for part in ["▸  1 Add", "✓  2 Square", "·  3 Root", "1 of 3"] {
        assert!(wide.contains(part), "`{part}` is missing in\n{wide}");
    }
    assert!(!drawn(&app, (80, 24)).contains("2 Square"));
}

#[test]
fn every_page_is_drawn() {
    let (mut app, _folder) = app();
    app.take(done(1, Outcome::Failed));
    app.progress.set_hints_shown(&app.lesson, 1, 1);
    press(&mut app, 'h');
    shows(
        &app,
        &["Hint 1 of 2", "Think of plus.", "h shows one more."],
    );
    press(&mut app, '?');
    shows(&app, &["your editor", "Ctrl-Z"]);
    press(&mut app, 'x');
    shows(&app, &["Start step 1 — Add — afresh?", "y starts afresh"]);
    press(&mut app, 'n');
    app.show_solution("\x1b[32m+ a + b\x1b[0m\n".repeat(100));
    shows(&app, &["+ a + b", "more"]);
    app.show_pictures(vec!["a.png".to_owned(), "b.png".to_owned()]);
    shows(&app, &["a.png", "1 of 2", "cannot be shown here"]);
    app.choose(Vec::new());
    shows(&app, &[]);
    app.page = Page::Finish;
    shows(
        &app,
        &[
            "lesson1 is done",
            "A square multiplies.",
            "n goes on to the next lesson",
        ],
    );
}
