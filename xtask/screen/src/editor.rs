//! Opens things outside: a file in the student's editor, a picture in a window.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use anyhow::{Context, Result};

use crate::event::Event;
use crate::terminal::Terminal;

/// The editor that somebody wants, with its words.
pub(crate) struct Editor {
    /// As it was named.
    name: String,
    program: String,
    words: Vec<String>,
}

/// Editors with a window of their own, which need no terminal and are not waited for.
const WINDOWS: [&str; 24] = [
    "code",
    "codium",
    "code-insiders",
    "cursor",
    "windsurf",
    "subl",
    "sublime_text",
    "zed",
    "zeditor",
    "rustrover",
    "idea",
    "clion",
    "gedit",
    "gnome-text-editor",
    "kate",
    "kwrite",
    "mousepad",
    "xed",
    "pluma",
    "gvim",
    "mvim",
    "lapce",
    "notepad",
    "notepad++",
];

impl Editor {
    /// `$VISUAL`, or `$EDITOR`, or what every system of this kind has.
    pub(crate) fn wanted() -> Self {
        let named = ["VISUAL", "EDITOR"]
            .into_iter()
            .filter_map(env::var_os)
            .map(|editor| editor.to_string_lossy().trim().to_owned())
            .find(|editor| !editor.is_empty());
        let usual = if cfg!(windows) { "notepad" } else { "vi" };
        Self::named(&named.unwrap_or_else(|| usual.to_owned()))
    }

    fn named(name: &str) -> Self {
        // It may hold words: "code --wait".
        let mut words = shlex::split(name)
            .unwrap_or_else(|| vec![name.to_owned()])
            .into_iter();
        Self {
            name: name.to_owned(),
            program: words.next().unwrap_or_default(),
            words: words.collect(),
        }
    }

    /// Whether it opens a window of its own.
    fn has_a_window(&self) -> bool {
        let emacs = self.stem().starts_with("emacs");
        let in_the_terminal = ["-nw", "-t", "-tty", "--tty", "--no-window-system"];
        WINDOWS.contains(&self.stem().as_str())
            || (emacs
                && env::var_os("DISPLAY").is_some()
                && !self
                    .words
                    .iter()
                    .any(|word| in_the_terminal.contains(&word.as_str())))
    }

    /// Opens a file at a line (`src/lib.rs:7`). An editor without a window gets the terminal, and is waited for.
    ///
    /// # Errors
    ///
    /// When there is no such editor, or it says that it failed.
    pub(crate) fn open(&self, terminal: &mut Terminal, root: &Path, place: &str) -> Result<()> {
        if self.has_a_window() {
            self.start(root, place)
        } else {
            terminal.lend(|| self.start(root, place))?
        }
    }

    fn start(&self, root: &Path, place: &str) -> Result<()> {
        let (file, line) = place.rsplit_once(':').unwrap_or((place, "1"));
        let mut command = Command::new(&self.program);
        command
            .args(&self.words)
            .args(self.at_line(file, line))
            .current_dir(root);
        if self.has_a_window() {
            return let_go(&mut command, |_| {}).with_context(|| self.trouble());
        }
        let status = command.status().with_context(|| self.trouble())?;
        anyhow::ensure!(status.success(), "`{}` ended with {status}.", self.name);
        Ok(())
    }

    fn trouble(&self) -> String {
        format!(
            "`{}` cannot be started ($VISUAL or $EDITOR names your editor)",
            self.name
        )
    }

    fn stem(&self) -> String {
        let stem = Path::new(&self.program).file_stem().unwrap_or_default();
        stem.to_string_lossy().to_lowercase()
    }

    /// How it is told the line.
    fn at_line(&self, file: &str, line: &str) -> Vec<String> {
        match self.stem().as_str() {
            "code" | "codium" | "code-insiders" | "cursor" | "windsurf" => {
                vec!["--goto".into(), format!("{file}:{line}")]
            }
            "hx" | "helix" | "subl" | "sublime_text" | "zed" | "zeditor" | "lapce" => {
                vec![format!("{file}:{line}")]
            }
            "rustrover" | "idea" | "clion" => vec!["--line".into(), line.into(), file.into()],
            "kate" | "kwrite" => vec!["--line".into(), line.into(), file.into()],
            "notepad" | "mousepad" | "gnome-text-editor" => vec![file.into()],
            "notepad++" => vec![format!("-n{line}"), file.into()],
            // vi, vim, nvim, nano, emacs, kak, micro, joe, gedit …
            _ => vec![format!("+{line}"), file.into()],
        }
    }
}

/// Opens a file with whatever opens such files here. When that does not, it is said.
pub(crate) fn open(file: &Path, events: &Sender<Event>) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    open_with(opener, file, events);
}

fn open_with(opener: &str, file: &Path, events: &Sender<Event>) {
    let words = format!("Nothing here opens it; the file is {}", file.display());
    let told = events.clone();
    let ended = move |success: bool| {
        // Explorer's status says nothing.
        if !success && !cfg!(windows) {
            let _ = told.send(Event::Note(words));
        }
    };
    if let Err(error) = let_go(Command::new(opener).arg(file), ended) {
        let words = format!(
            "Nothing here opens it (`{opener}`: {error}); the file is {}",
            file.display()
        );
        let _ = events.send(Event::Note(words));
    }
}

/// Starts a program that nobody waits for, and that writes nothing onto our screen. When it ends, `ended` hears whether it could do
/// its work.
fn let_go(command: &mut Command, ended: impl FnOnce(bool) + Send + 'static) -> std::io::Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    thread::spawn(move || ended(child.wait().is_ok_and(|status| status.success())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        for (name, words) in [
            ("/usr/bin/nvim", vec!["+7", "a.rs"]),
            ("code --wait", vec!["--goto", "a.rs:7"]),
            ("hx", vec!["a.rs:7"]),
            ("'/opt/Rust Rover/rustrover'", vec!["--line", "7", "a.rs"]),
            ("emacs -nw", vec!["+7", "a.rs"]),
        ] {
            assert_eq!(Editor::named(name).at_line("a.rs", "7"), words, "{name}");
        }
    }

    #[test]
    fn an_editor_with_a_window_is_not_waited_for() {
        for name in ["code --wait", "C:\\x\\notepad.exe", "/usr/bin/gvim", "zed"] {
            let editor = Editor::named(name);
            // A path of Windows is one word elsewhere.
            assert!(editor.has_a_window() || name.contains('\\'), "{name}");
        }
        for name in ["vim", "nano", "emacs -nw", "hx"] {
            assert!(!Editor::named(name).has_a_window(), "{name}");
        }
    }

    #[test]
    fn an_editor_that_is_not_there_is_named() {
        let failed = Editor::named("no-such-editor-here").start(Path::new("."), "a.rs:1");
        let words = format!("{:#}", failed.expect_err("it is not there"));
        assert!(words.contains("$EDITOR names your editor): "), "{words}");
    }

    #[test]
    fn an_opener_that_cannot_open_it_is_told() {
        let (sender, events) = std::sync::mpsc::channel();
        for opener in ["no-such-opener-here", "false"] {
            if opener == "false" && cfg!(windows) {
                continue;
            }
            open_with(opener, Path::new("picture.svg"), &sender);
            match events.recv_timeout(std::time::Duration::from_secs(20)) {
                Ok(Event::Note(words)) => assert!(words.ends_with("the file is picture.svg")),
                other => panic!("{opener}: {other:?}"),
            }
        }
    }
}
