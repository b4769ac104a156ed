//! Checks of step3_query_key_value.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step3_query_key_value::*;

/// A different number for each kind of thing, so that no two can be taken for each other.
fn query_and_key() -> Result<(Tensor, Tensor)> {
    name_sizes([
        (2, "sequences"),
        (3, "queries"),
        (5, "keys"),
        (4, "numbers"),
        (6, "numbers of a value"),
    ]);
    Ok((wave(&[2, 3, 4], 0.)?, wave(&[2, 5, 4], 1.)?))
}

pub(crate) fn a_score_is_a_scaled_dot_product() -> Verdict {
    let (query, key) = query_and_key()?;
    let got = called(
        "scores of queries (2, 3, 4) and keys (2, 5, 4)",
        scores(&query, &key),
    )?;
    let products = query.matmul(&turned(&key)?)?;
    let over = |number: f64| &products / number;
    same_map(
        "scores(query, key)",
        &got,
        &over(2.)?,
        &[
            Slip::new(
                "missing-scale",
                "These are the dot products: the division by √d is missing.",
                products.clone(),
            ),
            Slip::new(
                "reshape-for-transpose",
                "The shape is right, but a reshape of the keys only saws the row of their numbers into other pieces: let their last two axes change places.",
                (query.matmul(&key.reshape((2, 4, 5))?)? / 2.)?,
            ),
            Slip::new(
                "scaled-by-d",
                "The dot products were divided by d = 4, not by its root.",
                over(4.)?,
            ),
            Slip::new(
                "scaled-by-keys",
                "The dot products were divided by √5, the root of the number of keys. d is how many numbers a query has: the last axis.",
                over(5f64.sqrt())?,
            ),
            Slip::new(
                "scaled-by-queries",
                "The dot products were divided by √3, the root of the number of queries. d is how many numbers a query has: the last axis.",
                over(3f64.sqrt())?,
            ),
            Slip::new(
                "scaled-by-sequences",
                "The dot products were divided by √2, the root of the number of sequences. d is how many numbers a query has: the last axis.",
                over(2f64.sqrt())?,
            ),
            Slip::new(
                "scale-upside-down",
                "The dot products were multiplied by √d. Divide.",
                (&products * 2.)?,
            ),
            Slip::new(
                "query-and-key-swapped",
                "The rows are those of the keys: row i of the scores belongs to query i.",
                turned(&over(2.)?)?,
            ),
        ],
    )
}

pub(crate) fn a_query_gets_a_mean_of_the_values() -> Verdict {
    let (query, key) = query_and_key()?;
    let value = wave(&[2, 5, 6], 2.)?;
    let (got, used) = called(
        "attend with 3 queries and 5 keys",
        attend(&query, &key, &value),
    )?;
    let scores = (query.matmul(&turned(&key)?)? / 2.)?;
    let weights = softmax(&scores, 2)?;
    let verdict = same(
        "The means of attend",
        &got,
        &weights.matmul(&value)?,
        &[
            Slip::new(
                "results-swapped",
                "These are the weights: the means come first, the weights second.",
                weights.clone(),
            ),
            Slip::new(
                "missing-softmax",
                "The scores themselves were taken for weights: softmax comes first.",
                scores.matmul(&value)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs over the queries. Each query has weights of its own, over the keys: the last axis.",
                softmax(&scores, 1)?.matmul(&value)?,
            ),
            Slip::new(
                "missing-scale",
                "The scores were not divided by √d: use `scores`.",
                softmax(&(&scores * 2.)?, 2)?.matmul(&value)?,
            ),
            Slip::new(
                "softmax-twice",
                "The weights are the softmax of a softmax: one is enough.",
                softmax(&weights, 2)?.matmul(&value)?,
            ),
            Slip::new(
                "scaled-after-softmax",
                "√d comes too late here: the weights were divided by it, and no longer sum to 1. The scores are what is divided, before the softmax.",
                (softmax(&(&scores * 2.)?, 2)? / 2.)?.matmul(&value)?,
            ),
            Slip::new(
                "key-for-value",
                "These are means of the keys: with the keys a query is compared, what it brings home are the values.",
                weights.matmul(&key)?,
            ),
            Slip::new(
                "scaled-twice",
                "The scores were divided by √d a second time: `scores` does that already.",
                softmax(&(&scores / 2.)?, 2)?.matmul(&value)?,
            ),
        ],
    );
    with_weights(verdict, &used, &weights)
}

pub(crate) fn the_weights_of_a_query_sum_to_1() -> Verdict {
    let (query, key) = query_and_key()?;
    let (_, weights) = called(
        "attend with 3 queries and 5 keys",
        attend(&query, &key, &key),
    )?;
    let scores = (query.matmul(&turned(&key)?)? / 2.)?;
    same_map(
        "The weights of attend",
        &weights,
        &softmax(&scores, 2)?,
        &[
            Slip::new(
                "scores-for-weights",
                "These are the scores: give the weights, after the softmax.",
                scores.clone(),
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs over the queries, so that each key's column sums to 1. Each row must.",
                softmax(&scores, 1)?,
            ),
            Slip::new(
                "missing-scale",
                "The scores of these weights were not divided by √d.",
                softmax(&(&scores * 2.)?, 2)?,
            ),
        ],
    )
}

