//! What `present` knows, and what each event changes. As in `watch`, nothing here touches the terminal, a file or a process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use xtask::lesson::Subject;
use xtask::outcome::LessonResult;

use crate::app::{DEBOUNCE, Stage};
use crate::event::{Change, Event, Key};

use super::book::{Book, Chapter, Page};
use super::clock::Clock;
use super::memory::Place;
use super::view::Drawn;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Stop the running check, if there is one, and check a step: the exercise as it is, or the reference.
    Check {
        number: u64,
        step: usize,
        subject: Subject,
    },
    /// Stop the running check.
    Stop,
    /// Remember the place.
    Keep,
    /// Open the file of a step in the editor.
    Edit { place: String },
    /// Open a picture with whatever opens pictures; relative to the workspace.
    Open { file: String },
    /// Put the process to sleep until the shell wakes it.
    Suspend,
    /// End.
    Quit,
}

/// What lies over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// All keys.
    Help,
    /// The steps, this one chosen.
    List(usize),
    /// The verdict's picture.
    Picture,
}

/// What of a step has been revealed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revealed {
    pub(crate) answer: bool,
    pub(crate) hints: usize,
    /// Parts of the solution.
    pub(crate) parts: usize,
    /// The exercise is shown as it is, not as nobody has touched it.
    pub(crate) yours: bool,
}

/// What came of a check.
pub(crate) struct Verdict {
    pub(crate) subject: Subject,
    /// `None` when the check ended without a last word.
    pub(crate) result: Option<LessonResult>,
    /// The words of `check`, or what it said instead.
    pub(crate) text: String,
    pub(crate) curve: Vec<f64>,
}

/// Everything that is shown.
pub(crate) struct Show {
    pub(crate) book: Book,
    /// The page, an index of the book's.
    pub(crate) at: usize,
    pub(crate) over: Option<Over>,
    /// Lines scrolled down on this page.
    pub(crate) scroll: usize,
    /// What must be seen: a line of the exercise, a part of the solution. The view turns it into `scroll`.
    pub(crate) anchor: Option<usize>,
    /// What was asked for last.
    seen: Option<usize>,
    /// How many lines of the page were below the window when it was drawn last, and how many fit into it.
    pub(crate) below: usize,
    pub(crate) height: usize,
    /// By step.
    pub(crate) revealed: Vec<Revealed>,
    /// By step.
    pub(crate) verdicts: Vec<Option<Verdict>>,
    pub(crate) clock: Clock,
    pub(crate) stage: Stage,
    /// The step and whose code the running check is about.
    pub(crate) checked: (usize, Subject),
    pub(crate) since: Instant,
    /// Checks that have passed in this run.
    pub(crate) passed: usize,
    /// The values of the running training.
    pub(crate) curve: Vec<f64>,
    /// Every save starts a check.
    pub(crate) watching: bool,
    /// The exercise of this step as it is, when it is not untouched.
    pub(crate) yours: Option<String>,
    pub(crate) note: Option<String>,
    run: u64,
    saved: Option<Instant>,
    /// Whether the clock has run yet: it begins with the first page, not with the cover.
    begun: bool,
}

impl Show {
    /// At this place; the clock stands.
    pub(crate) fn new(book: Book, place: &Place, now: Instant) -> Self {
        let steps = book.chapters.len();
        let first = book
            .pages
            .iter()
            .position(|page| page.step().unwrap_or(0) == place.step)
            .unwrap_or(0);
        let of_step = book.pages[first..]
            .iter()
            .take_while(|page| page.step().unwrap_or(0) == place.step);
        let at = first + place.page.min(of_step.count().saturating_sub(1));
        Self {
            clock: Clock::new(steps, &place.seconds),
            revealed: vec![Revealed::default(); steps],
            verdicts: (0..steps).map(|_| None).collect(),
            book,
            at,
            over: None,
            scroll: 0,
            anchor: None,
            seen: None,
            below: 0,
            height: 0,
            stage: Stage::Idle,
            checked: (1, Subject::Exercise),
            since: now,
            passed: 0,
            curve: Vec::new(),
            watching: false,
            yours: None,
            note: None,
            run: 0,
            saved: None,
            begun: false,
        }
    }

