//! What `present` knows, and what each event changes. As in `watch`, nothing here touches the terminal, a file or a process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use xtask::lesson::Subject;
use xtask::outcome::LessonResult;

use crate::app::{CURVE, DEBOUNCE, Stage};
use crate::event::{Change, Event};

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
    /// Draw everything anew.
    Redraw,
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
    /// Nothing at all: the class shall look elsewhere.
    Dark,
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
    pub(super) seen: Option<usize>,
    /// How many lines of the page were below the window when it was drawn last, and how many fit into it.
    pub(crate) below: usize,
    pub(crate) height: usize,
    /// By step.
    pub(crate) revealed: Vec<Revealed>,
    /// By step.
    pub(crate) verdicts: Vec<Option<Verdict>>,
    /// By step: whether the student's file was saved after its last check began.
    pub(crate) changed: Vec<bool>,
    pub(crate) clock: Clock,
    pub(crate) stage: Stage,
    /// The step and whose code the running check is about.
    pub(crate) checked: (usize, Subject),
    pub(crate) since: Instant,
    /// Checks that have passed in this run.
    pub(crate) passed: usize,
    /// The values of the running training, or of the one before it until this one has some.
    pub(crate) curve: Vec<f64>,
    /// The next values begin a new curve.
    anew: bool,
    /// What Cargo said last.
    pub(crate) words: String,
    /// Every save starts a check.
    pub(crate) watching: bool,
    /// The exercise of this step as it is, when it is not untouched.
    pub(crate) yours: Option<String>,
    pub(crate) note: Option<String>,
    pub(super) run: u64,
    pub(super) saved: Option<Instant>,
    /// Whether somebody has stopped the clock.
    pub(super) paused: bool,
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
            changed: vec![false; steps],
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
            anew: true,
            words: String::new(),
            watching: false,
            yours: None,
            note: None,
            run: 0,
            saved: None,
            paused: false,
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
            Event::Files(Change::Saved { names, .. }) => {
                let is_saved = |chapter: &Chapter| {
                    let (_, file) = chapter.file.rsplit_once('/').unwrap_or_default();
                    names.iter().any(|name| name == file)
                };
                for (changed, chapter) in self.changed.iter_mut().zip(&self.book.chapters) {
                    *changed |= is_saved(chapter);
                }
                if is_saved(self.chapter()) {
                    self.saved = Some(now);
                }
                Vec::new()
            }
            Event::Files(_) => Vec::new(),
            Event::Words(run, line) if run == self.run => {
                self.words = line;
                Vec::new()
            }
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
            Event::Check(..) | Event::Words(..) | Event::Lost(..) => Vec::new(),
            Event::Note(words) => {
                self.note = Some(words);
                Vec::new()
            }
            Event::Quit => vec![Action::Keep, Action::Quit],
        }
    }

    fn heard(&mut self, event: xtask::events::Event) {
        use xtask::events::Event as Heard;
        match event {
            Heard::Building => self.stage = Stage::Building,
            Heard::Checking { name, limit } => {
                self.anew = true;
                self.stage = Stage::Checking { name, limit };
            }
            Heard::Checked { passed, .. } => self.passed += usize::from(passed),
            Heard::Training => {
                if !self.anew && !self.curve.is_empty() && self.curve.len() < CURVE {
                    self.curve.push(f64::NAN);
                }
            }
            Heard::Curve { values } => {
                if std::mem::take(&mut self.anew) {
                    self.curve.clear();
                }
                self.curve.extend(values);
                self.curve.truncate(CURVE);
            }
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

    /// How much longer than planned the step on the screen has taken.
    pub(crate) fn over_time(&self, now: Instant) -> Option<Duration> {
        let planned = Duration::from_secs(u64::from(self.chapter().minutes) * 60);
        let spent = self.clock.spent(self.step(), now);
        (!planned.is_zero() && spent > planned).then(|| spent - planned)
    }
}
