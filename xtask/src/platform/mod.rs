//! What differs between systems, behind one small interface: `unix.rs` and `windows.rs` offer the same functions. Only the files
//! of this folder may use `unsafe`.
//!
//! | to do | Unix | Windows |
//! |---|---|---|
//! | keep a check's processes together | session; Linux: also adopts those that leave it | job object |
//! | ask them to end | SIGTERM | Ctrl-Break |
//! | end them | SIGKILL; also when the runner dies (Linux) | the job ends; also when the runner dies |
//! | limit the memory | address space, and looks at what is in use | the job's memory, and looks at what is in use |

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

#[cfg(not(any(unix, windows)))]
compile_error!("the runner starts and ends processes; it knows how on Unix and on Windows");

/// What the processes of a check use together at one moment, or may use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Resident memory, in bytes; pages that processes share count once.
    pub(crate) bytes: u64,
    /// How many processes there are.
    pub(crate) processes: usize,
}
