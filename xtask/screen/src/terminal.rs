//! The terminal: taken over at the start, given back at every end.

use std::io::{self, IsTerminal, stdout};
use std::sync::mpsc::Sender;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::thread;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::app::{Event, Key};

/// How often the keyboard is asked whether it may be left alone: the longest that a suspended program holds a key.
const TURN: Duration = Duration::from_millis(50);

/// A terminal in full-screen mode. Dropped, it is as it was before; a panic gives it back first, too.
pub(crate) struct Terminal {
    inner: DefaultTerminal,
    /// Whether the keyboard is read.
    awake: Arc<AtomicBool>,
}

impl Terminal {
    /// Whether there is one to take over.
    pub(crate) fn is_there() -> bool {
        io::stdin().is_terminal() && stdout().is_terminal()
    }

    /// Takes the terminal over; keys are sent to `events` from now on.
    pub(crate) fn take(events: Sender<Event>) -> io::Result<Self> {
        // This also gives the terminal back before a panic's words are printed.
        let inner = ratatui::try_init()?;
        let awake = Arc::new(AtomicBool::new(true));
        let reading = Arc::clone(&awake);
        thread::spawn(move || read_keys(&reading, &events));
        Ok(Self { inner, awake })
    }

    /// Draws a frame.
    pub(crate) fn draw(&mut self, frame: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        self.inner.draw(frame).map(drop)
    }

    /// The columns and rows.
    pub(crate) fn size(&self) -> (u16, u16) {
        self.inner
            .size()
            .map_or((80, 24), |size| (size.width, size.height))
    }

    /// Gives the terminal back for the time of `work` (an editor, the shell), and takes it again.
    pub(crate) fn lend<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        self.awake.store(false, Ordering::Release);
        // The keyboard's thread may be waiting for a key for so long.
        thread::sleep(TURN);
        ratatui::try_restore()?;
        let result = work();
        self.inner = ratatui::try_init()?;
        self.inner.clear()?;
        self.awake.store(true, Ordering::Release);
        Ok(result)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn read_keys(awake: &AtomicBool, events: &Sender<Event>) {
    loop {
        if !awake.load(Ordering::Acquire) {
            thread::sleep(TURN / 5);
            continue;
        }
        match event::poll(TURN) {
            Ok(false) => {}
            Ok(true) => {
                let sent = match event::read() {
                    Ok(event::Event::Key(pressed)) => translate(pressed).map(Event::Key),
                    // Drawn anew with the new size.
                    Ok(event::Event::Resize(..)) => Some(Event::Tick),
                    Ok(_) => None,
                    Err(_) => Some(Event::Quit),
                };
                if sent.is_some_and(|event| events.send(event).is_err()) {
                    return;
                }
            }
            // The terminal has gone.
            Err(_) => {
                let _ = events.send(Event::Quit);
                return;
            }
        }
    }
}

fn translate(pressed: KeyEvent) -> Option<Key> {
    if pressed.kind == KeyEventKind::Release {
        return None;
    }
    let control = pressed.modifiers.contains(KeyModifiers::CONTROL);
    Some(match pressed.code {
        KeyCode::Char('c' | 'd') if control => Key::Char('q'),
        KeyCode::Char('z') if control => Key::Char('z'),
        KeyCode::Char(_) if control => return None,
        KeyCode::Char(sign) => Key::Char(sign),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left | KeyCode::Backspace => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Esc => Key::Escape,
        KeyCode::Enter => Key::Enter,
        _ => return None,
    })
}

/// Stops the process as Ctrl-Z does in a shell; returns when the shell wakes it.
#[cfg(unix)]
pub(crate) fn sleep_until_woken() {
    use rustix::process::{Signal, getpid, kill_process};
    let _ = kill_process(getpid(), Signal::TSTP);
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(crate) fn sleep_until_woken() {}
