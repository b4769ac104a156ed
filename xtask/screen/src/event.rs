//! What happens to a view: keys, saves, and what a running check tells.

/// A key, as far as the views are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A letter or a sign.
    Char(char),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Escape,
    Enter,
    /// Ctrl-Z: to the shell.
    Suspend,
    /// Ctrl-L: draw everything anew.
    Redraw,
}

/// One thing that happens.
#[derive(Debug)]
pub(crate) enum Event {
    /// A key was pressed.
    Key(Key),
    /// Something about the watched files.
    Files(Change),
    /// Something came from the check of this number.
    Check(u64, xtask::events::Event),
    /// The check's runner said a line beside its events: Cargo's progress, or a note.
    Words(u64, String),
    /// The check's process has ended without a last word; these were its words.
    Lost(u64, String),
    /// Something to say, which a program that was started has come to late.
    Note(String),
    /// Time has passed, or the window has another size.
    Tick,
    /// A signal asked the process to end, or the terminal has gone.
    Quit,
}

/// What happened to the files that are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// These files have another text, by their names; `whole` when their writers have closed them.
    Saved {
        /// Names in the folder, in order.
        names: Vec<String>,
        /// Whether nothing more is to come.
        whole: bool,
    },
    /// This file is not there any more.
    Gone(String),
    /// Nothing is left in this file, and that was not the beginning of a save.
    Emptied(String),
    /// The folder itself is not there any more.
    FolderGone,
}
