//! What `watch` knows, and what each event changes. Nothing here touches the terminal, a file or a process: an event goes in, an
//! action comes out, so every turn can be tested.

use std::time::{Duration, Instant};

use xtask::lesson::Lesson;
use xtask::outcome::{LessonResult, Outcome};
use xtask::progress::Progress;

/// How long after a save to wait for another: editors write a file in several turns.
pub(crate) const DEBOUNCE: Duration = Duration::from_millis(60);

/// A key, as far as a view is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A letter or a sign.
    Char(char),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Escape,
    Enter,
}

/// What happens to `watch`.
#[derive(Debug)]
pub(crate) enum Event {
    /// A key was pressed.
    Key(Key),
    /// A file of the lesson was written.
    Saved,
    /// Something came from the running check.
    Check(u64, xtask::events::Event),
    /// The running check's process has ended without a last word.
    Lost(u64, String),
    /// Time has passed.
    Tick,
    /// Somebody asked the process to end.
    Quit,
}

/// What is to be done about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Stop the running check, if there is one, and start one: this step, or all of them.
    Check { number: u64, step: Option<usize> },
    /// Remember one more hint of the step as shown.
    ShowHint { step: usize, level: usize },
    /// Give the step's file back as it was, and keep what is there.
    Reset { step: usize },
    /// Open the file at a line in the editor.
    Edit { place: String },
    /// Open a picture with whatever opens pictures.
    OpenPicture { file: String },
    /// Put the process to sleep until the shell wakes it.
    Suspend,
    /// End.
    Quit,
}

/// What fills the large part of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The verdict, or what the check is doing.
    Verdict,
    /// The hints shown so far.
    Hint,
    /// The steps of all lessons.
    List,
    /// The reference beside the student's code.
    Solution,
    /// A picture, in half blocks.
    Picture,
    /// All keys.
    Help,
    /// "Really?", before a reset.
    ConfirmReset,
}

/// How far the running check is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// Nothing runs.
    Idle,
    /// Cargo is at work.
    Building,
    /// This check runs.
    Checking { name: String, limit: f64 },
}

/// Everything that is shown.
pub(crate) struct App {
    pub(crate) lesson: Lesson,
    pub(crate) progress: Progress,
    /// The step that is looked at, from 1.
    pub(crate) step: usize,
    pub(crate) page: Page,
    /// Lines scrolled down on this page.
    pub(crate) scroll: usize,
    pub(crate) stage: Stage,
    /// When the running check was started.
    pub(crate) since: Instant,
    /// Checks that have passed in this run, and all that are known.
    pub(crate) passed: usize,
    /// The last verdict: the words of `check`, with colours.
    pub(crate) verdict: String,
    pub(crate) result: Option<LessonResult>,
    /// The values of the training that runs or ran last.
    pub(crate) curve: Vec<f64>,
    /// Something to say below everything, until the next key.
    pub(crate) note: Option<String>,
    /// Since when each step is open on the screen, for the minutes spent.
    pub(crate) opened: Instant,
    run: u64,
    saved: Option<Instant>,
    all: bool,
}

impl App {
    /// Looks at this step of a lesson; nothing runs yet.
    pub(crate) fn new(lesson: Lesson, progress: Progress, step: usize) -> Self {
        Self {
            lesson,
            progress,
            step,
            page: Page::Verdict,
            scroll: 0,
            stage: Stage::Idle,
            since: Instant::now(),
            passed: 0,
            verdict: String::new(),
            result: None,
            curve: Vec::new(),
            note: None,
            opened: Instant::now(),
            run: 0,
            saved: None,
            all: false,
        }
    }

    /// Starts the first check.
    pub(crate) fn begin(&mut self) -> Action {
        self.check()
    }

