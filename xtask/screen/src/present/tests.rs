//! Whole presentations without a terminal: keys go in, what is drawn comes out.

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use xtask::lesson::Subject;
use xtask::outcome::{CheckResult, LessonResult, Outcome, StepResult};

use crate::event::{Change, Event, Key};

use super::book::{Book, Chapter, Page, Part};
use super::markdown::read;
use super::memory::Place;
use super::show::{Action, Over, Show};
use super::view::draw;

fn chapter(title: &str) -> Chapter {
    let part = |task: Option<&str>, text: &str| Part {
        task: task.map(ToOwned::to_owned),
        text: text.to_owned(),
    };
    Chapter {
        title: title.to_owned(),
        subtitle: read("What it is about."),
        minutes: 10,
        learned: "That it can be done.".to_owned(),
        idea: vec![read("The first idea."), read("The second idea:\n\n> y = x + 1")],
        write: Vec::new(),
        predict: Some(("What comes out?".into(), "It is three.".into())),
        hints: vec!["Look up.".into(), "Look down.".into()],
        untouched: "//! Step.\n\nuse a::b;\n\nfn f() {\n    todo!(\"Write f.\")\n}\n\nfn g() {\n    todo!(\"Write g.\")\n}\n".to_owned(),
        file: "exercises/lesson9-test/src/step1.rs".to_owned(),
        items: vec![
            vec![part(None, "fn f() {\n"), part(Some("Write f."), "    one();\n"), part(None, "}\n")],
            vec![part(None, "fn g() {\n"), part(Some("Write g."), "    two();\n"), part(None, "}\n")],
        ],
    }
}

/// A show of two steps, at the cover, at noon.
struct Stage {
    show: Show,
    now: Instant,
}

impl Stage {
    fn new() -> Self {
        let now = Instant::now();
        let book = Book::new(
            "lesson9",
            "A lesson",
            "All about it.",
            vec![chapter("Begin"), chapter("End")],
        );
        Self {
            show: Show::new(book, &Place::default(), now),
            now,
        }
    }

    fn press(&mut self, key: Key) -> Vec<Action> {
        let actions = self.show.take(Event::Key(key), self.now);
        self.draw(80, 24);
        actions
    }

