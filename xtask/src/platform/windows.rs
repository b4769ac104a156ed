//! Windows: job objects, the loopback for the verdict.

// The standard library knows no job objects, no console events and no look at another process's memory.
#![allow(unsafe_code)]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use windows_sys::Win32::Foundation::{HANDLE, WAIT_TIMEOUT};
use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
use windows_sys::Win32::System::Console::{
    CONSOLE_SCREEN_BUFFER_INFO, CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent,
    GetConsoleScreenBufferInfo, GetStdHandle, STD_OUTPUT_HANDLE,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
    JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_JOB_MEMORY,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_BASIC_PROCESS_ID_LIST,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicProcessIdList,
    JobObjectExtendedLimitInformation, QueryInformationJobObject, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::ProcessStatus::{GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, INFINITE, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_SYNCHRONIZE, PROCESS_TERMINATE, TerminateProcess, WaitForSingleObject,
};

use crate::platform::Usage;

/// More processes than this the system refuses to start for one check.
const MOST_PROCESSES: usize = 256;

/// The runner's end of the connection over which a verdict comes.
pub(crate) struct Channel(TcpListener);

impl Channel {
    /// A listener on the loopback, and a pipe for the child's standard input.
    pub(crate) fn open() -> io::Result<(Self, Stdio)> {
        Ok((Self(TcpListener::bind("127.0.0.1:0")?), Stdio::piped()))
    }

    /// Tells the child the secret and the address, and gives the way on which the verdict comes. Student code that reads its
    /// standard input finds the end of it.
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

/// Holds the processes of one check together: a job, which ends with all that is in it when it is dropped, also by the runner's
/// own end.
pub(crate) struct Cage(OwnedHandle);

impl Cage {
    /// `memory_bytes` is what the check may use. What the system itself enforces is well above, because it counts memory that
    /// was promised and never touched.
    pub(crate) fn new(memory_bytes: u64) -> io::Result<Self> {
        // SAFETY: null pointers stand for the usual security and for no name.
        let job = unsafe { CreateJobObjectW(std::ptr::null(), std::ptr::null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was just made, is valid, and belongs to nobody else.
        let job = unsafe { OwnedHandle::from_raw_handle(job) };
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
            | JOB_OBJECT_LIMIT_JOB_MEMORY
            | JOB_OBJECT_LIMIT_ACTIVE_PROCESS
            // A crash is expected here: no window that asks what to do about it.
            | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
        limits.BasicLimitInformation.ActiveProcessLimit = MOST_PROCESSES as u32;
        let wall = memory_bytes.saturating_mul(2).saturating_add(1 << 29);
        limits.JobMemoryLimit = usize::try_from(wall).unwrap_or(usize::MAX);
        // SAFETY: the pointer and the size are those of `limits`, which is of the type that this class wants.
        let done = unsafe {
            SetInformationJobObject(
                job.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size_of_val(&limits) as u32,
            )
        };
        result(done).map(|()| Self(job))
    }

    /// Prepares a command: a group of its own for Ctrl-Break.
    pub(crate) fn prepare(&self, command: &mut Command) {
        own_group(command);
    }

    /// Puts the started process into the job. It has not been greeted: until then it waits, and has started no other process.
    pub(crate) fn close(&self, child: &Child) -> io::Result<()> {
        // SAFETY: both handles are valid for as long as the references are.
        result(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), child.as_raw_handle()) })
            // One that has already ended cannot be put anywhere; how it ended says more than this error.
            .or_else(|error| {
                if is_over(child.id()) {
                    Ok(())
                } else {
                    Err(error)
                }
            })
    }

    /// What the check uses now: its first process alone, which is quick, or `all`.
    pub(crate) fn usage(&self, child: &Child, _strays: &[u32], all: bool, _limit: Usage) -> Usage {
        let own = Usage {
            bytes: resident_bytes(child.as_raw_handle()),
            processes: 1,
        };
        if !all {
            return own;
        }
        let ids = self.members();
        if ids.len() < 2 {
            return own;
        }
        let opened = ids
            .iter()
            .filter_map(|id| open(*id, PROCESS_QUERY_LIMITED_INFORMATION));
        Usage {
            bytes: opened
                .map(|process| resident_bytes(process.as_raw_handle()))
                .sum(),
            processes: ids.len(),
        }
    }

    /// The numbers of the processes in the job.
    fn members(&self) -> Vec<u32> {
        // The header holds the list's first number; the rest follows it.
        #[repr(C)]
        struct List {
            header: JOBOBJECT_BASIC_PROCESS_ID_LIST,
            rest: [usize; MOST_PROCESSES],
        }
        let mut list = List {
            header: JOBOBJECT_BASIC_PROCESS_ID_LIST::default(),
            rest: [0; MOST_PROCESSES],
        };
        // SAFETY: the pointer and the size are those of `list`, which begins with the type that this class wants, and a null
        // pointer stands for "the length is not wanted".
        let done = unsafe {
            QueryInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectBasicProcessIdList,
                (&raw mut list).cast(),
                size_of_val(&list) as u32,
                std::ptr::null_mut(),
            )
        };
        if done == 0 {
            return Vec::new();
        }
        let count = list.header.NumberOfProcessIdsInList as usize;
        let ids = list.header.ProcessIdList.iter().chain(&list.rest);
        ids.take(count).map(|id| *id as u32).collect()
    }

    /// Asks the check to end. It hears of it when it shares the runner's console.
    pub(crate) fn ask_to_end(&self, child: &Child) {
        ask_by_id(child.id(), true);
    }

    /// Ends everything in the job, at once.
    pub(crate) fn end(&self, _child: &Child) {
        // SAFETY: the handle is valid for as long as the reference is.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) };
    }
}