    pub(crate) fn page(&self) -> Page {
        self.book.pages[self.at]
    }

    /// The step on the screen; the last one on the last page, the first on the cover.
    pub(crate) fn step(&self) -> usize {
        match self.page() {
            Page::Cover => 1,
            Page::End => self.book.chapters.len(),
            page => page.step().unwrap_or(1),
        }
    }

    pub(crate) fn chapter(&self) -> &Chapter {
        self.book.chapter(self.step())
    }

    pub(crate) fn revealed(&self) -> &Revealed {
        &self.revealed[self.step() - 1]
    }

    pub(crate) fn verdict(&self) -> Option<&Verdict> {
        self.verdicts[self.step() - 1].as_ref()
    }

    /// Whether the running check is about the step on the screen.
    pub(crate) fn runs_here(&self) -> bool {
        self.stage != Stage::Idle && self.checked.0 == self.step()
    }

    /// The code on the page of the exercise.
    pub(crate) fn code(&self) -> &str {
        match &self.yours {
            Some(yours) if self.revealed().yours => yours,
            _ => &self.chapter().untouched,
        }
    }

    /// The picture of the verdict on the screen, relative to the workspace.
    pub(crate) fn picture_file(&self) -> Option<PathBuf> {
        let result = self.verdict()?.result.as_ref()?;
        result.first_open()?.picture.as_ref().map(PathBuf::from)
    }

    /// Where this is, to come back to.
    pub(crate) fn place(&self, now: Instant) -> Place {
        let step = self.page().step();
        let first = self
            .book
            .pages
            .iter()
            .position(|page| page.step() == step)
            .unwrap_or(0);
        // The end is a page for going home: the next class begins at the beginning, with the clocks at zero.
        if self.page() == Page::End {
            return Place::default();
        }
        Place {
            step: step.unwrap_or(0),
            page: self.at - first,
            seconds: self.clock.seconds(now),
        }
    }

    /// Takes note of how the page was drawn.
    pub(crate) fn drawn(&mut self, drawn: &Drawn) {
        self.scroll = drawn.scroll;
        self.below = drawn.below;
        self.height = drawn.height;
        self.seen = self.anchor.take().or(self.seen);
    }

    /// Takes an event and says what to do.
    pub(crate) fn take(&mut self, event: Event, now: Instant) -> Vec<Action> {
        match event {
            Event::Key(key) => self.key(key, now),
            Event::Files(Change::Saved { .. }) => {
                self.saved = Some(now);
                Vec::new()
            }
            Event::Files(_) | Event::Words(..) => Vec::new(),
            Event::Tick => {
                let due = self
                    .saved
                    .is_some_and(|saved| now.saturating_duration_since(saved) >= DEBOUNCE);
                if !due {
                    return Vec::new();
                }
                self.saved = None;
                // Who types in front of a class wants to see that.
                let step = self.step();
                self.revealed[step - 1].yours = true;
                if self.watching && self.page().step().is_some() {
                    self.check(Subject::Exercise, now)
                } else {
                    Vec::new()
                }
            }
            Event::Check(run, event) if run == self.run => {
                self.heard(event);
                Vec::new()
            }
            Event::Lost(run, words) if run == self.run => {
                self.ended(None, words);
                Vec::new()
            }
            // From a check that was stopped.
            Event::Check(..) | Event::Lost(..) => Vec::new(),
            Event::Quit => vec![Action::Keep, Action::Quit],
        }
    }

    fn heard(&mut self, event: xtask::events::Event) {
        use xtask::events::Event as Heard;
        match event {
            Heard::Building => self.stage = Stage::Building,
            Heard::Checking { name, limit } => self.stage = Stage::Checking { name, limit },
            Heard::Checked { passed, .. } => self.passed += usize::from(passed),
            Heard::Curve { values } => self.curve.extend(values),
            Heard::Done { result, text } => self.ended(Some(result), text),
        }
    }

