//! A lesson's result in words for a person: the verdict first, the most useful thing first.

use std::fmt::Write;

use crate::lesson::{Lesson, Subject};
use crate::outcome::{CheckResult, LessonResult, Outcome, StepResult};
use crate::progress::Progress;
use crate::style::{ACT, BAD, BOLD, FAINT, GOOD, OPEN, count, paint, room, wrap};

/// Everything there is to tell after `check`.
pub(crate) struct Report<'a> {
    /// The lesson.
    pub(crate) lesson: &'a Lesson,
    /// Whose code.
    pub(crate) subject: Subject,
    /// What came of it.
    pub(crate) result: &'a LessonResult,
    /// Steps that pass now and did not before.
    pub(crate) news: &'a [usize],
    /// What is remembered, with this result.
    pub(crate) progress: &'a Progress,
    /// The one step that was asked for.
    pub(crate) asked: Option<usize>,
    /// What to say when the whole lesson passes.
    pub(crate) finished: &'a str,
}

/// After so many wrong tries of a step a hint is offered.
const TRIES: u32 = 2;

/// Lines of a student's own output that are shown.
const PRINTED_LINES: usize = 12;

impl Report<'_> {
    /// The whole report, with colour.
    pub(crate) fn text(&self) -> String {
        self.verdict() + &self.footer()
    }

    /// The report without what to type next, for a view that has keys.
    pub(crate) fn verdict(&self) -> String {
        let mut text = String::new();
        let steps = &self.result.steps;
        for step in steps.iter().filter(|step| step.passed) {
            if self.worth_telling(step) {
                text += &self.passed(step);
            } else if self.subject == Subject::Exercise {
                text += &format!("{}\n", heading(GOOD, "✓", step));
            }
        }
        if text.ends_with('\n') && !text.ends_with("\n\n") {
            text.push('\n');
        }
        let mut open = steps.iter().filter(|step| !step.passed && !step.skipped());
        if let Some(first) = open.next() {
            text += &self.open(first, true);
        }
        // After the first, what nobody has touched yet is only named.
        for step in open {
            let outcome = step.first_open().map(|check| check.outcome);
            text += &if outcome == Some(Outcome::NotStarted) {
                let written = paint(FAINT, words(Outcome::NotStarted));
                format!("{} {written}\n", heading(FAINT, "○", step))
            } else {
                self.open(step, false)
            };
        }
        if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
        text
    }

    fn worth_telling(&self, step: &StepResult) -> bool {
        self.asked == Some(step.step) || self.news.contains(&step.step)
    }

    fn passed(&self, result: &StepResult) -> String {
        let step = self.lesson.step(result.step);
        let seconds: f64 = result.checks.iter().map(|check| check.seconds).sum();
        let extent = format!("{}, {seconds:.2} s", count(result.checks.len(), "check"));
        let mut text = format!("{} {}\n", heading(GOOD, "✓", result), paint(FAINT, &extent));
        if !step.learned.is_empty() {
            text += &format!("{}\n", wrap(&step.learned, 2));
        }
        if let Some(predict) = step
            .predict
            .as_ref()
            // Of many steps at once nobody reads the questions: the lesson's page has them.
            .filter(|_| self.subject == Subject::Exercise && self.news.len() <= 2)
        {
            text += &format!("\n  {}\n", paint(BOLD, "Did you predict it?"));
            text += &format!("{}\n", paint(FAINT, &wrap(&predict.question, 2)));
            text += &format!("{}\n", wrap(&predict.answer, 2));
        }
        text + "\n"
    }

    /// A step that does not pass; `first` is the one to go on with.
    fn open(&self, result: &StepResult, first: bool) -> String {
        let Some(check) = result.first_open() else {
            return String::new();
        };
        let step = self.lesson.step(result.step);
        let (style, sign) = sign(check.outcome);
        let verdict = paint(style, words(check.outcome));
        let mut text = format!("{} {verdict}\n", heading(style, sign, result));
        text.push('\n');
        if check.outcome == Outcome::BuildFailed {
            // The compiler's own words, in its own colours and layout.
            text += check.printed.trim_end();
            text += "\n\n";
        } else {
            text += &told(check);
            if check.outcome == Outcome::NotStarted
                && result.checks.iter().all(|check| !check.passed)
                && self.subject == Subject::Exercise
            {
                let about = format!("exercises/{}/README.md", self.lesson.package);
                text += &format!(
                    "  {} {}\n",
                    paint(FAINT, "What it is about:"),
                    paint(ACT, &about)
                );
            }
            let others = result.checks.iter().filter(|other| !other.passed).count() - 1;
            let passing = result.checks.iter().filter(|other| other.passed).count();
            let mut counts = Vec::new();
            if passing > 0 {
                let verb = if passing == 1 { "passes" } else { "pass" };
                counts.push(format!("{} of this step {verb}", count(passing, "check")));
            }
            if others > 0 {
                counts.push(format!(
                    "{} to come after this one",
                    count(others, "more check")
                ));
            }
            if !counts.is_empty() {
                text += &format!("  {}\n", paint(FAINT, &format!("{}.", counts.join("; "))));
            }
            text.push('\n');
        }
        if let Some(predict) = step
            .predict
            .as_ref()
            .filter(|_| self.subject == Subject::Exercise && first)
            // Asked before there is something to run, and once more with the first wrong verdict; then it is in the way.
            .filter(|_| match check.outcome {
                Outcome::NotStarted => true,
                Outcome::BuildFailed => false,
                _ => self.progress.tries(self.lesson, result.step) <= 1,
            })
        {
            text += &format!(
                "  {}\n{}\n\n",
                paint(BOLD, "Predict first"),
                wrap(&predict.question, 2)
            );
        }
        text
    }

    fn footer(&self) -> String {
        let name = self.lesson.name();
        if self.subject == Subject::Solution {
            let passed = self.result.steps.iter().filter(|step| step.passed).count();
            return match self.result.steps.len() {
                asked if asked == passed => format!(
                    "The reference of {name} passes ({}).\n",
                    count(asked, "step")
                ),
                asked => format!("The reference of {name}: {passed} of {asked} steps pass.\n"),
            };
        }

        let mut text = totals(self.lesson, self.progress);
        let mut steps = self.result.steps.iter();
        if let Some(open) = steps.find(|step| !step.passed && !step.skipped()) {
            let step = format!("{name}.{}", open.step);
            let _ = writeln!(text, "Again:  {}", command(&format!("check {step}")));
            text += &self.help(open.step);
            return text;
        }
        match self.progress.first_open_step(self.lesson) {
            Some(next) => {
                let step = self.lesson.step(next);
                let _ = writeln!(
                    text,
                    "Next:   step {next} — {}{}",
                    step.title,
                    minutes(step.minutes)
                );
                let file = format!("exercises/{}/src/{}", self.lesson.package, step.file);
                let _ = writeln!(text, "        {}", paint(ACT, &file));
                let _ = writeln!(text, "        {}", command(&format!("check {name}.{next}")));
            }
            None => text += &format!("\n{}", self.finished),
        }
        text
    }

    /// What helps on, from the second wrong try: before that, thinking does.
    fn help(&self, number: usize) -> String {
        let step = format!("{}.{number}", self.lesson.name());
        let levels = self.lesson.step(number).hints.len();
        let shown = self.progress.hints_shown(self.lesson, number).min(levels);
        if shown == 0 && self.progress.tries(self.lesson, number) < TRIES {
            return String::new();
        }
        if shown < levels {
            let level = format!("({} of {levels})", shown + 1);
            return format!(
                "A hint: {}  {}\n",
                command(&format!("hint {step}")),
                paint(FAINT, &level)
            );
        }
        let mut text = String::new();
        if levels > 0 {
            let _ = writeln!(
                text,
                "Hints:  {}  {}",
                command(&format!("hint {step} --again")),
                paint(FAINT, "(you have seen them all)")
            );
        }
        let reveal = command(&format!("solution {step} --reveal"));
        text + &format!("Or see: {reveal}\n")
    }
}

