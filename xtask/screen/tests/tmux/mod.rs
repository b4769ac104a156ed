//! A real terminal for the tests: tmux, with a shell in it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::Scratch;

/// How long something may take on the slowest machine. Nothing waits for so long unless it fails.
const PATIENCE: Duration = Duration::from_secs(180);

/// A terminal, closed when dropped.
pub(crate) struct Tmux {
    socket: String,
}

impl Tmux {
    /// A terminal of 80 columns and 24 rows with a shell in the scratch workspace, where `./view …` starts the view. None where
    /// there is no tmux: then the test can show nothing, and says so.
    pub(crate) fn open(scratch: &Scratch, environment: &[(&str, &str)]) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            println!("SKIPPED: tmux is not installed, and this test needs a real terminal.");
            return None;
        }
        let tmux = Self {
            // It goes with the folder.
            socket: scratch.path("tmux").display().to_string(),
        };
        write_start(scratch, environment);
        let size = ["-x", "80", "-y", "24"];
        tmux.run(&[&["-f", "/dev/null", "new-session", "-d"], &size[..]].concat());
        // The window keeps its size though nobody looks at it, and a program that ends stays to be read.
        tmux.run(&["set-option", "-g", "window-size", "manual"]);
        let folder = scratch.root().display().to_string();
        let shell = "env PS1='$ ' HISTFILE= bash --norc --noprofile -i";
        tmux.run(&["respawn-pane", "-k", "-c", &folder, shell]);
        tmux.wait_for("$");
        Some(tmux)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = Command::new("tmux")
            .args(["-S", &self.socket])
            .args(arguments)
            .env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("tmux starts");
        assert!(output.status.success(), "tmux {arguments:?}: {output:?}");
        output
    }

    /// Presses keys, by their names in tmux.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    /// Types a line, and Enter.
    pub(crate) fn line(&self, words: &str) {
        self.run(&["send-keys", "-l", words]);
        self.press(&["Enter"]);
    }

    /// Gives the window another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        self.run(&["resize-window", "-x", &columns, "-y", &rows]);
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.captured(&["capture-pane", "-p"])
    }

    /// The same with its colours.
    pub(crate) fn colours(&self) -> String {
        self.captured(&["capture-pane", "-p", "-e"])
    }

    fn captured(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(arguments).stdout).into_owned()
    }

    /// Waits until this is on the screen, and gives the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) -> String {
        self.wait_until(words, |screen| screen.contains(words))
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(
                Instant::now() < end,
                "`{what}` did not come; this is on the screen:\n{screen}"
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The terminal is as a shell wants it: its settings as they were, its cursor visible, no second screen.
    #[track_caller]
    pub(crate) fn is_sane(&self, settings: &str) {
        self.wait_for_the_shell();
        assert_eq!(self.settings(), settings);
    }

    /// Waits until the shell has the terminal again: a prompt, a visible cursor, no second screen.
    #[track_caller]
    fn wait_for_the_shell(&self) {
        let end = Instant::now() + PATIENCE;
        let format = "#{alternate_on} #{cursor_flag} #{pane_current_command}";
        while self.captured(&["display-message", "-p", format]).trim() != "0 1 bash" {
            assert!(Instant::now() < end, "{}", self.screen());
            thread::sleep(Duration::from_millis(50));
        }
        self.wait_until("a prompt", |screen| screen.trim_end().ends_with('$'));
    }

    /// The terminal's settings, in the words of `stty`; its size is none of them.
    pub(crate) fn settings(&self) -> String {
        self.line("S=$(stty -g | cksum); clear; echo; echo set $S.");
        self.answer("set ")
    }

    /// The line that begins so, and was not typed.
    #[track_caller]
    fn answer(&self, start: &str) -> String {
        let is_told = |line: &&str| line.starts_with(start) && line.trim_end().ends_with('.');
        let is_answer = |line: &&str| is_told(line) && !line.contains('$');
        let screen = self.wait_until(start, |screen| screen.lines().any(|line| is_answer(&line)));
        let line = screen.lines().find(is_answer).unwrap_or_default();
        line.trim_end().to_owned()
    }

    /// The exit code of what ran last.
    #[track_caller]
    pub(crate) fn exit_code(&self) -> String {
        self.wait_for_the_shell();
        self.line("C=$?; clear; echo; echo code $C.");
        self.answer("code ")
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-S", &self.socket, "kill-server"])
            .env_remove("TMUX")
            .output();
    }
}

/// Writes `view`, which starts the program that is tested as `cargo xtask watch` does, in the runner's environment.
fn write_start(scratch: &Scratch, environment: &[(&str, &str)]) {
    let mut script = "#!/bin/sh\nunset NO_COLOR VISUAL EDITOR COLORTERM\n".to_owned();
    let runner = scratch.runner("");
    for (name, value) in runner.get_envs() {
        let name = name.to_string_lossy();
        script += &match value {
            Some(value) => format!("export {name}='{}'\n", value.to_string_lossy()),
            None => format!("unset {name}\n"),
        };
    }
    for (name, value) in environment {
        script += &format!("export {name}='{value}'\n");
    }
    script += &format!(
        "exec '{}' --runner '{}' \"$@\"\n",
        env!("CARGO_BIN_EXE_xtask-screen"),
        Path::new(runner.get_program()).display()
    );
    scratch.write("view", &script);
    make_executable(&scratch.path("view"));
}

fn make_executable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a script");
    }
    #[cfg(not(unix))]
    let _ = fs::metadata(path);
}

/// The processes that run in this workspace, by their folder.
pub(crate) fn processes_in(folder: &Path) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let place = fs::read_link(entry.path().join("cwd")).ok()?;
            place.starts_with(folder).then_some(id)
        })
        .collect()
}

/// The process of a check that runs in this workspace now: its program is called `checks-…`.
pub(crate) fn running_check(folder: &Path) -> Option<u32> {
    processes_in(folder).into_iter().find(|id| {
        fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|program| {
            let name = program.file_name().unwrap_or_default();
            name.to_string_lossy().starts_with("checks-")
        })
    })
}

/// Waits until there is one, and that it stays.
#[track_caller]
pub(crate) fn wait_for_check(folder: &Path) -> u32 {
    let end = Instant::now() + PATIENCE;
    loop {
        // `--list` takes a moment; what loops takes longer.
        if let Some(id) = running_check(folder) {
            thread::sleep(Duration::from_millis(300));
            if running_check(folder) == Some(id) {
                return id;
            }
        }
        assert!(Instant::now() < end, "no check runs");
        thread::sleep(Duration::from_millis(20));
    }
}
