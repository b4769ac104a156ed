//! Everything in plain text, for who prints it: the pages, with all that is revealed on them.

use ratatui::text::Line;

use super::book::Book;
use super::markdown::{Block, lines, read};

const WIDTH: usize = 78;

/// The lesson on paper.
pub(crate) fn text(book: &Book) -> String {
    let mut text = format!("{} — {}\n\n", book.name, book.title);
    text += &set(&read(&book.summary), 0);
    for (index, chapter) in book.chapters.iter().enumerate() {
        let heading = format!(
            "Step {} — {}, about {} min",
            index + 1,
            chapter.title,
            chapter.minutes
        );
        text += &format!("\n\n{heading}\n{}\n\n", "=".repeat(heading.chars().count()));
        text += &set(&chapter.subtitle, 0);
        if let Some((question, _)) = &chapter.predict {
            text += "PREDICT\n\n";
            text += &set(&read(question), 2);
        }
        for page in &chapter.idea {
            text += &set(page, 0);
        }
        if let Some((_, answer)) = &chapter.predict {
            text += "ANSWER\n\n";
            text += &set(&read(answer), 2);
        }
        text += &format!("EXERCISE  {}\n\n", chapter.file);
        text += &set(&chapter.write, 2);
        for (index, hint) in chapter.hints.iter().enumerate() {
            text += &format!("HINT {}\n\n", index + 1);
            text += &set(&read(hint), 2);
        }
        text += "SOLUTION\n\n";
        for item in &chapter.items {
            for line in item.iter().flat_map(|part| part.text.lines()) {
                text += format!("  {line}").trim_end();
                text.push('\n');
            }
            text.push('\n');
        }
        if !chapter.learned.is_empty() {
            text += "LEARNED\n\n";
            text += &set(&read(&chapter.learned), 2);
        }
    }
    text
}

fn set(blocks: &[Block], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut text = String::new();
    for block in blocks {
        for line in lines(block, WIDTH - indent) {
            text += format!("{margin}{}", plain(&line)).trim_end();
            text.push('\n');
        }
        if let Block::Figure { file, .. } = block {
            text += &format!("{margin}  {file}\n");
        }
        text.push('\n');
    }
    text
}

fn plain(line: &Line<'_>) -> String {
    line.spans.iter().map(|span| &*span.content).collect()
}
