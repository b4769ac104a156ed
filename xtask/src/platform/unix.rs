//! Unix: process groups, resource limits, a socket pair for the verdict.

// The standard library has no process groups to signal, no resource limits and no look at a child's memory.
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod family;
#[cfg(not(target_os = "linux"))]
#[path = "others.rs"]
mod family;

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub(crate) use family::{adopt_strays, children};

use crate::platform::Usage;

/// The largest file that a check may write: one that writes without end shall not fill the disk.
const LARGEST_FILE: u64 = 1 << 30;
/// How many processes and threads there may be beside those that are there, and beside a few for each core. More than a check
/// needs; it keeps a machine alive on which a function starts its own program again and again.
const MORE_PROCESSES: u64 = 200;
/// How long strays may keep on coming.
const STRAYS: Duration = Duration::from_secs(2);

/// The runner's end of the connection over which a verdict comes.
pub(crate) struct Channel(UnixStream);

impl Channel {
    /// A connection, and its other end for the child's standard input.
    pub(crate) fn open() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((Self(ours), OwnedFd::from(theirs).into()))
    }

    /// Tells the child the secret, and gives the way on which the verdict comes. Student code that reads its standard input
    /// finds the end of it.
    pub(crate) fn greet(
        mut self,
        secret: &str,
        _stdin: Option<ChildStdin>,
    ) -> io::Result<impl Read + Send + 'static> {
        writeln!(self.0, "dlkit-check 1 {secret}")?;
        self.0.shutdown(Shutdown::Write)?;
        Ok(self.0)
    }
}

/// Holds the processes of one check together.
pub(crate) struct Cage {
    address_bytes: u64,
    cores: u64,
}

impl Cage {
    /// `memory_bytes` is what the check may use. What the system itself enforces here is a limit on addresses, for the one
    /// allocation that is too fast to be seen. It is well above: each thread reserves addresses that it never uses.
    pub(crate) fn new(memory_bytes: u64) -> io::Result<Self> {
        const GIB: u64 = 1 << 30;
        let cores = std::thread::available_parallelism().map_or(8, |n| n.get() as u64);
        Ok(Self {
            address_bytes: 2 * memory_bytes + 4 * GIB + cores * GIB / 4,
            cores,
        })
    }

    /// Prepares a command: a session of its own (and with it a group, and no terminal), bounds, and an end when the runner ends.
    /// In a session of its own it also gets no more of the processor than the runner, where Linux shares that out by session:
    /// then a hundred processes that never rest do not keep the runner from ending them.
    pub(crate) fn prepare(&self, command: &mut Command) {
        let mut limits = vec![
            (libc::RLIMIT_AS, self.address_bytes),
            // A crash is expected here: a core file would only take time and room. Where a crash is handed to a program
            // (systemd, apport), Linux takes 0 for "as you like"; 1 means that nothing is handed over, and is too little for a file.
            (libc::RLIMIT_CORE, u64::from(cfg!(target_os = "linux"))),
            (libc::RLIMIT_FSIZE, LARGEST_FILE),
        ];
        if let Some(all) = family::everything_that_runs() {
            // It counts what the user runs anywhere, which is not more than all that runs.
            limits.push((libc::RLIMIT_NPROC, all + MORE_PROCESSES + 4 * self.cores));
        }
        #[cfg(target_os = "linux")]
        let runner = std::process::id();
        // SAFETY: between fork and exec only async-signal-safe calls are allowed; these are bare system calls, and the
        // closure allocates nothing.
        unsafe {
            command.pre_exec(move || {
                // It leads no group yet, so this cannot fail.
                libc::setsid();
                for (what, most) in &limits {
                    lower(*what, *most);
                }
                #[cfg(target_os = "linux")]
                {
                    libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                    // The runner may have gone before the line above.
                    if libc::getppid().cast_unsigned() != runner {
                        return Err(io::Error::from_raw_os_error(libc::ESRCH));
                    }
                }
                Ok(())
            });
        }
    }

    /// Everything was done before the start.
    pub(crate) fn close(&self, _child: &Child) -> io::Result<()> {
        Ok(())
    }

    /// What the check and its `strays` use now: of the first process alone, which is quick, or of `all`.
    pub(crate) fn usage(&self, child: &Child, strays: &[u32], all: bool, limit: Usage) -> Usage {
        let own = Usage {
            bytes: family::resident_bytes(child.id()).unwrap_or(0),
            processes: 1,
        };
        if !all {
            return own;
        }
        let roots = [&[child.id()], strays].concat();
        let found = family::usage(&roots, limit);
        if found.processes > 1 { found } else { own }
    }

    /// Asks the check's whole group to end.
    pub(crate) fn ask_to_end(&self, child: &Child) {
        ask_by_id(child.id(), true);
    }

    /// Ends the check's whole group, at once. That it has already ended is no error.
    pub(crate) fn end(&self, child: &Child) {
        end_by_id(child.id(), true);
    }
}

/// The number type of a limit's name differs between C libraries.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
type Resource = libc::c_int;

