//! Checks of step7_encoder_block.

use super::support::*;
use dlkit::ops::{self, Attention};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step7_encoder_block::*;

fn normal(x: &Tensor, axis: usize) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(axis)?)?;
    Ok(centred.broadcast_div(&(centred.sqr()?.mean_keepdim(axis)? + 1e-5)?.sqrt()?)?)
}

fn norm(x: &Tensor, [gamma, beta]: &[Var; 2]) -> Result<Tensor> {
    Ok(normal(x, x.rank() - 1)?
        .broadcast_mul(gamma)?
        .broadcast_add(beta)?)
}

fn name_axes() {
    name_sizes([
        (2, "sequences"),
        (3, "steps"),
        (4, "numbers"),
        (16, "hidden numbers"),
    ]);
}

pub(crate) fn every_step_gets_mean_0_and_variance_1() -> Verdict {
    name_axes();
    let x = ((wave(&[2, 3, 4], 0.)? * 3.)? + 1.)?;
    let gamma = tensor(&[1f32, 2., 0.5, 3.])?;
    let beta = tensor(&[0f32, 1., -1., 0.3])?;
    let got = called("layer_norm of (2, 3, 4)", layer_norm(&x, &gamma, &beta))?;
    let scaled =
        |y: Tensor| -> Result<Tensor> { Ok(y.broadcast_mul(&gamma)?.broadcast_add(&beta)?) };
    let centred = x.broadcast_sub(&x.mean_keepdim(2)?)?;
    let variance = (centred.sqr()?.mean_keepdim(2)? + 1e-5)?;
    let of_all = x.broadcast_sub(&x.mean_all()?)?;
    let of_all = of_all.broadcast_div(&(of_all.sqr()?.mean_all()? + 1e-5)?.sqrt()?)?;
    same(
        "layer_norm(x, gamma, beta)",
        &got,
        &scaled(normal(&x, 2)?)?,
        &[
            Slip::new(
                "missing-root",
                "It was divided by the variance, not by its root.",
                scaled(centred.broadcast_div(&variance)?)?,
            ),
            Slip::new(
                "variance-ignored",
                "The mean is gone, but nothing was divided.",
                scaled(centred.clone())?,
            ),
            Slip::new(
                "normalised-over-steps",
                "Mean and variance were taken over the steps, axis 1. Each step is normalised by itself, over \
                         its own numbers: the last axis.",
                scaled(normal(&x, 1)?)?,
            ),
            Slip::new(
                "normalised-over-batch",
                "Mean and variance were taken over the batch. Each step is normalised by itself, over its own \
                         numbers: the last axis.",
                scaled(normal(&x, 0)?)?,
            ),
            Slip::new(
                "normalised-over-all",
                "One mean and one variance were taken for the whole tensor. Each step has its own.",
                scaled(of_all)?,
            ),
            Slip::new(
                "normalised-over-sequence",
                "One mean and one variance were taken for a whole sequence, over the axes 1 and 2. Each step has its own, over the last axis.",
                scaled(normal(&x.flatten_from(1)?, 1)?.reshape(x.shape())?)?,
            ),
            Slip::new(
                "mean-left-in-the-variance",
                "The mean was taken from x, but the squares are those of x as it was: the variance is the mean of the squares of what is left.",
                scaled(centred.broadcast_div(&(x.sqr()?.mean_keepdim(2)? + 1e-5)?.sqrt()?)?)?,
            ),
            Slip::new(
                "gamma-and-beta-ignored",
                "Mean and variance are right, but gamma and beta do not come in.",
                normal(&x, 2)?,
            ),
            Slip::new(
                "gamma-and-beta-swapped",
                "gamma and beta have changed places: gamma scales, beta shifts.",
                normal(&x, 2)?.broadcast_mul(&beta)?.broadcast_add(&gamma)?,
            ),
            Slip::new(
                "beta-before-gamma",
                "beta was added before gamma multiplied, so that it was scaled as well: gamma first, then beta.",
                normal(&x, 2)?.broadcast_add(&beta)?.broadcast_mul(&gamma)?,
            ),
            Slip::new(
                "mean-wrong-axis",
                "The variance is that of the step's own numbers, but the mean was taken over the steps, axis 1.",
                scaled({
                    let centred = x.broadcast_sub(&x.mean_keepdim(1)?)?;
                    centred.broadcast_div(&(centred.sqr()?.mean_keepdim(2)? + 1e-5)?.sqrt()?)?
                })?,
            ),
            Slip::new(
                "sample-variance",
                "It was divided by the root of the sum of the squares over n − 1. The variance of a step is the plain mean of its squares.",
                scaled(
                    centred
                        .broadcast_div(&((centred.sqr()?.sum_keepdim(2)? / 3.)? + 1e-5)?.sqrt()?)?,
                )?,
            ),
            Slip::new(
                "gamma-ignored",
                "gamma does not come in.",
                normal(&x, 2)?.broadcast_add(&beta)?,
            ),
            Slip::new(
                "beta-ignored",
                "beta does not come in.",
                normal(&x, 2)?.broadcast_mul(&gamma)?,
            ),
            Slip::new(
                "sum-for-mean",
                "The sum of a step's numbers was taken from each of them, not their mean.",
                scaled({
                    let far = x.broadcast_sub(&x.sum_keepdim(2)?)?;
                    far.broadcast_div(&(far.sqr()?.mean_keepdim(2)? + 1e-5)?.sqrt()?)?
                })?,
            ),
            Slip::new(
                "sum-for-mean",
                "It was divided by the root of the sum of the squares, not of their mean.",
                scaled((normal(&x, 2)? / 2.)?)?,
            ),
            Slip::new(
                "mean-not-taken-away",
                "The mean of the squares was taken of x as it is: take the mean away first.",
                scaled(x.broadcast_div(&(x.sqr()?.mean_keepdim(2)? + 1e-5)?.sqrt()?)?)?,
            ),
        ],
    )
}

