//! The loop: events in, actions out, a frame after each.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use xtask::commands::{list, reset, solution};
use xtask::lesson::Subject;
use xtask::progress::Progress;
use xtask::select::select_or_resume;
use xtask::workspace::Workspace;

use crate::app::{Action, App, Event, Page};
use crate::checker::Checker;
use crate::files::Files;
use crate::picture::Picture;
use crate::terminal::{Terminal, sleep_until_woken};
use crate::view::{Extra, draw};

/// How long to wait for an event before the clock on the screen moves.
const TICK: Duration = Duration::from_millis(20);

/// What `watch` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson or the step: lesson3, 3, lesson3.2. Without: where you left off
    lesson: Option<String>,
    /// Look for saves every quarter of a second, where the system does not tell of them (network folders, WSL)
    #[arg(long)]
    poll: bool,
}

pub(crate) fn run(options: &Options, runner: &Path) -> Result<()> {
    let workspace = Workspace::find()?;
    let progress = Progress::load_aloud(&workspace);
    let selection = select_or_resume(&workspace, options.lesson.as_deref(), &progress)?;
    let step = selection
        .step
        .or_else(|| progress.first_open_step(&selection.lesson))
        .unwrap_or(1);
    let app = App::new(selection.lesson, progress, step);
    let (sender, events) = mpsc::channel();
    let quit = sender.clone();
    ctrlc::set_handler(move || {
        let _ = quit.send(Event::Quit);
    })
    .context("The handler for Ctrl-C cannot be set.")?;
    let source = app.lesson.folder(Subject::Exercise).join("src");
    let _files = Files::watch(&source, options.poll, sender.clone())?;
    let checker = Checker::new(runner.to_path_buf(), workspace.root.clone(), sender.clone());
    if Terminal::is_there() {
        on_the_screen(&workspace, app, checker, sender, &events)
    } else {
        in_lines(app, checker, &events)
    }
}

/// Full screen, until somebody quits.
fn on_the_screen(
    workspace: &Workspace,
    mut app: App,
    mut checker: Checker,
    sender: Sender<Event>,
    events: &Receiver<Event>,
) -> Result<()> {
    let mut terminal = Terminal::take(sender).context("The terminal cannot be taken over.")?;
    let mut extra = Extra::default();
    let mut actions = vec![app.begin()];
    loop {
        for action in actions.drain(..) {
            match action {
                Action::Quit => return Ok(()),
                Action::Check { number, step } => {
                    let name = named(&app, step);
                    let width = terminal.size().0;
                    checker.start(number, &[&name], width)?;
                }
                Action::ShowHint { .. } => app.progress.save()?,
                Action::Reset { step } => {
                    let name = format!("{}.{step}", app.lesson.name());
                    let said = reset::reset(workspace, &name, &mut app.progress);
                    app.note = Some(match said {
                        Ok(said) => one_line(&said),
                        Err(error) => format!("{error:#}"),
                    });
                }
                Action::Edit { place } => {
                    let root = workspace.root.clone();
                    let opened = terminal.lend(|| edit(&root, &place))?;
                    app.note = opened.err().map(|error| format!("{error:#}"));
                }
                Action::OpenPicture { file } => {
                    let opened = open(&workspace.root.join(file));
                    app.note = opened.err().map(|error| format!("{error:#}"));
                }
                Action::Suspend => terminal.lend(sleep_until_woken)?,
            }
        }
        fill(workspace, &app, &mut extra)?;
        terminal.draw(|frame| draw(frame, &app, &extra))?;
        let event = match events.recv_timeout(TICK) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => Event::Tick,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        actions = app.take(event);
        // Whatever has piled up goes into one frame.
        while let Ok(event) = events.try_recv() {
            actions.extend(app.take(event));
        }
    }
}

