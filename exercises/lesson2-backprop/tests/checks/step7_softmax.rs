//! The two ways back through softmax, and a whole net against nudging and against Candle.

use super::{random, same, shares, tensor};
use dlkit::prelude::{Context, D, DType, Device, Result, Seed, Tensor, Var};
use dlkit_check::prelude::*;
use lesson2::matrix::Matrix;
use lesson2::step7_softmax::*;

/// By the table of slopes of each row: `Σᵢ upstreamᵢ pᵢ (δᵢⱼ − pⱼ)`.
fn through_softmax(p: &Matrix, upstream: &Matrix) -> Matrix {
    let mut dz = Matrix::zeros(p.rows(), p.columns());
    for s in 0..p.rows() {
        for j in 0..p.columns() {
            for i in 0..p.columns() {
                let same = if i == j { 1.0 } else { 0.0 };
                dz[(s, j)] += upstream[(s, i)] * p[(s, i)] * (same - p[(s, j)]);
            }
        }
    }
    dz
}

fn judge_softmax(p: &Matrix, upstream: &Matrix) -> Verdict {
    let all: f64 = p.with(upstream, |p, u| p * u).values().iter().sum();
    let comparison = expect(format!("with p {:?} the slope along the logits", p.shape()))
        .mistake(
            "diagonal-only",
            "Only pᵢ(1 − pᵢ) has counted, as if softmax were a sigmoid: raising one logit also lowers all other probabilities of its row.",
            p.with(upstream, |p, u| u * p * (1.0 - p)).values().to_vec(),
        )
        .mistake("row-sum-missing", "The sum Σ upstream · p of the row was not subtracted.", p.with(upstream, |p, u| u * p).values().to_vec())
        .mistake(
            "factor-missing",
            "The row's sum was subtracted, but the factor p in front is missing.",
            (0..p.rows())
                .flat_map(|i| {
                    let sum: f64 = p.row(i).iter().zip(upstream.row(i)).map(|(p, u)| p * u).sum();
                    upstream.row(i).iter().map(|u| u - sum).collect::<Vec<_>>()
                })
                .collect::<Vec<_>>(),
        )
        .mistake(
            "sign-of-the-sum",
            "The row's sum was added; it is to be subtracted.",
            (0..p.rows())
                .flat_map(|i| {
                    let sum: f64 = p.row(i).iter().zip(upstream.row(i)).map(|(p, u)| p * u).sum();
                    p.row(i).iter().zip(upstream.row(i)).map(|(p, u)| p * (u + sum)).collect::<Vec<_>>()
                })
                .collect::<Vec<_>>(),
        )
        .mistake(
            "sum-over-all-rows",
            "The sum was taken over all samples; each row has its own.",
            if p.rows() == 1 { vec![] } else { p.with(upstream, |p, u| p * (u - all)).values().to_vec() },
        )
        .mistake(
            "sum-without-p",
            "The upstream slopes were added up as they are; the sum is Σ upstream · p.",
            (0..p.rows())
                .flat_map(|i| {
                    let sum: f64 = upstream.row(i).iter().sum();
                    p.row(i).iter().zip(upstream.row(i)).map(|(p, u)| p * (u - sum)).collect::<Vec<_>>()
                })
                .collect::<Vec<_>>(),
        )
        .advice("In each row: p · (upstream − the row's sum of upstream · p).");
    same(
        &comparison,
        &softmax_backward(p, upstream),
        &through_softmax(p, upstream),
    )
}

pub(super) fn softmax_gradient_of_the_worked_example() -> Verdict {
    judge_softmax(
        &Matrix::from_rows([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]]),
        &Matrix::from_rows([[4.0, 0.0, 1.0], [-1.0, 2.0, 0.5]]),
    )?;
    judge_softmax(
        &Matrix::from_rows([[0.25, 0.75]]),
        &Matrix::from_rows([[4.0, 0.0]]),
    )
}

pub(super) fn softmax_gradient_matches_the_slopes() -> Verdict {
    let mut draw = Draw::new(1);
    for (n, k) in [(3, 4), (1, 5), (4, 2)] {
        let (z, upstream) = (random(&mut draw, n, k), random(&mut draw, n, k));
        judge_softmax(&shares(&z), &upstream)?;
        let f = |values: &[f64]| {
            let p = shares(&Matrix::from_values(n, k, values.to_vec()));
            p.with(&upstream, |p, u| p * u).values().iter().sum()
        };
        gradient(
            "the slopes along the logits, row after row: number ",
            f,
            z.values(),
            softmax_backward(&shares(&z), &upstream).values(),
        )?;
    }
    Ok(())
}

