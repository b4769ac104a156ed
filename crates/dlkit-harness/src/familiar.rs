//! Panics that everybody meets, and what they mean.
//!
//! Rust says what happened; whoever is new to it wants to know what to look at.

/// The short name of the mistake and a sentence about it, for a panic with these words.
pub(crate) fn explain(words: &str) -> Option<(&'static str, String)> {
    if let Some((len, index)) = two_numbers(
        words,
        "index out of bounds: the len is ",
        " but the index is ",
    ) {
        let sentence = match len {
            0 => "There is nothing in it yet: was it filled?".to_owned(),
            _ => format!(
                "The places of {len} values are 0 to {}. {}",
                len - 1,
                if index == len {
                    "The loop goes one place too far, or a place is counted from 1."
                } else {
                    "Is the index meant for another row, or another axis?"
                }
            ),
        };
        return Some(("index-out-of-bounds", sentence));
    }
    if let Some((end, len)) = two_numbers(
        words,
        "range end index ",
        " out of range for slice of length ",
    ) {
        return Some((
            "range-past-the-end",
            format!(
                "A range that ends at {end} does not fit into {len} values: what should happen to the last, shorter piece?"
            ),
        ));
    }
    FAMILIAR
        .iter()
        .find(|(part, ..)| words.contains(part))
        .map(|(_, diagnosis, sentence)| (*diagnosis, (*sentence).to_owned()))
}

const FAMILIAR: &[(&str, &str, &str)] = &[
    (
        "no unary function for",
        "whole-numbers",
        "This tensor holds whole numbers, and exp, sqrt, log, relu and their like are for fractions: `to_dtype(DType::F32)` comes first.",
    ),
    (
        "attempt to subtract with overflow",
        "below-zero",
        "A `usize` cannot be below 0: is the smaller number taken from the larger? Order the terms so that nothing is below 0 on the way.",
    ),
    (
        "attempt to divide by zero",
        "division-by-zero",
        "Whole numbers were divided by 0: which count can be 0 here?",
    ),
    (
        "attempt to calculate the remainder with a divisor of zero",
        "division-by-zero",
        "A remainder was taken with 0: which count can be 0 here?",
    ),
    (
        "chunk size must be non-zero",
        "division-by-zero",
        "Pieces of the size 0 have no end: which size can be 0 here?",
    ),
    (
        "attempt to add with overflow",
        "overflow",
        "The sum does not fit into this type of whole number: convert to a larger one, or to f64, before adding up.",
    ),
    (
        "attempt to multiply with overflow",
        "overflow",
        "The product does not fit into this type of whole number: convert to a larger one, or to f64, before multiplying.",
    ),
    (
        "called `Option::unwrap()` on a `None` value",
        "unwrapped-nothing",
        "There was nothing to unwrap: an empty row has no first, last or largest value.",
    ),
    (
        "already mutably borrowed",
        "borrowed-twice",
        "A `RefCell` was borrowed while another borrow of it was still alive: end that one first, for example by copying the value out.",
    ),
    (
        "already borrowed",
        "borrowed-twice",
        "A `RefCell` was borrowed to be changed while another borrow of it was still alive: end that one first, for example by copying the \
         value out.",
    ),
];

/// The two numbers in `{before}7{between}9`.
fn two_numbers(words: &str, before: &str, between: &str) -> Option<(usize, usize)> {
    let (_, rest) = words.split_once(before)?;
    let (first, rest) = rest.split_once(between)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((first.parse().ok()?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::hint::black_box;
    use std::panic::{UnwindSafe, catch_unwind};

    /// What is known of the panic that this ends in.
    fn of<T>(action: impl FnOnce() -> T + UnwindSafe) -> (&'static str, String) {
        let Err(payload) = catch_unwind(action) else {
            panic!("this should have panicked");
        };
        let words = payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap();
        explain(&words).unwrap_or_else(|| panic!("not known: {words}"))
    }

    #[test]
    fn knows_what_this_version_of_rust_says() {
        let (name, sentence) = of(|| [1, 2, 3][black_box(3)]);
        assert_eq!(name, "index-out-of-bounds");
        assert!(
            sentence.contains("0 to 2") && sentence.contains("one place too far"),
            "{sentence}"
        );
        let (_, sentence) = of(|| [1, 2, 3][black_box(7)]);
        assert!(sentence.contains("another axis"), "{sentence}");
        let (_, sentence) = of(|| Vec::<u8>::new()[black_box(0)]);
        assert!(sentence.contains("nothing in it"), "{sentence}");
        let row = [1, 2, 3];
        assert_eq!(of(|| row[1..black_box(5)].len()).0, "range-past-the-end");
        assert_eq!(of(|| black_box(1_usize) - black_box(2)).0, "below-zero");
        assert_eq!(of(|| black_box(1) / black_box(0)).0, "division-by-zero");
        assert_eq!(of(|| black_box(1) % black_box(0)).0, "division-by-zero");
        assert_eq!(of(|| row.chunks(black_box(0)).len()).0, "division-by-zero");
        assert_eq!(of(|| black_box(200_u8) + black_box(100)).0, "overflow");
        assert_eq!(of(|| black_box(200_u8) * black_box(100)).0, "overflow");
        assert_eq!(of(|| black_box(None::<u8>).unwrap()).0, "unwrapped-nothing");
        assert_eq!(
            of(|| {
                let cell = RefCell::new(1);
                let first = cell.borrow_mut();
                *cell.borrow_mut() = *first;
            })
            .0,
            "borrowed-twice"
        );
        assert_eq!(
            of(|| {
                let cell = RefCell::new(1);
                let first = cell.borrow_mut();
                *cell.borrow() + *first
            })
            .0,
            "borrowed-twice"
        );
    }

    #[test]
    fn what_nobody_knows_is_left_alone() {
        assert_eq!(explain("my own words"), None);
    }
}
