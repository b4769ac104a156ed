//! Products of matrices by their definition, and slopes by nudging.

use super::{logistic, random, same, tensor};
use dlkit_check::prelude::*;
use lesson2::matrix::Matrix;
use lesson2::step6_matrices::*;

/// `x·w + b` and the slopes by their definition, number by number.
fn by_definition(x: &Matrix, w: &Matrix, upstream: &Matrix) -> DenseGradients {
    let ((n, p), h) = (x.shape(), w.columns());
    let mut gradients = DenseGradients {
        x: Matrix::zeros(n, p),
        w: Matrix::zeros(p, h),
        b: vec![0.0; h],
    };
    for s in 0..n {
        for j in 0..h {
            gradients.b[j] += upstream[(s, j)];
            for i in 0..p {
                gradients.w[(i, j)] += x[(s, i)] * upstream[(s, j)];
                gradients.x[(s, i)] += w[(i, j)] * upstream[(s, j)];
            }
        }
    }
    gradients
}

fn scaled(matrix: &Matrix, by: f64) -> Vec<f64> {
    matrix.values().iter().map(|v| v * by).collect()
}

fn judge(x: &Matrix, w: &Matrix, upstream: &Matrix) -> Verdict {
    let want = by_definition(x, w, upstream);
    let got = dense_backward(x, w, upstream);
    let n = x.rows();
    let told = format!("with x {:?} and w {:?}", x.shape(), w.shape());
    let mean = "It was divided by the number of samples. The mean belongs to the loss, which has put it into the upstream slopes already: here \
                slopes add up.";
    expect(format!("{told} the slope along b"))
        .mistake("mean-taken-twice", mean, want.b.iter().map(|b| b / n as f64).collect::<Vec<_>>())
        .mistake("first-sample-only", "Only the first sample has counted: b is used for every one, so its slopes add up over the rows.", upstream.row(0).to_vec())
        .mistake("last-sample-only", "Only the last sample has counted: `+=`, not `=`.", upstream.row(n - 1).to_vec())
        .advice("One number for each neuron: the sum of its column, over the samples.")
        .close_all(&got.b, &want.b)?;
    let comparison = expect(format!("{told} the slope along w"))
        .mistake("mean-taken-twice", mean, scaled(&want.w, 1.0 / n as f64))
        .advice("Row i, column j: x[i] · upstream[j], added up over the samples.");
    same(&comparison, &got.w, &want.w)?;
    let mut comparison = expect(format!("{told} the slope along x"))
        .mistake("mean-taken-twice", mean, scaled(&want.x, 1.0 / n as f64))
        .advice("x[i] goes into every z[j] through w[i][j]: add up w[i][j] · upstream[j] over j.");
    if w.rows() == w.columns() {
        comparison = comparison.mistake(
            "weights-not-transposed",
            "That is upstream · w: on the way back each weight leads from z[j] to x[i], so w is to be transposed.",
            upstream.dot(w).values().to_vec(),
        );
    }
    same(&comparison, &got.x, &want.x)
}

pub(super) fn dense_gradients_have_their_shapes() -> Verdict {
    let mut draw = Draw::new(1);
    for (n, p, h) in [(2, 3, 5), (1, 4, 2), (6, 1, 3), (3, 2, 1)] {
        let (x, w, upstream) = (
            random(&mut draw, n, p),
            random(&mut draw, p, h),
            random(&mut draw, n, h),
        );
        let got = dense_backward(&x, &w, &upstream);
        name_sizes([(n, "samples"), (p, "inputs"), (h, "neurons")]);
        shape("the gradient along x", &tensor(&got.x), &[n, p])?;
        shape("the gradient along w", &tensor(&got.w), &[p, h])?;
        if got.b.len() != h {
            let summed = if got.b.len() == n {
                " It was added up along the rows; there is one bias for each column."
            } else {
                ""
            };
            let message = format!(
                "the gradient along b holds {}, but there are {h} neurons, each with its bias.{summed}",
                super::count(got.b.len(), "number")
            );
            return slip("wrong-shape", message);
        }
    }
    Ok(())
}

