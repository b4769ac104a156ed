//! What each key does.

use std::time::Instant;

use xtask::lesson::Subject;
use xtask::outcome::LessonResult;

use crate::app::Stage;
use crate::event::Key;

use super::book::Page;
use super::markdown::Block;
use super::show::{Action, Over, Show};

impl Show {
    pub(super) fn key(&mut self, key: Key, now: Instant) -> Vec<Action> {
        self.note = None;
        match key {
            Key::Char('q') => return vec![Action::Keep, Action::Quit],
            Key::Redraw => return vec![Action::Redraw],
            Key::Suspend => {
                self.clock.stop(now);
                return vec![Action::Keep, Action::Suspend];
            }
            Key::Char('?') => self.lay(Over::Help),
            Key::Char('t') => self.pause(now),
            Key::Char('T') => {
                let step = self.step();
                self.clock.forget(step, now);
                self.note = Some(format!("The clock of step {step} begins anew."));
            }
            _ => {
                return match self.over {
                    Some(Over::List(chosen)) => self.choose(chosen, key, now),
                    _ => self.page_key(key, now),
                };
            }
        }
        Vec::new()
    }

    fn lay(&mut self, over: Over) {
        // The key that laid it there takes it away again.
        self.over = (self.over != Some(over)).then_some(over);
        self.scroll = 0;
    }

    fn pause(&mut self, now: Instant) {
        self.paused = self.clock.runs();
        if self.paused {
            self.clock.stop(now);
        } else {
            self.clock.run(self.step(), now);
        }
    }

    fn choose(&mut self, chosen: usize, key: Key, now: Instant) -> Vec<Action> {
        let steps = self.book.chapters.len();
        match key {
            Key::Up | Key::Char('k') => self.over = Some(Over::List(chosen.max(2) - 1)),
            Key::Down | Key::Char('j') => self.over = Some(Over::List((chosen + 1).min(steps))),
            Key::Enter | Key::Char(' ') | Key::Right => return self.jump(chosen, now),
            Key::Char(digit) if digit.is_ascii_digit() => return self.page_key(key, now),
            _ => self.over = None,
        }
        Vec::new()
    }

    fn page_key(&mut self, key: Key, now: Instant) -> Vec<Action> {
        match key {
            Key::Right | Key::PageDown | Key::Char(' ') => return self.go_on(now),
            Key::Char('n') => return self.turn(self.at + 1, now),
            Key::Left | Key::PageUp | Key::Char('p') => {
                if self.at == 0 {
                    self.note = Some("This is the first page.".into());
                    return Vec::new();
                }
                return self.turn(self.at - 1, now);
            }
            Key::Home => return self.turn(0, now),
            Key::End => return self.turn(self.book.pages.len() - 1, now),
            Key::Up | Key::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            Key::Down | Key::Char('j') => self.scroll += 1,
            Key::Enter => return self.enter(now),
            Key::Escape => {
                if self.over.take().is_none() && self.stage != Stage::Idle {
                    self.stage = Stage::Idle;
                    self.run += 1;
                    self.note = Some("Stopped.".into());
                    return vec![Action::Stop];
                }
            }
            Key::Char(digit) if digit.is_ascii_digit() => {
                let step = digit.to_digit(10).unwrap_or(0) as usize;
                if step == 0 {
                    return self.turn(0, now);
                }
                return self.jump(step, now);
            }
            Key::Char('b' | '.') => self.lay(Over::Dark),
            Key::Char(letter @ ('i' | 'x')) if self.page().step().is_some() => {
                let step = self.step();
                let page = match letter {
                    'x' => Page::Exercise(step),
                    _ if self.chapter().idea.is_empty() => Page::Title(step),
                    _ => Page::Idea(step, 0),
                };
                return self.go(page, now);
            }
            Key::Char('l') => self.lay(Over::List(self.step())),
            Key::Char('r') => return self.check(Subject::Exercise, now),
            Key::Char('R') => return self.check(Subject::Solution, now),
            Key::Char('h') => return self.hint(now),
            Key::Char('a') => return self.answer(now),
            Key::Char('s') => return self.solution(1, now),
            Key::Char('S') => return self.solution(usize::MAX, now),
            Key::Char('u') => self.yours(),
            Key::Char('w') => {
                self.watching = !self.watching;
                self.note = Some(if self.watching {
                    "Every save is checked from now on.".into()
                } else {
                    "Saves are not checked any more; r checks.".into()
                });
            }
            Key::Char('v') => {
                if self.picture_file().is_some() {
                    self.lay(Over::Picture);
                } else {
                    self.note = Some("There is no picture to show.".into());
                }
            }
            Key::Char('o') => return self.open(),
            Key::Char('e') => {
                return vec![Action::Edit {
                    place: self.edited(),
                }];
            }
            Key::Char(_) | Key::Suspend | Key::Redraw => {}
        }
        Vec::new()
    }