/// The bar, how many steps pass, and how long they took.
pub(crate) fn totals(lesson: &Lesson, progress: &Progress) -> String {
    let total = lesson.manifest.steps.len();
    let done = lesson
        .steps()
        .filter(|(number, _)| progress.has_passed(lesson, *number))
        .count();
    let name = lesson.name();
    let mut words = format!("{name}: {done} of {total} steps");
    let (spent, planned) = times(lesson, progress);
    if spent > 0 && planned > 0 {
        words += &format!(" · {} of about {}", duration(spent), duration(planned));
    }
    format!("{}  {}\n", bar(done, total), paint(FAINT, &words))
}

/// Minutes spent on a lesson, and planned for it.
pub(crate) fn times(lesson: &Lesson, progress: &Progress) -> (u64, u64) {
    lesson
        .steps()
        .fold((0, 0), |(spent, planned), (number, step)| {
            (
                spent + progress.minutes(lesson, number),
                planned + u64::from(step.minutes),
            )
        })
}

/// `cargo xtask …`, as something to type.
pub(crate) fn command(words: &str) -> String {
    paint(ACT, &format!("cargo xtask {words}"))
}

/// `✗ Step 2 — Squash it`
fn heading(style: anstyle::Style, sign: &str, result: &StepResult) -> String {
    let step = format!("Step {}", result.step);
    format!(
        "{} {} — {} ",
        paint(style, sign),
        paint(style, &step),
        paint(BOLD, &result.title)
    )
}