pub(crate) fn equal_numbers_do_no_harm() -> Verdict {
    let x = tensor(&[[[3f32, 3., 3.]]])?;
    let (gamma, beta) = (tensor(&[1f32, 1., 1.])?, tensor(&[0f32, 0.5, 0.])?);
    let got = called("layer_norm of equal numbers", layer_norm(&x, &gamma, &beta))?;
    let values: Vec<f32> = got.flatten_all()?.to_vec1()?;
    if values.iter().any(|value| !value.is_finite()) {
        return slip(
            "missing-epsilon",
            format!(
                "layer_norm of a step of equal numbers is {values:?}: its variance is 0. EPSILON is added to \
                         it before the root."
            ),
        );
    }
    same(
        "layer_norm of equal numbers",
        &got,
        &tensor(&[[[0f32, 0.5, 0.]]])?,
        &[],
    )
}

pub(crate) fn the_gradient_goes_through_mean_and_variance() -> Verdict {
    let ones = tensor(&[1f32, 1., 1., 1.])?;
    let zeros = ones.zeros_like()?;
    let x = Var::from_tensor(&((wave(&[2, 3, 4], 0.)? * 3.)? + 1.)?)?;
    let price = wave(&[2, 3, 4], 2.)?;
    let slope = |y: &Tensor, x: &Var| -> Result<Option<Tensor>> {
        Ok((y * &price)?.sum_all()?.backward()?.remove(x))
    };
    let y = called("layer_norm of (2, 3, 4)", layer_norm(&x, &ones, &zeros))?;
    let Some(got) = slope(&y, &x)? else {
        return slip(
            "gradient-cut",
            "No gradient gets through layer_norm to x: nothing in front of it could learn. Is something detached?",
        );
    };
    let other = |cut_mean: bool, cut_variance: bool| -> Result<Tensor> {
        let mean = x.mean_keepdim(2)?;
        let mean = if cut_mean { mean.detach() } else { mean };
        let centred = x.broadcast_sub(&mean)?;
        let variance = centred.sqr()?.mean_keepdim(2)?;
        let variance = if cut_variance {
            variance.detach()
        } else {
            variance
        };
        let y = centred.broadcast_div(&(variance + 1e-5)?.sqrt()?)?;
        Ok(slope(&y, &x)?.unwrap_or(x.zeros_like()?))
    };
    let sentence = "Mean and variance depend on x as well, but here they were cut out of the graph: is one of them detached, or made of plain numbers?";
    same(
        "The gradient of Σ price·layer_norm(x)",
        &got,
        &other(false, false)?,
        &[
            Slip::new("statistics-detached", sentence, other(true, false)?),
            Slip::new("statistics-detached", sentence, other(false, true)?),
            Slip::new("statistics-detached", sentence, other(true, true)?),
        ],
    )?;
    let x = Var::from_tensor(&x.ones_like()?)?;
    let y = called("layer_norm of equal numbers", layer_norm(&x, &ones, &zeros))?;
    let values: Vec<f32> = match slope(&y, &x)? {
        Some(gradient) => gradient.flatten_all()?.to_vec1()?,
        None => Vec::new(),
    };
    if values.iter().any(|value| !value.is_finite()) {
        return slip(
            "epsilon-after-root",
            format!(
                "The gradient of layer_norm at a step of equal numbers is {:?}: at a variance of 0 the root is infinitely steep. EPSILON belongs under \
                 the root.",
                &values[..4]
            ),
        );
    }
    Ok(())
}

