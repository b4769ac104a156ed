//! `cargo xtask`: the workshop's runner. The documented enum below is the help text.
//!
//! A library, so that the full-screen views (`xtask/screen`) can read lessons and progress as the runner does.

mod advice;
mod backup;
mod batch;
mod beside;
mod blame;
mod broken;
pub mod calendar;
pub mod commands;
mod compile;
mod coverage;
mod diagnostics;
pub mod events;
mod examine;
mod figures;
mod finish;
mod help;
mod interrupt;
mod judge;
pub mod lesson;
mod links;
mod live;
mod mistakes;
mod mutants;
pub mod outcome;
mod patience;
mod platform;
mod play;
pub mod progress;
mod quick;
mod rebuild;
mod report;
pub mod select;
mod signatures;
mod slow;
mod streams;
pub mod strip;
pub mod style;
mod turn;
mod update;
mod variants;
mod waiting;
pub mod workspace;

use std::process::ExitCode;

use clap::{Args, FromArgMatches, Parser, Subcommand};

pub use crate::report::words as words_for;
use crate::workspace::Workspace;

/// Learn deep learning by writing it: check a lesson, take a hint, train its model.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_version_flag = true
)]
#[command(
    after_help = "Examples:\n  cargo xtask                    where you left off, and how to go on\n  \
    cargo xtask check lesson1      your first verdict\n  \
    cargo xtask check --help       all about a command\n\n\
    Exit codes: 0 all passed, 1 a check failed, 2 wrong use or a broken workspace."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