/// A lesson's result in one line.
pub(crate) fn in_a_line(lesson: &Lesson, result: &LessonResult) -> String {
    let passed = result.steps.iter().filter(|step| step.passed).count();
    let steps = format!("{passed} of {}", count(lesson.manifest.steps.len(), "step"));
    let open = result
        .steps
        .iter()
        .find(|step| !step.passed && !step.skipped());
    let outcome = open.and_then(|step| Some((step, step.first_open()?.outcome)));
    match outcome {
        None => format!("{} {}  {steps}", paint(GOOD, "✓"), lesson.name()),
        Some((step, outcome)) => {
            let (style, sign) = sign(outcome);
            let what = format!("step {} — {}: {}", step.step, step.title, words(outcome));
            format!("{} {}  {steps}  {what}", paint(style, sign), lesson.name())
        }
    }
}

/// What stands before a step that does not pass.
fn sign(outcome: Outcome) -> (anstyle::Style, &'static str) {
    if outcome == Outcome::NotStarted {
        (OPEN, "○")
    } else {
        (BAD, "✗")
    }
}

/// The check, its message, the place to look at, and what the code printed.
fn told(check: &CheckResult) -> String {
    let function = check
        .name
        .rsplit("::")
        .next()
        .unwrap_or(&check.name)
        .replace('_', " ");
    let mut text = String::new();
    if check.outcome != Outcome::NotStarted {
        text += &format!("  {}\n", paint(FAINT, &format!("check: {function}")));
    }
    text += &format!("{}\n", wrap(&check.message, 2));
    if let Some(location) = &check.location {
        text += &format!("  {} {}\n", paint(ACT, "→"), paint(ACT, location));
    }
    if let Some(picture) = &check.picture {
        // A path that goes over the end of a line cannot be clicked.
        let fits = picture.len() + 11 <= room();
        let gap = if fits { " " } else { "\n  " };
        text += &format!(
            "  {}{gap}{}\n",
            paint(FAINT, "Picture:"),
            paint(ACT, picture)
        );
    }
    let printed = anstream::adapter::strip_str(&check.printed).to_string();
    if !printed.trim().is_empty() {
        text += &format!("\n  {}\n", paint(FAINT, "Your code printed:"));
        let lines: Vec<&str> = printed.trim_end().lines().collect();
        for line in lines.iter().take(PRINTED_LINES) {
            let line: String = line.chars().filter(|c| !c.is_control()).take(200).collect();
            text += &format!("  {} {line}\n", paint(FAINT, "│"));
        }
        if lines.len() > PRINTED_LINES {
            text += &format!(
                "  {}\n",
                paint(
                    FAINT,
                    &format!(
                        "│ … and {} more",
                        count(lines.len() - PRINTED_LINES, "line")
                    )
                )
            );
        }
        text.push('\n');
    }
    text
}

/// How an outcome is called in a heading.
pub fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passes",
        Outcome::Failed => "not yet right",
        Outcome::NotStarted => "to be written",
        Outcome::TimedOut => "takes too long",
        Outcome::OutOfMemory => "needs too much memory",
        Outcome::OutputLimit => "prints too much",
        Outcome::Exited => "ended the process",
        Outcome::Crashed => "crashed",
        Outcome::BuildFailed => "does not compile",
        Outcome::Skipped => "skipped",
    }
}

/// One piece a step: done in colour, the rest dimmed.
pub(crate) fn bar(done: usize, total: usize) -> String {
    let (full, rest) = ("━".repeat(done * 2), "━".repeat((total - done) * 2));
    format!("{}{}", paint(GOOD, &full), paint(FAINT, &rest))
}

/// ` · about 10 min`, or nothing when the lesson does not say.
pub(crate) fn minutes(minutes: u32) -> String {
    if minutes == 0 {
        String::new()
    } else {
        format!(" · about {}", duration(u64::from(minutes)))
    }
}

/// `35 min`, `2 h`, `2 h 5 min`.
pub(crate) fn duration(minutes: u64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