    /// What a clicker does, which has no other key: the rest of the page, what it still hides, and only then the next page.
    fn go_on(&mut self, now: Instant) -> Vec<Action> {
        if self.over.take().is_some() {
            return Vec::new();
        }
        let (shown, chapter) = (self.revealed(), self.chapter());
        match self.page() {
            // A part comes into sight by itself, and what is below it is not revealed yet.
            Page::Solution(_) if shown.parts < chapter.parts() => self.solution(1, now),
            _ if self.below > 0 => {
                self.scroll += self.height.saturating_sub(2).max(1);
                Vec::new()
            }
            Page::Hints(_) if shown.hints < chapter.hints.len() => self.hint(now),
            // The answer waits: the prediction is asked before the idea.
            _ => self.turn(self.at + 1, now),
        }
    }

    /// Goes to a page.
    fn turn(&mut self, to: usize, now: Instant) -> Vec<Action> {
        self.over = None;
        if to >= self.book.pages.len() {
            self.note = Some("This is the last page. q ends.".into());
            return Vec::new();
        }
        let before = self.page().step();
        self.at = to;
        self.scroll = 0;
        self.anchor = self.first_line();
        self.seen = None;
        // On the cover and at the end it stands.
        match self.page().step() {
            Some(step) if !self.paused => self.clock.run(step, now),
            _ => self.clock.stop(now),
        }
        if before == self.page().step() {
            Vec::new()
        } else {
            self.yours = None;
            vec![Action::Keep]
        }
    }

    fn jump(&mut self, step: usize, now: Instant) -> Vec<Action> {
        match self.find(|page| page == Page::Title(step)) {
            Some(at) => self.turn(at, now),
            None => {
                self.note = Some(format!("The steps are 1 to {}.", self.book.chapters.len()));
                Vec::new()
            }
        }
    }

    fn find(&self, page: impl Fn(Page) -> bool) -> Option<usize> {
        self.book.pages.iter().position(|at| page(*at))
    }

    /// To a page of this step, unless it is there already.
    fn go(&mut self, page: Page, now: Instant) -> Vec<Action> {
        self.over = None;
        match self.find(|at| at == page) {
            Some(at) if at != self.at => self.turn(at, now),
            _ => Vec::new(),
        }
    }

    /// Where the exercise begins: behind the comment at its head, and behind what it uses.
    fn first_line(&self) -> Option<usize> {
        matches!(self.page(), Page::Exercise(_)).then(|| {
            self.code()
                .lines()
                .position(|line| {
                    !(line.is_empty() || line.starts_with("//!") || line.starts_with("use "))
                })
                .unwrap_or(0)
        })
    }

    /// The next thing on this page that is not shown yet.
    fn enter(&mut self, now: Instant) -> Vec<Action> {
        if self.over.take().is_some() {
            return Vec::new();
        }
        match self.page() {
            Page::Predict(_) => self.answer(now),
            Page::Hints(_) => self.hint(now),
            Page::Solution(_) => self.solution(1, now),
            Page::Check(_) if self.verdict().is_none() && self.stage == Stage::Idle => {
                self.check(Subject::Exercise, now)
            }
            Page::Exercise(_) => {
                self.next_todo();
                Vec::new()
            }
            Page::Cover
            | Page::Title(_)
            | Page::Idea(..)
            | Page::Check(_)
            | Page::Recap(_)
            | Page::End => self.turn(self.at + 1, now),
        }
    }

    fn next_todo(&mut self) {
        let from = self.seen.map_or(0, |line| line + 1);
        let todos = || {
            let lines = self.code().lines().enumerate();
            lines.filter_map(|(at, line)| line.contains("todo!(").then_some(at))
        };
        let next = todos().find(|at| *at >= from).or_else(|| todos().next());
        if next.is_none() {
            self.note = Some("No todo! is left in this file.".into());
        }
        self.anchor = next;
    }

