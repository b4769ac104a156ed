//! A workspace of its own for each test, with two small lessons, and the real runner at work on it.

// Each test program uses a part of this.
#![allow(dead_code)]

pub(crate) mod versions;

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// A workspace in a temporary folder.
pub(crate) struct Scratch {
    folder: TempDir,
}

/// What the runner said, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Scratch {
    /// Lays out the workspace: the exercises are written by `author strip`, as for every lesson.
    pub(crate) fn new() -> Self {
        let scratch = Self {
            folder: TempDir::new().expect("a temporary folder"),
        };
        let root = this_workspace();
        scratch.write(
            "Cargo.toml",
            &format!(
                "[workspace]\nresolver = \"3\"\nmembers = [\"exercises/*\", \"solutions/*\"]\n\n\
                 [workspace.package]\nrust-version = \"1.89\"\n\n\
                 [workspace.dependencies]\ndlkit-harness = {{ path = '{}' }}\n\n[profile.dev]\ndebug = false\n",
                root.join("crates/dlkit-harness").display()
            ),
        );
        let lock =
            fs::read_to_string(root.join("Cargo.lock")).expect("the workspace has a Cargo.lock");
        scratch.write("Cargo.lock", &lock);
        lesson(
            &scratch,
            "lesson1-sums",
            "lesson1",
            LESSON1,
            &["step1_sum", "step2_square"],
            CHECKS1,
        );
        scratch.write("solutions/lesson1-sums/src/step1_sum.rs", SUM);
        scratch.write("solutions/lesson1-sums/src/step2_square.rs", SQUARE);
        for (name, sum) in [
            ("order", "b + a"),
            ("minus", "a - -b"),
            ("zero", "0.0 + a + b"),
        ] {
            scratch.write(
                &format!("solutions/lesson1-sums/variants/{name}.toml"),
                &format!("title = \"{name}\"\n\n[[step]]\nstep = 1\nparts = [\"{sum}\"]\n"),
            );
        }
        scratch.mutants(&[]);
        scratch.says(&["author", "strip", "lesson1"]).expect(0);
        scratch
    }

    /// An empty folder, for another copy of a workspace.
    pub(crate) fn empty() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
        }
    }

    /// What the stand-in for `cargo mutants` lists for lesson 1: each replaces a place in line 6 of step 1, `    a + b`.
    pub(crate) fn mutants(&self, replacements: &[(std::ops::Range<usize>, &str)]) {
        let file = "solutions/lesson1-sums/src/step1_sum.rs";
        let listed: Vec<Value> = replacements
            .iter()
            .map(|(columns, replacement)| {
                serde_json::json!({
                    "file": file,
                    "name": format!("{file}:6:{}: replace sum with {replacement}", columns.start),
                    "replacement": replacement,
                    "span": {
                        "start": {"line": 6, "column": columns.start},
                        "end": {"line": 6, "column": columns.end},
                    },
                })
            })
            .collect();
        self.write("mutants.json", &Value::from(listed).to_string());
    }

    /// Adds a lesson whose only step holds code that does what code should not do.
    pub(crate) fn with_wild_lesson(self) -> Self {
        lesson(
            &self,
            "lesson2-wild",
            "lesson2",
            LESSON2,
            &["step1_wild", "step2_tame"],
            CHECKS2,
        );
        for side in ["exercises", "solutions"] {
            self.write(
                &format!("{side}/lesson2-wild/src/step1_wild.rs"),
                include_str!("wild.rs"),
            );
            self.write(
                &format!("{side}/lesson2-wild/src/step2_tame.rs"),
                "//! Step 2 — tame.\n\npub fn tame() -> u8 {\n    1\n}\n",
            );
        }
        self
    }

    /// Adds a lesson of faults that could outlive their check.
    pub(crate) fn with_faults(self) -> Self {
        let steps = ["step1_faults", "step2_rest", "step3_deaf"];
        lesson(
            &self,
            "lesson3-faults",
            "lesson3",
            LESSON3,
            &steps,
            include_str!("faults_checks.rs"),
        );
        for side in ["exercises", "solutions"] {
            let faults = include_str!("faults.rs");
            for (step, text) in steps.iter().zip([faults, "//! Step 2.\n", "//! Step 3.\n"]) {
                self.write(&format!("{side}/lesson3-faults/src/{step}.rs"), text);
            }
        }
        self
    }

    /// Adds a lesson 2 that is lesson 1 once more.
    pub(crate) fn with_twin(self) -> Self {
        for side in ["exercises", "solutions"] {
            for file in files(&self.path(&format!("{side}/lesson1-sums"))) {
                let name = file
                    .strip_prefix(self.root())
                    .expect("it lies in the workspace");
                let other = |text: &str| {
                    text.replace("lesson1-sums", "lesson2-twin")
                        .replace("lesson1", "lesson2")
                };
                let text = fs::read_to_string(&file).expect("text");
                self.write(&other(&name.display().to_string()), &other(&text));
            }
        }
        self
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes the student's file of a step of lesson 1.
    pub(crate) fn student(&self, file: &str, code: &str) {
        self.write(&format!("exercises/lesson1-sums/src/{file}.rs"), code);
    }

    /// The runner, ready to be started in a folder of the workspace.
    pub(crate) fn runner(&self, folder: &str) -> Command {
        let mut command = Command::new(runner_program());
        command
            .current_dir(self.path(folder))
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("DLKIT_DATA")
            .env_remove("DLKIT_DEVICE")
            .env_remove("DLKIT_KERNELS")
            .env_remove("BENCH_PYTHON")
            .env_remove("BENCH_THREADS")
            .env_remove("DLKIT_THREADS")
            .env("PATH", path_with_stand_in())
            .env("CARGO_NET_OFFLINE", "true")
            // One for all scratch workspaces, so that what they share is built once.
            .env(
                "CARGO_TARGET_DIR",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("scratch"),
            )
            .stdin(Stdio::null());
        command
    }

    /// Runs the runner in the workspace's root.
    pub(crate) fn says(&self, arguments: &[&str]) -> Said {
        Said::from(
            self.runner("")
                .args(arguments)
                .output()
                .expect("the runner starts"),
        )
    }

    /// `check … --json`, read.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let said = self.says(&[&["check", "--json"], arguments].concat());
        assert_eq!(
            said.stdout.lines().count(),
            1,
            "one object and nothing else: {said:?}"
        );
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the runner speaks UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Said {
    /// The exit code is this one, and no colour went into a pipe.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(
            !self.stdout.contains('\x1b') && !self.stderr.contains('\x1b'),
            "colour in a pipe: {self:?}"
        );
        self
    }

    /// Standard output contains each of these.
    #[track_caller]
    pub(crate) fn contains(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stdout.contains(part),
                "`{part}` is not in:\n{}\n{}",
                self.stdout,
                self.stderr
            );
        }
        self
    }

    /// Standard error contains this.
    #[track_caller]
    pub(crate) fn complains(self, part: &str) -> Self {
        assert!(
            self.stderr.contains(part),
            "`{part}` is not in:\n{}\n{}",
            self.stderr,
            self.stdout
        );
        self
    }
}

