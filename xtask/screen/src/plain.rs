//! `watch` without a terminal: one verdict after another, in plain lines, each with its time.

use std::sync::mpsc::Receiver;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::app::{Action, App};
use crate::checker::Checker;
use crate::event::Event;
use crate::text::{coloured, uncut};
use crate::watch::named;

/// How many columns the words may take.
const WIDTH: usize = 80;

/// Runs until somebody asks the process to end.
pub(crate) fn run(
    mut app: App,
    mut checker: Checker,
    events: &Receiver<Event>,
    mut actions: Vec<Action>,
) -> Result<()> {
    loop {
        for action in actions.drain(..) {
            match action {
                Action::Quit => return Ok(()),
                Action::Check { number, step } => {
                    app.verdict.clear();
                    checker.start(number, &[&named(&app, step)])?;
                }
                Action::Reload => app.progress.reload(),
                _ => {}
            }
        }
        let event = events.recv_timeout(app.patience()).unwrap_or(Event::Tick);
        let over = matches!(
            event,
            Event::Lost(..) | Event::Check(_, xtask::events::Event::Done { .. })
        );
        actions = app.take(event);
        if over && !app.verdict.is_empty() {
            let what = named(&app, (!app.all).then_some(app.step));
            println!("── {} ── {what}\n", now());
            if let Some(loss) = app.loss() {
                println!("{loss}\n");
            }
            for line in uncut(&coloured(app.verdict.trim_end()), WIDTH) {
                println!("{line}");
            }
            println!();
            app.verdict.clear();
        }
        if let Some(note) = app.note.take() {
            println!("{note}\n");
        }
    }
}

/// `2026-03-01 09:30:05 UTC`.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.unwrap_or_default().as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The date so many days after the first of January 1970.
fn date(mut days: u64) -> (u64, u64, u64) {
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_are_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(59), (1970, 3, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(11_017), (2000, 3, 1));
        assert_eq!(date(20_453), (2025, 12, 31));
    }
}