fn dense(x: &Tensor, [kernel, bias]: &[Var; 2]) -> Result<Tensor> {
    Ok(x.broadcast_matmul(kernel)?.broadcast_add(bias)?)
}

/// The block, as it should be.
fn block_of(block: &EncoderBlock, x: &Tensor) -> Result<Tensor> {
    let attention = attended(block, &norm(x, &block.norm1)?, 2)?;
    let middle = (x + attention.broadcast_matmul(&block.attention[3])?)?;
    Ok((&middle + fed(block, &norm(&middle, &block.norm2)?)?)?)
}

/// A block whose weights are all other than those it starts with, so that each one shows.
fn block() -> Result<EncoderBlock> {
    name_axes();
    let block = EncoderBlock::new(4, 2, Seed(7))?;
    for (i, parameter) in block.parameters().into_iter().enumerate() {
        parameter.set(&(wave(parameter.dims(), i as f64)? * 0.7)?)?;
    }
    Ok(block)
}

pub(crate) fn feeds_each_step_forward() -> Verdict {
    let block = block()?;
    let x = wave(&[2, 3, 4], 3.)?;
    let got = called(
        "feed_forward of (2, 3, 4)",
        feed_forward(&x, &block.up, &block.down),
    )?;
    let up = dense(&x, &block.up)?;
    let want = dense(&up.relu()?, &block.down)?;
    let bare = x.broadcast_matmul(&block.up[0])?.relu()?;
    same(
        "feed_forward(x, up, down)",
        &got,
        &want,
        &[
            Slip::new(
                "missing-relu",
                "Without the ReLU between them, two dense layers are one.",
                dense(&up, &block.down)?,
            ),
            Slip::new(
                "missing-bias",
                "The first layer's bias does not come in.",
                dense(&bare, &block.down)?,
            ),
            Slip::new(
                "missing-bias",
                "The second layer's bias does not come in.",
                up.relu()?.broadcast_matmul(&block.down[0])?,
            ),
            Slip::new(
                "missing-bias",
                "Neither layer's bias comes in.",
                bare.broadcast_matmul(&block.down[0])?,
            ),
            Slip::new(
                "wrong-activation",
                "Between the layers stands a GELU: here it is a ReLU.",
                dense(&up.gelu()?, &block.down)?,
            ),
            Slip::new(
                "wrong-activation",
                "Between the layers stands a GELU: here it is a ReLU.",
                dense(&up.gelu_erf()?, &block.down)?,
            ),
            Slip::new(
                "relu-at-the-end",
                "The second layer has a ReLU as well: then a block could only add, never take away.",
                want.relu()?,
            ),
            Slip::new(
                "relu-in-front",
                "The ReLU comes before the first layer, not between the two.",
                dense(&dense(&x.relu()?, &block.up)?, &block.down)?,
            ),
            Slip::new(
                "relu-at-the-end",
                "The ReLU comes after the second layer, not between the two.",
                dense(&up, &block.down)?.relu()?,
            ),
            Slip::new(
                "residual-twice",
                "x is added here already. That is the block's work.",
                (&want + &x)?,
            ),
        ],
    )
}

