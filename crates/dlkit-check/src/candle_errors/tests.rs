//! What is said of Candle's errors.

use super::*;
use candle_core::{Device::Cpu, Result, Tensor};

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, DType::F32, &Cpu).unwrap()
}

fn cause<T>(result: Result<T>) -> (&'static str, String) {
    let Err(error) = result else {
        panic!("this should have been an error");
    };
    let shown = error.to_string();
    // Wherever it stands in a chain.
    let error = anyhow::Error::from(error).context("while computing z");
    explain(&error).unwrap_or_else(|| panic!("no cause for: {shown}"))
}

#[test]
fn tells_which_transpose_would_fit() {
    let (x, w) = (zeros(&[5, 3]), zeros(&[2, 3]));
    let (name, sentence) = cause(x.matmul(&w));
    assert_eq!(name, "shapes-do-not-multiply");
    assert!(sentence.contains("3 against 2"), "{sentence}");
    assert!(
        sentence.contains("a·bᵀ (`b.t()`), with the result (5, 2),"),
        "{sentence}"
    );
    assert!(!sentence.contains("aᵀ·b"), "{sentence}");
    let (_, sentence) = cause(zeros(&[5, 3]).matmul(&zeros(&[5, 2])));
    assert!(
        sentence.contains("aᵀ·b (`a.t()`), with the result (3, 2),"),
        "{sentence}"
    );
    let (_, sentence) = cause(zeros(&[5, 3]).matmul(&zeros(&[7, 2])));
    assert!(sentence.contains("Neither a transpose"), "{sentence}");
    let (_, sentence) = cause(zeros(&[2, 5, 3]).matmul(&zeros(&[2, 4, 3])));
    assert!(sentence.contains("Minus2"), "{sentence}");
    let (_, sentence) = cause(zeros(&[2, 5, 3]).matmul(&zeros(&[4, 2, 3])));
    assert!(!sentence.contains("would fit"), "{sentence}");
    assert!(sentence.contains("batches differ, too"), "{sentence}");
    let (_, sentence) = cause(zeros(&[5, 3]).matmul(&zeros(&[3])));
    assert!(
        sentence.contains("lhs has 2 axes and rhs 1 axis"),
        "{sentence}"
    );
}

#[test]
fn tells_what_broadcasting_needs() {
    let (name, sentence) = cause(&zeros(&[5, 3]) + &zeros(&[3]));
    assert_eq!(name, "shapes-do-not-match");
    assert!(
        sentence.contains("`broadcast_add` repeats the smaller one, (3,)"),
        "{sentence}"
    );
    let (_, sentence) = cause(zeros(&[5, 3]).broadcast_sub(&zeros(&[5])));
    assert!(sentence.contains("`unsqueeze(1)`"), "{sentence}");
    assert!(
        sentence.contains("`broadcast_sub` could repeat it"),
        "{sentence}"
    );
    for shape in [&[5, 3, 1][..], &[5, 1, 3]] {
        let (_, sentence) = cause(&zeros(shape) * &zeros(&[5, 3]));
        assert!(
            sentence.contains("both are (5, 3): `squeeze("),
            "{sentence}"
        );
    }
    let (_, sentence) = cause(zeros(&[5, 3]).broadcast_mul(&zeros(&[3, 5])));
    assert!(sentence.contains("`.t()`"), "{sentence}");
    let (_, sentence) = cause(zeros(&[5, 3]).broadcast_add(&zeros(&[4])));
    assert!(
        sentence.contains("axis 1 has 3 on one side and 4"),
        "{sentence}"
    );
}

#[test]
fn names_the_sizes() {
    crate::sizes::name_sizes([(5, "samples"), (3, "inputs"), (2, "outputs")]);
    let (_, sentence) = cause(zeros(&[5, 3]).matmul(&zeros(&[2, 3])));
    crate::sizes::name_sizes([]);
    assert!(
        sentence.contains(
            "a is (5 samples, 3 inputs) and b is (2 outputs, 3 inputs): 3 inputs against 2 outputs."
        ),
        "{sentence}"
    );
}

