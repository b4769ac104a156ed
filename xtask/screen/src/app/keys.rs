//! What each key does.

use super::{Action, App, Page};
use crate::event::Key;

/// So many columns go by with a key.
const ASIDE: usize = 16;
/// No line of the compiler's is longer.
const MOST_ASIDE: usize = 10 * ASIDE;

impl App {
    pub(super) fn key(&mut self, key: Key) -> Vec<Action> {
        self.note = None;
        self.note_stays = false;
        if self.page == Page::ConfirmReset {
            self.turn_to(Page::Verdict);
            return if key == Key::Char('y') {
                vec![Action::Reset { step: self.step }]
            } else {
                Vec::new()
            };
        }
        if self.page == Page::List
            && let Some(actions) = self.key_in_list(key)
        {
            return actions;
        }
        match key {
            Key::Char('q') => return vec![Action::Quit],
            Key::Suspend | Key::Char('z') => return vec![Action::Suspend],
            Key::Redraw => return vec![Action::Redraw],
            Key::Char('h') => return self.hint(),
            Key::Char('n') => return self.next(),
            Key::Char('p') => return self.previous(),
            Key::Char('l') if self.page != Page::List => return vec![Action::List],
            Key::Char('s') => return self.ask_for_solution(),
            Key::Char('e') | Key::Enter => {
                let place = self.place();
                return vec![Action::Edit { place }];
            }
            Key::Char('v') if self.page != Page::Picture => return vec![Action::Pictures],
            Key::Char('o') => return self.open_picture(),
            Key::Left | Key::Right if self.page == Page::Picture => {
                let count = self.pictures.len();
                let by = if key == Key::Right { 1 } else { count - 1 };
                self.picture = (self.picture + by) % count;
            }
            Key::Left if self.page == Page::Verdict => {
                self.aside = self.aside.saturating_sub(ASIDE);
            }
            Key::Right if self.page == Page::Verdict => {
                self.aside = (self.aside + ASIDE).min(MOST_ASIDE);
            }
            Key::Char('a') => {
                self.turn_to(Page::Verdict);
                return self.check(true);
            }
            Key::Char('r') => {
                self.turn_to(Page::Verdict);
                return self.check(false);
            }
            Key::Char('x') => self.turn_to(Page::ConfirmReset),
            Key::Char('?') if self.page != Page::Help => self.turn_to(Page::Help),
            // The key that opened a page closes it, too.
            Key::Escape | Key::Char('l' | 'v' | '?') => self.turn_to(Page::Verdict),
            Key::Up | Key::Char('k') => self.scroll_by(-1),
            Key::Down | Key::Char('j') => self.scroll_by(1),
            Key::PageUp => self.scroll_by(1 - self.screenful()),
            Key::PageDown | Key::Char(' ') => self.scroll_by(self.screenful() - 1),
            Key::Home => self.scroll = 0,
            Key::End => self.scroll = self.scroll_most,
            Key::Char(_) | Key::Left | Key::Right => {}
        }
        Vec::new()
    }

    fn key_in_list(&mut self, key: Key) -> Option<Vec<Action>> {
        let screenful = self.screenful();
        match key {
            Key::Up | Key::Char('k') => self.list.step_by(-1),
            Key::Down | Key::Char('j') => self.list.step_by(1),
            Key::PageUp => self.list.step_by(1 - screenful),
            Key::PageDown | Key::Char(' ') => self.list.step_by(screenful - 1),
            Key::Home => self.list.step_by(isize::MIN),
            Key::End => self.list.step_by(isize::MAX),
            Key::Left => self.list.lesson_by(-1),
            Key::Right => self.list.lesson_by(1),
            Key::Enter => {
                let (package, step) = self.list.chosen()?;
                return Some(vec![Action::Lesson { package, step }]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn screenful(&self) -> isize {
        isize::try_from(self.rows).unwrap_or(1).max(2)
    }

    fn scroll_by(&mut self, by: isize) {
        let to = self.scroll.min(self.scroll_most).saturating_add_signed(by);
        self.scroll = to.min(self.scroll_most);
    }

    /// First what was shown before; then, on the page, one more.
    fn hint(&mut self) -> Vec<Action> {
        let levels = self.lesson.step(self.step).hints.len();
        let shown = self.progress.hints_shown(&self.lesson, self.step);
        let was_open = self.page == Page::Hint;
        if levels == 0 {
            self.note = Some(format!(
                "This step has no hints. Read its part of exercises/{}/README.md.",
                self.lesson.package
            ));
            return Vec::new();
        }
        self.turn_to(Page::Hint);
        if shown > 0 && !was_open {
            return Vec::new();
        }
        if shown >= levels {
            self.note = Some("That was the last hint.".into());
            return Vec::new();
        }
        vec![Action::Hints {
            step: self.step,
            shown: shown + 1,
        }]
    }

    /// The next step; after the last one what is still open; when nothing is, the lesson's end; and from there the next lesson.
    fn next(&mut self) -> Vec<Action> {
        if self.page == Page::Finish {
            return vec![Action::NextLesson];
        }
        if self.step < self.lesson.manifest.steps.len() {
            return self.look_at(self.step + 1);
        }
        match self.progress.first_open_step(&self.lesson) {
            None => {
                self.turn_to(Page::Finish);
                Vec::new()
            }
            Some(open) if open == self.step => {
                self.note = Some("This is the last step, and the only open one.".into());
                Vec::new()
            }
            Some(open) => {
                let actions = self.look_at(open);
                self.note = Some("That was the last step; this one is still open.".into());
                actions
            }
        }
    }

    fn previous(&mut self) -> Vec<Action> {
        if self.page == Page::Finish {
            self.turn_to(Page::Verdict);
            return Vec::new();
        }
        if self.step == 1 {
            self.note = Some("This is the first step.".into());
            return Vec::new();
        }
        self.look_at(self.step - 1)
    }

    fn ask_for_solution(&mut self) -> Vec<Action> {
        if self.page == Page::Solution {
            self.turn_to(Page::Verdict);
            return Vec::new();
        }
        if self.progress.has_passed(&self.lesson, self.step) {
            return vec![Action::Solution { step: self.step }];
        }
        self.note = Some("The reference is shown once yours passes. `h` gives a hint.".into());
        Vec::new()
    }

    /// The picture on the screen, or the verdict's.
    fn open_picture(&mut self) -> Vec<Action> {
        if self.page == Page::Finish {
            // Written by the check that passed last.
            let file = format!("target/workshop/{}/index.html", self.lesson.name());
            return vec![Action::Open { file }];
        }
        let on_the_screen = (self.page == Page::Picture)
            .then(|| self.pictures.get(self.picture).cloned())
            .flatten();
        let file = on_the_screen.or_else(|| self.picture_of_verdict().map(str::to_owned));
        if let Some(file) = file {
            return vec![Action::Open { file }];
        }
        self.note = Some("There is no picture of this verdict.".into());
        Vec::new()
    }
}