    fn answer(&mut self, now: Instant) -> Vec<Action> {
        let step = self.step();
        if self.chapter().predict.is_none() {
            self.note = Some("This step asks for no prediction.".into());
            return Vec::new();
        }
        if matches!(self.page(), Page::Predict(_)) {
            if std::mem::replace(&mut self.revealed[step - 1].answer, true) {
                return self.turn(self.at + 1, now);
            }
            return Vec::new();
        }
        self.go(Page::Predict(step), now)
    }

    fn hint(&mut self, now: Instant) -> Vec<Action> {
        let step = self.step();
        let levels = self.chapter().hints.len();
        let shown = self.revealed().hints;
        if levels == 0 {
            self.note = Some("This step has no hints.".into());
            return Vec::new();
        }
        let there = matches!(self.page(), Page::Hints(_));
        if there && shown == levels {
            self.note = Some("That was the last hint.".into());
            return Vec::new();
        }
        // From elsewhere the first press shows what was shown before.
        if there || shown == 0 {
            self.revealed[step - 1].hints = shown + 1;
            self.anchor = Some(shown);
        }
        let actions = self.go(Page::Hints(step), now);
        self.anchor = Some(self.revealed().hints - 1);
        actions
    }

    fn solution(&mut self, more: usize, now: Instant) -> Vec<Action> {
        let step = self.step();
        let parts = self.chapter().parts();
        let there = matches!(self.page(), Page::Solution(_));
        let shown = self.revealed().parts;
        if there && shown == parts {
            self.note = Some("That is all of it.".into());
            return Vec::new();
        }
        let actions = self.go(Page::Solution(step), now);
        if there || more > 1 {
            self.revealed[step - 1].parts = shown.saturating_add(more).min(parts);
            self.anchor = Some(if more > 1 { 0 } else { shown });
        }
        actions
    }

    fn yours(&mut self) {
        if self.yours.is_none() {
            self.note = Some("Your file is untouched, too.".into());
            return;
        }
        let step = self.step();
        self.revealed[step - 1].yours ^= true;
        self.scroll = 0;
        self.anchor = self.first_line();
    }

    pub(super) fn check(&mut self, subject: Subject, now: Instant) -> Vec<Action> {
        if self.page().step().is_none() {
            self.note = Some("Go to a step first: its number takes you there.".into());
            return Vec::new();
        }
        let step = self.step();
        let mut actions = self.go(Page::Check(step), now);
        self.run += 1;
        self.since = now;
        self.stage = Stage::Building;
        self.checked = (step, subject);
        self.changed[step - 1] &= subject != Subject::Exercise;
        self.passed = 0;
        self.scroll = 0;
        self.curve.clear();
        self.words.clear();
        actions.push(Action::Check {
            number: self.run,
            step,
            subject,
        });
        actions
    }

    /// The figure on the page, relative to the workspace.
    pub(super) fn figure(&self) -> Option<String> {
        let Page::Idea(step, part) = self.page() else {
            return None;
        };
        let chapter = self.book.chapter(step);
        let (folder, _) = chapter.file.split_once("/src/")?;
        chapter.idea[part].iter().find_map(|block| match block {
            Block::Figure { file, .. } => Some(format!("{folder}/{file}")),
            _ => None,
        })
    }

    fn open(&mut self) -> Vec<Action> {
        let verdict = || Some(self.picture_file()?.display().to_string());
        match self.figure().or_else(verdict) {
            Some(file) => vec![Action::Open { file }],
            None => {
                self.note = Some("There is no picture on this page.".into());
                Vec::new()
            }
        }
    }

    /// Where to begin in the editor: the place that the verdict names, or the step's first `todo!`.
    fn edited(&self) -> String {
        let result = self.verdict().and_then(|verdict| {
            let mine = verdict.subject == Subject::Exercise;
            verdict.result.as_ref().filter(|_| mine)
        });
        if let Some(place) = result
            .and_then(LessonResult::first_open)
            .and_then(|check| check.location.clone())
        {
            return place;
        }
        let chapter = self.chapter();
        let code = self.yours.as_ref().unwrap_or(&chapter.untouched);
        let line = code.lines().position(|line| line.contains("todo!("));
        format!("{}:{}", chapter.file, line.unwrap_or(0) + 1)
    }
}