/// The real runner. The tests of the full-screen views, in a package of their own, find it beside theirs.
pub(crate) fn runner_program() -> PathBuf {
    option_env!("CARGO_BIN_EXE_xtask").map_or_else(
        || {
            let test = std::env::current_exe().expect("a test program has a place");
            let folder = test.ancestors().nth(2).expect("it lies in `debug/deps`");
            let runner = folder.join(format!("xtask{}", std::env::consts::EXE_SUFFIX));
            assert!(
                runner.is_file(),
                "the runner is not built: `cargo build -p xtask-screen -p xtask` comes first"
            );
            runner
        },
        PathBuf::from,
    )
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn this_workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file())
        .expect("the package lies in the workspace")
        .to_path_buf()
}

/// The search path with a `cargo mutants` before everything else that finds what `mutants.json` says.
fn path_with_stand_in() -> OsString {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        // A folder of its own for each test program: they run side by side.
        let name = std::env::current_exe().expect("a test program has a place");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.file_stem().expect("a name"));
        fs::create_dir_all(&folder).expect("a folder");
        let source = folder.join("mutants.rs");
        fs::write(&source, STAND_IN).expect("a file");
        let program = folder.join(format!("cargo-mutants{}", std::env::consts::EXE_SUFFIX));
        let built = Command::new("rustc")
            .arg(&source)
            .arg("-o")
            .arg(program)
            .status()
            .expect("rustc starts");
        assert!(built.success());
        folder
    });
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    // Cargo looks in its own folder first, unless the path names that.
    let own = cargo_home.map(|home| home.join("bin"));
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let all = [folder.clone()]
        .into_iter()
        .chain(own)
        .chain(std::env::split_paths(&usual));
    std::env::join_paths(all).expect("a search path")
}

