//! Places that can be clicked. `file:line:column` is plain text that many terminals and editors understand by themselves; others get a
//! link (OSC 8) around it.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;

use crate::workspace::Workspace;

/// Prints a text, with links where the terminal knows them.
pub(crate) fn print(workspace: &Workspace, text: &str) {
    let terminal = std::io::stdout().is_terminal();
    if terminal && supported(|name| std::env::var(name).ok()) {
        anstream::print!("{}", linked(text, &workspace.root));
    } else {
        anstream::print!("{text}");
    }
}

/// Whether the terminal is known to show links, and does not make better ones itself: VS Code and JetBrains' open a place at its line.
fn supported(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str| variable(name).unwrap_or_default();
    if let Some(force) = variable("FORCE_HYPERLINK").filter(|force| !force.is_empty()) {
        return force != "0";
    }
    let (term, program) = (is("TERM"), is("TERM_PROGRAM"));
    if program == "vscode" || is("TERMINAL_EMULATOR").contains("JetBrains") {
        return false;
    }
    // Inside of a multiplexer the variables tell of the terminal around it, which does not see the link.
    // And on the other end of a connection no such file exists.
    if ["TMUX", "STY", "SSH_CONNECTION"]
        .iter()
        .any(|name| !is(name).is_empty())
        || term == "dumb"
    {
        return false;
    }
    let at_least = |name: &str, version: u32| is(name).parse::<u32>().is_ok_and(|is| is >= version);
    ["iTerm.app", "WezTerm", "ghostty", "Hyper", "rio", "Tabby"].contains(&program.as_str())
        || ["kitty", "alacritty", "foot", "ghostty"]
            .iter()
            .any(|name| term.contains(name))
        || !is("WT_SESSION").is_empty()
        || at_least("VTE_VERSION", 5000)
        || at_least("KONSOLE_VERSION", 201_200)
}

/// Where the files lie that a text may name.
const BEGINNINGS: [&str; 4] = ["exercises/", "solutions/", "target/workshop/", ".workshop/"];

/// The text with a link around each place in a file that exists.
fn linked(text: &str, root: &Path) -> String {
    let mut linked = String::new();
    let mut rest = text;
    while let Some(at) = BEGINNINGS.iter().filter_map(|begin| rest.find(begin)).min() {
        let (before, place) = rest.split_at(at);
        linked += before;
        let end = place
            .find(|c: char| !(c.is_alphanumeric() || "/._-:".contains(c)))
            .unwrap_or(place.len());
        let shown = place[..end].trim_end_matches(['.', ':']);
        let file = root.join(shown.split(':').next().unwrap_or(shown));
        // A colour ends with a letter, which is not part of a longer path.
        let inside = anstream::adapter::strip_str(before)
            .to_string()
            .ends_with(|c: char| c.is_alphanumeric() || "/._-".contains(c));
        if file.is_file() && !inside {
            let _ = write!(linked, "\x1b]8;;{}\x1b\\{shown}\x1b]8;;\x1b\\", url(&file));
        } else {
            linked += shown;
        }
        rest = &place[shown.len()..];
    }
    linked + rest
}

/// `file:///home/x/the%20course/…`.
fn url(file: &Path) -> String {
    let path = file.display().to_string().replace('\\', "/");
    let mut url = "file://".to_owned();
    if !path.starts_with('/') {
        url.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-:~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_files_that_exist_become_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("the course");
        std::fs::create_dir_all(root.join("exercises/l/src")).expect("a folder");
        std::fs::write(root.join("exercises/l/src/a.rs"), "").expect("a file");
        let text = "→ \x1b[36mexercises/l/src/a.rs:3:7\x1b[0m, exercises/l/src/b.rs:1 and xexercises/l/src/a.rs.\nexercises/l/src/a.rs.";
        let with = linked(text, &root);
        assert_eq!(with.matches("\x1b]8;;file:///").count(), 2, "{with:?}");
        assert!(with.contains("/the%20course/exercises/l/src/a.rs\x1b\\exercises/l/src/a.rs:3:7\x1b]8;;\x1b\\\x1b[0m"), "{with:?}");
        assert!(with.ends_with("a.rs\x1b]8;;\x1b\\."), "{with:?}");
        assert_eq!(
            anstream::adapter::strip_str(&with).to_string(),
            anstream::adapter::strip_str(text).to_string()
        );
    }

    #[test]
    fn terminals_are_known_by_their_variables() {
        let known = |set: &[(&str, &str)]| {
            supported(|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(known(&[("TERM", "xterm-kitty")]));
        assert!(known(&[
            ("TERM", "xterm-256color"),
            ("VTE_VERSION", "7600")
        ]));
        assert!(known(&[("TERM_PROGRAM", "WezTerm")]));
        assert!(known(&[("FORCE_HYPERLINK", "1"), ("TERM", "dumb")]));
        assert!(!known(&[("FORCE_HYPERLINK", "0"), ("TERM", "xterm-kitty")]));
        assert!(!known(&[
            ("TERM", "xterm-256color"),
            ("VTE_VERSION", "4900")
        ]));
        assert!(!known(&[("TERM", "xterm-256color")]));
        assert!(!known(&[
            ("TERM_PROGRAM", "vscode"),
            ("TERM", "xterm-256color")
        ]));
        assert!(!known(&[
            ("TERM_PROGRAM", "WezTerm"),
            ("TMUX", "/run/tmux,1,0")
        ]));
        assert!(!known(&[("TERM", "foot"), ("SSH_CONNECTION", "a b")]));
    }
}