/// Without a terminal: each verdict as plain lines.
fn in_lines(mut app: App, mut checker: Checker, events: &Receiver<Event>) -> Result<()> {
    let mut actions = vec![app.begin()];
    let mut told = String::new();
    loop {
        for action in actions.drain(..) {
            match action {
                Action::Quit => return Ok(()),
                Action::Check { number, step } => {
                    told.clear();
                    checker.start(number, &[&named(&app, step)], 80)?;
                }
                _ => {}
            }
        }
        let event = match events.recv_timeout(TICK) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => Event::Tick,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        actions = app.take(event);
        if !app.verdict.is_empty() && app.verdict != told {
            told.clone_from(&app.verdict);
            anstream::print!("{told}");
        }
    }
}

fn named(app: &App, step: Option<usize>) -> String {
    match step {
        Some(step) => format!("{}.{step}", app.lesson.name()),
        None => app.lesson.name().to_owned(),
    }
}

/// Reads what the page shows beside the state.
fn fill(workspace: &Workspace, app: &App, extra: &mut Extra) -> Result<()> {
    match app.page {
        Page::Solution if extra.solution.is_empty() => {
            extra.solution = solution::text(workspace, &app.lesson, app.step)?;
        }
        Page::List if extra.list.is_empty() => {
            extra.list = list::text(workspace, &app.progress)?.0;
        }
        Page::Picture if extra.picture.is_none() => {
            extra.picture = app
                .picture_file()
                .and_then(|file| Picture::read(&workspace.root.join(file)).ok());
        }
        Page::Solution | Page::List | Page::Picture => {}
        _ => *extra = Extra::default(),
    }
    Ok(())
}

/// A report in one line, without its colours.
fn one_line(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Opens the editor at `file:line` and waits for it.
pub(crate) fn edit(root: &Path, place: &str) -> Result<()> {
    let (file, line) = place.rsplit_once(':').unwrap_or((place, "1"));
    let wanted = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(env::var_os)
        .find(|editor| !editor.is_empty());
    let editor = wanted.map_or_else(
        || {
            if cfg!(windows) {
                "notepad".into()
            } else {
                "vi".into()
            }
        },
        |editor| editor.to_string_lossy().into_owned(),
    );
    let mut words = shlex::split(&editor)
        .unwrap_or_else(|| vec![editor.clone()])
        .into_iter();
    let program = words.next().unwrap_or_default();
    let status = Command::new(&program)
        .args(words)
        .args(at_line(&program, file, line))
        .current_dir(root)
        .status()
        .with_context(|| {
            format!("`{editor}` cannot be started; $VISUAL or $EDITOR names your editor.")
        })?;
    anyhow::ensure!(status.success(), "`{editor}` ended with {status}.");
    Ok(())
}

/// How an editor is told the line.
fn at_line(program: &str, file: &str, line: &str) -> Vec<String> {
    let name = Path::new(program)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    match name.as_str() {
        "code" | "codium" | "cursor" | "windsurf" => {
            vec!["--goto".into(), format!("{file}:{line}")]
        }
        "hx" | "helix" | "subl" | "zed" | "zeditor" | "micro" if name != "micro" => {
            vec![format!("{file}:{line}")]
        }
        "notepad" => vec![file.into()],
        "rustrover" | "idea" | "clion" => vec!["--line".into(), line.into(), file.into()],
        // vi, vim, nvim, nano, emacs, kak, micro, joe …
        _ => vec![format!("+{line}"), file.into()],
    }
}

/// Opens a file with whatever opens such files here.
pub(crate) fn open(file: &Path) -> Result<()> {
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        Command::new("explorer")
    } else {
        Command::new("xdg-open")
    };
    command
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
        .with_context(|| format!("Nothing here opens pictures: {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::at_line;

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        assert_eq!(at_line("/usr/bin/nvim", "a.rs", "7"), ["+7", "a.rs"]);
        assert_eq!(at_line("code", "a.rs", "7"), ["--goto", "a.rs:7"]);
        assert_eq!(at_line("hx", "a.rs", "7"), ["a.rs:7"]);
    }
}
