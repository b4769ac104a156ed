//! Names for the sizes that occur in a check, so that shapes can be told as `(5 samples, 3 inputs)`.
//!
//! A check that uses a different number for each kind of thing says so once; from then on its sentences about shapes name the axes.

use std::cell::RefCell;

thread_local! {
    static NAMES: RefCell<Vec<(usize, String)>> = const { RefCell::new(Vec::new()) };
}

/// Says what the sizes in this check count, for example `[(5, "samples"), (3, "inputs")]`. It holds for the thread, until it is said anew;
/// a check has a process of its own.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use dlkit_check::prelude::*;
///
/// name_sizes([(5, "samples"), (3, "inputs"), (2, "outputs")]);
/// let got = Tensor::zeros((5, 3), DType::F32, &Device::Cpu)?;
/// let failure = shape("z", &got, &[5, 2]).unwrap_err();
/// assert!(failure.message.starts_with("z has shape (5 samples, 3 inputs), but it should have (5 samples, 2 outputs)."));
/// # Ok::<(), candle_core::Error>(())
/// ```
pub fn name_sizes<const N: usize>(names: [(usize, &str); N]) {
    NAMES.with_borrow_mut(|all| {
        *all = names
            .into_iter()
            .map(|(size, name)| (size, name.to_owned()))
            .collect();
    });
}

/// `5 samples`, or `5` when nobody said what is counted.
pub(crate) fn size(n: usize) -> String {
    NAMES.with_borrow(|names| {
        // A number that stands for two things names neither.
        let mut fitting = names.iter().filter(|(size, _)| *size == n);
        match (fitting.next(), fitting.next()) {
            (Some((_, name)), None) => format!("{n} {name}"),
            _ => n.to_string(),
        }
    })
}

/// A shape as people write it: `(2, 3)`, `(5 samples, 3 inputs)`, and `()` for a scalar.
pub(crate) fn dimensions(dims: &[usize]) -> String {
    let sizes: Vec<String> = dims.iter().map(|n| size(*n)).collect();
    match sizes.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", sizes.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_the_name_it_was_given() {
        assert_eq!(dimensions(&[5, 3]), "(5, 3)");
        name_sizes([(5, "samples"), (3, "inputs"), (4, "rows"), (4, "columns")]);
        assert_eq!(dimensions(&[5, 3, 4]), "(5 samples, 3 inputs, 4)");
        assert_eq!(dimensions(&[3]), "(3 inputs,)");
        assert_eq!(dimensions(&[]), "()");
        name_sizes([]);
        assert_eq!(dimensions(&[5]), "(5,)");
    }
}
