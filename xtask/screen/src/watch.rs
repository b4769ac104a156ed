//! The loop: events in, actions out, a frame after each.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};

use anyhow::{Context, Result};
use clap::Args;
use xtask::commands::{reset, solution};
use xtask::lesson::{Lesson, Subject};
use xtask::progress::Progress;
use xtask::select::select_or_resume;
use xtask::workspace::Workspace;

use crate::app::{Action, App, Page};
use crate::checker::Checker;
use crate::editor::{self, Editor};
use crate::event::{Event, Key};
use crate::files::Files;
use crate::picture::Picture;
use crate::plain;
use crate::terminal::{Terminal, sleep_until_woken};
use crate::view::draw;

/// The exit code that shells expect after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// What `watch` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson or the step: lesson3, 3, lesson3.2. Without: where you left off
    lesson: Option<String>,
    /// Look for saves every quarter of a second, where the system does not tell of them (network folders, WSL)
    #[arg(long)]
    poll: bool,
    /// Panic when `!` is pressed: the tests look at what that leaves behind
    #[arg(long, hide = true)]
    panic: bool,
}

pub(crate) fn run(options: &Options, runner: &Path) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let progress = Progress::load_aloud(&workspace);
    let selection = select_or_resume(&workspace, options.lesson.as_deref(), &progress)?;
    let step = selection
        .step
        .or_else(|| progress.first_open_step(&selection.lesson))
        .unwrap_or(1);
    let trouble = progress.trouble().map(str::to_owned);
    let mut app = App::new(selection.lesson, progress, step);
    let named = options.lesson.is_some() && selection.step.is_some();
    let (sender, events) = mpsc::channel();
    let interrupted = quit_on_signals(sender.clone())?;
    let checker = Checker::new(runner.to_path_buf(), workspace.root.clone(), sender.clone());
    let actions = app.begin(named);
    if Terminal::is_there() {
        // Said once before, but that is hidden now.
        app.note = trouble.map(|trouble| format!("{trouble}. This run is not remembered."));
        app.note_stays = true;
        let screen = Screen {
            files: watch(&app.lesson, options.poll, &sender),
            terminal: Terminal::take(sender.clone())
                .context("The terminal cannot be taken over.")?,
            workspace: &workspace,
            poll: options.poll,
            panic: options.panic,
            app,
            checker,
            sender,
            picture: None,
        };
        screen.run(&events, actions)?;
    } else {
        let _files = watch(&app.lesson, options.poll, &sender);
        plain::run(app, checker, &events, actions)?;
    }
    Ok(exit_code(interrupted))
}

/// What a shell expects of a program that ends because of a signal, or because of a key.
pub(crate) fn exit_code(interrupted: &AtomicBool) -> ExitCode {
    if interrupted.load(Ordering::Acquire) {
        ExitCode::from(INTERRUPTED)
    } else {
        ExitCode::SUCCESS
    }
}

/// Ctrl-C where no keys are read, a request to end, a terminal that is closed: all end the loop, so that everything is given back.
pub(crate) fn quit_on_signals(events: Sender<Event>) -> Result<&'static AtomicBool> {
    static INTERRUPTED: AtomicBool = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        INTERRUPTED.store(true, Ordering::Release);
        let _ = events.send(Event::Quit);
    })
    .context("The handler for Ctrl-C cannot be set.")?;
    Ok(&INTERRUPTED)
}

fn watch(lesson: &Lesson, poll: bool, events: &Sender<Event>) -> Files {
    let source = lesson.folder(Subject::Exercise).join("src");
    Files::watch(&source, poll, events.clone())
}

/// The words for `check`: a lesson, or a step of it.
pub(crate) fn named(app: &App, step: Option<usize>) -> String {
    match step {
        Some(step) => format!("{}.{step}", app.lesson.name()),
        None => app.lesson.name().to_owned(),
    }
}

/// The full-screen view, and everything that it acts upon.
struct Screen<'a> {
    // Dropped in this order: the terminal is given back before a check that does not want to end is waited for.
    terminal: Terminal,
    checker: Checker,
    files: Files,
    workspace: &'a Workspace,
    poll: bool,
    panic: bool,
    app: App,
    sender: Sender<Event>,
    /// The picture on the screen, and its file.
    picture: Option<(String, Option<Picture>)>,
}