    fn ended(&mut self, result: Option<LessonResult>, text: String) {
        let (step, subject) = self.checked;
        self.stage = Stage::Idle;
        self.verdicts[step - 1] = Some(Verdict {
            subject,
            result,
            text,
            curve: std::mem::take(&mut self.curve),
        });
        if step == self.step() {
            self.scroll = 0;
        }
    }

    fn key(&mut self, key: Key, now: Instant) -> Vec<Action> {
        self.note = None;
        match key {
            Key::Char('q') => return vec![Action::Keep, Action::Quit],
            Key::Char('z') | Key::Suspend => {
                self.clock.stop(now);
                return vec![Action::Keep, Action::Suspend];
            }
            Key::Char('?') => self.lay(Over::Help),
            Key::Char('t') => self.pause(now),
            Key::Char('T') => {
                let step = self.step();
                self.clock.forget(step, now);
                self.note = Some(format!("The clock of step {step} begins anew."));
            }
            _ => {
                return match self.over {
                    Some(Over::List(chosen)) => self.choose(chosen, key, now),
                    _ => self.page_key(key, now),
                };
            }
        }
        Vec::new()
    }

    fn lay(&mut self, over: Over) {
        // The key that laid it there takes it away again.
        self.over = (self.over != Some(over)).then_some(over);
        self.scroll = 0;
    }

    fn pause(&mut self, now: Instant) {
        if self.clock.runs() {
            self.clock.stop(now);
        } else {
            self.begun = true;
            self.clock.run(self.step(), now);
        }
    }

    fn choose(&mut self, chosen: usize, key: Key, now: Instant) -> Vec<Action> {
        let steps = self.book.chapters.len();
        match key {
            Key::Up | Key::Char('k') => self.over = Some(Over::List(chosen.max(2) - 1)),
            Key::Down | Key::Char('j') => self.over = Some(Over::List((chosen + 1).min(steps))),
            Key::Enter | Key::Char(' ') | Key::Right => return self.jump(chosen, now),
            Key::Char(digit) if digit.is_ascii_digit() => return self.page_key(key, now),
            _ => self.over = None,
        }
        Vec::new()
    }

    fn page_key(&mut self, key: Key, now: Instant) -> Vec<Action> {
        match key {
            // As in a reader: first the rest of the page.
            Key::PageDown | Key::Char(' ') if self.over.is_none() && self.below > 0 => {
                self.scroll += self.height.saturating_sub(2).max(1);
            }
            Key::Right | Key::PageDown | Key::Char(' ' | 'n') => {
                return self.turn(self.at + 1, now);
            }
            Key::Left | Key::PageUp | Key::Char('p') => {
                if self.at == 0 {
                    self.note = Some("This is the first page.".into());
                    return Vec::new();
                }
                return self.turn(self.at - 1, now);
            }
            Key::Home => return self.turn(0, now),
            Key::End => return self.turn(self.book.pages.len() - 1, now),
            Key::Up | Key::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            Key::Down | Key::Char('j') => self.scroll += 1,
            Key::Enter => return self.enter(now),
            Key::Escape => {
                if self.over.take().is_none() && self.stage != Stage::Idle {
                    self.stage = Stage::Idle;
                    self.run += 1;
                    self.note = Some("Stopped.".into());
                    return vec![Action::Stop];
                }
            }
            Key::Char(digit) if digit.is_ascii_digit() => {
                let step = digit.to_digit(10).unwrap_or(0) as usize;
                if step == 0 {
                    return self.turn(0, now);
                }
                return self.jump(step, now);
            }
            Key::Char('l') => self.lay(Over::List(self.step())),
            Key::Char('r') => return self.check(Subject::Exercise, now),
            Key::Char('R') => return self.check(Subject::Solution, now),
            Key::Char('h') => return self.hint(now),
            Key::Char('a') => return self.answer(now),
            Key::Char('s') => return self.solution(1, now),
            Key::Char('S') => return self.solution(usize::MAX, now),
            Key::Char('u') => self.yours(),
            Key::Char('w') => {
                self.watching = !self.watching;
                self.note = Some(if self.watching {
                    "Every save is checked from now on.".into()
                } else {
                    "Saves are not checked any more; r checks.".into()
                });
            }
            Key::Char('v') => {
                if self.picture_file().is_some() {
                    self.lay(Over::Picture);
                } else {
                    self.note = Some("There is no picture to show.".into());
                }
            }
            Key::Char('o') => return self.open(),
            Key::Char('e') => {
                return vec![Action::Edit {
                    place: self.edited(),
                }];
            }
            Key::Char(_) | Key::Suspend | Key::Redraw => {}
        }
        Vec::new()
    }

