//! `present`: a lesson for a class, page by page. Events in, actions out, a frame after each, as in `watch`.

mod book;
mod clock;
mod code;
mod handout;
mod keys;
mod letters;
mod markdown;
mod memory;
mod pages;
mod show;
#[cfg(test)]
mod tests;
mod view;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use xtask::lesson::{Lesson, Subject};
use xtask::progress::Progress;
use xtask::select::{Selection, select, select_or_resume};
use xtask::workspace::Workspace;

use crate::checker::Checker;
use crate::editor::{self, Editor};
use crate::event::Event;
use crate::files::Files;
use crate::picture::Picture;
use crate::terminal::{Terminal, sleep_until_woken};
use crate::watch::{exit_code, quit_on_signals};

use book::{Book, Page};
use memory::{Memory, Place};
use show::{Action, Show};

/// How long to wait for an event before the clock on the screen moves.
const TICK: Duration = Duration::from_millis(50);

/// What `present` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson, or the step to begin with: lesson3, 3, lesson3.2. Without: the one that was presented last
    lesson: Option<String>,
    /// Begin anew: the first page, the clocks at zero
    #[arg(long)]
    restart: bool,
    /// Look for saves every quarter of a second, where the system does not tell of them (network folders, WSL)
    #[arg(long)]
    poll: bool,
}

pub(crate) fn run(options: &Options, runner: &Path) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let mut memory = Memory::load(&workspace);
    // The lesson that was presented last may have gone.
    let last = || select(&workspace, memory.last()?).ok();
    let Selection { lesson, step } = match &options.lesson {
        Some(name) => select(&workspace, name)?,
        None => match last() {
            Some(last) => last,
            None => Selection {
                step: None,
                ..select_or_resume(&workspace, None, &Progress::load(&workspace))?
            },
        },
    };
    let book = Book::read(&workspace, &lesson)?;
    if !Terminal::is_there() {
        // Nobody is left to read it: no failure.
        let _ = std::io::stdout().write_all(handout::text(&book).as_bytes());
        return Ok(ExitCode::SUCCESS);
    }
    let kept = memory.place(lesson.name()).filter(|_| !options.restart);
    let mut place = kept.cloned().unwrap_or_default();
    let left = "Here you left it; the clock stands. t lets it run, 0 goes to the cover.";
    let left = (step.is_none() && place != Place::default()).then(|| left.to_owned());
    if let Some(step) = step {
        place = Place {
            step,
            page: 0,
            ..place
        };
    }
    let mut show = Show::new(book, &place, Instant::now());
    let written = written(&workspace, &show.book);
    show.note = memory.trouble.clone().or(left).or(written);
    let (sender, events) = mpsc::channel();
    let interrupted = quit_on_signals(sender.clone())?;
    let source = lesson.folder(Subject::Exercise).join("src");
    let _files = Files::watch(&source, options.poll, sender.clone());
    let checker = Checker::new(runner.to_path_buf(), workspace.root.clone(), sender.clone());
    Stage {
        workspace: &workspace,
        lesson: &lesson,
        checker,
        memory: &mut memory,
        picture: (PathBuf::new(), None),
    }
    .play(show, sender, &events)?;
    Ok(exit_code(interrupted))
}

/// What to tell an instructor whose exercises are not as a student finds them.
fn written(workspace: &Workspace, book: &Book) -> Option<String> {
    let is_written = |chapter: &&book::Chapter| {
        fs::read_to_string(workspace.root.join(&chapter.file))
            .is_ok_and(|text| text != chapter.untouched)
    };
    match book.chapters.iter().filter(is_written).count() {
        0 => None,
        written => Some(format!(
            "{written} of {} files are written already. To start afresh: cargo xtask reset {}",
            book.chapters.len(),
            book.name
        )),
    }
}

/// The builds before anybody asks for a check: the exercise's, then the reference's. Their verdicts are heard by nobody.
const FIRST_BUILD: u64 = u64::MAX;
const SECOND_BUILD: u64 = u64::MAX - 1;

/// What the show needs from the world.
struct Stage<'a> {
    workspace: &'a Workspace,
    lesson: &'a Lesson,
    checker: Checker,
    memory: &'a mut Memory,
    /// The verdict's picture, and which file it is.
    picture: (PathBuf, Option<Picture>),
}

impl Stage<'_> {
    fn play(
        mut self,
        mut show: Show,
        sender: Sender<Event>,
        events: &Receiver<Event>,
    ) -> Result<()> {
        let mut terminal =
            Terminal::take(sender.clone()).context("The terminal cannot be taken over.")?;
        let mut actions = Vec::new();
        // Builds what a check needs while the instructor still talks: the first check of a class shall not take minutes. Nobody
        // waits for its verdict.
        let _ = self.check(FIRST_BUILD, show.step(), Subject::Exercise);
        loop {
            for action in actions.drain(..) {
                if action == Action::Quit {
                    return Ok(());
                }
                if let Err(error) = self.act(action, &mut show, &mut terminal, &sender) {
                    show.note = Some(format!("{error:#}"));
                }
            }
            self.read(&mut show);
            let now = Instant::now();
            let mut drawn = None;
            let picture = self.picture.1.as_ref();
            terminal.draw(|frame| drawn = Some(view::draw(frame, &show, picture, now)))?;
            if let Some(drawn) = drawn {
                show.drawn(&drawn);
            }
            let event = match events.recv_timeout(TICK) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => Event::Tick,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let built = matches!(
                event,
                Event::Check(FIRST_BUILD, xtask::events::Event::Done { .. })
            );
            // Unless somebody has asked for a check meanwhile: starting one ends the other.
            if built && show.stage == crate::app::Stage::Idle {
                let _ = self.check(SECOND_BUILD, show.step(), Subject::Solution);
            }
            actions.extend(show.take(event, Instant::now()));
        }
    }

    fn act(
        &mut self,
        action: Action,
        show: &mut Show,
        terminal: &mut Terminal,
        events: &Sender<Event>,
    ) -> Result<()> {
        match action {
            Action::Quit => {}
            Action::Check {
                number,
                step,
                subject,
            } => {
                self.check(number, step, subject)?;
            }
            Action::Redraw => terminal.redraw()?,
            Action::Stop => self.checker.stop(),
            Action::Keep => self
                .memory
                .keep(self.lesson.name(), show.place(Instant::now()))?,
            Action::Edit { place } => {
                Editor::wanted().open(terminal, &self.workspace.root, &place)?;
            }
            Action::Open { file } => editor::open(&self.workspace.root.join(file), events),
            Action::Suspend => terminal.lend(sleep_until_woken)?,
        }
        Ok(())
    }

    fn check(&mut self, number: u64, step: usize, subject: Subject) -> Result<()> {
        let name = format!("{}.{step}", self.lesson.name());
        // What an instructor shows is nobody's progress: a mistake made on purpose is no try, and the reference typed in front
        // of a class is no passed step.
        let mut arguments = vec![name.as_str(), "--unremembered"];
        if subject == Subject::Solution {
            arguments.push("--solution");
        }
        self.checker.start(number, &arguments)
    }

    /// Reads what the page shows beside the state: the file as it is, the verdict's picture.
    fn read(&mut self, show: &mut Show) {
        if matches!(show.page(), Page::Exercise(_)) {
            let path = self.workspace.root.join(&show.chapter().file);
            let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            show.yours = text.ok().filter(|text| *text != show.chapter().untouched);
        }
        let file = show.picture_file().unwrap_or_default();
        if file != self.picture.0 {
            let read = Picture::read(&self.workspace.root.join(&file)).ok();
            self.picture = (file, read);
        }
    }
}
