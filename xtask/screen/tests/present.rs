//! `present` as an instructor sees it: the real program in a real terminal, on a workspace of its own.

#[path = "../../tests/common/mod.rs"]
mod common;
#[cfg(unix)]
// Each test program uses a part of it.
#[allow(dead_code)]
mod tmux;

#[cfg(unix)]
mod sessions {
    use std::fs;
    use std::process::{Command, Stdio};

    use crate::common::Scratch;
    use crate::tmux::Tmux;

    const WRONG: &str = "pub fn sum(a: f64, b: f64) -> f64 {\n    a * b\n}\n";

    #[test]
    fn a_lesson_from_the_cover_to_the_end() {
        let scratch = Scratch::new();
        let Some(tmux) = Tmux::open(&scratch, &[]) else {
            return;
        };
        let settings = tmux.settings();
        tmux.line("./view present lesson1");
        let screen = tmux.wait_for("Arithmetic, to try the runner on.");
        assert!(screen.contains("lesson 0:00 of 10 min"), "{screen}");

        tmux.press(&["Right"]);
        tmux.wait_for("Step 1, about 5 minutes");
        tmux.press(&["n"]);
        let screen = tmux.wait_for("What is 1 + 2?");
        assert!(!screen.contains("It is 3."), "{screen}");
        tmux.press(&["Enter"]);
        tmux.wait_for("It is 3.");

        tmux.press(&["x"]);
        tmux.wait_for("todo!(\"Add the two numbers.\")");
        scratch.student("step1_sum", WRONG);
        tmux.wait_for("a * b");
        tmux.press(&["r"]);
        let screen = tmux.wait_for("sum(1, 2) is 2, but 3 was due.");
        assert!(screen.contains("Your file: 0 of 2 checks pass"), "{screen}");

        tmux.press(&["h"]);
        let screen = tmux.wait_for("Think of plus.");
        assert!(!screen.contains("Write a + b."), "{screen}");
        tmux.press(&["h"]);
        tmux.wait_for("Write a + b.");

        tmux.press(&["s"]);
        let screen = tmux.wait_for("Add the two numbers.");
        assert!(!screen.contains("▌     a + b"), "{screen}");
        tmux.press(&["Enter"]);
        tmux.wait_for("▌     a + b");
        tmux.press(&["R"]);
        let screen = tmux.wait_for("The reference: 2 of 2 checks pass");
        assert!(screen.contains("A sum adds."), "{screen}");

        tmux.press(&["t"]);
        tmux.wait_for("⏸");
        tmux.press(&["2"]);
        tmux.wait_for("Step 2, about 5 minutes");
        tmux.press(&["q"]);
        tmux.is_sane(&settings);
        assert!(
            !scratch.path(".workshop/progress.json").exists(),
            "what an instructor shows is nobody's progress"
        );

        tmux.line("./view present");
        tmux.wait_for("Here you left it");
        tmux.resize(30, 9);
        tmux.wait_for("Square");
        tmux.resize(1, 1);
        tmux.resize(120, 40);
        tmux.wait_for("Step 2, about 5 minutes");
        tmux.press(&["End"]);
        tmux.wait_for("cargo xtask run lesson1");
        tmux.press(&["q"]);
        assert_eq!(tmux.exit_code(), "code 0.");

        tmux.line("clear; ./view present lesson1 --restart");
        let screen = tmux.wait_for("1 of 2 files are written already.");
        assert!(screen.contains("lesson 0:00 of 10 min"), "{screen}");
        tmux.press(&["q"]);
        assert_eq!(tmux.exit_code(), "code 0.");
    }

    #[test]
    fn without_a_terminal_it_is_a_handout() {
        let scratch = Scratch::new();
        let runner = scratch.runner("");
        let handout = |lesson: &[&str]| {
            let mut present = Command::new(env!("CARGO_BIN_EXE_xtask-screen"));
            present
                .arg("--runner")
                .arg(runner.get_program())
                .arg("present")
                .args(lesson)
                .current_dir(scratch.root())
                .env_remove("CARGO_MANIFEST_DIR")
                .stdin(Stdio::null());
            let output = present.output().expect("it starts");
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let text = handout(&["lesson1"]);
        for part in [
            "Step 1 — Add, about 5 min",
            "What is 1 + 2?",
            "It is 3.",
            "HINT 2",
            "    a + b",
            "A square multiplies.",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        let (question, answer) = (text.find("PREDICT"), text.find("ANSWER"));
        assert!(question < answer, "the answer comes first in\n{text}");
        assert!(!text.contains('\x1b'), "colour in a pipe");
        let printed = fs::metadata(scratch.path(".workshop/present.json"));
        assert!(printed.is_err(), "a handout is no class");

        // The lesson that was presented last has been removed.
        let state = scratch.path(".workshop");
        fs::create_dir_all(&state).expect("a folder");
        let last = r#"{"format": 1, "last": "lesson7", "lessons": {}}"#;
        fs::write(state.join("present.json"), last).expect("it is written");
        assert_eq!(handout(&[]), text);
    }
}