    /// Goes to a page.
    fn turn(&mut self, to: usize, now: Instant) -> Vec<Action> {
        self.over = None;
        if to >= self.book.pages.len() {
            self.note = Some("This is the last page. q ends.".into());
            return Vec::new();
        }
        let before = self.page().step();
        self.at = to;
        self.scroll = 0;
        self.anchor = self.first_line();
        self.seen = None;
        if self.page() == Page::End {
            self.clock.stop(now);
        } else if self.page() != Page::Cover && (self.clock.runs() || !self.begun) {
            self.begun = true;
            self.clock.run(self.step(), now);
        }
        if before == self.page().step() {
            Vec::new()
        } else {
            self.yours = None;
            vec![Action::Keep]
        }
    }

    fn jump(&mut self, step: usize, now: Instant) -> Vec<Action> {
        match self.find(|page| page == Page::Title(step)) {
            Some(at) => self.turn(at, now),
            None => {
                self.note = Some(format!("The steps are 1 to {}.", self.book.chapters.len()));
                Vec::new()
            }
        }
    }

    fn find(&self, page: impl Fn(Page) -> bool) -> Option<usize> {
        self.book.pages.iter().position(|at| page(*at))
    }

    /// To a page of this step, unless it is there already.
    fn go(&mut self, page: Page, now: Instant) -> Vec<Action> {
        self.over = None;
        match self.find(|at| at == page) {
            Some(at) if at != self.at => self.turn(at, now),
            _ => Vec::new(),
        }
    }

    /// Where the exercise begins: behind the comment at its head, and behind what it uses.
    fn first_line(&self) -> Option<usize> {
        matches!(self.page(), Page::Exercise(_)).then(|| {
            self.code()
                .lines()
                .position(|line| {
                    !(line.is_empty() || line.starts_with("//!") || line.starts_with("use "))
                })
                .unwrap_or(0)
        })
    }

    /// The next thing on this page that is not shown yet.
    fn enter(&mut self, now: Instant) -> Vec<Action> {
        if self.over.take().is_some() {
            return Vec::new();
        }
        match self.page() {
            Page::Predict(_) | Page::Recap(_) => self.answer(now),
            Page::Hints(_) => self.hint(now),
            Page::Solution(_) => self.solution(1, now),
            Page::Check(_) if self.verdict().is_none() && self.stage == Stage::Idle => {
                self.check(Subject::Exercise, now)
            }
            Page::Exercise(_) => {
                self.next_todo();
                Vec::new()
            }
            Page::Cover | Page::Title(_) | Page::Idea(..) | Page::Check(_) | Page::End => {
                self.turn(self.at + 1, now)
            }
        }
    }

    fn next_todo(&mut self) {
        let from = self.seen.map_or(0, |line| line + 1);
        let todos = || {
            let lines = self.code().lines().enumerate();
            lines.filter_map(|(at, line)| line.contains("todo!(").then_some(at))
        };
        let next = todos().find(|at| *at >= from).or_else(|| todos().next());
        if next.is_none() {
            self.note = Some("No todo! is left in this file.".into());
        }
        self.anchor = next;
    }

    fn answer(&mut self, now: Instant) -> Vec<Action> {
        let step = self.step();
        if self.chapter().predict.is_none() {
            self.note = Some("This step asks for no prediction.".into());
            return Vec::new();
        }
        if matches!(self.page(), Page::Predict(_) | Page::Recap(_)) {
            if std::mem::replace(&mut self.revealed[step - 1].answer, true) {
                return self.turn(self.at + 1, now);
            }
            return Vec::new();
        }
        self.go(Page::Predict(step), now)
    }

