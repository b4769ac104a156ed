//! Memory for results.

/// Room for `len` numbers whose values are unspecified: the kernel that asks writes every one of them.
///
/// Filling with zeros first would be a pass over memory that nobody reads. The values are those of a zeroed allocation or of an
/// earlier buffer, never uninitialised in the language's sense for what reads them, because all are overwritten first.
#[allow(
    clippy::uninit_vec,
    reason = "the contract of this function; f32 has no invalid bit pattern and no destructor"
)]
#[allow(unsafe_code)]
pub(crate) fn uninit(len: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(len);
    // SAFETY: the capacity is `len`, and every caller writes all elements before it reads any.
    unsafe { values.set_len(len) };
    values
}

/// Tells the system's allocator to keep what is freed. A training step allocates and frees the same buffers again and again; by
/// default glibc gives large ones back to the kernel each time, which then hands out zeroed pages one fault at a time: that took
/// half of the time of a convolution net's step.
pub(crate) fn keep_freed_pages() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// The largest threshold that glibc accepts: buffers up to this size come from the heap. Whole data sets are larger and
        /// still go back when freed.
        const LARGEST_FROM_HEAP: i32 = 32 << 20;
        const KEPT: i32 = 1 << 30;
        #[allow(unsafe_code)]
        // SAFETY: mallopt takes two integers and is safe to call at any time; it returns 0 where it knows no such parameter,
        // and then nothing is changed.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_FROM_HEAP);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
        }
    }
}