pub(super) fn dense_gradients_of_the_worked_example() -> Verdict {
    let x = Matrix::from_rows([[1.0, 2.0]]);
    let w = Matrix::from_rows([[1.0, 0.0], [3.0, -1.0]]);
    judge(&x, &w, &Matrix::from_rows([[10.0, 1.0]]))?;
    let x = Matrix::from_rows([[1.0, 2.0], [-1.0, 0.5], [0.0, 3.0]]);
    judge(
        &x,
        &w,
        &Matrix::from_rows([[10.0, 1.0], [2.0, -4.0], [0.5, 7.0]]),
    )
}

pub(super) fn dense_gradients_match_the_slopes() -> Verdict {
    let mut draw = Draw::new(2);
    for (n, p, h) in [(4, 3, 2), (5, 2, 4), (3, 3, 3), (1, 1, 1)] {
        let (x, w, upstream) = (
            random(&mut draw, n, p),
            random(&mut draw, p, h),
            random(&mut draw, n, h),
        );
        judge(&x, &w, &upstream)?;
        // And against nudging: the loss whose slope along z is `upstream` is Σ z · upstream.
        let along = |x: &Matrix, w: &Matrix| {
            x.dot(w)
                .with(&upstream, |z, u| z * u)
                .values()
                .iter()
                .sum::<f64>()
        };
        let got = dense_backward(&x, &w, &upstream);
        let f = |values: &[f64]| along(&x, &Matrix::from_values(p, h, values.to_vec()));
        gradient(
            "the slopes along w, row after row: number ",
            f,
            w.values(),
            got.w.values(),
        )?;
        let f = |values: &[f64]| along(&Matrix::from_values(n, p, values.to_vec()), &w);
        gradient(
            "the slopes along x, row after row: number ",
            f,
            x.values(),
            got.x.values(),
        )?;
    }
    Ok(())
}

pub(super) fn relu_lets_through_where_it_was_on() -> Verdict {
    let mut draw = Draw::new(3);
    let mut cases = vec![(
        Matrix::from_rows([[2.0, -1.0, 0.5], [-3.0, 4.0, -0.1]]),
        Matrix::from_rows([[5.0, 6.0, -7.0], [8.0, -9.0, 10.0]]),
    )];
    cases.extend((1..5).map(|n| (random(&mut draw, n, 4), random(&mut draw, n, 4))));
    for (z, upstream) in cases {
        let want = z.with(&upstream, |z, u| if z > 0.0 { u } else { 0.0 });
        let comparison = expect("the slope along z")
            .mistake("upstream-forgotten", "That is ReLU's own slope, 0 or 1; multiply it with the upstream slope.", {
                z.map(|z| f64::from(u8::from(z > 0.0))).values().to_vec()
            })
            .mistake("relu-of-the-slope", "ReLU was applied to the slopes: it is z that decides, and a slope may well be negative.", {
                upstream.map(|u| u.max(0.0)).values().to_vec()
            })
            .mistake("value-instead-of-slope", "The slopes were multiplied with ReLU's value; its slope is 0 or 1.", {
                z.with(&upstream, |z, u| u * z.max(0.0)).values().to_vec()
            })
            .mistake("inverted", "It is the wrong way round: slopes pass where z is above 0.", {
                z.with(&upstream, |z, u| if z > 0.0 { 0.0 } else { u }).values().to_vec()
            })
            .mistake("never-stopped", "Every slope passes: where z is below 0, ReLU is flat and stops it.", upstream.values().to_vec());
        same(&comparison, &relu_backward(&z, &upstream), &want)?;
    }
    let (zero, three) = (Matrix::zeros(1, 1), Matrix::from_rows([[3.0]]));
    expect("the slope along z where z is 0 and the upstream slope 3")
        .mistake(
            "corner",
            "At exactly 0 the slope is agreed to be 0: `>`, not `≥`.",
            3.0,
        )
        .close_all(relu_backward(&zero, &three).values(), &[0.0])
}

