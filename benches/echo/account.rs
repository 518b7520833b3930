//! What the operating system knows about a process: the CPU time it took, the memory it holds, the core it is on.
//!
//! CPU time comes from `/proc/<pid>/task/*/schedstat`, in nanoseconds. That a machine is shared makes a process
//! wait, but waiting is not counted, so figures taken this way can be compared where wall-clock figures cannot.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Whether this system keeps the accounts that are read here.
pub(crate) const AVAILABLE: bool = cfg!(target_os = "linux");

/// The CPU time of all threads of a process so far.
pub(crate) fn cpu_time(pid: u32) -> io::Result<Duration> {
    fs::read_dir(format!("/proc/{pid}/task"))?.map(|task| thread_time(&task?.path())).sum()
}

fn thread_time(task: &Path) -> io::Result<Duration> {
    let accounts = fs::read_to_string(task.join("schedstat"))?;
    number(accounts.split_whitespace().next()).map(Duration::from_nanos)
}

/// The bytes of memory of a process's own, in RAM. `smaps_rollup` walks the pages; the counters in `status` are
/// cheaper and lag by up to a quarter of a megabyte on two cores.
pub(crate) fn resident(pid: u32) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Anonymous:"));
    let kibibytes = number(line.and_then(|rest| rest.split_whitespace().next()))?;
    Ok(kibibytes * 1024)
}

fn number(text: Option<&str>) -> io::Result<u64> {
    text.and_then(|digits| digits.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Keeps this thread, and processes it starts from now on, on one core. On a machine with a single core, or where
/// the system refuses, it stays where it is.
#[cfg(target_os = "linux")]
pub(crate) fn pin(core: usize) {
    let mut cores = rustix::thread::CpuSet::new();
    cores.set(core);
    rustix::thread::sched_setaffinity(None, &cores).ok();
}

/// Raises the limit of open files as far as allowed; the number that may be open from now on.
#[cfg(target_os = "linux")]
pub(crate) fn raise_open_files() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).ok();
    let current = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(current).unwrap_or(usize::MAX)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn pin(_core: usize) {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn raise_open_files() -> usize {
    0
}
