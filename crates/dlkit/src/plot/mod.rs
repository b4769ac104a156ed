//! Pictures of what a net learns.