fn p_minus_y(p: &Matrix, labels: &[usize], by: f64) -> Matrix {
    let mut slopes = p.clone();
    for (i, &label) in labels.iter().enumerate() {
        slopes[(i, label)] -= 1.0;
    }
    slopes.map(|s| s * by)
}

fn one_hot_of(labels: &[usize], classes: usize) -> Matrix {
    p_minus_y(&Matrix::zeros(labels.len(), classes), labels, -1.0)
}

fn labels(n: usize, k: usize) -> Vec<usize> {
    (0..n).map(|i| (2 * i + 1) % k).collect()
}

pub(super) fn loss_gradient_is_p_minus_y_over_n() -> Verdict {
    let mut draw = Draw::new(2);
    let mut cases = vec![(
        Matrix::from_rows([
            [0.25, 0.45, 0.3],
            [0.4, 0.1, 0.5],
            [0.2, 0.7, 0.1],
            [0.05, 0.6, 0.35],
        ]),
        vec![0, 2, 2, 1],
    )];
    for (n, k) in [(1, 2), (5, 3), (8, 10)] {
        cases.push((shares(&random(&mut draw, n, k)), labels(n, k)));
    }
    for (p, labels) in cases {
        let n = labels.len();
        let over = 1.0 / n as f64;
        let one_hot = |f: &dyn Fn(f64, f64) -> f64| {
            let y = p_minus_y(&p, &labels, -1.0).with(&p, |a, b| a + b);
            p.with(&y, f).values().to_vec()
        };
        let want = p_minus_y(&p, &labels, over);
        let comparison = expect(format!("with {n} samples the slope along the logits"))
            .over(n)
            .mistake("target-forgotten", "That is p / n: subtract 1 at each label first.", p.map(|p| p * over).values().to_vec())
            .mistake("sign-of-the-truth", "The truth was added; it is p − y.", p_minus_y(&p, &labels, over).with(&one_hot_of(&labels, p.columns()), |s, y| s + 2.0 * y * over).values().to_vec())
            .mistake("target-divided-twice", "The truth was divided by n before it was subtracted, and then once more: y is 1 at the label.", {
                p.with(&one_hot_of(&labels, p.columns()), |p, y| (p - y * over) * over).values().to_vec()
            })
            .mistake("target-not-divided", "Only p was divided by n, and the truth was not: it is the difference p − y that is divided.", {
                p.with(&one_hot_of(&labels, p.columns()), |p, y| p * over - y).values().to_vec()
            })
            .mistake("off-by-one-label", "1 was subtracted beside the label: classes are counted from 0, as columns are.", {
                let k = p.columns();
                let beside: Vec<usize> = labels.iter().map(|label| (label + 1) % k).collect();
                p_minus_y(&p, &beside, over).values().to_vec()
            })
            .mistake("off-by-one-label", "1 was subtracted beside the label: classes are counted from 0, as columns are.", {
                let k = p.columns();
                let beside: Vec<usize> = labels.iter().map(|label| (label + k - 1) % k).collect();
                p_minus_y(&p, &beside, over).values().to_vec()
            })
            .mistake("wrong-count", "It was divided by the number of classes; divide by the number of samples, the rows.", {
                if n == p.columns() { vec![] } else { p_minus_y(&p, &labels, 1.0 / p.columns() as f64).values().to_vec() }
            })
            .mistake(
                "target-instead-of-logits",
                "Those are the slopes along the *probabilities*, −y/p; go back through softmax as well, and almost everything cancels.",
                one_hot(&|p, y| -y / p * over),
            )
            .mistake("softmax-slope-twice", "It was multiplied with p(1 − p) as well; in p − y the slope of softmax is included already.", {
                one_hot(&|p, y| (p - y) * p * (1.0 - p) * over)
            })
            .mistake("label-only", "Only the label's column has a slope; every other logit should go down as well, by its p.", {
                one_hot(&|p, y| y * (p - y) * over)
            })
            .mistake("wrong-count", "It was divided by the count of all numbers; divide by the number of samples, the rows.", {
                p_minus_y(&p, &labels, over / p.columns() as f64).values().to_vec()
            });
        same(&comparison, &loss_backward(&p, &labels), &want)?;
    }
    Ok(())
}

