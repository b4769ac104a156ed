//! One command a file.

pub(crate) mod author_mistakes;
pub(crate) mod author_mutants;
pub(crate) mod author_new;
pub(crate) mod author_strip;
pub(crate) mod author_variants;
pub(crate) mod author_verify;
pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod doctor;
pub(crate) mod hint;
pub mod list;
pub(crate) mod present;
pub mod reset;
pub(crate) mod run;
pub(crate) mod screen;
pub mod solution;
pub(crate) mod update;
pub(crate) mod watch;
