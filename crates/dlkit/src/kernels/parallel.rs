//! Work on all threads.
//!
//! The threads are those of Candle's barrier pool: a second pool beside it would have both wait actively for work and take
//! the processor from each other. Candle reads their number from `CANDLE_NUM_THREADS` when the pool is first used.
//!
//! The tasks of a kernel and their bounds are the same whatever the number of threads, only who does which differs: so the
//! result has the same bits.

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    /// Whether this thread is running a task: a kernel called from a task runs its own tasks by itself, because the pool
    /// takes one piece of work at a time.
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
}

/// Runs `task(0)` to `task(tasks − 1)`, each once, in any order and on any thread; returns when all are done. A panic in one
/// is passed on.
pub(crate) fn for_each(tasks: usize, task: impl Fn(usize) + Sync) {
    run(tasks, &task);
}

/// Not generic: what runs the tasks is compiled once and not for every kernel, and each task once and not for both ways to call it.
fn run(tasks: usize, task: &(dyn Fn(usize) + Sync)) {
    if tasks <= 1 || IN_TASK.get() {
        (0..tasks).for_each(task);
        return;
    }
    let next = AtomicUsize::new(0);
    let panic: Mutex<Option<Box<dyn Any + Send>>> = Mutex::new(None);
    candle_core::utils::barrier_pool().execute(|_| {
        IN_TASK.set(true);
        // Caught here, because a panic that leaves the pool's own lock behind would break it for ever.
        let result = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= tasks {
                    break;
                }
                task(index);
            }
        }));
        IN_TASK.set(false);
        if let (Err(payload), Ok(mut first)) = (result, panic.lock()) {
            first.get_or_insert(payload);
        }
    });
    if let Ok(Some(payload)) = panic.into_inner() {
        resume_unwind(payload);
    }
}

/// Cuts `out` into chunks of this length (the last may be shorter) and gives each, with its index, to a task.
pub(crate) fn for_each_chunk<T: Send>(
    out: &mut [T],
    chunk: usize,
    task: impl Fn(usize, &mut [T]) + Sync,
) {
    let len = out.len();
    let shared = Shared::new(out);
    for_each(len.div_ceil(chunk.max(1)), |index| {
        let start = index * chunk;
        #[allow(unsafe_code)]
        // SAFETY: each index comes once, and the ranges of different indices do not overlap.
        let part = unsafe { shared.range(start..len.min(start + chunk)) };
        task(index, part);
    });
}

/// A slice that several tasks write, each in places of its own.
pub(crate) struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

#[allow(unsafe_code)]
// SAFETY: it only hands out parts of an exclusively borrowed slice; that no two threads have the same part is the contract
// of `range`.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

#[allow(unsafe_code)]
impl<'a, T> Shared<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self {
            start: slice.as_mut_ptr(),
            len: slice.len(),
            slice: PhantomData,
        }
    }

    /// The part at `range`.
    ///
    /// # Safety
    /// While the part is in use no other task may hold one that overlaps it.
    #[allow(
        clippy::mut_from_ref,
        reason = "the contract above makes the parts exclusive"
    )]
    pub(crate) unsafe fn range(&self, range: Range<usize>) -> &mut [T] {
        let len = range.len();
        // SAFETY: within the borrowed slice, and exclusive by the contract of this function.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(range), len) }
    }

    /// Where `range` starts, for a routine that writes some places of it, such as the rows of a tile.
    ///
    /// # Safety
    /// While these places are in use no other task may use them.
    pub(crate) unsafe fn pointer(&self, range: Range<usize>) -> *mut T {
        assert!(
            range.start <= range.end && range.end <= self.len,
            "a task's range is outside of its slice"
        );
        // SAFETY: the assertion keeps it inside of the allocation.
        unsafe { self.start.add(range.start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_also_when_nested() {
        let counts: Vec<AtomicUsize> = (0..100).map(|_| AtomicUsize::new(0)).collect();
        for_each(10, |a| {
            for_each(10, |b| {
                counts[10 * a + b].fetch_add(1, Ordering::Relaxed);
            });
        });
        assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
    }

    #[test]
    fn chunks_cover_a_slice_of_odd_length() {
        for len in [0, 1, 6, 7, 8, 101] {
            let mut out = vec![0; len];
            for_each_chunk(&mut out, 7, |index, part| {
                for (offset, value) in part.iter_mut().enumerate() {
                    *value += 1 + 7 * index + offset;
                }
            });
            assert_eq!(out, (1..=len).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_is_passed_on_and_the_pool_still_works() {
        for _ in 0..3 {
            let result = catch_unwind(|| for_each(8, |i| assert!(i != 5, "task five")));
            assert!(result.is_err());
        }
        every_task_runs_once_also_when_nested();
    }
}
