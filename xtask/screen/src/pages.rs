//! The words of each page.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::{App, Stage};
use crate::list::time;
use crate::text::{ACT, BOLD, FAINT, GOOD, OPEN, PLAIN, coloured, padded};

/// The verdict; before there is one, the step and how far the build is. Above it, what has become of the file.
pub(crate) fn verdict(app: &App, width: usize) -> Vec<Line<'static>> {
    let loss = app
        .loss()
        .map(|loss| Line::styled(format!("  {loss}"), OPEN));
    let above = loss.into_iter().flat_map(|loss| [loss, Line::raw("")]);
    above.chain(judged(app, width)).collect()
}

fn judged(app: &App, width: usize) -> Vec<Line<'static>> {
    if app.verdict.is_empty() {
        return beginning(app, width);
    }
    let mut lines = coloured(app.verdict.trim_end());
    // The lines above the page have said that much.
    let heading = format!("Step {} — ", app.step);
    if !app.all && lines.len() > 1 && lines[0].to_string().contains(&heading) {
        lines.remove(0);
        if lines[0].to_string().trim().is_empty() {
            lines.remove(0);
        }
    }
    // Of all steps the open one comes first, and after it those that pass: a line each, because there is something to do.
    let opens = |line: &Line<'_>| line.to_string().starts_with(['✗', '○']);
    if let Some(open) = lines.iter().position(opens).filter(|_| app.all) {
        let passed = lines
            .drain(..open)
            .filter(|line| line.to_string().starts_with('✓'));
        let passed: Vec<Line<'_>> = passed.collect();
        lines.push(Line::raw(""));
        lines.extend(passed);
    }
    if app.stage != Stage::Idle {
        // It is out of date, but still worth a look.
        for line in &mut lines {
            line.style = line.style.patch(FAINT);
            for span in &mut line.spans {
                span.style = FAINT;
            }
        }
        return lines;
    }
    lines.push(Line::raw(""));
    if app.step_passes() {
        lines.extend(what_is_next(app));
    } else if app.offers_a_hint() {
        lines.push(Line::from(vec![
            Span::raw("  Stuck? "),
            Span::styled("h", BOLD),
            Span::raw(" shows a hint."),
        ]));
    }
    lines
}

/// What a student sees while the first check is built, which may take minutes.
fn beginning(app: &App, width: usize) -> Vec<Line<'static>> {
    let step = app.lesson.step(app.step);
    let mut lines = vec![
        Line::styled(format!("Step {} — {}", app.step, step.title), BOLD),
        Line::styled(format!("  {}", app.file()), ACT),
        Line::raw(""),
    ];
    let long = app.since.elapsed().as_secs() >= 3;
    if let Some(building) = Building::read(&app.words).filter(|_| app.stage == Stage::Building) {
        let mut line = vec![Span::raw("  ")];
        let bar = width.saturating_sub(20).min(40);
        line.extend(gauge(building.done, building.total, bar));
        line.push(Span::styled(
            format!(" {} of {}", building.done, building.total),
            FAINT,
        ));
        lines.push(Line::from(line));
        lines.push(Line::styled(format!("  {}", building.names), FAINT));
        lines.push(Line::raw(""));
    } else if long && app.stage == Stage::Building && !app.words.is_empty() {
        lines.push(Line::styled(format!("  {}", app.words), FAINT));
        lines.push(Line::raw(""));
    }
    if long && app.stage == Stage::Building {
        let words = "  The first build takes some minutes. Later ones take a moment.";
        lines.push(Line::raw(words));
        lines.push(Line::raw(""));
        if let Some(predict) = &step.predict {
            lines.push(Line::styled("  Predict first", BOLD));
            lines.push(Line::raw(format!("  {}", predict.question)));
        }
    }
    lines
}

/// What is waited for, when that is what the last line says.
pub(crate) fn waits(line: &str) -> Option<&str> {
    let line = line.strip_prefix("note: ").unwrap_or(line);
    let begins = ["Waiting ", "Blocking "];
    begins
        .iter()
        .any(|begin| line.starts_with(begin))
        .then_some(line)
}

/// How far Cargo says that it is: `Building [=> ] 12/200: candle-core, gemm`.
pub(crate) struct Building {
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// What is being compiled.
    pub(crate) names: String,
}

impl Building {
    /// Reads a line of Cargo's; `None` when it is another one.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("Building")?;
        let (_, counts) = rest.rsplit_once(']')?;
        let (counts, names) = counts.split_once(':').unwrap_or((counts, ""));
        let (done, total) = counts.trim().split_once('/')?;
        let (done, total) = (done.parse().ok()?, total.parse().ok()?);
        (done <= total && total > 0).then(|| Self {
            done,
            total,
            names: names.trim().to_owned(),
        })
    }
}

/// A bar of so many columns, filled as far as it is done.
pub(crate) fn gauge(done: usize, total: usize, width: usize) -> Vec<Span<'static>> {
    let full = (width * done).checked_div(total).unwrap_or(0).min(width);
    vec![
        Span::styled("━".repeat(full), GOOD),
        Span::styled("━".repeat(width - full), FAINT),
    ]
}