// Each command shows examples, in lines of at most 80 columns: the tests of `help` look. An argument called `lesson` or `step` is
// completed with the names of lessons and steps.
#[derive(Subcommand)]
enum Command {
    /// Show the lessons, their steps and what is done
    ///
    /// Without a name: all lessons; in a lesson's own folder, that one.
    #[command(
        after_help = "Examples:\n  cargo xtask list            all lessons\n  cargo xtask list lesson3    one, with its steps"
    )]
    List {
        /// Only this lesson, with its steps: lesson3 or 3; `all` is every lesson
        lesson: Option<String>,
    },
    /// Check your code and say what is wrong with it
    ///
    /// Without a name: where you left off; in a lesson's own folder, that lesson. Stops at the first step that does not pass.
    #[command(
        after_help = "Examples:\n  cargo xtask check lesson1          the first step that does not pass\n  \
        cargo xtask check lesson1.2        one step\n  cargo xtask check                  where you left off\n  \
        cargo xtask check --all            every lesson, a line each\n  \
        cargo xtask check 3 --all --json   one object, for a program to read\n  \
        cargo xtask check --slow 3         with three times the time (or XTASK_SLOW=3)"
    )]
    Check(commands::check::Options),
    /// Check on every save, in a full-screen view
    ///
    /// Without a name: where you left off; in a lesson's own folder, that lesson. Shows the verdict, the steps, hints and pictures. `?` shows the keys. Without a terminal: each verdict in plain lines.
    #[command(
        after_help = "Examples:\n  cargo xtask watch            where you left off\n  cargo xtask watch lesson3.2\n  \
        cargo xtask watch --poll     where the system tells of no saves (WSL)"
    )]
    Watch {
        /// The lesson or the step: lesson3, 3, lesson3.2
        lesson: Option<String>,
        /// Look for saves every quarter of a second
        #[arg(long)]
        poll: bool,
        #[command(flatten)]
        slow: slow::Slow,
    },
    /// Show a lesson to a class, in a full-screen view
    ///
    /// Step by step: the idea, the prediction, the exercise, hints and the reference revealed on a key, the check run live, and a
    /// clock beside the planned minutes. `?` shows the keys. Goes on where you left it. Nothing is written into anybody's
    /// progress. Without a terminal: everything in plain text, to print.
    #[command(
        after_help = "Examples:\n  cargo xtask present lesson3              where you left it\n  \
        cargo xtask present lesson3.4            from step 4 on\n  \
        cargo xtask present lesson3 --restart    from the cover on\n  \
        cargo xtask present lesson3 > notes.txt  all of it in plain text"
    )]
    Present(commands::present::Options),
    /// Show the next, more revealing hint for a step
    ///
    /// Without a name: for the step you are at; in a lesson's own folder, for that lesson's.
    #[command(
        after_help = "Examples:\n  cargo xtask hint lesson1.2           one more than last time\n  \
        cargo xtask hint                     for the step you are at\n  \
        cargo xtask hint lesson1.2 --again   those that you have seen"
    )]
    Hint(commands::hint::Options),
    /// Show the reference beside your code, once yours passes
    #[command(
        after_help = "Examples:\n  cargo xtask solution lesson1.2            once yours passes\n  cargo xtask solution lesson1.2 --reveal   at once"
    )]
    Solution {
        /// The step: lesson1.2; a lesson stands for all of its steps
        step: String,
        /// Show it even though your code does not pass yet
        #[arg(long)]
        reveal: bool,
    },
    /// Start a lesson or a step afresh; your code is kept as a backup
    #[command(
        after_help = "Examples:\n  cargo xtask reset lesson1.2    one step\n  cargo xtask reset lesson1      all of its steps"
    )]
    Reset {
        /// The lesson or the step: lesson1 or lesson1.2
        step: String,
    },
    /// Train a lesson's model for real
    ///
    /// Pictures and figures go to target/workshop/LESSON. DLKIT_DATA names a folder with real data, DLKIT_DEVICE chooses
    /// cpu, cuda or metal, DLKIT_THREADS the number of threads.
    #[command(
        after_help = "Examples:\n  cargo xtask run lesson1                     its main model, with your code\n  \
        cargo xtask run lesson3 --model drawn       another of its models\n  \
        cargo xtask run lesson3 --solution --all    every one, with the reference"
    )]
    Run(commands::run::Options),
    /// Time training: dlkit, and beside it PyTorch and Keras
    ///
    /// Builds dlkit for release (into target/bench) and times training steps of four models on one batch that stays the same:
    /// forward, loss, backward, update. BENCH_THREADS is the number of threads for all that are compared (2).
    #[command(
        after_help = "Examples:\n  cargo xtask bench                  the four workloads\n  \
        cargo xtask bench mlp --json       one, for a program to read\n  \
        cargo xtask bench --peers          in turn with PyTorch and Keras\n  \
        cargo xtask bench mlp --composed   without dlkit's own kernels\n  \
        cargo xtask bench fit --data DIR   `fit` on the real MNIST, all of it\n\n\
        Not a lesson's speed: those are built with the dev profile, which leaves your\n\
        own code unoptimised."
    )]
    Bench(commands::bench::Options),
    /// Show which data sets are here
    #[command(subcommand, after_help = "Examples:\n  cargo xtask data list")]
    Data(DataCommand),
    /// Get a newer version of the workshop; your code stays
    ///
    /// In a clone it fetches from where you cloned. What you have not touched is replaced, what you have written is merged with the new
    /// exercise, and your files are kept as they were under .workshop/backups. Renamed steps keep your code and progress. If it is interrupted, run it again.
    #[command(
        after_help = "Examples:\n  cargo xtask update --dry-run       what would happen\n  cargo xtask update\n  \
        cargo xtask update --from FOLDER   a newer copy: an unpacked archive, a stick\n\n\
        `git pull` refuses as soon as a new version touches a file that you have\nwritten in. \
        In a fork, call the workshop's own repository `upstream`:\n  git remote add upstream ADDRESS"
    )]
    Update(commands::update::Options),
    /// Look for what on this machine would get in the way
    ///
    /// Nothing is changed. Each finding names the command that mends it.
    #[command(after_help = "Examples:\n  cargo xtask doctor\n\n\
        Exit code 1 when something would keep a lesson from working.")]
    Doctor {
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Print a script that lets your shell complete `cargo xtask …`
    ///
    /// It completes commands, options, lessons and steps, and leaves Cargo's own completion as it is. On a terminal it says how to
    /// install it.
    #[command(
        after_help = "Examples:\n  cargo xtask completions              for your shell: how to install it\n  \
        cargo xtask completions bash > ~/.xtask-completions.bash\n  \
        cargo xtask completions zsh > ~/.xtask-completions.zsh\n  \
        cargo xtask completions fish > ~/.config/fish/conf.d/xtask.fish\n\n\
        bash and zsh: add `source ~/.xtask-completions.bash` (or .zsh) to ~/.bashrc\nor ~/.zshrc. powershell: append it to $PROFILE."
    )]
    Completions {
        /// The shell; without it, yours
        #[arg(value_enum)]
        shell: Option<commands::completions::Shell>,
    },
    /// For those who write lessons
    #[command(
        subcommand,
        after_help = "Examples:\n  cargo xtask author new lesson7-rnn    a lesson to begin with\n  \
        cargo xtask author strip lesson7      its exercise, from its solution\n  \
        cargo xtask author verify lesson7     is all of it sound?\n\n\
        CONTRIBUTING.md tells how a lesson is made."
    )]
    Author(AuthorCommand),
}