const STAND_IN: &str = r#"fn main() {
    if std::env::args().any(|word| word == "--version") {
        println!("cargo-mutants 27.1.0");
    } else {
        print!("{}", std::fs::read_to_string("mutants.json").unwrap());
    }
}
"#;

/// A version of its own for each test. Cargo names what it builds by package and version, not by the workspace's place, so
/// two tests would write over each other's programs in the target folder that they share.
fn version() -> String {
    let mut hasher = DefaultHasher::new();
    std::thread::current().name().hash(&mut hasher);
    format!("0.1.{}", hasher.finish())
}

fn lesson(
    scratch: &Scratch,
    package: &str,
    library: &str,
    manifest: &str,
    steps: &[&str],
    checks: &str,
) {
    let version = version();
    let modules: String = steps
        .iter()
        .map(|step| format!("pub mod {step};\n"))
        .collect();
    for (side, name, library) in [
        ("exercises", package.to_owned(), library.to_owned()),
        (
            "solutions",
            format!("{package}-solution"),
            format!("{library}_solution"),
        ),
    ] {
        scratch.write(
            &format!("{side}/{package}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n\n[lib]\nname = \"{library}\"\n\
                 doctest = false\n\n[dev-dependencies]\ndlkit-harness.workspace = true\n\n[[test]]\nname = \"checks\"\n\
                 harness = false\n\n[lints.rust]\nunused = \"allow\"\n"
            ),
        );
        scratch.write(
            &format!("{side}/{package}/src/lib.rs"),
            &format!("//! A lesson.\n\n{modules}"),
        );
    }
    scratch.write(&format!("exercises/{package}/lesson.toml"), manifest);
    scratch.write(&format!("exercises/{package}/tests/checks.rs"), checks);
    scratch.write(
        &format!("solutions/{package}/tests/checks.rs"),
        &format!(
            "extern crate {library}_solution as {library};\n#[path = \"../../../exercises/{package}/tests/checks.rs\"]\n\
             mod checks;\nfn main() -> std::process::ExitCode {{\n    checks::main()\n}}\n"
        ),
    );
    let titles = manifest.split("[[step]]").skip(1).filter_map(|step| {
        let title = step.split_once("title = \"")?.1;
        title.split('"').next()
    });
    let readme: String = (1..)
        .zip(titles)
        .map(|(number, title)| format!("## {number} — {title}\n"))
        .collect();
    scratch.write(&format!("exercises/{package}/README.md"), &readme);
    scratch.write(
        &format!("solutions/{package}/COVERAGE.md"),
        "| row | where |\n|---|---|\n| 1–49, 59–82 | step 1 |\n",
    );
}

const LESSON1: &str = r#"
name = "lesson1"
title = "Sums and squares"
summary = "Arithmetic, to try the runner on."

[[step]]
file = "step1_sum.rs"
title = "Add"
minutes = 5
learned = "A sum adds."
hints = ["Think of plus.", "Write a + b."]
predict = { question = "What is 1 + 2?", answer = "It is 3." }

[[step]]
file = "step2_square.rs"
title = "Square"
minutes = 5
learned = "A square multiplies."
hints = ["Think of times.", "Write x * x."]
predict = { question = "What is 3 squared?", answer = "It is 9." }

[[model]]
name = "plain"
summary = "nothing to train"
"#;

const CHECKS1: &str = r#"//! The checks of lesson 1.

mod step1_sum {
    use dlkit_harness::{Failure, Verdict, ensure};
    use lesson1::step1_sum::*;

    pub fn adds() -> Verdict {
        println!("adding");
        let got = sum(1.0, 2.0);
        if got == 2.0 {
            return Err(Failure::new("sum(1, 2) is 2, but 3 was due.").diagnosed("product"));
        }
        ensure!(got == 3.0, "sum(1, 2) is {got}, but 3 was due.");
        Ok(())
    }

    pub fn adds_negative_numbers() -> Verdict {
        ensure!(sum(-1.0, -2.0) == -3.0, "sum(-1, -2) is not -3.");
        Ok(())
    }
}

mod step2_square {
    use dlkit_harness::{Verdict, ensure};
    use lesson1::step2_square::*;

    pub fn squares() -> Verdict {
        let got = square(3.0);
        ensure!(got == 9.0, "square(3) is {got}, but 9 was due.");
        Ok(())
    }
}

