//! What `watch` knows, and what each event changes. Nothing here touches the terminal, a file or a process: an event goes in, an
//! action comes out, so every turn can be tested.

mod keys;
#[cfg(test)]
pub(crate) mod tests;

use std::time::{Duration, Instant};

use xtask::lesson::Lesson;
use xtask::outcome::{LessonResult, Outcome, StepResult};
use xtask::progress::Progress;

use crate::event::{Change, Event};
use crate::list::List;

/// How long after a save to wait for another one where the system does not say that the file was closed: some editors write it in
/// several turns.
pub(crate) const DEBOUNCE: Duration = Duration::from_millis(60);

/// After so many tries a hint is offered.
pub(crate) const TRIES: u32 = 2;

/// Who does nothing for longer than this is not at work.
const AWAY: Duration = Duration::from_secs(10 * 60);

/// How many values of a curve are kept.
pub(crate) const CURVE: usize = 10_000;

/// What is to be done about an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Stop the running check, if there is one, and start one: this step, or the lesson up to its first open step.
    Check { number: u64, step: Option<usize> },
    /// What the runner remembers may have changed: read it again.
    Reload,
    /// Remember that so many hints of the step were shown.
    Hints { step: usize, shown: usize },
    /// Read all lessons, and hand them to [`App::choose`].
    List,
    /// Look at another lesson, or at a step of it: load it, and hand it to [`App::open`].
    Lesson {
        package: String,
        step: Option<usize>,
    },
    /// The lesson after this one.
    NextLesson,
    /// Look for pictures, and hand them to [`App::show_pictures`] .
    Pictures,
    /// Read the reference beside the student's code, and hand it to [`App::show_solution`].
    Solution { step: usize },
    /// Give the step's file back as it was, and keep what is there.
    Reset { step: usize },
    /// Open the file at a line in the editor.
    Edit { place: String },
    /// Open a picture or a page with whatever opens such files.
    Open { file: String },
    /// Put the process to sleep until the shell wakes it.
    Suspend,
    /// Draw the whole screen anew.
    Redraw,
    /// End.
    Quit,
}

/// What fills the large part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The verdict, or what the check is doing.
    Verdict,
    /// The hints shown so far.
    Hint,
    /// All lessons and their steps, to choose from.
    List,
    /// The reference beside the student's code.
    Solution,
    /// A picture, in half blocks.
    Picture,
    /// The lesson is done.
    Finish,
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
    /// This check has ended; what comes next is not known yet.
    Checked { name: String, passed: bool },
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
    /// From which column on the compiler's lines are seen.
    pub(crate) aside: usize,
    /// The most that it can be scrolled, as drawn last.
    pub(crate) scroll_most: usize,
    /// The columns and the rows of the page, as drawn last.
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) stage: Stage,
    /// When the running check was started.
    pub(crate) since: Instant,
    /// When the one check that runs now was started.
    pub(crate) checking: Instant,
    /// How many checks have passed in this run.
    pub(crate) passed: usize,
    /// The last line that the runner or Cargo said beside the events.
    pub(crate) words: String,
    /// The last verdict: the words of `check`, with colours.
    pub(crate) verdict: String,
    pub(crate) result: Option<LessonResult>,
    /// The values of the training that runs or ran last; where a check trains several, with a NaN between them.
    pub(crate) curve: Vec<f64>,
    /// The check that trains or has trained.
    pub(crate) curve_of: String,
    /// Whether another check has begun since.
    curve_is_old: bool,
    /// Something to say below everything, until the next key or the next verdict.
    pub(crate) note: Option<String>,
    /// Whether it stays over the next verdict: the name of a backup is worth reading.
    pub(crate) note_stays: bool,
    pub(crate) list: List,
    /// The reference beside the student's code, with colours.
    pub(crate) solution: String,
    /// Pictures to look at, relative to the workspace, and which one is shown.
    pub(crate) pictures: Vec<String>,
    pub(crate) picture: usize,
    /// When the last try was judged: the minutes since then are not remembered yet.
    tried: Instant,
    run: u64,
    saved: Option<Instant>,
    /// A file of the lesson's that has gone or is empty, and which of it.
    lost: Option<(String, &'static str)>,
    /// Whether the running check is one of all steps.
    pub(crate) all: bool,
}

