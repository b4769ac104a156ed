//! `watch` as a student sees it: the real program in a real terminal, on a workspace of its own.

#[path = "../../tests/common/mod.rs"]
mod common;
#[cfg(unix)]
mod tmux;

#[cfg(unix)]
mod sessions {
    use std::fs;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::{Duration, Instant};

    use crate::common::Scratch;
    use crate::tmux::{Tmux, processes_in, wait_for_check};

    const WRONG: &str = "pub fn sum(a: f64, b: f64) -> f64 {\n    a * b\n}\n";
    const RIGHT: &str = "pub fn sum(a: f64, b: f64) -> f64 {\n    a + b\n}\n";
    const BROKEN: &str = "pub fn sum(a: f64, b: f64) -> f64 {\n    a + nothing_here\n}\n";
    const SQUARE: &str = "pub fn square(x: f64) -> f64 {\n    x * x\n}\n";
    const ENDLESS: &str = "pub fn sum(_: f64, _: f64) -> f64 {\n    loop {\n        std::hint::spin_loop();\n    }\n}\n";

    #[test]
    fn from_the_first_failure_to_the_end_of_the_lesson() {
        let scratch = Scratch::new();
        let Some(tmux) = Tmux::open(&scratch, &[]) else {
            return;
        };
        let settings = tmux.settings();
        tmux.line("./view watch lesson1");
        let screen = tmux.wait_for("○ to be written");
        for part in [
            "lesson1",
            "Step 1 of 2 — Add",
            "of about 5 min",
            "e edit",
            "Predict first",
        ] {
            assert!(screen.contains(part), "{part} is missing in\n{screen}");
        }

        scratch.student("step1_sum", WRONG);
        let screen = tmux.wait_for("✗ not yet right");
        assert!(
            screen.contains("sum(1, 2) is 2, but 3 was due."),
            "{screen}"
        );

        tmux.press(&["h"]);
        let screen = tmux.wait_for("Hint 1 of 2");
        assert!(screen.contains("Think of plus.") && !screen.contains("Write a + b."));
        tmux.press(&["h"]);
        tmux.wait_for("Write a + b.");
        tmux.press(&["s"]);
        tmux.wait_for("The reference is shown once yours passes.");

        scratch.student("step1_sum", BROKEN);
        let screen = tmux.wait_for("does not compile");
        assert!(screen.contains("nothing_here"), "{screen}");

        // As careful editors save: a new file in the old one's place.
        scratch.write("exercises/lesson1-sums/src/.step1_sum.rs.new", RIGHT);
        let place = |name: &str| scratch.path("exercises/lesson1-sums/src").join(name);
        fs::rename(place(".step1_sum.rs.new"), place("step1_sum.rs")).expect("a rename");
        let screen = tmux.wait_for("✓ passes");
        for part in ["A sum adds.", "n goes on to step 2 — Square", "n next"] {
            assert!(screen.contains(part), "{part} is missing in\n{screen}");
        }
        tmux.press(&["s"]);
        tmux.wait_for("a + b");
        tmux.press(&["n"]);
        tmux.wait_for("Step 2 of 2 — Square");
        tmux.wait_for("○ to be written");

        tmux.press(&["l"]);
        tmux.wait_for("1 of 2");
        tmux.press(&["Up", "Enter"]);
        tmux.wait_for("Step 1 of 2 — Add");
        tmux.wait_for("✓ passes");

        for (columns, rows) in [(40, 12), (10, 3), (1, 1), (200, 60)] {
            tmux.resize(columns, rows);
        }
        // Wide enough for the steps beside the verdict.
        tmux.wait_for("1 of 2");
        tmux.resize(80, 24);

        // The file of another step: that is where somebody works.
        scratch.student("step2_square", SQUARE);
        tmux.wait_for("Step 2 of 2 — Square");
        tmux.wait_for("n shows what you have built");
        tmux.press(&["n"]);
        let screen = tmux.wait_for("lesson1 is done");
        assert!(screen.contains("A square multiplies."), "{screen}");
        tmux.press(&["n"]);
        tmux.wait_for("That was the last lesson.");

        tmux.press(&["q"]);
        assert_eq!(tmux.exit_code(), "code 0.");
        tmux.is_sane(&settings);
        let said = scratch.says(&["list"]).expect(0);
        assert!(said.stdout.contains("Everything is done."), "{said:?}");
    }