/// Lowers a limit, never above what holds already. A system that does not know it goes without.
///
/// # Safety
///
/// None is needed beyond its system calls'; it allocates nothing, so that it may be called between fork and exec.
unsafe fn lower(what: Resource, most: u64) {
    let most = libc::rlim_t::try_from(most).unwrap_or(libc::RLIM_INFINITY);
    // SAFETY: both calls get a valid `rlimit` of ours, to write into and to read.
    unsafe {
        let mut now = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        if libc::getrlimit(what, &raw mut now) == 0 {
            now.rlim_max = now.rlim_max.min(most);
            now.rlim_cur = now.rlim_cur.min(now.rlim_max);
            libc::setrlimit(what, &raw const now);
        }
    }
}

/// Gives the command a process group of its own, so that what it starts in turn can be ended with it.
pub(crate) fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// The end of a child, to be waited for. It is not reaped by that, so its number still belongs to its group and to no other
/// process.
pub(crate) struct Ending(u32);

impl Ending {
    /// Of this child.
    pub(crate) fn of(child: &Child) -> io::Result<Self> {
        Ok(Self(child.id()))
    }

    /// Comes back when the child has ended.
    pub(crate) fn wait(&self) {
        while state_of(self.0, 0).is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {}
    }
}

/// Whether the runner's child has ended.
pub(crate) fn is_over(id: u32) -> bool {
    // An error means that somebody waited for it already.
    state_of(id, libc::WNOHANG).unwrap_or(true)
}

fn state_of(id: u32, how: libc::c_int) -> io::Result<bool> {
    // SAFETY: all zeroes is a valid `siginfo_t`, and `waitid` writes only into it.
    let (result, pid) = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WNOWAIT | how;
        let result = libc::waitid(libc::P_PID, id as libc::id_t, &raw mut info, flags);
        (result, info.si_pid())
    };
    if result == 0 {
        Ok(pid != 0)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Ends these children of the runner, and what becomes its children when they have gone. `strays` names them anew each time.
pub(crate) fn end_strays(strays: impl Fn() -> Vec<u32>) {
    let patience = Instant::now() + STRAYS;
    loop {
        let found = strays();
        if found.is_empty() || Instant::now() > patience {
            return;
        }
        // First all, then the waiting: they shall not have the time to start others.
        for id in &found {
            // One that leads a group goes with it.
            end_by_id(*id, true);
            // SAFETY: `kill` takes two numbers. The process is a child that was not waited for, so its number belongs to no other.
            unsafe { libc::kill(id.cast_signed(), libc::SIGKILL) };
        }
        for id in found {
            // SAFETY: a null pointer stands for "no status wanted".
            unsafe { libc::waitpid(id.cast_signed(), std::ptr::null_mut(), 0) };
        }
    }
}

/// Asks a process or its whole group to end. One that is stopped must go on to hear of it.
pub(crate) fn ask_by_id(id: u32, whole_group: bool) {
    signal(id, whole_group, libc::SIGTERM);
    signal(id, whole_group, libc::SIGCONT);
}

/// Ends a process or its whole group, at once.
pub(crate) fn end_by_id(id: u32, whole_group: bool) {
    signal(id, whole_group, libc::SIGKILL);
}

fn signal(id: u32, whole_group: bool, signal: i32) {
    let id = id.cast_signed();
    // SAFETY: both take numbers and touch no memory of ours. That a process or group has gone is no error here.
    unsafe {
        if whole_group {
            libc::killpg(id, signal);
        } else {
            libc::kill(id, signal);
        }
    }
}

/// The name of the signal that ended the process, when one did.
pub(crate) fn signal_name(status: ExitStatus) -> Option<String> {
    let signal = status.signal()?;
    let name = match signal {
        libc::SIGABRT => "SIGABRT",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGXFSZ => "SIGXFSZ",
        _ => return Some(format!("signal {signal}")),
    };
    Some(name.to_owned())
}

/// How many processes want a core, on average over the last minute.
pub(crate) fn load() -> Option<f64> {
    let mut load = [0.0];
    // SAFETY: the call writes at most one number into the array.
    let written = unsafe { libc::getloadavg(load.as_mut_ptr(), 1) };
    (written == 1).then_some(load[0])
}

/// Columns of the terminal that standard output is connected to.
pub(crate) fn terminal_width() -> Option<usize> {
    // SAFETY: all zeroes is a valid `winsize`, and the call writes only into it.
    let (result, size) = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (
            libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size),
            size,
        )
    };
    (result == 0 && size.ws_col > 0).then_some(size.ws_col.into())
}

/// Free space where `path` lies.
pub(crate) fn free_disk_bytes(path: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: `path` ends with a zero byte, all zeroes is a valid `statvfs`, and the call writes only into it.
    let (result, stat) = unsafe {
        let mut stat: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &raw mut stat), stat)
    };
    // The fields' widths differ between systems.
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
    (result == 0).then(|| stat.f_bavail as u64 * stat.f_frsize as u64)
}

/// The machine's memory.
pub(crate) fn memory_bytes() -> Option<u64> {
    // SAFETY: `sysconf` takes a number and touches no memory of ours.
    let (pages, page) = unsafe {
        (
            libc::sysconf(libc::_SC_PHYS_PAGES),
            libc::sysconf(libc::_SC_PAGESIZE),
        )
    };
    Some(u64::try_from(pages).ok()? * u64::try_from(page).ok()?)
}