fn attended(block: &EncoderBlock, x: &Tensor, heads: usize) -> Result<Tensor> {
    let [q, k, v, _] = &block.attention;
    ops::attention(
        &x.broadcast_matmul(q)?,
        &x.broadcast_matmul(k)?,
        &x.broadcast_matmul(v)?,
        &Attention::new(heads),
    )
}

fn fed(block: &EncoderBlock, x: &Tensor) -> Result<Tensor> {
    dense(&dense(x, &block.up)?.relu()?, &block.down)
}

/// Where a mistake without a name is: each half of the block by itself, with the other one silenced.
fn which_half(x: &Tensor) -> Result<String> {
    let right_without = |silent: fn(&EncoderBlock) -> [&Var; 2]| -> Result<bool> {
        let block = block()?;
        for variable in silent(&block) {
            variable.set(&variable.zeros_like()?)?;
        }
        let got = encoder_block(&block, x)?;
        Ok(tensors_close("", &got, &block_of(&block, x)?).is_ok())
    };
    let first = right_without(|block| [&block.down[0], &block.down[1]])?;
    let second = right_without(|block| [&block.attention[3], &block.attention[3]])?;
    let says = |right| if right { "right" } else { "wrong" };
    Ok(format!(
        "While the feed-forward net is made to say 0, the block is {}; while the attention is made to say 0, it is {}.",
        says(first),
        says(second)
    ))
}