impl Screen<'_> {
    /// Until somebody quits.
    fn run(mut self, events: &Receiver<Event>, mut actions: Vec<Action>) -> Result<()> {
        loop {
            while !actions.is_empty() {
                let mut more = Vec::new();
                for action in actions {
                    if action == Action::Quit {
                        return Ok(());
                    }
                    match self.act(action) {
                        Ok(further) => more.extend(further),
                        // Nothing that one key asked for is a reason to end.
                        Err(error) => self.app.note = Some(one_line(&format!("{error:#}"))),
                    }
                }
                actions = more;
            }
            self.draw()?;
            let event = match events.recv_timeout(self.app.patience()) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => Event::Tick,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            assert!(
                !(self.panic && matches!(event, Event::Key(Key::Char('!')))),
                "because a test wants it"
            );
            actions = self.app.take(event);
            // Whatever has piled up goes into one frame, as long as nothing is to be done.
            while actions.is_empty()
                && let Ok(event) = events.try_recv()
            {
                actions = self.app.take(event);
            }
        }
    }

    fn draw(&mut self) -> Result<()> {
        let columns = self.app.columns;
        self.draw_once()?;
        if self.app.page == Page::Solution && self.app.columns != columns {
            // Two texts side by side, made for a window of another width.
            let app = &mut self.app;
            let text = solution::beside(self.workspace, &app.lesson, app.step, app.columns);
            app.solution = text.unwrap_or_default();
            self.draw_once()?;
        }
        Ok(())
    }

    fn draw_once(&mut self) -> Result<()> {
        self.read_picture();
        let picture = self
            .picture
            .as_ref()
            .and_then(|(_, picture)| picture.as_ref());
        let app = &self.app;
        let mut drawn = None;
        self.terminal
            .draw(|frame| drawn = Some(draw(frame, app, picture)))
            .context("The terminal cannot be written to.")?;
        if let Some(drawn) = drawn {
            self.app.scroll_most = drawn.most;
            self.app.columns = drawn.columns;
            self.app.rows = drawn.rows;
        }
        Ok(())
    }

    fn read_picture(&mut self) {
        let file = (self.app.page == Page::Picture)
            .then(|| self.app.pictures.get(self.app.picture))
            .flatten();
        match file {
            None => self.picture = None,
            Some(file) if self.picture.as_ref().is_none_or(|shown| shown.0 != *file) => {
                let read = Picture::read(&self.workspace.root.join(file)).ok();
                self.picture = Some((file.clone(), read));
            }
            Some(_) => {}
        }
    }

    /// Does what is to be done; what follows from it is given back.
    fn act(&mut self, action: Action) -> Result<Vec<Action>> {
        let workspace = self.workspace;
        match action {
            Action::Check { number, step } => {
                let name = named(&self.app, step);
                self.checker.start(number, &[&name])?;
            }
            Action::Reload => {
                self.app.progress.reload();
                // Another branch may have brought another text for the lesson.
                if let Ok(lesson) = Lesson::load(workspace, &self.app.lesson.package) {
                    self.app.renew(lesson);
                }
            }
            Action::Hints { step, shown } => {
                let app = &mut self.app;
                app.progress.set_hints_shown(&app.lesson, step, shown);
                app.progress.save()?;
            }
            Action::List => {
                let mut lessons = Vec::new();
                for folder in workspace.lesson_folders()? {
                    // One broken lesson shall not hide the others.
                    match Lesson::load(workspace, &folder) {
                        Ok(lesson) => lessons.push(lesson),
                        Err(error) => self.app.note = Some(one_line(&format!("{error:#}"))),
                    }
                }
                self.app.choose(lessons);
            }
            Action::Lesson { package, step } => {
                let lesson = Lesson::load(workspace, &package)?;
                return Ok(self.open(lesson, step));
            }
            Action::NextLesson => {
                let folders = workspace.lesson_folders()?;
                let here = folders
                    .iter()
                    .position(|folder| *folder == self.app.lesson.package);
                match here.and_then(|here| folders.get(here + 1)) {
                    Some(next) => {
                        let lesson = Lesson::load(workspace, next)?;
                        return Ok(self.open(lesson, None));
                    }
                    None => {
                        self.app.note =
                            Some("That was the last lesson. You have built it all.".to_owned());
                    }
                }
            }
            Action::Pictures => {
                let pictures = pictures(workspace, &self.app);
                self.app.show_pictures(pictures);
            }
            Action::Solution { step } => {
                let columns = self.app.columns;
                let text = solution::beside(workspace, &self.app.lesson, step, columns)?;
                self.app.show_solution(text);
            }
            Action::Reset { step } => {
                let name = named(&self.app, Some(step));
                let said = reset::reset(workspace, &name, &mut self.app.progress)?;
                self.app.note = Some(one_line(&said));
                self.app.note_stays = true;
            }
            Action::Edit { place } => {
                Editor::wanted().open(&mut self.terminal, &workspace.root, &place)?;
            }
            Action::Open { file } => editor::open(&workspace.root.join(file), &self.sender),
            Action::Suspend => self.terminal.lend(sleep_until_woken)?,
            Action::Redraw => self.terminal.redraw()?,
            Action::Quit => {}
        }
        Ok(Vec::new())
    }

    fn open(&mut self, lesson: Lesson, step: Option<usize>) -> Vec<Action> {
        self.files = watch(&lesson, self.poll, &self.sender);
        self.app.open(lesson, step)
    }
}

/// The verdict's picture first, then those that training has drawn, relative to the workspace.
fn pictures(workspace: &Workspace, app: &App) -> Vec<String> {
    let mut pictures: Vec<String> = app
        .picture_of_verdict()
        .map(|file| Path::new(file).with_extension("png"))
        .filter(|file| workspace.root.join(file).is_file())
        .map(|file| file.to_string_lossy().into_owned())
        .into_iter()
        .collect();
    let folder = workspace
        .root
        .join("target/workshop")
        .join(app.lesson.name());
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut drawn: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .map(|path| workspace.relative(&path))
        .collect();
    drawn.sort();
    pictures.extend(drawn);
    pictures
}

/// A report in one line, without its colours.
fn one_line(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
