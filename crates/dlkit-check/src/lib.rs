//! dlkit-check