fn result(done: i32) -> io::Result<()> {
    if done == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn open(id: u32, access: u32) -> Option<OwnedHandle> {
    // SAFETY: the call takes numbers; the handle that it gives is ours, unless it is null.
    unsafe {
        let process = OpenProcess(access, 0, id);
        (!process.is_null()).then(|| OwnedHandle::from_raw_handle(process))
    }
}

fn resident_bytes(process: HANDLE) -> u64 {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let size = size_of_val(&counters) as u32;
    // SAFETY: the call writes at most `size` bytes into `counters`; a handle that means nothing is an error.
    let done = unsafe { GetProcessMemoryInfo(process, &raw mut counters, size) };
    if done == 0 {
        0
    } else {
        counters.WorkingSetSize as u64
    }
}

/// Lets the command hear Ctrl-Break by itself, and not Ctrl-C: that is the runner's to pass on.
pub(crate) fn own_group(command: &mut Command) {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
}

/// The end of a child, to be waited for.
pub(crate) struct Ending(OwnedHandle);

impl Ending {
    /// Of this child.
    pub(crate) fn of(child: &Child) -> io::Result<Self> {
        Ok(Self(child.as_handle().try_clone_to_owned()?))
    }

    /// Comes back when the child has ended.
    pub(crate) fn wait(&self) {
        // SAFETY: the handle is valid for as long as the reference is.
        unsafe { WaitForSingleObject(self.0.as_raw_handle(), INFINITE) };
    }
}

/// Whether the process has ended.
pub(crate) fn is_over(id: u32) -> bool {
    open(id, PROCESS_SYNCHRONIZE).is_none_or(|process| {
        // SAFETY: the handle is valid until the end of this function.
        unsafe { WaitForSingleObject(process.as_raw_handle(), 0) != WAIT_TIMEOUT }
    })
}

/// Nothing leaves a job.
pub(crate) fn adopt_strays(_adopt: bool) {}

/// Nothing leaves a job: there are no strays.
pub(crate) fn children() -> Vec<u32> {
    Vec::new()
}

/// Nothing leaves a job: there are no strays.
pub(crate) fn end_strays(_strays: impl Fn() -> Vec<u32>) {}

/// Asks a group to end. A single process shares the runner's console and has heard Ctrl-C itself.
pub(crate) fn ask_by_id(id: u32, whole_group: bool) {
    if whole_group {
        // SAFETY: the call takes two numbers. A group that has gone is no error here.
        unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, id) };
    }
}

/// Ends a process, at once. What it started ends with its job.
pub(crate) fn end_by_id(id: u32, _whole_group: bool) {
    if let Some(process) = open(id, PROCESS_TERMINATE) {
        // SAFETY: the handle is valid until the end of this function.
        unsafe { TerminateProcess(process.as_raw_handle(), 1) };
    }
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

/// Windows keeps no such average.
pub(crate) fn load() -> Option<f64> {
    None
}

/// Columns of the console that standard output is connected to.
pub(crate) fn terminal_width() -> Option<usize> {
    let mut info = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: the call writes only into `info`; a handle that is no console is an error.
    let done =
        unsafe { GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &raw mut info) };
    let columns = i32::from(info.srWindow.Right) - i32::from(info.srWindow.Left) + 1;
    (done != 0).then(|| usize::try_from(columns).ok()).flatten()
}

/// Free space where `path` lies.
pub(crate) fn free_disk_bytes(path: &Path) -> Option<u64> {
    let path: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let mut free = 0;
    let nothing: *mut u64 = std::ptr::null_mut();
    // SAFETY: `path` ends with a zero, the call writes one number into `free`, and null pointers stand for "not wanted".
    let done = unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &raw mut free, nothing, nothing) };
    (done != 0).then_some(free)
}

/// The machine's memory.
pub(crate) fn memory_bytes() -> Option<u64> {
    let mut status = MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: the call writes only into `status`, whose length is given.
    let done = unsafe { GlobalMemoryStatusEx(&raw mut status) };
    (done != 0).then_some(status.ullTotalPhys)
}