pub(super) fn sigmoid_uses_its_output() -> Verdict {
    let mut draw = Draw::new(4);
    for n in 1..5 {
        let a = random(&mut draw, n, 3).map(logistic);
        let upstream = random(&mut draw, n, 3);
        let want = a.with(&upstream, |a, u| u * a * (1.0 - a));
        let comparison = expect("the slope along z")
            .mistake(
                "sigmoid-twice",
                "The sigmoid was taken of a; but a is what it gave already: a(1 − a).",
                a.with(&upstream, |a, u| u * logistic(a) * (1.0 - logistic(a)))
                    .values()
                    .to_vec(),
            )
            .mistake(
                "upstream-forgotten",
                "That is the sigmoid's own slope; multiply it with the upstream slope.",
                a.map(|a| a * (1.0 - a)).values().to_vec(),
            )
            .mistake(
                "activation-slope-forgotten",
                "The slopes were handed on as they are: multiply them with a(1 − a).",
                upstream.values().to_vec(),
            )
            .mistake(
                "value-instead-of-slope",
                "The slopes were multiplied with a; the sigmoid's slope is a(1 − a).",
                a.with(&upstream, |a, u| u * a).values().to_vec(),
            )
            .mistake(
                "factor-missing",
                "The slopes were multiplied with 1 − a; one factor of a(1 − a) is missing.",
                a.with(&upstream, |a, u| u * (1.0 - a)).values().to_vec(),
            )
            .mistake(
                "tanh-instead",
                "1 − a² is the slope of tanh; the sigmoid's is a(1 − a).",
                a.with(&upstream, |a, u| u * (1.0 - a * a))
                    .values()
                    .to_vec(),
            );
        same(&comparison, &sigmoid_backward(&a, &upstream), &want)?;
    }
    Ok(())
}

/// What goes wrong on the way back through a net.
#[derive(Clone, Copy, PartialEq)]
enum Slip {
    None,
    Uphill,
    NoOutputSlope,
    NoHiddenSlope,
    NoWeights,
    NoSigmoidForward,
    SlopeTwice,
    HiddenSlopeTwice,
    OutputSlopeTwice,
    ErrorsBack,
    ValuesBack,
    NotHandedBack,
    WeightsNotTurned,
    SlopeOfTheInput,
    SlopeOfTheLast,
    WeightsSeeOutputs,
    WeightsSeeInputs,
    NoTarget,
    SquaredError,
    ReluForward,
}

fn gradients(x: &Matrix, y: &Matrix, weights: &[Matrix], slip: Slip) -> Vec<Matrix> {
    let mut activations = vec![x.clone()];
    for w in weights {
        let z = activations[activations.len() - 1].dot(w);
        activations.push(match slip {
            Slip::NoSigmoidForward => z,
            Slip::ReluForward => z.map(|z| z.max(0.0)),
            _ => z.map(logistic),
        });
    }
    let last = weights.len();
    let mut upstream = activations[last].with(y, |a, y| match slip {
        Slip::Uphill => y - a,
        Slip::NoTarget => a,
        Slip::SquaredError => (a - y) * (a - y),
        _ => a - y,
    });
    let mut all = Vec::new();
    for layer in (0..last).rev() {
        let flat = (slip == Slip::NoOutputSlope && layer + 1 == last)
            || (slip == Slip::NoHiddenSlope && layer + 1 < last);
        let at = match slip {
            Slip::SlopeOfTheInput => layer,
            Slip::SlopeOfTheLast => last,
            _ => layer + 1,
        };
        let delta = if flat {
            upstream.clone()
        } else {
            activations[at].with(&upstream, |a, u| u * a * (1.0 - a))
        };
        let twice = slip == Slip::SlopeTwice
            || (slip == Slip::HiddenSlopeTwice && layer + 1 < last)
            || (slip == Slip::OutputSlopeTwice && layer + 1 == last);
        let delta = if twice {
            activations[layer + 1].with(&delta, |a, u| u * a * (1.0 - a))
        } else {
            delta
        };
        let seen = match slip {
            Slip::WeightsSeeOutputs => &activations[layer + 1],
            Slip::WeightsSeeInputs => x,
            _ => &activations[layer],
        };
        all.push(seen.transposed().dot(&delta));
        if slip == Slip::NotHandedBack {
            continue;
        }
        let turned = if slip == Slip::WeightsNotTurned {
            weights[layer].clone()
        } else {
            weights[layer].transposed()
        };
        let back = match slip {
            Slip::ErrorsBack => &upstream,
            Slip::ValuesBack => &activations[layer + 1],
            _ => &delta,
        };
        upstream = back.dot(&if slip == Slip::NoWeights {
            turned.map(|_| 1.0)
        } else {
            turned
        });
    }
    all.reverse();
    all
}