#[derive(Subcommand)]
enum DataCommand {
    /// Show each set, where it was found, and what to do where it was not
    #[command(
        after_help = "Examples:\n  cargo xtask data list\n  DLKIT_DATA=/media/stick/data cargo xtask data list"
    )]
    List,
}

#[derive(Subcommand)]
enum AuthorCommand {
    /// Make a lesson with one step that `author verify` calls sound
    #[command(
        after_help = "It shows every part that a lesson has: marks, checks that name a mistake, hints,\n\
        a prediction, variants, a model to train.\n\n\
        Examples:\n  cargo xtask author new lesson7-rnn\n  cargo xtask author new lesson7-rnn --title Memory --step hidden_state"
    )]
    New {
        /// Its number and what it is about: lesson7-rnn
        name: String,
        /// The lesson's title
        #[arg(long)]
        title: Option<String>,
        /// What the first step is called
        #[arg(long, default_value = "first")]
        step: String,
    },
    /// Add a step to the end of a lesson
    #[command(
        after_help = "Examples:\n  cargo xtask author new-step lesson7 hidden_state\n  \
        cargo xtask author new-step lesson7 hidden_state --title Memory"
    )]
    NewStep {
        /// The lesson
        lesson: String,
        /// What the step is called, without its number: it becomes a Rust module
        name: String,
        /// The step's title
        #[arg(long)]
        title: Option<String>,
    },
    /// Write the exercises from the solutions
    #[command(
        after_help = "Examples:\n  cargo xtask author strip\n  cargo xtask author strip lesson3"
    )]
    Strip(OneLesson),
    /// Prove that lessons are sound
    #[command(
        after_help = "Examples:\n  cargo xtask author verify\n  cargo xtask author verify lesson3"
    )]
    Verify(OneLesson),
    /// Play a lesson's typical mistakes, and show what each verdict says
    #[command(
        after_help = "Examples:\n  cargo xtask author mistakes lesson3\n  cargo xtask author mistakes lesson3.5\n\n\
        They lie in solutions/lessonN-…/mistakes/. `author verify` plays them too,\nwithout the verdicts."
    )]
    Mistakes {
        /// The lesson, or a step of it
        lesson: String,
    },
    /// Show which small changes of a solution no check sees
    #[command(
        after_help = "Examples:\n  cargo xtask author mutants\n  cargo xtask author mutants lesson3\n  cargo xtask author mutants lesson3.5\n\n\
        cargo-mutants finds the changes, in the parts that a student writes. Those that\nchange nothing are listed in \
        solutions/lessonN-…/mutants.toml, each with its\nreason. `author verify` plays them too."
    )]
    Mutants {
        /// Only this lesson, or a step of it
        lesson: Option<String>,
    },
    /// Show whether correct code that is written differently passes
    #[command(
        after_help = "Examples:\n  cargo xtask author variants\n  cargo xtask author variants lesson3\n\n\
        It lies in solutions/lessonN-…/variants/. `author verify` plays it too."
    )]
    Variants(OneLesson),
}