    /// Takes an event and says what to do.
    pub(crate) fn take(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Key(key) => self.key(key).into_iter().collect(),
            Event::Saved => {
                // A new save counts from here, and what runs is out of date already.
                self.saved = Some(Instant::now());
                Vec::new()
            }
            Event::Tick => {
                let due = self.saved.is_some_and(|saved| saved.elapsed() >= DEBOUNCE);
                if due {
                    self.saved = None;
                    self.page = Page::Verdict;
                    vec![self.check()]
                } else {
                    Vec::new()
                }
            }
            Event::Check(run, event) if run == self.run => {
                self.heard(event);
                Vec::new()
            }
            Event::Lost(run, words) if run == self.run => {
                self.stage = Stage::Idle;
                self.verdict = words;
                self.result = None;
                Vec::new()
            }
            // From a check that was stopped.
            Event::Check(..) | Event::Lost(..) => Vec::new(),
            Event::Quit => vec![Action::Quit],
        }
    }

    fn check(&mut self) -> Action {
        self.run += 1;
        self.since = Instant::now();
        self.stage = Stage::Building;
        self.passed = 0;
        self.curve.clear();
        Action::Check {
            number: self.run,
            step: (!self.all).then_some(self.step),
        }
    }

    fn heard(&mut self, event: xtask::events::Event) {
        use xtask::events::Event as Heard;
        match event {
            Heard::Building => self.stage = Stage::Building,
            Heard::Checking { name, limit } => self.stage = Stage::Checking { name, limit },
            Heard::Checked { passed, .. } => self.passed += usize::from(passed),
            Heard::Curve { values } => self.curve = values,
            Heard::Done { result, text } => self.done(result, text),
        }
    }

    fn done(&mut self, result: LessonResult, text: String) {
        self.stage = Stage::Idle;
        self.verdict = text;
        self.scroll = 0;
        for step in result.steps.iter().filter(|step| !step.skipped()) {
            self.progress.record(&self.lesson, step.step, step.passed);
        }
        self.result = Some(result);
        self.all = false;
    }

    fn key(&mut self, key: Key) -> Option<Action> {
        self.note = None;
        if self.page == Page::ConfirmReset {
            self.page = Page::Verdict;
            return (key == Key::Char('y')).then_some(Action::Reset { step: self.step });
        }
        match key {
            Key::Char('q') => return Some(Action::Quit),
            Key::Char('z') => return Some(Action::Suspend),
            Key::Char('h') => return self.hint(),
            Key::Char('n') => return self.go(1),
            Key::Char('p') => return self.go(-1),
            Key::Char('l') => self.turn(Page::List),
            Key::Char('s') => self.solution(),
            Key::Char('e') | Key::Enter => {
                return Some(Action::Edit {
                    place: self.place(),
                });
            }
            Key::Char('v') => self.picture(),
            Key::Char('o') => {
                return self
                    .picture_file()
                    .map(|file| Action::OpenPicture { file })
                    .or_else(|| {
                        self.note = Some("This verdict has no picture.".into());
                        None
                    });
            }
            Key::Char('a') => {
                self.all = true;
                self.page = Page::Verdict;
                return Some(self.check());
            }
            Key::Char('r') => {
                self.page = Page::Verdict;
                return Some(self.check());
            }
            Key::Char('x') => self.turn(Page::ConfirmReset),
            Key::Char('?') => self.turn(Page::Help),
            Key::Escape => self.turn(Page::Verdict),
            Key::Up | Key::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            Key::Down | Key::Char('j') => self.scroll += 1,
            Key::PageUp => self.scroll = self.scroll.saturating_sub(10),
            Key::PageDown | Key::Char(' ') => self.scroll += 10,
            Key::Home => self.scroll = 0,
            Key::End => self.scroll = usize::MAX,
            Key::Char(_) | Key::Left | Key::Right => {}
        }
        None
    }

    fn turn(&mut self, page: Page) {
        // The key that opened a page closes it, too.
        self.page = if self.page == page {
            Page::Verdict
        } else {
            page
        };
        self.scroll = 0;
    }

    fn hint(&mut self) -> Option<Action> {
        let levels = self.lesson.step(self.step).hints.len();
        let shown = self.progress.hints_shown(&self.lesson, self.step);
        if self.page != Page::Hint && shown > 0 {
            // First what was shown before.
            self.turn(Page::Hint);
            return None;
        }
        self.page = Page::Hint;
        self.scroll = 0;
        if shown >= levels {
            self.note = Some("That was the last hint.".into());
            return None;
        }
        self.progress
            .set_hints_shown(&self.lesson, self.step, shown + 1);
        Some(Action::ShowHint {
            step: self.step,
            level: shown + 1,
        })
    }

    /// The next or the previous step; checks it at once.
    fn go(&mut self, by: isize) -> Option<Action> {
        let steps = self.lesson.manifest.steps.len();
        let to = self
            .step
            .checked_add_signed(by)
            .filter(|to| (1..=steps).contains(to));
        let Some(to) = to else {
            self.note = Some(if by > 0 {
                "That was the last step.".into()
            } else {
                "This is the first step.".into()
            });
            return None;
        };
        self.step = to;
        self.opened = Instant::now();
        self.turn(Page::Verdict);
        self.page = Page::Verdict;
        self.verdict.clear();
        self.result = None;
        Some(self.check())
    }

    fn solution(&mut self) {
        if self.progress.has_passed(&self.lesson, self.step) {
            self.turn(Page::Solution);
        } else {
            self.note = Some("The reference is shown once yours passes. `h` gives a hint.".into());
        }
    }

    fn picture(&mut self) {
        if self.picture_file().is_some() {
            self.turn(Page::Picture);
        } else {
            self.note = Some("This verdict has no picture.".into());
        }
    }

    /// The picture of the verdict, relative to the workspace.
    pub(crate) fn picture_file(&self) -> Option<String> {
        let open = self.result.as_ref()?.first_open()?;
        open.picture.clone()
    }

    /// Where to start writing: the place that the verdict names, or the step's file.
    pub(crate) fn place(&self) -> String {
        let open = self.result.as_ref().and_then(LessonResult::first_open);
        open.and_then(|check| check.location.clone())
            .unwrap_or_else(|| {
                let step = self.lesson.step(self.step);
                format!("exercises/{}/src/{}:1", self.lesson.package, step.file)
            })
    }

    /// Whether the step that is looked at has passed in the last check.
    pub(crate) fn step_passes(&self) -> bool {
        self.result.as_ref().is_some_and(|result| {
            result
                .steps
                .iter()
                .any(|step| step.step == self.step && step.passed)
        })
    }

    /// Whether the last check found nothing written yet.
    pub(crate) fn untouched(&self) -> bool {
        let open = self.result.as_ref().and_then(LessonResult::first_open);
        open.is_some_and(|check| check.outcome == Outcome::NotStarted)
    }
}