pub(crate) fn the_block_adds_attention_and_feed_forward() -> Verdict {
    let block = block()?;
    let x = wave(&[2, 3, 4], 3.)?;
    let got = called("encoder_block of (2, 3, 4)", encoder_block(&block, &x))?;
    let mix =
        |means: Tensor| -> Result<Tensor> { Ok(means.broadcast_matmul(&block.attention[3])?) };
    let normal1 = norm(&x, &block.norm1)?;
    let attention = mix(attended(&block, &normal1, 2)?)?;
    let middle = (&x + &attention)?;
    let normal2 = norm(&middle, &block.norm2)?;
    let after = |middle: &Tensor| -> Result<Tensor> {
        Ok((middle + fed(&block, &norm(middle, &block.norm2)?)?)?)
    };
    let post = norm(&(&x + mix(attended(&block, &x, 2)?)?)?, &block.norm1)?;
    let post = norm(&(&post + fed(&block, &post)?)?, &block.norm2)?;
    let [q, k, v, _] = &block.attention;
    let made = |q: &Tensor, k: &Tensor, v: &Tensor| -> Result<Tensor> {
        let means = ops::attention(q, k, v, &Attention::new(2))?;
        after(&(&x + mix(means)?)?)
    };
    let query = normal1.broadcast_matmul(q)?;
    let key = normal1.broadcast_matmul(k)?;
    let value = normal1.broadcast_matmul(v)?;
    same(
        "encoder_block(block, x)",
        &got,
        &block_of(&block, &x)?,
        &[
            Slip::new(
                "post-norm",
                "That is the order of the first transformer: the normalisation behind the sum. Here it comes \
                         first, x + f(norm(x)).",
                post,
            ),
            Slip::new(
                "residual-missing",
                "What attention gives is not added to x.",
                after(&attention)?,
            ),
            Slip::new(
                "residual-missing",
                "What the feed-forward net gives is not added to what was there before it.",
                fed(&block, &norm(&middle, &block.norm2)?)?,
            ),
            Slip::new(
                "residual-of-the-normalised",
                "Attention was added to the normalised x: the way past it must be x itself.",
                after(&(&normal1 + &attention)?)?,
            ),
            Slip::new(
                "residual-of-the-normalised",
                "What the feed-forward net gives was added to the normalised sum: the way past it must be the sum itself.",
                (&normal2 + fed(&block, &normal2)?)?,
            ),
            Slip::new(
                "residual-of-x",
                "The second sum starts from the block's input again, not from what the first sum gave.",
                (&x + fed(&block, &norm(&middle, &block.norm2)?)?)?,
            ),
            Slip::new(
                "norm-missing",
                "The first normalisation is missing: query, key and value are made of x itself.",
                after(&(&x + mix(attended(&block, &x, 2)?)?)?)?,
            ),
            Slip::new(
                "norm-missing",
                "The second normalisation is missing: the feed-forward net is given the sum itself.",
                (&middle + fed(&block, &middle)?)?,
            ),
            Slip::new(
                "wrong-norm",
                "The first normalisation's gamma and beta are used a second time: the second has its own, `norm2`.",
                (&middle + fed(&block, &norm(&middle, &block.norm1)?)?)?,
            ),
            Slip::new(
                "norms-swapped",
                "norm1 and norm2 have changed places: the first belongs in front of the attention.",
                {
                    let means = mix(attended(&block, &norm(&x, &block.norm2)?, 2)?)?;
                    let middle = (&x + means)?;
                    (&middle + fed(&block, &norm(&middle, &block.norm1)?)?)?
                },
            ),
            Slip::new(
                "feed-forward-missing",
                "That is what the first sum gives: the feed-forward net does not come in.",
                middle.clone(),
            ),
            Slip::new(
                "causal-encoder",
                "The attention is causal here: each step sees only those up to itself. An encoder reads what is there already, each step sees all.",
                {
                    let settings = Attention::new(2).causal(true);
                    after(&(&x + mix(ops::attention(&query, &key, &value, &settings)?)?)?)?
                },
            ),
            Slip::new(
                "attention-missing",
                "That is x with the feed-forward net alone: the attention does not come in.",
                after(&x)?,
            ),
            Slip::new(
                "query-and-key-swapped",
                "Query and key have changed places in the attention.",
                made(&key, &query, &value)?,
            ),
            Slip::new(
                "key-for-value",
                "The values were made by the key's kernel: the third one makes them.",
                made(&query, &key, &key)?,
            ),
            Slip::new(
                "norm-missing",
                "The values were made of x itself: query, key and value all come from the normalised x.",
                made(&query, &key, &x.broadcast_matmul(v)?)?,
            ),
            Slip::new(
                "norm-missing",
                "The queries were made of x itself: query, key and value all come from the normalised x.",
                made(&x.broadcast_matmul(q)?, &key, &value)?,
            ),
            Slip::new(
                "norm-missing",
                "The keys were made of x itself: query, key and value all come from the normalised x.",
                made(&query, &x.broadcast_matmul(k)?, &value)?,
            ),
            Slip::new(
                "norm-missing",
                "Keys and values were made of x itself: query, key and value all come from the normalised x.",
                made(&query, &x.broadcast_matmul(k)?, &x.broadcast_matmul(v)?)?,
            ),
            Slip::new(
                "sum-not-normalised",
                "The second normalisation was given what attention says alone: it is the first sum, with x in it, that is normalised and fed forward.",
                (&middle + fed(&block, &norm(&attention, &block.norm2)?)?)?,
            ),
            Slip::new(
                "residual-subtracted",
                "What attention gives was taken away from x: it is added.",
                after(&(&x - &attention)?)?,
            ),
            Slip::new(
                "residual-subtracted",
                "What the feed-forward net gives was taken away: it is added.",
                (&middle - fed(&block, &normal2)?)?,
            ),
            Slip::new(
                "output-kernel-of-the-sum",
                "The fourth kernel has mixed x as well: it mixes what the heads brought home, and the sum comes after.",
                after(&mix((&x + attended(&block, &normal1, 2)?)?)?)?,
            ),
            Slip::new(
                "first-norm-fed",
                "The feed-forward net was given what the first normalisation made of x, again: what the first sum gave has a normalisation of its own.",
                (&middle + fed(&block, &normal1)?)?,
            ),
            Slip::new(
                "old-x-normalised",
                "The second normalisation was given the block's input again: it is what the first sum gave that is fed forward.",
                (&middle + fed(&block, &norm(&x, &block.norm2)?)?)?,
            ),
            Slip::new(
                "output-kernel-missing",
                "What the heads brought home is not mixed by the fourth kernel.",
                after(&(&x + attended(&block, &normal1, 2)?)?)?,
            ),
            Slip::new(
                "one-head",
                "That is attention with one head: `block.heads` says how many.",
                after(&(&x + mix(attended(&block, &normal1, 1)?)?)?)?,
            ),
        ],
    )
    .or_else(|mut failure| {
        if failure.diagnosis.is_none() && got.dims() == x.dims() {
            failure.message = format!("{} {}", failure.message, which_half(&x)?);
        }
        Err(failure)
    })
}

