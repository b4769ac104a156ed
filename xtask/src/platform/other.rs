//! Systems without Unix's process groups: the standard library alone. A check has its time and its output limited, and the
//! process itself is ended; its memory is not limited, and processes that it started in turn are not looked for.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// The runner's end of the connection over which a verdict comes.
pub(crate) struct Channel(TcpListener);

impl Channel {
    /// A listener on the loopback, and a pipe for the child's standard input.
    pub(crate) fn open() -> io::Result<(Self, Stdio)> {
        Ok((Self(TcpListener::bind("127.0.0.1:0")?), Stdio::piped()))
    }

    /// Tells the child the secret and the address, and gives the way on which the verdict comes.
    pub(crate) fn greet(
        self,
        secret: &str,
        stdin: Option<ChildStdin>,
    ) -> io::Result<impl Read + Send + 'static> {
        let address = self.0.local_addr()?;
        let mut stdin = stdin.ok_or_else(|| io::Error::other("the child has no standard input"))?;
        writeln!(stdin, "dlkit-check 1 {secret} {address}")?;
        Ok(Accepting {
            listener: self.0,
            connection: None,
        })
    }
}

/// Reads from the first connection that comes in.
struct Accepting {
    listener: TcpListener,
    connection: Option<TcpStream>,
}

impl Read for Accepting {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.connection.is_none() {
            self.connection = Some(self.listener.accept()?.0);
        }
        match &mut self.connection {
            Some(connection) => connection.read(bytes),
            None => Ok(0),
        }
    }
}

/// There are no process groups; Ctrl-C reaches every process of the console.
pub(crate) fn own_group(_command: &mut Command) {}

/// Nothing can be limited beforehand with the standard library alone.
pub(crate) fn isolate(_command: &mut Command, _memory_bytes: u64) {}

/// Whether the child has ended.
pub(crate) fn has_ended(child: &mut Child) -> io::Result<bool> {
    Ok(child.try_wait()?.is_some())
}

/// Strays cannot be adopted on this system.
pub(crate) fn adopt_strays() {}

/// Strays are not adopted on this system.
pub(crate) fn children() -> Vec<u32> {
    Vec::new()
}

/// Strays are not adopted on this system.
pub(crate) fn kill_strays(_known: &[u32]) {}

/// There is no way to ask; [`kill_group`] follows.
pub(crate) fn ask_to_end(_child: &mut Child) {}

/// Ends the child, at once. That it has already ended is no error.
pub(crate) fn kill_group(child: &mut Child) {
    let _ = child.kill();
}

/// Ctrl-C reaches every process of the console by itself.
pub(crate) fn kill_by_id(_id: u32, _whole_group: bool) {}

/// The memory that the child has in use: not known.
pub(crate) fn resident_bytes(_child: &Child) -> Option<u64> {
    None
}

/// A name for an exit code that stands for a crash. Windows gives exceptions as codes of the form `0xC…`.
pub(crate) fn signal_name(status: ExitStatus) -> Option<String> {
    match status.code()?.cast_unsigned() {
        0xC000_00FD => Some("stack overflow".to_owned()),
        0xC000_0005 => Some("access violation".to_owned()),
        0xC000_0409 => Some("abort".to_owned()),
        code if code >= 0xC000_0000 => Some(format!("exception {code:#010X}")),
        _ => None,
    }
}

/// The terminal's width: `COLUMNS` and 80 do elsewhere.
pub(crate) fn terminal_width() -> Option<usize> {
    None
}

/// Free space where `path` lies: not known.
pub(crate) fn free_disk_bytes(_path: &Path) -> Option<u64> {
    None
}

/// The machine's memory: not known.
pub(crate) fn memory_bytes() -> Option<u64> {
    None
}