#[test]
fn every_error_that_people_meet_has_a_cause() {
    let x = zeros(&[3, 2]);
    let labels = Tensor::zeros(3, DType::U32, &Cpu).unwrap();
    let columns = Tensor::zeros((3, 3), DType::U32, &Cpu).unwrap();
    let turned = zeros(&[2, 4, 5, 3]);
    let far = Tensor::new(&[7u32], &Cpu).unwrap();
    let batch = zeros(&[2, 3, 4, 5]).transpose(1, 2).unwrap();
    let cases = [
        (cause(x.gather(&labels, 1)), "gather-needs-as-many-axes"),
        (cause(x.reshape((4, 2))), "counts-differ"),
        (cause(x.reshape((4, ()))), "counts-differ"),
        (
            cause(Tensor::from_vec(vec![1f32; 5], (2, 3), &Cpu)),
            "counts-differ",
        ),
        (
            cause(Tensor::cat(&[&x, &x.t().unwrap()], 0)),
            "pieces-do-not-join",
        ),
        (cause(x.narrow(0, 2, 2)), "narrow-past-the-end"),
        (
            cause(x.sum_all().unwrap().to_scalar::<f64>()),
            "number-of-another-type",
        ),
        (
            cause(&x + x.to_dtype(DType::F64).unwrap()),
            "dtypes-do-not-match",
        ),
        (cause(batch.matmul(&turned)), "not-contiguous"),
        (
            cause(x.gather(&columns.narrow(1, 1, 2).unwrap(), 1)),
            "not-contiguous",
        ),
        (cause(x.to_vec1::<f32>()), "wrong-rank"),
        (cause(x.to_scalar::<f32>()), "wrong-rank"),
        (cause(x.sum(2)), "no-such-axis"),
        (cause(x.index_select(&far, 0)), "index-past-the-end"),
        (cause(x.broadcast_as((4, 2))), "shapes-do-not-match"),
        (
            cause(labels.eq(&columns.narrow(1, 0, 1).unwrap())),
            "shapes-do-not-match",
        ),
        (cause(columns.where_cond(&x, &x)), "shapes-do-not-match"),
        (
            cause(
                candle_core::Var::from_tensor(&x)
                    .unwrap()
                    .set(&x.t().unwrap()),
            ),
            "shapes-do-not-match",
        ),
        (
            cause(x.broadcast_matmul(&zeros(&[2]))),
            "shapes-do-not-multiply",
        ),
        (
            cause(zeros(&[1, 9, 9, 1]).conv2d(&zeros(&[4, 1, 3, 3]), 0, 1, 1, 1)),
            "channels-do-not-match",
        ),
        (cause(batch.permute((0, 2, 1))), "permute-names-each-axis"),
        (cause(Tensor::stack(&[] as &[Tensor], 0)), "empty"),
        (cause(x.sum((1, 1))), "axis-named-twice"),
        (
            cause(zeros(&[2, 5, 3]).broadcast_matmul(&zeros(&[4, 2]))),
            "shapes-do-not-multiply",
        ),
    ];
    for ((name, sentence), wanted) in cases {
        assert_eq!(name, wanted, "{sentence}");
        assert!(sentence.ends_with(['.', '?']), "{sentence}");
    }
}

#[test]
fn an_end_taken_for_a_length_is_asked_about() {
    let (_, sentence) = cause(zeros(&[6]).narrow(0, 2, 6));
    assert!(
        sentence.contains("2 past them: is 6 meant as the end (then the length is 4), or should the axis be longer?"),
        "{sentence}"
    );
}

#[test]
fn tells_along_which_axis_pieces_differ() {
    let told = |result| {
        let (name, sentence) = cause(result);
        assert_eq!(name, "pieces-do-not-join");
        sentence
    };
    let sentence = told(Tensor::cat(&[zeros(&[2, 3]), zeros(&[4, 3])], 1));
    assert!(
        sentence.ends_with("(2, 3) and (4, 3) differ along axis 0: 2 against 4. Are they to be joined along that one?"),
        "{sentence}"
    );
    let sentence = told(Tensor::stack(&[zeros(&[2, 2, 1]), zeros(&[2, 1, 1])], 1));
    assert!(sentence.contains("`stack` that was called"), "{sentence}");
    let sentence = told(Tensor::cat(&[zeros(&[2, 3, 5]), zeros(&[4, 6, 5])], 2));
    assert!(sentence.ends_with("They fit along none."), "{sentence}");
}