fn judge_net(x: &Matrix, y: &Matrix, weights: &[Matrix]) -> Verdict {
    let want = gradients(x, y, weights, Slip::None);
    let got = net_gradients(x, y, weights);
    let layers = weights.len();
    ensure!(
        got.len() == layers,
        "a net with {layers} matrices of weights needs as many gradients, but {} came out.",
        got.len()
    );
    let equals = |order: &dyn Fn(usize) -> usize| {
        (0..layers).all(|l| same(&expect(""), &got[l], &want[order(l)]).is_ok())
    };
    if equals(&|l| layers - 1 - l) && !equals(&|l| l) {
        return Err(Failure::new("the gradients are right, but in reverse order: the first belongs to the first matrix of weights.").diagnosed("reversed"));
    }
    // The last layer first: that is where the way back begins, so its mistakes are the cause of all others.
    for layer in (0..layers).rev() {
        let slipped = |slip| gradients(x, y, weights, slip)[layer].values().to_vec();
        // Where everything has one size, these panic nowhere.
        let square = x.columns() == y.columns()
            && weights
                .iter()
                .all(|w| w.shape() == (x.columns(), x.columns()));
        let square_slipped = |slip| if square { slipped(slip) } else { Vec::new() };
        let n = x.rows() as f64;
        let comparison = expect(format!(
            "layer {} of {layers}: the gradient of its weights",
            layer + 1
        ))
        .mistake(
            "sign",
            "The sign is the wrong way round: the slope of ½(a − y)² along a is a − y.",
            slipped(Slip::Uphill),
        )
        // Of the last layer this can be said of no gradient, so it is asked first.
        .mistake(
            "activation-slope-forgotten",
            "What came back to this layer is the error behind the next one, without the slope a(1 − a) of that one's sigmoid.",
            slipped(Slip::ErrorsBack),
        )
        .mistake(
            "values-go-back",
            "What came back to this layer are the activations of the next one, times its weights; on the way back it is slopes that go through the weights.",
            slipped(Slip::ValuesBack),
        )
        .mistake(
            "activation-slope-forgotten",
            "The slope a(1 − a) of the output's sigmoid is missing.",
            slipped(Slip::NoOutputSlope),
        )
        .mistake(
            "activation-slope-forgotten",
            "The slope a(1 − a) of the hidden sigmoid is missing.",
            slipped(Slip::NoHiddenSlope),
        )
        .mistake(
            "sigmoid-forgotten",
            "On the way forward the sigmoid is missing: every layer is a ← σ(a·w).",
            slipped(Slip::NoSigmoidForward),
        )
        .mistake(
            "activation-slope-twice",
            "The slope a(1 − a) was multiplied in twice.",
            slipped(Slip::SlopeTwice),
        )
        .mistake(
            "activation-slope-twice",
            "The slope a(1 − a) of the hidden sigmoid was multiplied in twice.",
            slipped(Slip::HiddenSlopeTwice),
        )
        .mistake(
            "activation-slope-twice",
            "The slope a(1 − a) of the output's sigmoid was multiplied in twice.",
            slipped(Slip::OutputSlopeTwice),
        )
        .mistake(
            "not-handed-back",
            "Every layer was given the error of the output: what comes back to a layer is what the next one gave along its inputs.",
            square_slipped(Slip::NotHandedBack),
        )
        .mistake(
            "weights-not-transposed",
            "On the way back the weights between the layers are to be transposed: each leads from a result to an input.",
            square_slipped(Slip::WeightsNotTurned),
        )
        .mistake(
            "activation-of-another-layer",
            "a(1 − a) was taken of what the layer is given; it belongs to what its sigmoid gave.",
            square_slipped(Slip::SlopeOfTheInput),
        )
        .mistake(
            "activation-of-another-layer",
            "a(1 − a) was taken of the net's output; each layer has its own activations.",
            square_slipped(Slip::SlopeOfTheLast),
        )
        .mistake(
            "activation-of-another-layer",
            "The gradient was built from what this layer gave; its weights were multiplied with what it was given.",
            square_slipped(Slip::WeightsSeeOutputs),
        )
        .mistake(
            "activation-of-another-layer",
            "The gradient was built from x; the weights of this layer were multiplied with the activations of the one before.",
            square_slipped(Slip::WeightsSeeInputs),
        )
        .mistake("target-forgotten", "The truth has not been subtracted: the slope along the output is a − y.", slipped(Slip::NoTarget))
        .mistake(
            "squared-error",
            "The error was squared; ½(a − y)² is the loss, and its slope along a is asked for.",
            slipped(Slip::SquaredError),
        )
        .mistake("wrong-activation", "On the way forward the layers have ReLU; here every layer is a ← σ(a·w).", slipped(Slip::ReluForward))
        .mistake(
            "weights-forgotten",
            "On the way back to the layer before, slopes go through the weights between them.",
            slipped(Slip::NoWeights),
        )
        .mistake(
            "factor-two",
            "It is twice what it should be: the loss has ½ in front of the square.",
            scaled(&want[layer], 2.0),
        )
        .mistake(
            "mean-instead-of-sum",
            "It was divided by the number of samples; this loss is a sum.",
            scaled(&want[layer], 1.0 / n),
        )
        .advice(
            "Two activations belong to a layer: a(1 − a) takes the ones that it gave, the gradient of its weights the ones that it was given. Are they these two?",
        );
        same(&comparison, &got[layer], &want[layer])?;
    }
    Ok(())
}