pub(super) fn both_ways_through_softmax_agree() -> Verdict {
    // Through the loss to p (−1/p at the label, over n), then through softmax: the long way must end where the short one does.
    let mut draw = Draw::new(3);
    for (n, k) in [(4, 3), (1, 6)] {
        let (p, labels) = (shares(&random(&mut draw, n, k)), labels(n, k));
        let mut along_p = Matrix::zeros(n, k);
        for (i, &label) in labels.iter().enumerate() {
            along_p[(i, label)] = -1.0 / (p[(i, label)] * n as f64);
        }
        let comparison =
            expect("your softmax_backward behind the slopes −y/(n·p), beside your loss_backward")
                .advice(
                    "Both should give the same slopes along the logits; one of the two is wrong.",
                );
        same(
            &comparison,
            &softmax_backward(&p, &along_p),
            &loss_backward(&p, &labels),
        )?;
    }
    Ok(())
}

/// The net of the worked example.
fn worked() -> (Net, Matrix) {
    let net = Net {
        w1: Matrix::from_rows([[1.0, -1.0], [1.0, -1.0]]),
        b1: vec![0.0, 0.0],
        w2: Matrix::from_rows([[0.0, 3f64.ln()], [5.0, 5.0]]),
        b2: vec![0.0, 0.0],
    };
    (net, Matrix::from_rows([[1.0, 1.0]]))
}

fn any_net(draw: &mut Draw, p: usize, h: usize, k: usize) -> Net {
    Net {
        w1: random(draw, p, h),
        b1: draw.numbers(h, -0.5, 0.5),
        w2: random(draw, h, k),
        b2: draw.numbers(k, -0.5, 0.5),
    }
}

fn pass(net: &Net, x: &Matrix) -> Forward {
    let z1 = x.dot(&net.w1).plus_row(&net.b1);
    let a1 = z1.map(|z| z.max(0.0));
    let logits = a1.dot(&net.w2).plus_row(&net.b2);
    let probabilities = shares(&logits);
    Forward {
        z1,
        a1,
        logits,
        probabilities,
    }
}

pub(super) fn forward_keeps_everything() -> Verdict {
    let mut draw = Draw::new(4);
    let mut cases: Vec<(Net, Matrix)> = [(2, 3, 4, 5), (5, 2, 6, 3), (1, 4, 1, 5)]
        .map(|(n, p, h, k)| (any_net(&mut draw, p, h, k), random(&mut draw, n, p)))
        .into();
    cases.push(worked());
    for (net, x) in cases {
        let (got, want) = (forward(&net, &x), pass(&net, &x));
        let ((n, p), (h, k)) = (x.shape(), net.w2.shape());
        name_sizes([
            (n, "samples"),
            (p, "inputs"),
            (h, "hidden neurons"),
            (k, "classes"),
        ]);
        let mut way = walk();
        let comparison = expect("z1, the hidden sums")
            .mistake(
                "forgotten-bias",
                "The bias b1 is missing.",
                x.dot(&net.w1).values().to_vec(),
            )
            .mistake(
                "kept-after-relu",
                "That is what ReLU gave; z1 is what it was given.",
                want.a1.values().to_vec(),
            );
        way.past("z1", same(&comparison, &got.z1, &want.z1))?;
        let comparison = expect("a1, the hidden activations")
            .mistake(
                "missing-activation",
                "Negative sums are still there: a1 is ReLU of z1.",
                want.z1.values().to_vec(),
            )
            .mistake(
                "smaller-instead-of-larger",
                "The smaller of 0 and each sum was taken; ReLU gives the larger.",
                want.z1.map(|z| z.min(0.0)).values().to_vec(),
            )
            .mistake(
                "absolute-value",
                "Negative sums have lost their sign; ReLU makes 0 of them.",
                want.z1.map(f64::abs).values().to_vec(),
            )
            .mistake(
                "wrong-activation",
                "The hidden layer has a sigmoid; here it is ReLU.",
                want.z1.map(super::logistic).values().to_vec(),
            );
        way.past("a1", same(&comparison, &got.a1, &want.a1))?;
        let comparison = expect("the logits")
            .mistake(
                "forgotten-bias",
                "The bias b2 is missing.",
                want.a1.dot(&net.w2).values().to_vec(),
            )
            .mistake(
                "activation-skipped",
                "The second layer was given z1; it takes a1, what ReLU let through.",
                want.z1.dot(&net.w2).plus_row(&net.b2).values().to_vec(),
            )
            .mistake(
                "activation-on-the-logits",
                "The logits went through ReLU; they may be negative, and softmax comes next.",
                want.logits.map(|z| z.max(0.0)).values().to_vec(),
            );
        way.past("the logits", same(&comparison, &got.logits, &want.logits))?;
        let comparison = expect("the probabilities")
            .mistake(
                "missing-softmax",
                "These are the logits; softmax makes probabilities of them.",
                want.logits.values().to_vec(),
            )
            .mistake(
                "sigmoid-instead",
                "These are the sigmoids of the logits, each for itself; softmax shares 1 out among the classes of a row.",
                want.logits.map(super::logistic).values().to_vec(),
            )
            .mistake(
                "softmax-twice",
                "Softmax was applied twice.",
                shares(&want.probabilities).values().to_vec(),
            )
            .mistake(
                "wrong-axis",
                "Softmax went down the columns; the probabilities of each row add up to 1.",
                shares(&want.logits.transposed()).transposed().values().to_vec(),
            );
        let verdict = same(&comparison, &got.probabilities, &want.probabilities);
        way.past("the probabilities", verdict)?;
    }
    Ok(())
}