/// Which lesson an author means.
#[derive(Args)]
struct OneLesson {
    /// Only this lesson
    lesson: Option<String>,
}

/// Does what the process's arguments ask for.
#[must_use]
pub fn main() -> ExitCode {
    // `main` returns the code so that destructors run; clap itself exits with 2 on wrong use and 0 on `--help`.
    let cli =
        Cli::from_arg_matches(&help::command().get_matches()).unwrap_or_else(|error| error.exit());
    end_quietly_when_nobody_reads();
    let done = Workspace::find().and_then(|workspace| match cli.command {
        Some(command) => dispatch(command, &workspace),
        None => help::greet(&workspace),
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            style::complain(&error);
            ExitCode::from(2)
        }
    }
}

/// `cargo xtask list | head` is no failure: `println!` panics when the reader has gone, and that panic says nothing.
fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let words = info
            .payload()
            .downcast_ref::<String>()
            .map_or("", String::as_str);
        if words.starts_with("failed printing to") && words.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(info);
    }));
}

fn dispatch(command: Command, workspace: &Workspace) -> anyhow::Result<ExitCode> {
    interrupt::install()?;
    if update::unfinished(workspace)
        && !matches!(command, Command::Update(_) | Command::Doctor { .. })
    {
        anyhow::bail!("An update was interrupted. Finish it first: cargo xtask update");
    }
    slow::take_from_environment()?;
    // Each of these writes exercises, or plays in one folder.
    let _turn = matches!(command, Command::Author(_)).then(|| turn::take(workspace, "author"));
    match command {
        Command::List { lesson } => commands::list::run(workspace, lesson.as_deref()),
        Command::Check(options) => commands::check::run(workspace, &options),
        Command::Watch { lesson, poll, slow } => {
            slow.take_effect();
            commands::watch::run(workspace, lesson.as_deref(), poll)
        }
        Command::Hint(options) => commands::hint::run(workspace, &options),
        Command::Present(options) => commands::present::run(workspace, &options),
        Command::Solution { step, reveal } => commands::solution::run(workspace, &step, reveal),
        Command::Reset { step } => commands::reset::run(workspace, &step),
        Command::Run(options) => commands::run::run(workspace, &options),
        Command::Bench(options) => commands::bench::run(workspace, &options),
        Command::Data(DataCommand::List) => commands::data::list(workspace),
        Command::Update(options) => commands::update::run(workspace, &options),
        Command::Doctor { json } => commands::doctor::run(workspace, json),
        Command::Author(AuthorCommand::New { name, title, step }) => {
            commands::author_new::lesson(workspace, &name, title.as_deref(), &step)
        }
        Command::Author(AuthorCommand::NewStep {
            lesson,
            name,
            title,
        }) => commands::author_new::step(workspace, &lesson, &name, title.as_deref()),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Author(AuthorCommand::Strip(only)) => {
            commands::author_strip::run(workspace, only.lesson.as_deref())
        }
        Command::Author(AuthorCommand::Verify(only)) => {
            commands::author_verify::run(workspace, only.lesson.as_deref())
        }
        Command::Author(AuthorCommand::Mistakes { lesson }) => {
            commands::author_mistakes::run(workspace, &lesson)
        }
        Command::Author(AuthorCommand::Mutants { lesson }) => {
            commands::author_mutants::run(workspace, lesson.as_deref())
        }
        Command::Author(AuthorCommand::Variants(only)) => {
            commands::author_variants::run(workspace, only.lesson.as_deref())
        }
    }
}