/// The four rows of the truth tables, with a third column that is always 1, in place of a bias.
fn rows() -> Matrix {
    Matrix::from_rows([
        [0.0, 0.0, 1.0],
        [0.0, 1.0, 1.0],
        [1.0, 0.0, 1.0],
        [1.0, 1.0, 1.0],
    ])
}

pub(super) fn a_net_of_one_layer() -> Verdict {
    let mut draw = Draw::new(5);
    // One size first: there nothing panics, and mistakes show their numbers.
    for (n, outputs) in [(4, 3), (3, 2), (1, 2), (5, 2)] {
        let (x, y) = (
            random(&mut draw, n, 3),
            random(&mut draw, n, outputs).map(logistic),
        );
        judge_net(&x, &y, &[random(&mut draw, 3, outputs)])?;
    }
    Ok(())
}

pub(super) fn a_net_of_two_layers() -> Verdict {
    let mut draw = Draw::new(6);
    let x = random(&mut draw, 4, 3);
    let weights = [random(&mut draw, 3, 3), random(&mut draw, 3, 3)];
    judge_net(&x, &random(&mut draw, 4, 3).map(logistic), &weights)?;
    let y = Matrix::from_rows([[0.0], [1.0], [1.0], [0.0]]);
    for _ in 0..4 {
        judge_net(
            &rows(),
            &y,
            &[random(&mut draw, 3, 4), random(&mut draw, 4, 1)],
        )?;
    }
    // The worked example, where many a mistake gives what another gives.
    let one = |value: f64| Matrix::from_rows([[value]]);
    judge_net(&one(1.0), &one(0.0), &[one(0.0), one(2.0)])
}

pub(super) fn a_net_of_any_depth() -> Verdict {
    let mut draw = Draw::new(7);
    for sizes in [vec![2, 3, 4, 2], vec![3, 2, 2, 2, 1]] {
        let weights: Vec<Matrix> = sizes
            .windows(2)
            .map(|pair| random(&mut draw, pair[0], pair[1]))
            .collect();
        let x = random(&mut draw, 4, sizes[0]);
        let y = random(&mut draw, 4, sizes[sizes.len() - 1]).map(logistic);
        judge_net(&x, &y, &weights)?;
    }
    Ok(())
}

pub(super) fn learns_the_truth_table() -> Verdict {
    // The script of eleven lines: 10,000 steps with η = 1 on the table that is its own first column. It prints the answers of
    // its last forward pass, before the last update.
    let y = Matrix::from_rows([[0.0], [0.0], [1.0], [1.0]]);
    let mut w = Matrix::from_values(3, 1, START[..3].to_vec());
    for _ in 0..9_999 {
        let gradients = net_gradients(&rows(), &y, std::slice::from_ref(&w));
        ensure!(
            gradients.len() == 1,
            "a net with one matrix of weights has one gradient, but {} came out.",
            gradients.len()
        );
        if gradients[0].shape() != w.shape() {
            return same(
                &expect("the gradient of the weights (3, 1)"),
                &gradients[0],
                &w,
            );
        }
        w = w.with(&gradients[0], |w, g| w - g);
    }
    let published = [0.009_664_49, 0.007_865_06, 0.993_588_98, 0.992_119_57];
    expect("after 10,000 steps on y = x₁ from the published start, the answer to row ")
        .within(1e-8)
        .advice("These are the figures that the script of eleven lines is known for. If the other checks pass, is the loss half the *sum* of the squares?")
        .close_all(rows().dot(&w).map(logistic).values(), &published)
}