fn gradients(net: &Net, kept: &Forward, labels: &[usize]) -> [Matrix; 3] {
    let logits = p_minus_y(&kept.probabilities, labels, 1.0 / labels.len() as f64);
    let a1 = logits.dot(&net.w2.transposed());
    let z1 = a1.with(&kept.z1, |u, z| if z > 0.0 { u } else { 0.0 });
    [logits, a1, z1]
}

fn judge(net: &Net, x: &Matrix, labels: &[usize]) -> Verdict {
    let ((n, p), (h, k)) = (x.shape(), net.w2.shape());
    name_sizes([
        (n, "samples"),
        (p, "inputs"),
        (h, "hidden neurons"),
        (k, "classes"),
    ]);
    let kept = pass(net, x);
    let got = backward(net, x, &kept, labels);
    let [logits, a1, z1] = gradients(net, &kept, labels);
    // From the loss backward: the first one that is wrong is the cause of those after it.
    let twice = through_softmax(&kept.probabilities, &logits).column_sums();
    let without_target = kept.probabilities.map(|p| p / n as f64).column_sums();
    let of_logits = p_minus_y(&kept.logits, labels, 1.0 / n as f64);
    expect("the gradient of b2")
        .over(n)
        .mistake("logits-for-probabilities", "These are slopes from the logits; in p − y the p are probabilities.", of_logits.column_sums())
        .mistake("softmax-slope-twice", "The slopes went through softmax once more; (p − y)/n are those along the logits already.", twice)
        .mistake("target-forgotten", "The truth has not been subtracted: p − y.", without_target)
        .advice("The slopes along the logits, (p − y)/n, added up over the samples.")
        .close_all(&got.b2, &logits.column_sums())?;
    let comparison = expect("the gradient of W2")
        .over(n)
        .mistake(
            "wrong-activations",
            "It was built from z1; W2 was multiplied with a1, so a1 it is on the way back.",
            kept.z1.transposed().dot(&logits).values().to_vec(),
        )
        .advice("a1 transposed, times the slopes along the logits.");
    same(&comparison, &got.w2, &kept.a1.transposed().dot(&logits))?;
    expect("the gradient of b1")
        .over(n)
        .mistake(
            "activation-slope-forgotten",
            "These are the slopes along a1, added up. b1 goes into z1, which ReLU has yet to pass through: where z1 is not above 0 no slope arrives.",
            a1.column_sums(),
        )
        .mistake(
            "relu-of-the-slope",
            "ReLU has looked at the slopes; it is z1 that decides where one passes.",
            a1.map(|slope| slope.max(0.0)).column_sums(),
        )
        .mistake(
            "upstream-forgotten",
            "That is how often ReLU was open: its own slope, 0 or 1, is to be multiplied with the slope that comes from W2.",
            kept.z1.map(|z| f64::from(u8::from(z > 0.0))).column_sums(),
        )
        .mistake(
            "value-instead-of-slope",
            "The slopes were multiplied with what ReLU gave; its slope is 0 or 1.",
            a1.with(&kept.a1, |slope, a| slope * a).column_sums(),
        )
        .mistake(
            "wrong-activation",
            "The slopes went back through a sigmoid; on the way forward it was ReLU.",
            a1.with(&kept.z1.map(super::logistic), |slope, s| slope * s * (1.0 - s)).column_sums(),
        )
        .mistake(
            "wrong-activation",
            "The slopes went back through a sigmoid; on the way forward it was ReLU.",
            a1.with(&kept.a1, |slope, a| slope * a * (1.0 - a)).column_sums(),
        )
        .advice("The slopes along z1, added up over the samples. They come from the logits through W2 and then through ReLU.")
        .close_all(&got.b1, &z1.column_sums())?;
    let comparison = expect("the gradient of W1")
        .over(n)
        .mistake(
            "activation-slope-forgotten",
            "ReLU was skipped on the way back: where z1 is not above 0 no slope passes.",
            x.transposed().dot(&a1).values().to_vec(),
        )
        .advice("x transposed, times the slopes along z1.");
    same(&comparison, &got.w1, &x.transposed().dot(&z1))
}