dlkit_harness::checks! {
    step1_sum: adds, adds_negative_numbers;
    step2_square: squares;
}
"#;

const SUM: &str = "//! Step 1 — add.\n\n/// The sum.\npub fn sum(a: f64, b: f64) -> f64 {\n    // solution: Add the two numbers.\n    \
    a + b\n    // end solution\n}\n";

const SQUARE: &str = "//! Step 2 — square.\n\n/// The square.\npub fn square(x: f64) -> f64 {\n    // solution: Multiply the number \
    by itself.\n    x * x\n    // end solution\n}\n";

const LESSON2: &str = r#"
name = "lesson2"
title = "Wild code"
summary = "Every way to end badly."
limits = { seconds = 1, memory_mib = 200, output_kib = 64 }

[[step]]
file = "step1_wild.rs"
title = "Wild"
# On a busy machine it takes a while to fill 200 MiB.
checks = { eats_memory = { seconds = 30 } }

[[step]]
file = "step2_tame.rs"
title = "Tame"
"#;

const CHECKS2: &str = r#"//! The checks of lesson 2: each lets the code do one thing.

mod step1_wild {
    use dlkit_harness::{Verdict, fail};
    use lesson2::step1_wild::*;

    pub fn passes() -> Verdict { Ok(()) }
    pub fn fails() -> Verdict { fail!("not right") }
    pub fn is_open() -> Verdict { write_me(); Ok(()) }
    pub fn panics() -> Verdict { index(3); Ok(()) }
    pub fn hangs() -> Verdict { hang(); Ok(()) }
    pub fn hangs_deaf_to_requests() -> Verdict { hang_with_a_thread(); Ok(()) }
    pub fn eats_memory() -> Verdict { eat(); Ok(()) }
    pub fn allocates_at_once() -> Verdict { allocate(); Ok(()) }
    pub fn prints_without_end() -> Verdict { print(); Ok(()) }
    pub fn exits() -> Verdict { std::process::exit(0) }
    pub fn exits_after_forging() -> Verdict { forge_on_stdout(); std::process::exit(0) }
    pub fn forges_everywhere() -> Verdict { forge_everywhere(); std::process::exit(0) }
    pub fn fails_after_forging() -> Verdict { forge_everywhere(); fail!("the truth") }
    pub fn aborts() -> Verdict { std::process::abort() }
    pub fn overflows_the_stack() -> Verdict { overflow(1); Ok(()) }
    pub fn reads_where_it_must_not() -> Verdict { segfault(); Ok(()) }
    pub fn leaves_a_process_behind() -> Verdict { leave_a_process(); Ok(()) }
    pub fn leaves_a_thread_behind() -> Verdict { leave_a_thread(); Ok(()) }
}

mod step2_tame {
    use dlkit_harness::{Failure, Verdict};

    pub fn passes() -> Verdict {
        if lesson2::step2_tame::tame() == 1 {
            return Ok(());
        }
        let Some(path) = dlkit_harness::harness::picture_path() else {
            return Err(Failure::new("nobody asked for a picture"));
        };
        let png = std::path::PathBuf::from(format!("{}.png", path.display()));
        std::fs::create_dir_all(png.parent().unwrap())?;
        std::fs::write(&png, "a picture")?;
        Err(Failure::new("look at this").pictured(png))
    }
}

dlkit_harness::checks! {
    step1_wild: passes, fails, is_open, panics, hangs, hangs_deaf_to_requests, eats_memory, allocates_at_once,
        prints_without_end, exits, exits_after_forging, forges_everywhere, fails_after_forging, aborts,
        overflows_the_stack, reads_where_it_must_not, leaves_a_process_behind, leaves_a_thread_behind;
    step2_tame: passes;
}
"#;

const LESSON3: &str = r#"
name = "lesson3"
title = "Faults"
summary = "What could outlive a check."
limits = { seconds = 20, memory_mib = 64, output_kib = 16 }

[[step]]
file = "step1_faults.rs"
title = "Faults"
checks = { only_a_copy_answers = { seconds = 0.2 }, is_deaf = { seconds = 0.2 }, stops = { seconds = 0.2 }, rests = { seconds = 0.2 } }

[[step]]
file = "step2_rest.rs"
title = "Rest"

[[step]]
file = "step3_deaf.rs"
title = "Deaf"
"#;