    #[test]
    fn a_reset_is_asked_about_and_an_editor_gets_the_terminal() {
        let scratch = Scratch::new();
        scratch.student("step1_sum", WRONG);
        scratch.write(
            "edit.sh",
            "echo set $(stty -g | cksum). > settings\necho \"$@\" > opened\ncp right.rs \"$2\"\n",
        );
        scratch.write("right.rs", RIGHT);
        let Some(tmux) = Tmux::open(&scratch, &[("EDITOR", "sh edit.sh")]) else {
            return;
        };
        let settings = tmux.settings();
        tmux.line("./view watch 1.1 --poll");
        tmux.wait_for("✗ not yet right");
        tmux.press(&["e"]);
        tmux.wait_for("✓ passes");
        let opened = scratch.read("opened");
        assert!(
            opened.contains("src/step1_sum.rs") && opened.starts_with('+'),
            "{opened}"
        );
        assert_eq!(
            scratch.read("settings").trim(),
            settings,
            "the editor's terminal"
        );

        let file = "exercises/lesson1-sums/src/step1_sum.rs";
        tmux.press(&["x"]);
        tmux.wait_for("afresh?");
        tmux.press(&["n"]);
        tmux.wait_for("✓ passes");
        assert_eq!(scratch.read(file), RIGHT);
        tmux.press(&["x", "y"]);
        tmux.wait_for("○ to be written");
        assert!(scratch.read(file).contains("todo!"));

        // What is lost passes no more, and it is said how it comes back.
        let losses: [fn(std::path::PathBuf) -> std::io::Result<()>; 2] =
            [|path| fs::remove_file(path), |path| fs::write(path, "")];
        for lose in losses {
            scratch.student("step1_sum", RIGHT);
            tmux.wait_for("✓ passes");
            lose(scratch.path(file)).expect("it was there");
            tmux.wait_for("`x` starts the step afresh");
            tmux.wait_for("✗");
            tmux.press(&["x", "y"]);
            tmux.wait_for("○ to be written");
        }
        tmux.press(&["q"]);
        tmux.is_sane(&settings);
    }

    #[test]
    fn the_terminal_is_given_back_whatever_happens() {
        let scratch = Scratch::new();
        scratch.student("step1_sum", ENDLESS);
        let Some(tmux) = Tmux::open(&scratch, &[]) else {
            return;
        };
        let settings = tmux.settings();

        // The check is killed from outside: a verdict like any other.
        tmux.line("./view watch lesson1.1");
        kill("KILL", wait_for_check(scratch.root()));
        tmux.wait_for("✗ crashed");
        // Another save while a check runs ends that.
        tmux.press(&["r"]);
        wait_for_check(scratch.root());
        scratch.student("step1_sum", RIGHT);
        tmux.wait_for("✓ passes");

        // To the shell and back.
        tmux.press(&["C-z"]);
        tmux.is_sane(&settings);
        tmux.line("clear; fg");
        tmux.wait_for("✓ passes");
        tmux.press(&["C-c"]);
        tmux.is_sane(&settings);

        // In the middle of a check, all that was started ends too.
        scratch.student("step1_sum", ENDLESS);
        tmux.line("./view watch lesson1.1");
        wait_for_check(scratch.root());
        let shell = |id: &u32| is_called(*id, "bash");
        let view = processes_in(scratch.root())
            .into_iter()
            .find(|id| is_called(*id, "xtask-screen"))
            .expect("the view runs");
        kill("TERM", view);
        assert_eq!(tmux.exit_code(), "code 130.");
        tmux.is_sane(&settings);
        let end = Instant::now() + Duration::from_secs(60);
        while processes_in(scratch.root()).iter().any(|id| !shell(id)) {
            assert!(
                Instant::now() < end,
                "left: {:?}",
                processes_in(scratch.root())
            );
            thread::sleep(Duration::from_millis(50));
        }

        // A bug of ours.
        scratch.student("step1_sum", RIGHT);
        tmux.line("clear; ./view watch lesson1.1 --panic");
        tmux.wait_for("✓ passes");
        tmux.press(&["!"]);
        let screen = tmux.wait_for("panicked at");
        assert!(screen.contains("because a test wants it"), "{screen}");
        tmux.is_sane(&settings);
    }