pub(crate) fn a_block_that_says_nothing_changes_nothing() -> Verdict {
    let block = block()?;
    for silent in [&block.attention[3], &block.down[0], &block.down[1]] {
        silent.set(&silent.zeros_like()?)?;
    }
    let x = wave(&[2, 3, 4], 3.)?;
    let got = called(
        "encoder_block with output kernels of 0",
        encoder_block(&block, &x),
    )?;
    let far = if got.dims() == x.dims() {
        distance(&got, &x)?
    } else {
        f64::INFINITY
    };
    if far > 1e-5 {
        return slip(
            "residual-missing",
            format!(
                "With the kernels of 0 behind attention and feed-forward nothing is added to x, so the block \
                         must give x back. It differs by up to {far:.4}: is something in the way of x?"
            ),
        );
    }
    Ok(())
}

/// The weights, from the block's end to its beginning: the way of the gradient.
const BACKWARD: [(usize, &str); 12] = [
    (11, "the bias down"),
    (10, "the kernel down"),
    (9, "the bias up"),
    (8, "the kernel up"),
    (7, "beta of norm2"),
    (6, "gamma of norm2"),
    (5, "the fourth attention kernel"),
    (4, "the value kernel"),
    (3, "the key kernel"),
    (2, "the query kernel"),
    (1, "beta of norm1"),
    (0, "gamma of norm1"),
];

pub(crate) fn every_weight_can_learn() -> Verdict {
    let block = block()?;
    let x = wave(&[2, 3, 4], 3.)?;
    let y = called("encoder_block of (2, 3, 4)", encoder_block(&block, &x))?;
    let price = wave(y.dims(), 1.)?;
    let gradients = (&y * &price)?.sum_all()?.backward()?;
    let wanted = (block_of(&block, &x)? * &price)?.sum_all()?.backward()?;
    let parameters = block.parameters();
    let mut way = walk();
    for (place, name) in BACKWARD {
        let Some(gradient) = gradients.get(parameters[place]) else {
            return slip(
                "gradient-cut",
                format!(
                    "No gradient reaches {name}: it would never learn. Does it come in, and is nothing detached?"
                ),
            );
        };
        let Some(want) = wanted.get(parameters[place]) else {
            fail!("The reference gives no gradient for {name}.");
        };
        let name = format!("The gradient of {name}");
        way.past(name.clone(), same(&name, gradient, want, &[]))?;
    }
    Ok(())
}
