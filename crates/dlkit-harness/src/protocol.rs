//! How a check's verdict reaches the runner, and why no student code can forge it.
//!
//! The runner starts one process for each check and gives it, as standard input, one end of a private connection. Over it
//! comes a single line, `dlkit-check 1 SECRET`, which is read before any student code runs. The verdict goes back over the
//! same connection as `SECRET {…}`; the runner ignores every line that does not begin with the secret. The secret is never in
//! the environment, the arguments or a file, so a `println!`, or bytes written to every open descriptor, are not a verdict.
//! Only the process that the runner started answers: a copy of it that student code made with `fork` does not. And after the
//! one line the runner's side is closed, so that whoever reads standard input later finds its end, and no second greeting.
//!
//! Where no socket pair can be inherited as standard input, the line is `dlkit-check 1 SECRET 127.0.0.1:PORT`, and the verdict
//! goes to that address.

use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpStream};

/// The version of the protocol that this harness speaks.
pub const VERSION: u32 = 1;

/// The exit code of a process that could not give its verdict: student code closed what it did not open.
pub const UNANSWERED: i32 = 74;

/// The longest first line that is read, in bytes.
const LONGEST_LINE: usize = 4096;

/// The way back to the runner, opened before any student code runs.
pub struct Channel {
    secret: String,
    connection: Box<dyn Write>,
    process: u32,
}

impl Channel {
    /// Reads the runner's line from standard input and opens the way back.
    ///
    /// # Errors
    ///
    /// When standard input does not hold the line, or the connection cannot be opened: the process was not started by a
    /// runner, or by one that speaks another version.
    pub fn open() -> io::Result<Self> {
        // Byte by byte on purpose: a buffered reader would take more than the line.
        let mut line = Vec::new();
        let mut input = first_connection()?;
        let mut byte = [0];
        while line.len() < LONGEST_LINE && input.read(&mut byte)? == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        let line = String::from_utf8(line).map_err(io::Error::other)?;
        let greeting = Greeting::parse(&line).ok_or_else(|| {
            io::Error::other(format!(
                "expected `dlkit-check {VERSION} SECRET` on standard input; `--runner` is for `cargo xtask check`"
            ))
        })?;
        let connection = match greeting.address {
            Some(address) => Box::new(TcpStream::connect(address)?),
            None => input.writer()?,
        };
        Ok(Self {
            secret: greeting.secret,
            connection,
            process: std::process::id(),
        })
    }

    /// Sends the one verdict.
    ///
    /// # Errors
    ///
    /// When the runner has gone, student code closed the connection, or this process is a copy of the one that was asked.
    pub fn send(self, verdict: &serde_json::Value) -> io::Result<()> {
        // Never closed: were it closed already, by student code, the standard library would abort the process over that.
        let mut channel = ManuallyDrop::new(self);
        if std::process::id() != channel.process {
            return Err(io::Error::other("another process was asked"));
        }
        // The line break before ends whatever student code may have written into the connection.
        let line = format!("\n{} {verdict}\n", channel.secret);
        channel.connection.write_all(line.as_bytes())?;
        channel.connection.flush()
    }
}

/// The runner's first line, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Greeting {
    secret: String,
    address: Option<SocketAddr>,
}

impl Greeting {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        if words.next()? != "dlkit-check" || words.next()?.parse() != Ok(VERSION) {
            return None;
        }
        let secret = words.next()?.to_owned();
        let address = words.next().map(str::parse).transpose().ok()?;
        Some(Self { secret, address })
    }
}

#[cfg(unix)]
fn first_connection() -> io::Result<Input> {
    use std::os::fd::AsFd;
    // A copy of the descriptor, not `Stdin`: that one buffers, and student code may read from it or close it. A `File`, because
    // that reads a plain pipe as well as a socket.
    let descriptor = io::stdin().as_fd().try_clone_to_owned()?;
    Ok(Input(descriptor.into()))
}

#[cfg(not(unix))]
fn first_connection() -> io::Result<Input> {
    Ok(Input(io::stdin()))
}

/// Standard input, unbuffered where the verdict goes back the same way.
#[cfg(unix)]
struct Input(std::fs::File);

/// Standard input; the verdict goes elsewhere.
#[cfg(not(unix))]
struct Input(io::Stdin);

impl Read for Input {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

impl Input {
    #[cfg(unix)]
    fn writer(self) -> io::Result<Box<dyn Write>> {
        Ok(Box::new(self.0))
    }

    #[cfg(not(unix))]
    fn writer(self) -> io::Result<Box<dyn Write>> {
        Err(io::Error::other(
            "on this system the runner must name an address for the verdict",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_greeting_with_and_without_an_address() {
        let plain = Greeting::parse("dlkit-check 1 s3cret").unwrap();
        assert_eq!((plain.secret.as_str(), plain.address), ("s3cret", None));
        let addressed = Greeting::parse("dlkit-check 1 s3cret 127.0.0.1:8080").unwrap();
        assert_eq!(addressed.address.unwrap().port(), 8080);
    }

    #[test]
    fn refuses_another_version_a_missing_secret_and_a_broken_address() {
        for line in [
            "",
            "hello",
            "dlkit-check 1",
            "dlkit-check 2 s",
            "dlkit-check 1 s here",
        ] {
            assert_eq!(Greeting::parse(line), None, "{line:?}");
        }
    }
}