fn what_is_next(app: &App) -> Vec<Line<'static>> {
    let key = Span::styled("n", BOLD);
    let mut line = vec![Span::raw("  "), key];
    let steps = app.lesson.manifest.steps.len();
    if app.step < steps {
        let next = app.lesson.step(app.step + 1);
        line.push(Span::raw(" goes on to step "));
        line.push(Span::styled(
            format!("{} — {}", app.step + 1, next.title),
            BOLD,
        ));
        if next.minutes > 0 {
            line.push(Span::styled(
                format!(" · about {} min", next.minutes),
                FAINT,
            ));
        }
    } else {
        match app.progress.first_open_step(&app.lesson) {
            None => line.push(Span::raw(format!(
                " shows what you have built: that was the last step of {}.",
                app.lesson.name()
            ))),
            Some(open) => line.push(Span::raw(format!(
                " goes to step {open}, which is still open."
            ))),
        }
    }
    vec![Line::from(line)]
}

/// The hints that were shown so far, the last one first in the eye.
pub(crate) fn hints(app: &App) -> Vec<Line<'static>> {
    let step = app.lesson.step(app.step);
    let levels = step.hints.len();
    let shown = app.progress.hints_shown(&app.lesson, app.step).min(levels);
    let mut lines = vec![
        Line::styled(format!("Hint {shown} of {levels}"), BOLD),
        Line::raw(""),
    ];
    for (index, hint) in step.hints.iter().take(shown).enumerate() {
        let style = if index + 1 == shown { PLAIN } else { FAINT };
        let words = hint
            .lines()
            .map(|line| Line::styled(format!("  {line}"), style));
        lines.extend(words);
        lines.push(Line::raw(""));
    }
    lines.push(if shown < levels {
        Line::from(vec![
            Span::raw("  "),
            Span::styled("h", BOLD),
            Span::styled(" shows one more.", FAINT),
        ])
    } else {
        Line::styled("  That was the last one.", FAINT)
    });
    lines
}

/// What was built in the lesson.
pub(crate) fn finish(app: &App, width: usize) -> Vec<Line<'static>> {
    let lesson = &app.lesson;
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("✓ {} is done", lesson.name()), GOOD),
            Span::raw(" — "),
            Span::styled(lesson.manifest.title.clone(), BOLD),
        ]),
        Line::raw(""),
    ];
    let (mut spent, mut planned) = (0, 0);
    for (number, step) in lesson.steps() {
        let minutes = app.progress.minutes(lesson, number);
        spent += minutes;
        planned += step.minutes;
        let room = width.saturating_sub(22);
        lines.push(Line::from(vec![
            Span::styled("  ✓ ", GOOD),
            Span::raw(format!("{number:>2} ")),
            Span::styled(padded(&step.title, room), BOLD),
            Span::styled(time(minutes, step.minutes), FAINT),
        ]));
        if !step.learned.is_empty() {
            lines.push(Line::raw(format!("       {}", step.learned)));
        }
    }
    lines.push(Line::raw(""));
    if spent > 0 {
        lines.push(Line::raw(format!(
            "  {spent} minutes, planned were about {planned}."
        )));
    }
    if !lesson.manifest.models.is_empty() {
        lines.push(Line::from(vec![
            Span::raw("  Train it for real: "),
            Span::styled(format!("cargo xtask run {}", lesson.name()), ACT),
        ]));
    }
    for (key, words) in [
        ("n", "goes on to the next lesson"),
        (
            "o",
            "opens the whole lesson on a page, with its curves and figures",
        ),
        ("v", "shows the pictures that training has drawn"),
    ] {
        lines.push(Line::from(vec![
            Span::raw("  "),
            Span::styled(key, BOLD),
            Span::raw(format!(" {words}")),
        ]));
    }
    lines
}

/// All keys.
pub(crate) fn help() -> Vec<Line<'static>> {
    const KEYS: [(&str, &str); 16] = [
        (
            "e, Enter",
            "your editor ($VISUAL, $EDITOR) at the line that the verdict names",
        ),
        ("h", "the next hint, from a nudge to nearly the code"),
        ("n, p", "the next and the previous step"),
        ("r", "check again"),
        ("a", "check all steps, up to the first that does not pass"),
        (
            "v",
            "pictures: the verdict's, and those that `cargo xtask run` drew",
        ),
        (
            "o",
            "the picture, or a finished lesson's page, in a window of its own",
        ),
        ("s", "the reference beside yours, once yours passes"),
        ("l", "all lessons and steps, to choose from"),
        ("x", "start the step afresh; your version is kept"),
        ("↑ ↓, j k", "scroll; also Space, PgUp, PgDn, Home and End"),
        ("← →", "the compiler's long lines, from another column on"),
        ("Esc", "back to the verdict"),
        ("Ctrl-Z", "to the shell; `fg` comes back"),
        ("Ctrl-L", "draw the screen anew"),
        ("q, Ctrl-C", "quit"),
    ];
    let words = KEYS.into_iter().map(|(key, meaning)| {
        Line::from(vec![
            Span::styled(format!("{key:>10}  "), BOLD),
            Span::raw(meaning),
        ])
    });
    let first = "Save a step's file and it is checked. The step whose file you save is the one that is shown.";
    [Line::raw(first), Line::raw("")]
        .into_iter()
        .chain(words)
        .collect()
}

/// "Really?"
pub(crate) fn confirm_reset(app: &App) -> Vec<Line<'static>> {
    let step = app.lesson.step(app.step);
    let key = |key: &'static str, words: &'static str, style: Style| {
        Line::from(vec![
            Span::raw("  "),
            Span::styled(key, BOLD),
            Span::styled(words, style),
        ])
    };
    vec![
        Line::styled(
            format!("Start step {} — {} — afresh?", app.step, step.title),
            BOLD,
        ),
        Line::raw(""),
        Line::raw("  Your version is kept as a backup, and you are told its name."),
        Line::raw(""),
        key("y", " starts afresh", PLAIN),
        key("any other key", " leaves everything as it is", FAINT),
    ]
}
