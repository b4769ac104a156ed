//! Step 3 — Query, key, value: where the weights come from.
//!
//! Each word makes three vectors of itself, each with a learned matrix: a **query** (what am I looking for?), a **key** (what have I
//! to offer?) and a **value** (what do I hand over?). How much word `i` looks at word `j` is how well query `i` fits key `j`: their dot
//! product. Softmax makes weights of a row of dot products, and the weights a mean of the values:
//!
//! > attention(Q, K, V) = softmax(Q·Kᵀ / √d) · V
//!
//! `d` is how many numbers a query has. From here on a batch of sequences goes through at once: `(batch, steps, d)`.

use candle_core::Tensor;
use dlkit::Result;
use dlkit::init::Initializer;
use dlkit::ops;
use dlkit::seed::Seed;

/// How well each query fits each key: queries `(batch, q, d)` and keys `(batch, k, d)` give scores `(batch, q, k)`, the dot products
/// divided by √d.
///
/// Query `[1, 2, 0, 1]` and key `[3, 1, 5, 1]`: `(3 + 2 + 0 + 1) / √4 = 3`.
///
/// # Errors
/// When queries and keys differ in batch or width.
pub fn scores(query: &Tensor, key: &Tensor) -> Result<Tensor> {
    todo!(
        "Multiply the queries by the transposed keys (the last two axes change places), and divide \
         by the root of the last dimension."
    )
}

/// Scaled dot-product attention: values `(batch, k, e)` come in, and each query gets its mean of them. Gives the means `(batch, q, e)` and
/// the weights `(batch, q, k)`.
///
/// `ops::softmax` is your step 2.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn attend(query: &Tensor, key: &Tensor, value: &Tensor) -> Result<(Tensor, Tensor)> {
    todo!("Scores, softmax, and the weighted sum of step 1.")
}

/// Attention of a sequence to itself: `x` is `(batch, steps, width)`, and its queries, keys and values are the products of `x` with three
/// matrices `(width, d)`. Gives the means `(batch, steps, d)` and the weights `(batch, steps, steps)`.
///
/// Candle multiplies a batch by one matrix with `broadcast_matmul`.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn self_attention(
    x: &Tensor,
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
) -> Result<(Tensor, Tensor)> {
    todo!("Three products with x, then attend.")
}

/// `pairs` pairs of vectors of `d` random numbers, normal with mean 0 and variance 1: two tensors `(pairs, d)`.
///
/// # Errors
/// When memory runs out.
pub fn random_pairs(d: usize, pairs: usize, seed: Seed) -> Result<(Tensor, Tensor)> {
    let normal = |name: &str| {
        let seed = seed.derive(name);
        Initializer::Normal(1.).tensor(&[pairs, d], seed, &candle_core::Device::Cpu)
    };
    Ok((normal("queries")?, normal("keys")?))
}

/// The variance of the dot products of such pairs: row `i` of `a` with row `i` of `b`, both `(pairs, d)`. It is the mean of the squared
/// distances from their mean. Why divide by √d? Measure this for d = 4 and for d = 64.
///
/// Rows `[1, 0]·[3, 5] = 3` and `[2, 1]·[1, 5] = 7`: their mean is 5, so the variance is `(4 + 4)/2 = 4`.
///
/// # Errors
/// When the shapes differ.
pub fn dot_product_variance(a: &Tensor, b: &Tensor) -> Result<f64> {
    todo!(
        "Multiply entry by entry and sum each row: the dot products. Take their mean from them; \
         the mean of the squares of that."
    )
}
