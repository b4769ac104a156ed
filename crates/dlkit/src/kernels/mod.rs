//! The arithmetic itself: forward and backward passes on plain slices of `f32`.
//!
//! Candle's matrix product is fast; what surrounds it is not: each element-wise operation is a pass of its own over memory, on one
//! thread, into a new allocation. A kernel does in one pass, on all threads and with the processor's vector instructions, what belongs
//! together. This is the only room with `unsafe`, vector instructions or threads; `ops` joins each kernel to Candle's graph.
//!
//! What a kernel computes does not depend on the number of threads: work is cut into tasks of a fixed size, and sums over
//! tasks are added in their order.
//!
//! The environment variable `DLKIT_KERNELS` chooses: `composed` uses no kernel at all (Candle's own operations, as on a GPU), `avx2` no
//! wider vectors than these; anything else takes the best that the processor has. On x86-64 that is AVX-512 or AVX2, and without
//! either the composed form: a third copy of every kernel, as plain loops, would take longer to compile than the other two together,
//! for processors from before 2013. The tests have that copy (`plain`); on other processors it is what runs, with NEON where there is.

pub(crate) mod attention;
pub(crate) mod batch_norm;
pub(crate) mod buffer;
pub(crate) mod conv;
pub(crate) mod dense;
pub(crate) mod dropout;
pub(crate) mod embedding;
pub(crate) mod gelu;
pub(crate) mod layer_norm;
pub(crate) mod math;
pub(crate) mod matmul;
pub(crate) mod optimizers;
pub(crate) mod parallel;
pub(crate) mod pointwise;
pub(crate) mod pool;
pub(crate) mod random;
pub(crate) mod recurrent;
pub(crate) mod row;
pub(crate) mod softmax;
pub(crate) mod softmax_cross_entropy;

use std::sync::OnceLock;

/// Which instructions the kernels use.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Level {
    /// What the compiler makes of plain loops.
    Plain,
    /// 8 numbers at a time.
    Avx2,
    /// 16 numbers at a time.
    Avx512,
    /// The best that pulp finds: on ARM, NEON.
    #[cfg(not(target_arch = "x86_64"))]
    Best,
}

/// What the environment and the processor come to.
#[derive(Clone, Copy, Debug)]
struct Choice {
    level: Level,
    /// Whether operations take their kernels.
    enabled: bool,
}

/// Whether the kernels are compiled as plain loops, too.
const HAS_PLAIN: bool = cfg!(any(test, not(target_arch = "x86_64")));

/// Chosen once for the process.
fn choice() -> Choice {
    static CHOICE: OnceLock<Choice> = OnceLock::new();
    *CHOICE.get_or_init(|| {
        buffer::keep_freed_pages();
        let asked = std::env::var("DLKIT_KERNELS").unwrap_or_default();
        let level = match asked.as_str() {
            "plain" if HAS_PLAIN => Level::Plain,
            "avx2" if has_avx2() => Level::Avx2,
            _ if has_avx512() => Level::Avx512,
            _ if has_avx2() => Level::Avx2,
            #[cfg(not(target_arch = "x86_64"))]
            _ => Level::Best,
            #[cfg(target_arch = "x86_64")]
            _ => Level::Plain,
        };
        Choice {
            level,
            enabled: asked != "composed" && (HAS_PLAIN || level != Level::Plain),
        }
    })
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    pulp::x86::V3::try_new().is_some()
}

#[cfg(all(target_arch = "x86_64", feature = "avx512"))]
fn has_avx512() -> bool {
    pulp::x86::V4::try_new().is_some()
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

#[cfg(not(all(target_arch = "x86_64", feature = "avx512")))]
fn has_avx512() -> bool {
    false
}

/// Whether operations take their kernels; not so under `DLKIT_KERNELS=composed`.
pub(crate) fn enabled() -> bool {
    choice().enabled
}

/// The instructions in use, for a benchmark's report: `"avx512"`, `"avx2"`, `"composed"`, or on other processors than x86-64 `"best"` or
/// `"plain"`.
#[must_use]
pub fn instructions() -> &'static str {
    match choice() {
        Choice { enabled: false, .. } => "composed",
        choice => match choice.level {
            Level::Plain => "plain",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
            #[cfg(not(target_arch = "x86_64"))]
            Level::Best => "best",
        },
    }
}

/// Runs a kernel compiled for the chosen instructions. What is to profit must be inlined into its `with_simd`: a function
/// of its own, or a closure called from elsewhere, is compiled without them.
///
/// Only where kernels are [`enabled`]; see [`dispatch_always`].
// Inlined, it would be compiled with the whole kernel into each of the compiler's units that has a copy of its caller: twice, for most.
#[inline(never)]
pub(crate) fn dispatch<K: pulp::WithSimd>(kernel: K) -> K::Output {
    match choice().level {
        #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
        Level::Avx512 => match pulp::x86::V4::try_new() {
            Some(simd) => pulp::Simd::vectorize(simd, kernel),
            None => unreachable!("chosen only where there is AVX-512"),
        },
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => match pulp::x86::V3::try_new() {
            Some(simd) => pulp::Simd::vectorize(simd, kernel),
            None => unreachable!("chosen only where there is AVX2"),
        },
        #[cfg(not(target_arch = "x86_64"))]
        Level::Best => pulp::Arch::new().dispatch(kernel),
        #[cfg(any(test, not(target_arch = "x86_64")))]
        Level::Plain => kernel.with_simd(pulp::Scalar),
        #[allow(
            unreachable_patterns,
            reason = "which levels are left over depends on the processor and the features"
        )]
        _ => unreachable!("operations take no kernel where there is no copy of it"),
    }
}

/// The same for the few kernels that composed operations use as well, such as the one that makes random numbers.
pub(crate) fn dispatch_always<K: pulp::WithSimd>(kernel: K) -> K::Output {
    match choice().level {
        Level::Plain => kernel.with_simd(pulp::Scalar),
        _ => dispatch(kernel),
    }
}