    fn letter(&mut self, letter: char) -> Vec<Action> {
        self.press(Key::Char(letter))
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// To a page of the first step.
    fn at(page: Page) -> Self {
        let mut stage = Self::new();
        while stage.show.page() != page {
            stage.letter('n');
            assert_ne!(stage.show.page(), Page::End, "there is no {page:?}");
        }
        stage
    }

    /// What is on a window of this size.
    fn draw(&mut self, columns: u16, rows: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal");
        let mut drawn = None;
        let (show, now) = (&self.show, self.now);
        terminal
            .draw(|frame| drawn = Some(draw(frame, show, None, now)))
            .expect("a frame");
        self.show.drawn(&drawn.expect("it was drawn"));
        terminal.backend().to_string()
    }

    #[track_caller]
    fn shows(&mut self, words: &str) {
        let screen = self.draw(80, 24);
        assert!(screen.contains(words), "`{words}` is not on\n{screen}");
    }

    #[track_caller]
    fn hides(&mut self, words: &str) {
        let screen = self.draw(80, 24);
        assert!(!screen.contains(words), "`{words}` is on\n{screen}");
    }

    fn hear(&mut self, run: u64, event: xtask::events::Event) {
        self.show.take(Event::Check(run, event), self.now);
    }
}

fn result(outcome: Outcome) -> LessonResult {
    let mut check = CheckResult::new(
        "step1::adds_the_bias",
        outcome,
        "z is 2, but it should be 3.",
    );
    check.location = Some("exercises/lesson9-test/src/step1.rs:6".into());
    LessonResult {
        format: 1,
        lesson: "lesson9".into(),
        subject: "exercise".into(),
        passed: check.passed,
        steps: vec![StepResult {
            step: 1,
            title: "Begin".into(),
            file: "step1.rs".into(),
            passed: check.passed,
            checks: vec![check],
        }],
    }
}

fn done(outcome: Outcome) -> xtask::events::Event {
    xtask::events::Event::Done {
        result: result(outcome),
        text: String::new(),
    }
}

#[test]
fn a_step_is_a_row_of_pages() {
    let mut stage = Stage::new();
    let mut seen = vec![stage.show.page()];
    while stage.show.page() != Page::End {
        stage.letter('n');
        seen.push(stage.show.page());
    }
    assert_eq!(
        seen[..10],
        [
            Page::Cover,
            Page::Title(1),
            Page::Predict(1),
            Page::Idea(1, 0),
            Page::Idea(1, 1),
            Page::Exercise(1),
            Page::Hints(1),
            Page::Check(1),
            Page::Solution(1),
            Page::Recap(1),
        ]
    );
    assert_eq!(seen[10], Page::Title(2));
    stage.letter('n');
    stage.shows("This is the last page");
    for page in seen.iter().rev().skip(1) {
        stage.press(Key::Left);
        assert_eq!(stage.show.page(), *page);
    }
    stage.press(Key::Left);
    stage.shows("This is the first page");
}

#[test]
fn nothing_is_revealed_by_turning_pages() {
    let mut stage = Stage::new();
    while stage.show.page() != Page::End {
        for secret in ["Look up.", "one();", "two();"] {
            stage.hides(secret);
        }
        match stage.show.page() {
            Page::Recap(_) => stage.shows("It is three."),
            _ => stage.hides("It is three."),
        }
        stage.letter('n');
    }
}

#[test]
fn a_clicker_reveals_everything_but_the_answer_and_going_back_hides_nothing() {
    for key in [Key::Right, Key::PageDown, Key::Char(' ')] {
        let mut stage = Stage::at(Page::Predict(1));
        stage.press(key);
        assert_eq!(stage.show.page(), Page::Idea(1, 0));
        assert!(!stage.show.revealed().answer, "it is asked before the idea");
        stage.letter('h');
        stage.hides("Look down.");
        stage.press(key);
        stage.shows("Look down.");
        stage.press(key);
        assert_eq!(stage.show.page(), Page::Check(1));
        stage.press(key);
        stage.hides("one();");
        stage.press(key);
        stage.shows("one();");
        stage.hides("two();");
        stage.press(key);
        stage.shows("two();");
        stage.press(key);
        assert_eq!(stage.show.page(), Page::Recap(1));
        stage.press(Key::PageUp);
        stage.shows("two();");
        stage.letter('b');
        stage.press(key);
        stage.shows("two();");
    }
}

#[test]
fn the_answer_is_revealed_on_a_key_and_stays() {
    let mut stage = Stage::at(Page::Predict(1));
    stage.shows("What comes out?");
    stage.press(Key::Enter);
    stage.shows("It is three.");
    stage.press(Key::Enter);
    assert_eq!(
        stage.show.page(),
        Page::Idea(1, 0),
        "the second time goes on"
    );
    stage.letter('a');
    stage.shows("It is three.");
    stage.letter('2');
    stage.letter('a');
    stage.hides("It is three.");
}

#[test]
fn hints_come_one_by_one() {
    let mut stage = Stage::at(Page::Exercise(1));
    stage.letter('h');
    stage.shows("Look up.");
    stage.hides("Look down.");
    stage.press(Key::Left);
    stage.letter('h');
    stage.hides("Look down.");
    stage.press(Key::Enter);
    stage.shows("Look down.");
    stage.letter('h');
    stage.shows("That was the last hint.");
}

#[test]
fn the_solution_is_revealed_function_by_function() {
    let mut stage = Stage::at(Page::Exercise(1));
    stage.letter('s');
    stage.shows("Write f.");
    stage.press(Key::Enter);
    stage.shows("▌     one();");
    stage.shows("Write g.");
    stage.letter('s');
    stage.shows("two();");
    stage.letter('s');
    stage.shows("That is all of it.");
    let mut stage = Stage::at(Page::Title(1));
    stage.letter('S');
    stage.shows("two();");
}

#[test]
fn the_exercise_begins_behind_its_head_and_enter_finds_what_to_write() {
    let mut stage = Stage::at(Page::Exercise(1));
    let screen = stage.draw(80, 10);
    assert!(screen.contains("Write f."), "{screen}");
    stage.show.take(Event::Key(Key::Enter), stage.now);
    stage.show.take(Event::Key(Key::Enter), stage.now);
    let screen = stage.draw(60, 9);
    assert!(screen.contains("Write g."), "{screen}");
}

#[test]
fn the_clock_runs_for_the_step_on_the_screen() {
    let mut stage = Stage::new();
    stage.wait(600);
    stage.press(Key::Right);
    stage.wait(65);
    stage.shows("1:05 of 10 min");
    stage.letter('t');
    stage.wait(100);
    stage.shows("⏸ 1:05 of 10 min");
    stage.press(Key::Right);
    stage.wait(100);
    stage.shows("⏸ 1:05 of 10 min");
    stage.letter('t');
    stage.letter('2');
    stage.wait(601);
    assert_eq!(
        stage.show.over_time(stage.now),
        Some(Duration::from_secs(1))
    );
    stage.letter('l');
    stage.shows("1:05 of 10 min");
    stage.shows("10:01 of 10 min");
    stage.letter('l');
    stage.letter('T');
    assert_eq!(stage.show.over_time(stage.now), None);
}

#[test]
fn a_check_runs_live_and_its_verdict_stays() {
    let mut stage = Stage::at(Page::Idea(1, 0));
    let actions = stage.letter('r');
    assert_eq!(
        actions,
        [Action::Check {
            number: 1,
            step: 1,
            subject: Subject::Exercise
        }]
    );
    assert_eq!(stage.show.page(), Page::Check(1));
    stage.hear(
        1,
        xtask::events::Event::Checking {
            name: "step1::learns".into(),
            limit: 20.,
        },
    );
    stage.shows("learns");
    let values = (1..50).map(|epoch| 1. / f64::from(epoch)).collect();
    stage.hear(1, xtask::events::Event::Curve { values });
    let braille = |sign: char| ('\u{2801}'..='\u{28ff}').contains(&sign);
    let screen = stage.draw(100, 30);
    assert!(screen.contains(braille), "no curve on\n{screen}");
    stage.hear(1, done(Outcome::Failed));
    stage.shows("z is 2, but it should be 3.");
    stage.shows("adds the bias");
    stage.letter('2');
    stage.hides("z is 2");
    stage.letter('1');
    for _ in 0..6 {
        stage.letter('n');
    }
    stage.shows("z is 2, but it should be 3.");
    let actions = stage.letter('e');
    let place = "exercises/lesson9-test/src/step1.rs:6".to_owned();
    assert_eq!(actions, [Action::Edit { place }]);
}

#[test]
fn what_comes_from_a_check_that_was_stopped_is_not_heard() {
    let mut stage = Stage::at(Page::Check(1));
    stage.letter('r');
    assert_eq!(stage.press(Key::Escape), [Action::Stop]);
    stage.hear(1, done(Outcome::Failed));
    stage.hides("z is 2");
    stage.letter('r');
    stage.letter('R');
    stage.hear(3, done(Outcome::Failed));
    stage.hides("z is 2");
    stage.hear(4, done(Outcome::Passed));
    stage.shows("That it can be done.");
    stage.shows("The reference: 1 of 1 checks pass");
}

#[test]
fn a_file_that_does_not_compile_has_no_count() {
    let mut stage = Stage::at(Page::Check(1));
    stage.letter('r');
    stage.hear(1, done(Outcome::BuildFailed));
    let screen = stage.draw(40, 12);
    assert!(screen.contains("Does not compile"), "{screen}");
    assert!(screen.contains("z is 2"), "{screen}");
    stage.hides("checks pass");
}

#[test]
fn a_check_that_ends_without_a_word_is_told_with_what_it_said() {
    let mut stage = Stage::at(Page::Check(1));
    stage.letter('r');
    let said = "error: the disk is full".to_owned();
    stage.show.take(Event::Lost(1, said), stage.now);
    stage.shows("the disk is full");
}

#[test]
fn saves_are_checked_when_somebody_asked_for_it() {
    let saved = || {
        Event::Files(Change::Saved {
            names: vec!["step1.rs".into()],
            whole: true,
        })
    };
    let mut stage = Stage::at(Page::Exercise(1));
    stage.show.take(saved(), stage.now);
    stage.wait(1);
    assert_eq!(stage.show.take(Event::Tick, stage.now), []);
    stage.show.yours = Some("fn f() { typed() }".to_owned());
    stage.shows("typed()");
    stage.letter('u');
    stage.shows("Write f.");
    stage.letter('w');
    stage.show.take(saved(), stage.now);
    assert_eq!(
        stage.show.take(Event::Tick, stage.now),
        [],
        "an editor may write again"
    );
    stage.wait(1);
    assert_eq!(stage.show.take(Event::Tick, stage.now).len(), 1);
    assert_eq!(stage.show.page(), Page::Check(1));
    let other = Change::Saved {
        names: vec!["step2.rs".into()],
        whole: true,
    };
    stage.show.take(Event::Files(other), stage.now);
    stage.wait(1);
    assert_eq!(
        stage.show.take(Event::Tick, stage.now),
        [],
        "another step's file"
    );
}

#[test]
fn a_verdict_says_when_the_file_has_changed_since() {
    let words = "Your file has changed since";
    let saved = |name: &str| {
        Event::Files(Change::Saved {
            names: vec![name.into()],
            whole: true,
        })
    };
    let mut stage = Stage::at(Page::Check(1));
    stage.letter('r');
    stage.hear(1, done(Outcome::Failed));
    stage.show.take(saved("step2.rs"), stage.now);
    stage.hides(words);
    // Also while another page is on the screen.
    stage.letter('2');
    stage.show.take(saved("step1.rs"), stage.now);
    for _ in 0..3 {
        stage.letter('p');
    }
    stage.shows(words);
    stage.letter('R');
    stage.hear(2, done(Outcome::Passed));
    stage.hides(words);
    stage.letter('r');
    stage.hear(3, done(Outcome::Passed));
    stage.hides(words);
    stage.letter('r');
    stage.show.take(saved("step1.rs"), stage.now);
    stage.hear(4, done(Outcome::Failed));
    stage.shows(words);
}

#[test]
fn one_gets_to_a_step_by_its_number_or_from_the_list() {
    let mut stage = Stage::new();
    assert_eq!(stage.letter('2'), [Action::Keep]);
    assert_eq!(stage.show.page(), Page::Title(2));
    stage.letter('7');
    stage.shows("The steps are 1 to 2.");
    stage.letter('l');
    assert_eq!(stage.show.over, Some(Over::List(2)));
    stage.press(Key::Up);
    stage.press(Key::Up);
    stage.press(Key::Enter);
    assert_eq!(stage.show.page(), Page::Title(1));
    stage.letter('0');
    assert_eq!(stage.show.page(), Page::Cover);
    stage.letter('r');
    stage.shows("Go to a step first");
}

#[test]
fn letters_lead_to_the_pages_of_a_step_and_one_makes_it_dark() {
    let mut stage = Stage::at(Page::Recap(1));
    for (letter, page) in [
        ('x', Page::Exercise(1)),
        ('i', Page::Idea(1, 0)),
        ('a', Page::Predict(1)),
        ('h', Page::Hints(1)),
        ('s', Page::Solution(1)),
    ] {
        stage.letter(letter);
        assert_eq!(stage.show.page(), page);
    }
    stage.letter('b');
    stage.hides("lesson9");
    stage.letter('b');
    stage.shows("lesson9");
}

#[test]
fn the_place_is_found_again() {
    let mut stage = Stage::at(Page::Hints(1));
    stage.wait(90);
    assert_eq!(stage.letter('q'), [Action::Keep, Action::Quit]);
    let place = stage.show.place(stage.now);
    let again = Show::new(Stage::new().show.book, &place, stage.now);
    assert_eq!(again.page(), Page::Hints(1));
    assert_eq!(again.clock.spent(1, stage.now), Duration::from_secs(90));
    assert!(!again.clock.runs(), "it stands until somebody goes on");
    let gone = Place {
        step: 7,
        page: 3,
        seconds: Vec::new(),
    };
    let show = Show::new(Stage::new().show.book, &gone, stage.now);
    assert_eq!(show.page(), Page::Cover, "the lesson has fewer steps now");
}

#[test]
fn every_page_fits_every_window() {
    let sizes = [
        (1, 1),
        (7, 2),
        (20, 5),
        (33, 8),
        (40, 12),
        (80, 24),
        (120, 40),
        (240, 70),
    ];
    let mut stage = Stage::new();
    for revealed in &mut stage.show.revealed {
        (revealed.answer, revealed.hints, revealed.parts) = (true, 2, 2);
    }
    loop {
        for (columns, rows) in sizes {
            for over in [
                None,
                Some(Over::Dark),
                Some(Over::Help),
                Some(Over::List(1)),
                Some(Over::Picture),
            ] {
                stage.show.over = over;
                stage.draw(columns, rows);
            }
            stage.show.over = None;
        }
        if stage.show.page() == Page::End {
            break;
        }
        stage.press(Key::Right);
    }
}

#[test]
fn a_large_window_has_large_letters_and_a_small_one_has_all_the_words() {
    let mut stage = Stage::at(Page::Predict(1));
    let large = stage.draw(120, 40);
    assert!(
        large.contains('█') && large.contains("What comes out?"),
        "{large}"
    );
    let small = stage.draw(30, 8);
    assert!(!small.contains('█') && small.contains("Predict"), "{small}");
    assert!(small.contains("What comes out?"), "{small}");
}

#[test]
fn who_is_over_time_sees_it_in_words_and_in_colour() {
    let mut stage = Stage::at(Page::Title(1));
    stage.wait(12 * 60);
    let screen = stage.draw(120, 40);
    assert!(screen.contains("12:00 of 10 min  2:00 over"), "{screen}");
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal");
    let (show, now) = (&stage.show, stage.now);
    let frame = terminal.draw(|frame| {
        draw(frame, show, None, now);
    });
    let frame = frame.expect("a frame");
    let row: Vec<_> = (0..120).map(|x| &frame.buffer[(x, 0)]).collect();
    let clock = row
        .iter()
        .find(|cell| cell.symbol() == "2" && cell.fg == Color::Red);
    assert!(clock.is_some(), "the clock is not red");
}
