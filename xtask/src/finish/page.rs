//! A lesson on a page: what was built, what was learned, the models with their curves, what is next. One file, with its pictures beside it;
//! it can be opened from the disk and needs nothing else.

use std::fmt::Write;

use crate::figures::{self, Figures, Picture};
use crate::lesson::{Lesson, Model, Step};
use crate::progress::Progress;
use crate::report::{duration, times};
use crate::workspace::Workspace;

/// The page.
pub(super) fn html(
    workspace: &Workspace,
    lesson: &Lesson,
    progress: &Progress,
    next: Option<&Lesson>,
) -> String {
    let manifest = &lesson.manifest;
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} — {}</title>\n<style>\n{}</style>\n</head>\n\
         <body>\n<main>\n<p class=\"faint\">{}</p>\n<h1>{}</h1>\n<p>{}</p>\n{}",
        escaped(lesson.name()),
        escaped(&manifest.title),
        include_str!("page.css"),
        escaped(lesson.name()),
        escaped(&manifest.title),
        text(&manifest.summary),
        facts(lesson, progress),
    );
    let is_done = progress.first_open_step(lesson).is_none();
    let heading = if is_done {
        "What you built"
    } else {
        "What you build"
    };
    let _ = writeln!(page, "<h2>{heading}</h2>\n<ol>");
    for (number, step) in lesson.steps() {
        page += &built(lesson, progress, number, step);
    }
    page += "</ol>\n";
    page += &section_of_models(workspace, lesson);
    page += "<h2>What is next</h2>\n";
    page += &match (progress.first_open_step(lesson), next) {
        (Some(step), _) => format!(
            "<p>Step {step} — {}: <code>cargo xtask check {}.{step}</code></p>\n",
            text(&lesson.step(step).title),
            escaped(lesson.name())
        ),
        (None, Some(next)) => format!(
            "<p><b>{} — {}</b></p>\n<p>{}</p>\n<p><code>cargo xtask check {}</code></p>\n",
            escaped(next.name()),
            text(&next.manifest.title),
            text(&next.manifest.summary),
            escaped(next.name())
        ),
        (None, None) => "<p>That was the last lesson. Take one of its models and make it better: <code>cargo xtask run</code> trains what you \
                         write.</p>\n"
            .to_owned(),
    };
    page + "</main>\n</body>\n</html>\n"
}

fn facts(lesson: &Lesson, progress: &Progress) -> String {
    let total = lesson.manifest.steps.len();
    let done = lesson
        .steps()
        .filter(|(number, _)| progress.has_passed(lesson, *number))
        .count();
    let (spent, planned) = times(lesson, progress);
    let mut facts = format!("<div class=\"facts\"><span><b>{done}</b> of {total} steps</span>");
    if spent > 0 {
        let _ = write!(facts, "<span><b>{}</b> of work</span>", duration(spent));
    }
    if planned > 0 {
        let _ = write!(
            facts,
            "<span>about <b>{}</b> planned</span>",
            duration(planned)
        );
    }
    facts + "</div>\n"
}

fn built(lesson: &Lesson, progress: &Progress, number: usize, step: &Step) -> String {
    let done = progress.has_passed(lesson, number);
    let spent = progress.minutes(lesson, number);
    // What was spent, and only for what is still to come what is planned.
    let time = match (done, spent, step.minutes) {
        (true, 0, _) => "–".to_owned(),
        (true, spent, _) => duration(spent),
        (false, _, 0) => String::new(),
        (false, _, planned) => format!("about {}", duration(u64::from(planned))),
    };
    let (class, sign) = if done {
        ("card", "✓")
    } else {
        ("card open", "○")
    };
    let mut card = format!(
        "<li class=\"{class}\"><div class=\"head\"><span class=\"number\">{sign} {number}</span><h3>{}</h3>\
         <span class=\"faint\">{time}</span></div>\n",
        text(&step.title)
    );
    if !done {
        // What is not done yet is not given away.
        return card + "</li>\n";
    }
    if !step.learned.is_empty() {
        let _ = writeln!(card, "<p>{}</p>", text(&step.learned));
    }
    if let Some(predict) = &step.predict {
        let _ = writeln!(
            card,
            "<details><summary>Did you predict it?</summary><p>{}</p><p>{}</p></details>",
            text(&predict.question),
            text(&predict.answer)
        );
    }
    let file = format!("exercises/{}/src/{}", lesson.package, step.file);
    let _ = writeln!(
        card,
        "<p class=\"faint\"><a href=\"../../../{}\"><code>{}</code></a></p></li>",
        escaped(&file),
        escaped(&step.file)
    );
    card
}

fn section_of_models(workspace: &Workspace, lesson: &Lesson) -> String {
    let models = &lesson.manifest.models;
    if models.is_empty() {
        return String::new();
    }
    let name = escaped(lesson.name());
    let mut section = "<h2>The models</h2>\n".to_owned();
    let folder = figures::folder(workspace, lesson);
    let Ok(figures) = Figures::read(workspace, lesson) else {
        return section
            + &format!(
                "<p>No model is trained yet. <code>cargo xtask run {name} --all</code> trains them with your code, and this page then shows \
                 their figures and curves.</p>\n"
            );
    };
    let _ = writeln!(
        section,
        "<p class=\"faint\">The last run, on {}.</p>",
        text(&figures.data)
    );
    section += "<div class=\"wide\"><table>\n<thead><tr><th>model</th><th>reached</th><th>cost</th><th>for comparison</th></tr></thead>\n<tbody>\n";
    for model in models {
        section += &row(lesson, model, &figures);
    }
    section += "</tbody></table></div>\n";
    for (model, pictures) in figures::pictures(&folder, models) {
        let summary = model
            .as_deref()
            .and_then(|name| models.iter().find(|model| model.name == name));
        let _ = writeln!(
            section,
            "<h3 style=\"margin-top: 1.8rem\">{}</h3>",
            model
                .as_deref()
                .map_or_else(|| "More pictures".to_owned(), escaped)
        );
        if let Some(model) = summary {
            let _ = writeln!(section, "<p class=\"faint\">{}</p>", text(&model.summary));
        }
        section += "<div class=\"pictures\">\n";
        for Picture { file, title } in pictures {
            let _ = writeln!(
                section,
                "<figure><a href=\"{0}\"><img src=\"{0}\" alt=\"{1}\" loading=\"lazy\"></a></figure>",
                escaped(&file),
                escaped(&title)
            );
        }
        section += "</div>\n";
    }
    section
}

fn row(lesson: &Lesson, model: &Model, figures: &Figures) -> String {
    let lines = |lines: Vec<String>| -> String {
        lines
            .iter()
            .map(|line| format!("<span>{}</span>", escaped(line)))
            .collect()
    };
    let (reached, cost) = match figures.of(model) {
        Some(figure) => {
            let scores = figure
                .scores()
                .map(|(name, score)| format!("{name} {score}"));
            (lines(scores.collect()), lines(figure.costs()))
        }
        None => (
            format!(
                "not in the last run: <code>cargo xtask run {} --model {}</code>",
                escaped(lesson.name()),
                escaped(&model.name)
            ),
            String::new(),
        ),
    };
    format!(
        "<tr><td><b>{}</b></td><td>{reached}</td><td>{cost}</td><td class=\"faint\">{}</td></tr>\n",
        escaped(&model.name),
        model.reference.as_deref().map(text).unwrap_or_default()
    )
}

/// Text for a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The same, with what stands between backticks as code.
fn text(words: &str) -> String {
    let mut html = String::new();
    for (index, part) in escaped(words).split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html += part;
        }
    }
    html
}
