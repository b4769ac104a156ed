//! `watch` without a terminal: one verdict after another, in plain lines, each with its time.

use std::sync::mpsc::Receiver;

use anyhow::Result;
use xtask::calendar::Moment;

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
    let now = Moment::now();
    let time = format!("{:02}:{:02}:{:02}", now.hour, now.minute, now.second);
    format!("{} {time} UTC", now.date())
}
