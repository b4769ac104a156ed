//! The terminal: taken over at the start, given back at every end.

use std::io::{self, IsTerminal, Stdout, stdout};
use std::panic;
use std::sync::mpsc::Sender;
use std::sync::{
    Arc, Mutex, Once, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use std::thread;
use std::time::Duration;

use ratatui::Frame;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use crate::event::{Event, Key};

/// How often the keyboard is asked whether it may be left alone.
const TURN: Duration = Duration::from_millis(50);

/// Whether the terminal is taken over. Giving it back twice would move the cursor to where it was at the start, onto what was
/// printed since.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal in full-screen mode. Dropped, it is as it was before; a panic gives it back first, too.
pub(crate) struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Stdout>>,
    keyboard: Arc<Keyboard>,
}

/// Who reads the keyboard: this program, or one that the terminal is lent to.
struct Keyboard {
    awake: AtomicBool,
    /// Held while keys are read.
    reading: Mutex<()>,
}

impl Terminal {
    /// Whether there is one to take over, and one that can do more than print.
    pub(crate) fn is_there() -> bool {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        !dumb && io::stdin().is_terminal() && stdout().is_terminal()
    }

    /// Takes the terminal over; keys are sent to `events` from now on.
    pub(crate) fn take(events: Sender<Event>) -> io::Result<Self> {
        restore_on_panic();
        let inner = enter()?;
        let keyboard = Arc::new(Keyboard {
            awake: AtomicBool::new(true),
            reading: Mutex::new(()),
        });
        let read = Arc::clone(&keyboard);
        thread::spawn(move || read_keys(&read, &events));
        Ok(Self { inner, keyboard })
    }

    /// Draws a frame.
    pub(crate) fn draw(&mut self, frame: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.inner.draw(frame).map(drop)
    }

    /// Draws everything anew with the next frame, whatever somebody else has written onto the screen.
    pub(crate) fn redraw(&mut self) -> io::Result<()> {
        let size = self.inner.size()?;
        // Not `clear`, which asks the terminal where the cursor is and waits for an answer among the keys.
        self.inner
            .resize(ratatui::layout::Rect::from((Default::default(), size)))
    }

    /// Gives the terminal back for the time of `work` (an editor, the shell), and takes it again.
    pub(crate) fn lend<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        let keyboard = Arc::clone(&self.keyboard);
        keyboard.awake.store(false, Ordering::Release);
        let _nobody_reads = keyboard
            .reading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        leave();
        let result = work();
        self.inner = enter()?;
        keyboard.awake.store(true, Ordering::Release);
        Ok(result)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

fn enter() -> io::Result<ratatui::Terminal<CrosstermBackend<Stdout>>> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::Release);
    // Pasted text comes as one event and is no row of keys.
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
    ratatui::Terminal::new(CrosstermBackend::new(stdout()))
}

/// Gives the terminal back, once. A terminal that has gone cannot be given back: that is no error any more.
fn leave() {
    if TAKEN.swap(false, Ordering::AcqRel) {
        let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// A panic's words shall stand on the terminal as it was; and a panic of any thread ends the program.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let main = thread::current().id();
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            leave();
            usual(info);
            if thread::current().id() != main {
                std::process::exit(101);
            }
        }));
    });
}

fn read_keys(keyboard: &Keyboard, events: &Sender<Event>) {
    loop {
        if !keyboard.awake.load(Ordering::Acquire) {
            thread::sleep(TURN / 5);
            continue;
        }
        let reading = keyboard
            .reading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let read = match event::poll(TURN) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        drop(reading);
        let sent = match read {
            Ok(event::Event::Key(pressed)) => translate(pressed),
            // Drawn anew with the new size.
            Ok(event::Event::Resize(..)) => Some(Event::Tick),
            Ok(_) => None,
            // The terminal has gone.
            Err(_) => {
                let _ = events.send(Event::Quit);
                return;
            }
        };
        if sent.is_some_and(|event| events.send(event).is_err()) {
            return;
        }
    }
}

fn translate(pressed: KeyEvent) -> Option<Event> {
    if pressed.kind == KeyEventKind::Release {
        return None;
    }
    let control = pressed.modifiers.contains(KeyModifiers::CONTROL);
    Some(Event::Key(match pressed.code {
        KeyCode::Char('c' | 'd') if control => Key::Char('q'),
        KeyCode::Char('z') if control => Key::Suspend,
        KeyCode::Char('l') if control => Key::Redraw,
        KeyCode::Char(_) if control || pressed.modifiers.contains(KeyModifiers::ALT) => {
            return None;
        }
        KeyCode::Char(sign) => Key::Char(sign),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Esc => Key::Escape,
        KeyCode::Enter => Key::Enter,
        _ => return None,
    }))
}

/// Stops the process as Ctrl-Z does in a shell, with all of its group; returns when the shell wakes it.
#[cfg(unix)]
pub(crate) fn sleep_until_woken() {
    use rustix::process::{Signal, kill_current_process_group};
    let _ = kill_current_process_group(Signal::TSTP);
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(crate) fn sleep_until_woken() {}
