//! What differs between systems, behind one small interface. Both files offer the same functions; only `unix.rs` may use
//! `unsafe`.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use other::*;
#[cfg(unix)]
pub(crate) use unix::*;