pub(super) fn backward_of_the_worked_net() -> Verdict {
    let mut draw = Draw::new(5);
    judge(
        &any_net(&mut draw, 2, 5, 3),
        &random(&mut draw, 4, 2),
        &[2, 0, 1, 1],
    )?;
    let (net, x) = worked();
    judge(&net, &x, &[1])?;
    // A sample of zeros and no biases: every hidden sum is exactly 0.
    let kept = pass(&net, &Matrix::zeros(1, 2));
    let [_, a1, _] = gradients(&net, &kept, &[1]);
    let got = backward(&net, &Matrix::zeros(1, 2), &kept, &[1]);
    expect("the gradient of b1 where every hidden sum is exactly 0, number ")
        .mistake(
            "corner",
            "At exactly 0 the slope of ReLU is agreed to be 0: `>`, not `≥`.",
            a1.column_sums(),
        )
        .close_all(&got.b1, &[0.0, 0.0])
}

/// A net from all its numbers, in the order of `parts`.
fn from_numbers(like: &Net, numbers: &[f64]) -> Net {
    let mut net = like.clone();
    let mut rest = numbers;
    for part in net.parts_mut() {
        let (own, after) = rest.split_at(part.len());
        part.copy_from_slice(own);
        rest = after;
    }
    net
}

pub(super) fn backward_matches_the_slopes() -> Verdict {
    let mut draw = Draw::new(6);
    for (n, p, h, k) in [(3, 2, 4, 3), (1, 3, 2, 2), (6, 1, 5, 4)] {
        let (net, x, labels) = (
            any_net(&mut draw, p, h, k),
            random(&mut draw, n, p),
            labels(n, k),
        );
        judge(&net, &x, &labels)?;
        let f = |numbers: &[f64]| {
            let probabilities = pass(&from_numbers(&net, numbers), &x).probabilities;
            labels
                .iter()
                .enumerate()
                .map(|(i, &label)| -probabilities[(i, label)].ln())
                .sum::<f64>()
                / n as f64
        };
        let got = backward(&net, &x, &pass(&net, &x), &labels);
        gradient(
            "the gradient of W1, b1, W2, b2 in a row: number ",
            f,
            &net.parts().concat(),
            &got.parts().concat(),
        )?;
    }
    Ok(())
}

/// Candle's own answer: its autograd walks the same graph.
fn by_candle(net: &Net, x: &Matrix, labels: &[usize]) -> Result<Vec<Tensor>> {
    let var = |matrix: &Matrix| Var::from_tensor(&tensor(matrix));
    let row = |values: &[f64]| Var::new(values, &Device::Cpu);
    let (w1, b1, w2, b2) = (var(&net.w1)?, row(&net.b1)?, var(&net.w2)?, row(&net.b2)?);
    let hidden = tensor(x).matmul(&w1)?.broadcast_add(&b1)?.relu()?;
    let logits = hidden.matmul(&w2)?.broadcast_add(&b2)?;
    let log_sum = logits.exp()?.sum_keepdim(D::Minus1)?.log()?;
    let labels: Vec<u32> = labels.iter().map(|&label| label as u32).collect();
    let labels = Tensor::new(labels, &Device::Cpu)?.unsqueeze(1)?;
    let loss = logits
        .broadcast_sub(&log_sum)?
        .gather(&labels, 1)?
        .neg()?
        .mean_all()?;
    let store = loss.backward()?;
    let of = |var: &Var| {
        store
            .get(var)
            .cloned()
            .context("Candle gives no gradient for a part of the net")
    };
    Ok(vec![of(&w1)?, of(&b1)?, of(&w2)?, of(&b2)?])
}

pub(super) fn backward_agrees_with_candle() -> Verdict {
    let net = Net::random(2, 8, 3, Seed(7))?;
    let mut draw = Draw::new(7);
    let (x, labels) = (random(&mut draw, 10, 2), labels(10, 3));
    let candle = by_candle(&net, &x, &labels)?;
    let got = backward(&net, &x, &pass(&net, &x), &labels);
    for ((name, got), want) in ["W1", "b1", "W2", "b2"]
        .into_iter()
        .zip(got.parts())
        .zip(candle)
    {
        let want: Vec<f64> = want.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
        expect(format!(
            "the gradient of {name} of a 2-8-3 net, beside the one that Candle computes: number "
        ))
        .over(10)
        .close_all(got, &want)?;
    }
    Ok(())
}