    fn hint(&mut self, now: Instant) -> Vec<Action> {
        let step = self.step();
        let levels = self.chapter().hints.len();
        let shown = self.revealed().hints;
        if levels == 0 {
            self.note = Some("This step has no hints.".into());
            return Vec::new();
        }
        let there = matches!(self.page(), Page::Hints(_));
        if there && shown == levels {
            self.note = Some("That was the last hint.".into());
            return Vec::new();
        }
        // From elsewhere the first press shows what was shown before.
        if there || shown == 0 {
            self.revealed[step - 1].hints = shown + 1;
            self.anchor = Some(shown);
        }
        let actions = self.go(Page::Hints(step), now);
        self.anchor = Some(self.revealed().hints - 1);
        actions
    }

    fn solution(&mut self, more: usize, now: Instant) -> Vec<Action> {
        let step = self.step();
        let parts = self.chapter().parts();
        let there = matches!(self.page(), Page::Solution(_));
        let shown = self.revealed().parts;
        if there && shown == parts {
            self.note = Some("That is all of it.".into());
            return Vec::new();
        }
        let actions = self.go(Page::Solution(step), now);
        if there || more > 1 {
            self.revealed[step - 1].parts = shown.saturating_add(more).min(parts);
            self.anchor = Some(if more > 1 { 0 } else { shown });
        }
        actions
    }

    fn yours(&mut self) {
        if self.yours.is_none() {
            self.note = Some("Your file is untouched, too.".into());
            return;
        }
        let step = self.step();
        self.revealed[step - 1].yours ^= true;
        self.scroll = 0;
        self.anchor = self.first_line();
    }

    fn check(&mut self, subject: Subject, now: Instant) -> Vec<Action> {
        if self.page().step().is_none() {
            self.note = Some("Go to a step first: its number takes you there.".into());
            return Vec::new();
        }
        let step = self.step();
        let mut actions = self.go(Page::Check(step), now);
        self.run += 1;
        self.since = now;
        self.stage = Stage::Building;
        self.checked = (step, subject);
        self.passed = 0;
        self.scroll = 0;
        self.curve.clear();
        actions.push(Action::Check {
            number: self.run,
            step,
            subject,
        });
        actions
    }

    fn open(&mut self) -> Vec<Action> {
        use super::markdown::Block;
        let figure = match self.page() {
            Page::Idea(step, part) => {
                let chapter = self.book.chapter(step);
                chapter.idea[part].iter().find_map(|block| match block {
                    Block::Figure { file, .. } => {
                        let folder = chapter.file.split("/src/").next().unwrap_or_default();
                        Some(format!("{folder}/{file}"))
                    }
                    _ => None,
                })
            }
            _ => None,
        };
        let verdict = || Some(self.picture_file()?.display().to_string());
        match figure.or_else(verdict) {
            Some(file) => vec![Action::Open { file }],
            None => {
                self.note = Some("There is no picture on this page.".into());
                Vec::new()
            }
        }
    }

    /// Where to begin in the editor: the place that the verdict names, or the step's first `todo!`.
    fn edited(&self) -> String {
        let result = self.verdict().and_then(|verdict| {
            let mine = verdict.subject == Subject::Exercise;
            verdict.result.as_ref().filter(|_| mine)
        });
        if let Some(place) = result
            .and_then(LessonResult::first_open)
            .and_then(|check| check.location.clone())
        {
            return place;
        }
        let chapter = self.chapter();
        let code = self.yours.as_ref().unwrap_or(&chapter.untouched);
        let line = code.lines().position(|line| line.contains("todo!("));
        format!("{}:{}", chapter.file, line.unwrap_or(0) + 1)
    }

    /// How much longer than planned the step on the screen has taken.
    pub(crate) fn over_time(&self, now: Instant) -> Option<Duration> {
        let planned = Duration::from_secs(u64::from(self.chapter().minutes) * 60);
        let spent = self.clock.spent(self.step(), now);
        (!planned.is_zero() && spent > planned).then(|| spent - planned)
    }
}