pub(crate) fn a_sequence_attends_to_itself() -> Verdict {
    name_sizes([(2, "sequences"), (3, "steps"), (4, "numbers")]);
    let x = wave(&[2, 3, 4], 0.)?;
    let [q, k, v] = [wave(&[4, 4], 1.)?, wave(&[4, 4], 2.)?, wave(&[4, 4], 3.)?];
    let (got, weights) = called(
        "self_attention of (2, 3, 4) with three matrices (4, 4)",
        self_attention(&x, &q, &k, &v),
    )?;
    let compared_with = |query: &Tensor, key: &Tensor| -> Result<Tensor> {
        softmax(&(query.matmul(&turned(key)?)? / 2.)?, 2)
    };
    let want = |q: &Tensor, k: &Tensor, value: &Tensor| -> Result<(Tensor, Tensor)> {
        let weights = compared_with(&x.broadcast_matmul(q)?, &x.broadcast_matmul(k)?)?;
        Ok((weights.matmul(value)?, weights))
    };
    let values = x.broadcast_matmul(&v)?;
    let (means, right) = want(&q, &k, &values)?;
    let verdict = same(
        "The means of self_attention",
        &got,
        &means,
        &[
            Slip::new(
                "query-and-key-swapped",
                "Query and key have changed places: what looks for something is the query.",
                want(&k, &q, &values)?.0,
            ),
            Slip::new(
                "value-not-projected",
                "The values are x itself: they, too, are made by a matrix.",
                want(&q, &k, &x)?.0,
            ),
            Slip::new(
                "key-and-value-swapped",
                "Key and value have changed places: a query is compared with the keys, and brings home the values.",
                want(&q, &v, &x.broadcast_matmul(&k)?)?.0,
            ),
            Slip::new(
                "matrices-transposed",
                "x was multiplied by the transposed matrices. A matrix has a row for each number that comes in, as `broadcast_matmul` wants it: (width, d).",
                want(&q.t()?, &k.t()?, &x.broadcast_matmul(&v.t()?)?)?.0,
            ),
            Slip::new(
                "one-projection",
                "The query's matrix makes queries, keys and values alike: each has a matrix of its own.",
                want(&q, &q, &x.broadcast_matmul(&q)?)?.0,
            ),
            Slip::new(
                "key-for-query",
                "The key's matrix makes the queries as well.",
                want(&k, &k, &values)?.0,
            ),
            Slip::new(
                "query-for-value",
                "The query's matrix makes the values as well.",
                want(&q, &k, &x.broadcast_matmul(&q)?)?.0,
            ),
            Slip::new(
                "query-not-projected",
                "The queries are x itself: they, too, are made by a matrix.",
                compared_with(&x, &x.broadcast_matmul(&k)?)?.matmul(&values)?,
            ),
            Slip::new(
                "key-not-projected",
                "The keys are x itself: they, too, are made by a matrix.",
                compared_with(&x.broadcast_matmul(&q)?, &x)?.matmul(&values)?,
            ),
            Slip::new(
                "nothing-projected",
                "x is query, key and value as it is: none of the three matrices comes in.",
                compared_with(&x, &x)?.matmul(&x)?,
            ),
            Slip::new(
                "query-for-key",
                "The query's matrix makes the keys as well.",
                want(&q, &q, &values)?.0,
            ),
            Slip::new(
                "key-for-value",
                "The key's matrix makes the values as well.",
                want(&q, &k, &x.broadcast_matmul(&k)?)?.0,
            ),
        ],
    );
    with_weights(verdict, &weights, &right)?;
    same_map("The weights of self_attention", &weights, &right, &[])
}

pub(crate) fn measures_the_variance_of_dot_products() -> Verdict {
    let a = tensor(&[[1f32, 0.], [2., 1.], [1., 1.]])?;
    let b = tensor(&[[3f32, 5.], [1., 5.], [2., 0.]])?;
    // The dot products are 3, 7 and 2: mean 4, squared distances 1, 9 and 4. The products of the columns sum to 7 and 5.
    let got = called(
        "dot_product_variance of three pairs",
        dot_product_variance(&a, &b),
    )?;
    expect("The variance of the dot products 3, 7 and 2")
        .within(1e-5)
        .mistake("mean-not-taken-away", "That is the mean of the squares: take their mean from the dot products first.", 62. / 3.)
        .mistake("mean-for-sum", "A dot product is the *sum* of the products of a row, not their mean.", 14. / 12.)
        .mistake("missing-mean", "That is the sum of the squared distances: divide by their number.", 14.)
        .mistake("root-taken", "That is the root of the variance, the standard deviation.", (14f64 / 3.).sqrt())
        .mistake("sample-variance", "It was divided by one less than the number of pairs. Here the plain mean of the squared distances is \
                 wanted.", 7.)
        .mistake("columns-for-rows", "The products were summed down the columns: a pair is a row.", 1.)
        .mistake("products-not-summed", "That is the variance of the single products: the products of a row are summed first, to one dot product.", 3.)
        .mistake("not-squared", "Distances from a mean always sum to 0: they are squared before their mean is taken.", 0.)
        .mistake("amounts-for-squares", "That is the mean amount of the distances from the mean: the variance is the mean of their squares.", 2.)
        .mistake("every-with-every", "That is the variance of 9 dot products, of each row of a with each row of b. A pair is row i of both.", 800. / 81.)
        .mistake("mean-for-variance", "That is the mean of the dot products.", 4.)
        .close(got, 14. / 3.)
}

pub(crate) fn the_variance_is_the_width() -> Verdict {
    for d in [4, 64] {
        let (a, b) = random_pairs(d, 2000, Seed(6))?;
        let got = called(
            "dot_product_variance of 2,000 pairs",
            dot_product_variance(&a, &b),
        )?;
        ensure!(
            (got / d as f64 - 1.).abs() < 0.15,
            "Of 2,000 pairs of vectors of {d} normal numbers the dot products have a variance of about {d}, \
                     but yours is {got:.2}."
        );
    }
    Ok(())
}
