//! What the compiler says, read from Cargo's messages.

use serde::Deserialize;

/// One error of the compiler.
pub(crate) struct CompileError {
    /// The file, relative to the workspace, with forward slashes.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The compiler's own words, with colour.
    pub(crate) rendered: String,
}

impl CompileError {
    /// Nothing for one without a place: that is the compiler's summary, "could not compile due to 2 previous errors".
    pub(crate) fn new(diagnostic: Diagnostic) -> Option<Self> {
        let span = diagnostic
            .spans
            .iter()
            .find(|span| span.is_primary)?
            .written();
        Some(Self {
            file: span.file_name.replace('\\', "/"),
            line: span.line_start,
            rendered: diagnostic.rendered.unwrap_or_default(),
        })
    }
}

/// A message of the compiler, the parts that matter here.
#[derive(Deserialize)]
pub(crate) struct Diagnostic {
    /// `error`, `warning` …
    pub(crate) level: String,
    /// The compiler's own words, with colour.
    pub(crate) rendered: Option<String>,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: usize,
    is_primary: bool,
    expansion: Option<Expansion>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Box<Span>,
}

impl Span {
    /// Where a person wrote it: the place of the macro's use, not the macro's inside.
    fn written(&self) -> &Self {
        self.expansion
            .as_ref()
            .map_or(self, |expansion| expansion.span.written())
    }
}