    #[test]
    fn no_colour_where_none_is_wanted_and_no_words_where_there_is_no_room() {
        let scratch = Scratch::new();
        let Some(tmux) = Tmux::open(&scratch, &[("NO_COLOR", "1")]) else {
            return;
        };
        tmux.line("clear; ./view watch lesson1");
        tmux.wait_for("○ to be written");
        let screen = tmux.colours();
        // `ESC [ 1 ; 31 m` is bold and red; 39 and 49 are the terminal's own colours.
        for codes in screen
            .split("\x1b[")
            .skip(1)
            .filter_map(|rest| rest.split('m').next())
        {
            for code in codes.split(';').filter_map(|code| code.parse::<u32>().ok()) {
                let own = matches!(code, 39 | 49);
                assert!(own || code < 30, "colour {code} in\n{screen}");
            }
        }
        tmux.resize(10, 3);
        tmux.wait_until("three short lines", |screen| {
            screen.starts_with("1.1 ○") && screen.lines().count() <= 3
        });
        tmux.resize(80, 24);
        tmux.press(&["q"]);
        assert_eq!(tmux.exit_code(), "code 0.");
    }

    #[test]
    fn without_a_terminal_each_verdict_is_told_in_plain_lines() {
        let scratch = Scratch::new();
        // Before anything is built, and by the view itself.
        scratch
            .says(&["watch", "lesson9"])
            .expect(2)
            .complains("There is no lesson called");
        let runner = scratch.runner("");
        let mut view = Command::new(env!("CARGO_BIN_EXE_xtask-screen"));
        view.arg("--runner")
            .arg(runner.get_program())
            .current_dir(scratch.root());
        for (name, value) in runner.get_envs() {
            match value {
                Some(value) => view.env(name, value),
                None => view.env_remove(name),
            };
        }
        let wrong = view.args(["watch", "lesson9"]).output().expect("it starts");
        assert_eq!(wrong.status.code(), Some(2));
        assert!(wrong.stdout.is_empty());
        let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
        assert!(said.contains("There is no lesson called"), "{said}");

        let mut view = Command::new("/bin/sh");
        view.arg("-c")
            .arg("exec \"$0\" \"$@\"")
            .arg(env!("CARGO_BIN_EXE_xtask-screen"))
            .arg("--runner")
            .arg(runner.get_program())
            .args(["watch", "lesson1"])
            .current_dir(scratch.root());
        for (name, value) in runner.get_envs() {
            match value {
                Some(value) => view.env(name, value),
                None => view.env_remove(name),
            };
        }
        let mut view = view
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (sender, lines) = channel();
        let pipe = view.stdout.take().expect("a pipe");
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut all = String::new();
        let mut wait_for = |words: &str| loop {
            let line = lines
                .recv_timeout(Duration::from_secs(180))
                .unwrap_or_else(|error| panic!("`{words}`: {error}; so far:\n{all}"));
            all += &line;
            all.push('\n');
            if line.contains(words) {
                assert!(!line.contains('\x1b'), "{line:?}");
                return;
            }
        };
        wait_for(" UTC ── lesson1.1");
        wait_for("to be written");
        scratch.student("step1_sum", WRONG);
        wait_for(" UTC ── lesson1.1");
        wait_for("sum(1, 2) is 2, but 3 was due.");
        scratch.student("step1_sum", RIGHT);
        wait_for("A sum adds.");
        kill("INT", view.id());
        assert_eq!(view.wait().expect("it ends").code(), Some(130));
    }

    fn kill(signal: &str, id: u32) {
        let killed = Command::new("kill")
            .args(["-s", signal, &id.to_string()])
            .status();
        assert!(killed.is_ok_and(|status| status.success()), "{id}");
    }

    fn is_called(id: u32, name: &str) -> bool {
        fs::read_link(format!("/proc/{id}/exe"))
            .is_ok_and(|program| program.file_name().is_some_and(|file| file == name))
    }
}
