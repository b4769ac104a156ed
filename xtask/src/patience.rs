//! What to say before a build that takes minutes: what happens, for how long, and that it happens once.

use std::path::Path;

use crate::style::wrap;
use crate::workspace::Workspace;

/// Says so when Candle and the library were never built here.
pub(crate) fn announce_first_build(workspace: &Workspace) {
    let own = workspace.root.join("target");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or(own, |folder| workspace.root.join(folder));
    if workspace.root.join("crates/dlkit").is_dir() && !is_built(&target) {
        let words = "The first build here compiles Candle and the workshop's library, once. That takes two to three minutes on a laptop; from \
                     then on a check takes a second or two.";
        anstream::eprintln!("{}\n", wrap(words, 0));
    }
}

fn is_built(target: &Path) -> bool {
    let built = std::fs::read_dir(target.join("debug/deps"));
    built.into_iter().flatten().flatten().any(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with("libdlkit-")
    })
}
