//! What this process costs the system, as Linux tells it.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Bytes of memory in use, or `None` where the system does not say.
pub(crate) fn resident_bytes() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Processor time used by this thread so far, or `None` where the system does not say.
pub(crate) fn thread_time() -> Option<Duration> {
    task_time(Path::new("/proc/thread-self"))
}

/// Processor time used so far by all threads that a process has.
pub(crate) fn process_time(process: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("a process that runs");
    tasks.filter_map(|task| task_time(&task.ok()?.path())).sum()
}

fn task_time(task: &Path) -> Option<Duration> {
    let schedstat = fs::read_to_string(task.join("schedstat")).ok()?;
    let nanos = schedstat.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}