impl App {
    /// Looks at this step of a lesson; nothing runs yet.
    pub(crate) fn new(lesson: Lesson, progress: Progress, step: usize) -> Self {
        let now = Instant::now();
        Self {
            lesson,
            progress,
            step,
            page: Page::Verdict,
            scroll: 0,
            aside: 0,
            scroll_most: 0,
            columns: 0,
            rows: 0,
            stage: Stage::Idle,
            since: now,
            checking: now,
            passed: 0,
            words: String::new(),
            verdict: String::new(),
            result: None,
            curve: Vec::new(),
            curve_of: String::new(),
            curve_is_old: false,
            note: None,
            note_stays: false,
            list: List::default(),
            solution: String::new(),
            pictures: Vec::new(),
            picture: 0,
            tried: now,
            run: 0,
            saved: None,
            lost: None,
            all: false,
        }
    }

    /// Starts the first check: of the step, or of all when all have passed and none was named.
    pub(crate) fn begin(&mut self, named: bool) -> Vec<Action> {
        let open = self.progress.first_open_step(&self.lesson);
        self.check(!named && open.is_none())
    }

    /// Takes an event and says what to do.
    pub(crate) fn take(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Key(key) => self.key(key),
            Event::Files(change) => self.changed(change),
            Event::Tick => match self.saved {
                Some(saved) if saved.elapsed() >= DEBOUNCE => self.check_saved(),
                _ => Vec::new(),
            },
            Event::Check(run, event) if run == self.run => self.heard(event),
            Event::Words(run, line) if run == self.run => {
                self.words = line;
                Vec::new()
            }
            Event::Lost(run, words) if run == self.run => {
                self.stage = Stage::Idle;
                self.verdict = if words.trim().is_empty() {
                    "The runner ended without a word. Save once more, or press `r`, to try again."
                        .to_owned()
                } else {
                    words
                };
                self.result = None;
                self.scroll = 0;
                Vec::new()
            }
            // From a check that was stopped.
            Event::Check(..) | Event::Words(..) | Event::Lost(..) => Vec::new(),
            Event::Note(words) => {
                self.note = Some(words);
                Vec::new()
            }
            Event::Quit => vec![Action::Quit],
        }
    }

    /// How long nothing need be drawn when nothing happens.
    pub(crate) fn patience(&self) -> Duration {
        if self.saved.is_some() {
            DEBOUNCE / 2
        } else if self.stage == Stage::Idle {
            Duration::from_secs(20)
        } else {
            Duration::from_millis(100)
        }
    }

    fn changed(&mut self, change: Change) -> Vec<Action> {
        match change {
            Change::Saved { names, whole } => {
                self.forget_note();
                // A folder that has come back names none.
                self.lost
                    .take_if(|(lost, _)| names.is_empty() || names.contains(lost));
                self.follow(&names);
                self.saved = Some(Instant::now());
                if whole {
                    self.check_saved()
                } else {
                    Vec::new()
                }
            }
            Change::Gone(name) => self.without(name, "is not there any more"),
            Change::Emptied(name) => self.without(name, "is empty"),
            Change::FolderGone => {
                let folder = format!("exercises/{}/src", self.lesson.package);
                self.note = Some(format!(
                    "{folder} is not there now. It is checked again when it comes back."
                ));
                Vec::new()
            }
        }
    }

    /// What passed a moment ago does not any more.
    fn without(&mut self, name: String, how: &'static str) -> Vec<Action> {
        self.lost = Some((name, how));
        self.check_saved()
    }

    /// What to do about a file that is lost.
    pub(crate) fn loss(&self) -> Option<String> {
        let (name, how) = self.lost.as_ref()?;
        Some(match self.step_of(name) {
            Some(step) if step == self.step => format!("{name} {how}. `x` starts the step afresh."),
            Some(step) => format!("{name} {how}. It is the file of step {step}."),
            None => format!("{name} {how}."),
        })
    }

    /// Looks at the step whose file was saved: that is where somebody works. Several at once (another branch, a formatter) say
    /// nothing.
    fn follow(&mut self, names: &[String]) {
        let steps: Vec<usize> = names.iter().filter_map(|name| self.step_of(name)).collect();
        if let [step] = steps[..]
            && step != self.step
        {
            self.step = step;
            self.note = Some(format!(
                "You saved the file of step {step}: that is checked."
            ));
        }
    }

    fn step_of(&self, file: &str) -> Option<usize> {
        let mut steps = self.lesson.steps();
        steps
            .find(|(_, step)| step.file == file)
            .map(|found| found.0)
    }

    fn check_saved(&mut self) -> Vec<Action> {
        self.saved = None;
        self.turn_to(Page::Verdict);
        self.check(false)
    }

    fn check(&mut self, all: bool) -> Vec<Action> {
        self.run += 1;
        self.since = Instant::now();
        self.stage = Stage::Building;
        self.passed = 0;
        self.words.clear();
        self.curve.clear();
        self.all = all;
        vec![Action::Check {
            number: self.run,
            step: (!all).then_some(self.step),
        }]
    }

    fn heard(&mut self, event: xtask::events::Event) -> Vec<Action> {
        use xtask::events::Event as Heard;
        match event {
            Heard::Building => {
                // The clock of another build, after some checks.
                if self.stage != Stage::Building {
                    self.since = Instant::now();
                }
                self.stage = Stage::Building;
            }
            Heard::Checking { name, limit } => {
                self.curve_is_old = true;
                self.checking = Instant::now();
                self.stage = Stage::Checking { name, limit };
            }
            Heard::Checked { name, passed } => {
                self.passed += usize::from(passed);
                self.stage = Stage::Checked { name, passed };
            }
            // A gap, unless that is how it begins.
            Heard::Training => {
                if !self.curve_is_old && !self.curve.is_empty() && self.curve.len() < CURVE {
                    self.curve.push(f64::NAN);
                }
            }
            Heard::Curve { values } => {
                // A check that trains nothing leaves the curve of the one before it.
                if std::mem::take(&mut self.curve_is_old) {
                    self.curve.clear();
                }
                if let Stage::Checking { name, .. } | Stage::Checked { name, .. } = &self.stage {
                    self.curve_of.clone_from(name);
                }
                self.curve.extend(values);
                self.curve.truncate(CURVE);
            }
            Heard::Done { result, text } => return self.done(result, text),
        }
        Vec::new()
    }

    fn done(&mut self, result: LessonResult, text: String) -> Vec<Action> {
        self.forget_note();
        self.tried = Instant::now();
        self.stage = Stage::Idle;
        self.verdict = text;
        (self.scroll, self.aside) = (0, 0);
        let open = result.steps.iter().find(|step| !step.passed);
        if self.all {
            match open {
                // The keys are about the step that the verdict is about.
                Some(open) => self.step = open.step,
                None => self.turn_to(Page::Finish),
            }
        }
        self.result = Some(result);
        vec![Action::Reload]
    }

    /// The same lesson, read again.
    pub(crate) fn renew(&mut self, lesson: Lesson) {
        self.step = self.step.min(lesson.manifest.steps.len());
        self.lesson = lesson;
    }

    /// Looks at another lesson.
    pub(crate) fn open(&mut self, lesson: Lesson, step: Option<usize>) -> Vec<Action> {
        let first_open = self.progress.first_open_step(&lesson);
        self.lesson = lesson;
        self.lost = None;
        self.look_at(step.or(first_open).unwrap_or(1))
    }

    /// Looks at a step and checks it.
    fn look_at(&mut self, step: usize) -> Vec<Action> {
        self.step = step.clamp(1, self.lesson.manifest.steps.len());
        self.turn_to(Page::Verdict);
        self.verdict.clear();
        self.result = None;
        self.saved = None;
        self.check(false)
    }

    /// Shows all lessons, to choose from.
    pub(crate) fn choose(&mut self, lessons: Vec<Lesson>) {
        self.list = List::new(lessons, self.lesson.name(), self.step);
        self.turn_to(Page::List);
    }

    /// Shows the first of these pictures.
    pub(crate) fn show_pictures(&mut self, pictures: Vec<String>) {
        self.picture = 0;
        self.pictures = pictures;
        if self.pictures.is_empty() {
            let run = format!("`cargo xtask run {}` draws some.", self.lesson.name());
            self.note = Some(format!("There is no picture of this verdict. {run}"));
        } else {
            self.turn_to(Page::Picture);
        }
    }

    /// Shows the reference beside the student's code.
    pub(crate) fn show_solution(&mut self, text: String) {
        self.solution = text;
        self.turn_to(Page::Solution);
    }

    fn forget_note(&mut self) {
        if !self.note_stays {
            self.note = None;
        }
    }

    fn turn_to(&mut self, page: Page) {
        self.page = page;
        (self.scroll, self.aside) = (0, 0);
    }

    /// Minutes spent on the step that is looked at.
    pub(crate) fn minutes(&self) -> u64 {
        let since = self.tried.elapsed();
        // As `check` will count it: a longer gap was a meal, or a night.
        let at_work = if since < AWAY {
            since.as_secs() / 60
        } else {
            1
        };
        self.progress.minutes(&self.lesson, self.step) + at_work
    }

    /// The picture of the verdict, relative to the workspace.
    pub(crate) fn picture_of_verdict(&self) -> Option<&str> {
        self.result.as_ref()?.first_open()?.picture.as_deref()
    }

    /// Where to start writing: the place that the verdict names, or the step's file.
    pub(crate) fn place(&self) -> String {
        let open = self.result.as_ref().and_then(LessonResult::first_open);
        open.and_then(|check| check.location.clone())
            .unwrap_or_else(|| format!("{}:1", self.file()))
    }

    /// The step's file, relative to the workspace.
    pub(crate) fn file(&self) -> String {
        let step = self.lesson.step(self.step);
        format!("exercises/{}/src/{}", self.lesson.package, step.file)
    }

    /// The result of the step that is looked at, if the last check was about it.
    fn step_result(&self) -> Option<&StepResult> {
        let steps = &self.result.as_ref()?.steps;
        steps.iter().find(|step| step.step == self.step)
    }

    /// Whether the step that is looked at has passed in the last check.
    pub(crate) fn step_passes(&self) -> bool {
        self.step_result().is_some_and(|step| step.passed)
    }

    /// What the verdict is about: the step, and how its first open check ended.
    pub(crate) fn trouble(&self) -> Option<(usize, Outcome)> {
        let steps = &self.result.as_ref()?.steps;
        steps
            .iter()
            .filter(|step| !step.skipped())
            .find_map(|step| Some((step.step, step.first_open()?.outcome)))
    }

    /// Whether the time has come to offer a hint.
    pub(crate) fn offers_a_hint(&self) -> bool {
        let levels = self.lesson.step(self.step).hints.len();
        self.trouble().is_some_and(|(step, outcome)| {
            step == self.step && !matches!(outcome, Outcome::NotStarted | Outcome::BuildFailed)
        }) && self.progress.tries(&self.lesson, self.step) >= TRIES
            && self.progress.hints_shown(&self.lesson, self.step) < levels
    }
}
