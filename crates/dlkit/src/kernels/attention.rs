//! Scaled dot-product attention, forward and backward: `softmax(Q Kᵀ / √d) V` for each sample and head.
//!
//! A task takes one head of one sample. Its scores stay in the cache: they are computed for a block of queries, used and forgotten. The
//! backward pass computes them again, which costs less than to keep `batch · heads · queries · keys` numbers in memory.
//!
//! The heads lie side by side in a row of `(batch, steps, heads · d)` and are read there; nothing is transposed in memory but
//! one head's keys and values, so that the vector instructions find neighbouring keys beside each other. Above the
//! diagonal of a causal mask hardly anything is computed.

use super::buffer;
use super::parallel::{self, Shared};
use super::softmax::{softmax_row, softmax_row_backward};
use pulp::{Simd, WithSimd};

/// Queries whose scores are in the cache at a time.
const BLOCK: usize = 64;

/// The sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) batch: usize,
    pub(crate) heads: usize,
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    /// Numbers of a query and of a key in one head.
    pub(crate) key_dim: usize,
    /// Numbers of a value in one head.
    pub(crate) value_dim: usize,
    /// From a row of queries, keys or values to the next: more than `heads · dim` where several lie in one row.
    pub(crate) strides: [usize; 3],
}

/// Who may look at whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Masks<'a> {
    /// Query i sees the keys up to i.
    pub(crate) causal: bool,
    /// `(batch, keys)`: a key with 0 is seen by nobody.
    pub(crate) padding: Option<&'a [f32]>,
    /// `(batch, heads, queries, keys)`: what each weight is multiplied by after the softmax.
    pub(crate) dropout: Option<&'a [f32]>,
}

/// Queries, keys and values, each from its first number on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    pub(crate) query: &'a [f32],
    pub(crate) key: &'a [f32],
    pub(crate) value: &'a [f32],
}

/// Where gradients go: row `i` of sample `b` starts at `offset + (b · rows + i) · stride`.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a, 'b> {
    pub(crate) values: &'a Shared<'b, f32>,
    pub(crate) offset: usize,
    pub(crate) stride: usize,
}

impl Sizes {
    fn check(&self, inputs: Inputs<'_>, masks: Masks<'_>) {
        let fits = |values: &[f32], rows: usize, stride: usize, dim: usize| {
            let rows = self.batch * rows;
            let width = self.heads * dim;
            width <= stride && (rows == 0 || (rows - 1) * stride + width <= values.len())
        };
        assert!(fits(
            inputs.query,
            self.queries,
            self.strides[0],
            self.key_dim
        ));
        assert!(fits(inputs.key, self.keys, self.strides[1], self.key_dim));
        assert!(fits(
            inputs.value,
            self.keys,
            self.strides[2],
            self.value_dim
        ));
        assert!(
            masks
                .padding
                .is_none_or(|p| p.len() == self.batch * self.keys)
        );
        let weights = self.batch * self.heads * self.queries * self.keys;
        assert!(masks.dropout.is_none_or(|d| d.len() == weights));
    }

    /// Room for a row of scores: whole vectors of every instruction set.
    fn padded_keys(&self) -> usize {
        self.keys.next_multiple_of(16)
    }
}

/// The result, `(batch, queries, heads · value_dim)`.
pub(crate) fn forward(sizes: Sizes, inputs: Inputs<'_>, masks: Masks<'_>, out: &mut [f32]) {
    let width = sizes.heads * sizes.value_dim;
    assert_eq!(out.len(), sizes.batch * sizes.queries * width);
    sizes.check(inputs, masks);
    if out.is_empty() {
        return;
    }
    let out = Shared::new(out);
    parallel::for_each(sizes.batch * sizes.heads, |task| {
        let head = Head::new(sizes, inputs, masks, task);
        let target = Target {
            values: &out,
            offset: 0,
            stride: width,
        };
        super::dispatch(Forward { head, target });
    });
}

/// The gradients for query, key and value from `gradient`, that of the result.
pub(crate) fn backward(
    sizes: Sizes,
    inputs: Inputs<'_>,
    masks: Masks<'_>,
    gradient: &[f32],
    targets: [Target<'_, '_>; 3],
) {
    let width = sizes.heads * sizes.value_dim;
    assert_eq!(gradient.len(), sizes.batch * sizes.queries * width);
    sizes.check(inputs, masks);
    parallel::for_each(sizes.batch * sizes.heads, |task| {
        let head = Head::new(sizes, inputs, masks, task);
        let start = head.sample * sizes.queries * width + head.head * sizes.value_dim;
        let gradient = gradient.get(start..).unwrap_or_default();
        super::dispatch(Backward {
            head,
            gradient,
            targets,
        });
    });
}

/// One head of one sample.
struct Head<'a> {
    sizes: Sizes,
    sample: usize,
    head: usize,
    query: &'a [f32],
    key: &'a [f32],
    value: &'a [f32],
    causal: bool,
    padding: Option<&'a [f32]>,
    dropout: Option<&'a [f32]>,
}

impl<'a> Head<'a> {
    fn new(sizes: Sizes, inputs: Inputs<'a>, masks: Masks<'a>, task: usize) -> Self {
        let (sample, head) = (task / sizes.heads, task % sizes.heads);
        let part = |values: &'a [f32], rows: usize, stride: usize, dim: usize| {
            values
                .get(sample * rows * stride + head * dim..)
                .unwrap_or_default()
        };
        let weights = sizes.queries * sizes.keys;
        Self {
            sizes,
            sample,
            head,
            query: part(inputs.query, sizes.queries, sizes.strides[0], sizes.key_dim),
            key: part(inputs.key, sizes.keys, sizes.strides[1], sizes.key_dim),
            value: part(inputs.value, sizes.keys, sizes.strides[2], sizes.value_dim),
            causal: masks.causal,
            padding: masks
                .padding
                .map(|p| &p[sample * sizes.keys..][..sizes.keys]),
            dropout: masks.dropout.map(|d| &d[task * weights..][..weights]),
        }
    }

    /// How many keys query `i` may see, before padding.
    #[inline(always)]
    fn visible(&self, query: usize) -> usize {
        if self.causal {
            self.sizes.keys.min(query + 1)
        } else {
            self.sizes.keys
        }
    }

    fn scale(&self) -> f32 {
        1.0 / (self.sizes.key_dim as f32).sqrt()
    }

    /// The weights of the queries from `first` on, before dropout: `weights` has a row of `padded` numbers for each. Places that are
    /// masked, and those behind the last key, get 0.
    #[inline(always)]
    fn weights<S: Simd>(
        &self,
        simd: S,
        first: usize,
        rows: usize,
        keys: &[f32],
        weights: &mut [f32],
    ) {
        let padded = self.sizes.padded_keys();
        let upper = if self.causal {
            Skip::Above(first)
        } else {
            Skip::Nothing
        };
        Product {
            a: &self.query[first * self.sizes.strides[0]..],
            a_strides: [self.sizes.strides[0], 1],
            b: keys,
            b_stride: padded,
            rows,
            inner: self.sizes.key_dim,
            columns: padded,
            skip: upper,
        }
        .run(simd, weights, padded, false);
        for (i, row) in weights.chunks_exact_mut(padded).take(rows).enumerate() {
            let visible = self.visible(first + i);
            // Whole vectors are faster than an odd length; −∞ becomes 0.
            let used = visible.next_multiple_of(16);
            row[visible..used].fill(f32::NEG_INFINITY);
            if let Some(padding) = self.padding {
                for (score, keep) in row[..visible].iter_mut().zip(padding) {
                    *score = if *keep == 0.0 {
                        f32::NEG_INFINITY
                    } else {
                        *score
                    };
                }
            }
            softmax_row(simd, &mut row[..used], self.scale());
            row[used..].fill(0.0);
        }
    }

    /// Multiplies the weights of the queries from `first` on by the dropout mask.
    #[inline(always)]
    fn drop_out(&self, first: usize, rows: usize, weights: &mut [f32]) {
        let Some(dropout) = self.dropout else { return };
        let padded = self.sizes.padded_keys();
        let masks = dropout[first * self.sizes.keys..].chunks_exact(self.sizes.keys);
        for (row, mask) in weights.chunks_exact_mut(padded).take(rows).zip(masks) {
            for (weight, mask) in row.iter_mut().zip(mask) {
                *weight *= mask;
            }
        }
    }

    /// Column `c` of the rows becomes row `c`, filled up with zeros to `padded` numbers.
    #[inline(always)]
    fn turned(&self, rows: &[f32], stride: usize, dim: usize) -> Vec<f32> {
        /// Sixteen rows are read at once: they come from far away in memory, and one after the other each would be waited for.
        const SIDE: usize = 16;
        let (keys, padded) = (self.sizes.keys, self.sizes.padded_keys());
        let mut turned = vec![0.0; dim * padded];
        let whole = [keys - keys % SIDE, dim - dim % SIDE];
        for j in (0..whole[0]).step_by(SIDE) {
            for c in (0..whole[1]).step_by(SIDE) {
                let mut tile = [[0.0; SIDE]; SIDE];
                for (i, tile) in tile.iter_mut().enumerate() {
                    tile.copy_from_slice(&rows[(j + i) * stride + c..][..SIDE]);
                }
                for i in 0..SIDE {
                    let mut column = [0.0; SIDE];
                    for (value, row) in column.iter_mut().zip(&tile) {
                        *value = row[i];
                    }
                    turned[(c + i) * padded + j..][..SIDE].copy_from_slice(&column);
                }
            }
        }
        for j in 0..keys {
            let done = if j < whole[0] { whole[1] } else { 0 };
            for c in done..dim {
                turned[c * padded + j] = rows[j * stride + c];
            }
        }
        turned
    }
}

/// Copies `rows` of `dim` numbers to the places of one head of one sample.
#[allow(unsafe_code)]
#[inline(always)]
fn put(
    head: &Head<'_>,
    target: Target<'_, '_>,
    first: usize,
    all: usize,
    rows: &[f32],
    dim: usize,
) {
    for (i, row) in rows.chunks_exact(dim).enumerate() {
        let start =
            target.offset + (head.sample * all + first + i) * target.stride + head.head * dim;
        // SAFETY: these columns of this sample's rows belong to this head, that is to this task.
        unsafe { target.values.range(start..start + dim) }.copy_from_slice(row);
    }
}

struct Forward<'a, 'b, 'c> {
    head: Head<'a>,
    target: Target<'b, 'c>,
}

impl WithSimd for Forward<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let head = &self.head;
        let sizes = head.sizes;
        let padded = sizes.padded_keys();
        let block = BLOCK.min(sizes.queries);
        let keys = head.turned(head.key, sizes.strides[1], sizes.key_dim);
        let mut weights = buffer::uninit(block * padded);
        let mut result = buffer::uninit(block * sizes.value_dim);
        for first in (0..sizes.queries).step_by(BLOCK) {
            let rows = BLOCK.min(sizes.queries - first);
            head.weights(simd, first, rows, &keys, &mut weights);
            head.drop_out(first, rows, &mut weights);
            Product {
                a: &weights,
                a_strides: [padded, 1],
                b: head.value,
                b_stride: sizes.strides[2],
                rows,
                inner: sizes.keys,
                columns: sizes.value_dim,
                skip: if head.causal {
                    Skip::Behind(first)
                } else {
                    Skip::Nothing
                },
            }
            .run(simd, &mut result, sizes.value_dim, false);
            let result = &result[..rows * sizes.value_dim];
            put(
                head,
                self.target,
                first,
                sizes.queries,
                result,
                sizes.value_dim,
            );
        }
    }
}

struct Backward<'a, 'b, 'c> {
    head: Head<'a>,
    gradient: &'a [f32],
    targets: [Target<'b, 'c>; 3],
}

impl WithSimd for Backward<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let head = &self.head;
        let sizes = head.sizes;
        let padded = sizes.padded_keys();
        let block = BLOCK.min(sizes.queries);
        let gradient_stride = sizes.heads * sizes.value_dim;
        let keys = head.turned(head.key, sizes.strides[1], sizes.key_dim);
        let values = head.turned(head.value, sizes.strides[2], sizes.value_dim);
        let mut weights = buffer::uninit(block * padded);
        let mut dropped = buffer::uninit(if head.dropout.is_some() {
            block * padded
        } else {
            0
        });
        let mut dscores = buffer::uninit(block * padded);
        let mut dquery = buffer::uninit(block * sizes.key_dim);
        let mut dkey = vec![0.0; sizes.keys * sizes.key_dim];
        let mut dvalue = vec![0.0; sizes.keys * sizes.value_dim];
        for first in (0..sizes.queries).step_by(BLOCK) {
            let rows = BLOCK.min(sizes.queries - first);
            let gradient = &self.gradient[first * gradient_stride..];
            // The diagonal of this block: what is above has weight 0 and gives and gets nothing.
            let (above, behind, before) = if head.causal {
                (Skip::Above(first), Skip::Behind(first), Skip::Before(first))
            } else {
                (Skip::Nothing, Skip::Nothing, Skip::Nothing)
            };
            head.weights(simd, first, rows, &keys, &mut weights);
            let after_dropout = if head.dropout.is_some() {
                dropped.copy_from_slice(&weights);
                head.drop_out(first, rows, &mut dropped);
                &dropped
            } else {
                &weights
            };
            // dV += Wᵀ dO
            Product {
                a: after_dropout,
                a_strides: [1, padded],
                b: gradient,
                b_stride: gradient_stride,
                rows: sizes.keys,
                inner: rows,
                columns: sizes.value_dim,
                skip: before,
            }
            .run(simd, &mut dvalue, sizes.value_dim, true);
            // dW = dO Vᵀ, then through dropout and softmax to the scores.
            Product {
                a: gradient,
                a_strides: [gradient_stride, 1],
                b: &values,
                b_stride: padded,
                rows,
                inner: sizes.value_dim,
                columns: padded,
                skip: above,
            }
            .run(simd, &mut dscores, padded, false);
            head.drop_out(first, rows, &mut dscores);
            for i in 0..rows {
                let used = head.visible(first + i).next_multiple_of(16);
                let dscores = &mut dscores[i * padded..][..padded];
                let weights = &weights[i * padded..][..used];
                softmax_row_backward(simd, weights, &mut dscores[..used], head.scale());
                dscores[used..].fill(0.0);
            }
            // dQ = dS K
            Product {
                a: &dscores,
                a_strides: [padded, 1],
                b: head.key,
                b_stride: sizes.strides[1],
                rows,
                inner: sizes.keys,
                columns: sizes.key_dim,
                skip: behind,
            }
            .run(simd, &mut dquery, sizes.key_dim, false);
            let dquery = &dquery[..rows * sizes.key_dim];
            put(
                head,
                self.targets[0],
                first,
                sizes.queries,
                dquery,
                sizes.key_dim,
            );
            // dK += dSᵀ Q
            Product {
                a: &dscores,
                a_strides: [1, padded],
                b: &head.query[first * sizes.strides[0]..],
                b_stride: sizes.strides[0],
                rows: sizes.keys,
                inner: rows,
                columns: sizes.key_dim,
                skip: before,
            }
            .run(simd, &mut dkey, sizes.key_dim, true);
        }
        put(head, self.targets[1], 0, sizes.keys, &dkey, sizes.key_dim);
        put(
            head,
            self.targets[2],
            0,
            sizes.keys,
            &dvalue,
            sizes.value_dim,
        );
    }
}

/// What a causal mask spares. The number is that of the block's first query.
#[derive(Clone, Copy)]
enum Skip {
    Nothing,
    /// Rows are queries, columns keys: columns above the diagonal need not be computed (they may be).
    Above(usize),
    /// Rows are queries, the inner axis keys: those above the diagonal are 0.
    Behind(usize),
    /// Rows are keys, the inner axis queries: those before the key are 0.
    Before(usize),
}

/// `out[i, j] = Σₖ a[i, k] · b[k, j]`, or `+=`, for matrices that fit into the cache.
///
/// The general product packs its operands, which does not pay for a head of 32 numbers.
struct Product<'a> {
    a: &'a [f32],
    /// From a row of `a` to the next, and from a column to the next.
    a_strides: [usize; 2],
    /// Its rows are contiguous.
    b: &'a [f32],
    b_stride: usize,
    rows: usize,
    inner: usize,
    columns: usize,
    skip: Skip,
}

impl Product<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S, out: &mut [f32], stride: usize, accumulate: bool) {
        let Self {
            rows,
            columns,
            inner,
            ..
        } = self;
        if rows == 0 || columns == 0 {
            return;
        }
        assert!(columns <= stride && (rows - 1) * stride + columns <= out.len());
        if inner > 0 {
            let [down, across] = self.a_strides;
            assert!((rows - 1) * down + (inner - 1) * across < self.a.len());
            assert!((inner - 1) * self.b_stride + columns <= self.b.len());
        }
        // Six rows by two vectors use 12 of 16 registers for sums and leave none of two multipliers idle.
        let mut row = 0;
        while row + 6 <= rows {
            self.some_rows::<S, 6>(simd, row, out, stride, accumulate);
            row += 6;
        }
        if row + 4 <= rows {
            self.some_rows::<S, 4>(simd, row, out, stride, accumulate);
            row += 4;
        }
        while row < rows {
            self.some_rows::<S, 1>(simd, row, out, stride, accumulate);
            row += 1;
        }
    }

    /// `R` rows of the result.
    #[allow(unsafe_code)]
    #[inline(always)]
    fn some_rows<S: Simd, const R: usize>(
        &self,
        simd: S,
        row: usize,
        out: &mut [f32],
        stride: usize,
        accumulate: bool,
    ) {
        let lanes = S::F32_LANES;
        let (mut from, mut to, mut columns) = (0, self.inner, self.columns);
        match self.skip {
            Skip::Nothing => {}
            Skip::Above(first) => columns = columns.min((first + row + R).next_multiple_of(16)),
            Skip::Behind(first) => to = to.min(first + row + R),
            Skip::Before(first) => from = row.saturating_sub(first).min(to),
        }
        let [down, across] = self.a_strides;
        let mut column = 0;
        // SAFETY: `run` has checked that every place of this product is inside its slice; `row + R` is at most `rows`, and
        // each tile at `column` is at most as wide as what is left of `columns`.
        unsafe {
            let a = self.a.as_ptr().wrapping_add(row * down + from * across);
            let b = self.b.as_ptr().wrapping_add(from * self.b_stride);
            let out = out.as_mut_ptr().add(row * stride);
            let tile = Tile {
                inner: to - from,
                a,
                a_strides: self.a_strides,
                b_stride: self.b_stride,
                stride,
                accumulate,
            };
            while column + 2 * lanes <= columns {
                tile.run::<S, R, 2>(simd, b.wrapping_add(column), out.add(column));
                column += 2 * lanes;
            }
            if column + lanes <= columns {
                tile.run::<S, R, 1>(simd, b.wrapping_add(column), out.add(column));
                column += lanes;
            }
            if column < columns {
                let b = b.wrapping_add(column);
                tile.run_part::<S, R>(simd, columns - column, b, out.add(column));
            }
        }
    }
}

/// A few rows of a product.
#[derive(Clone, Copy)]
struct Tile {
    inner: usize,
    a: *const f32,
    a_strides: [usize; 2],
    b_stride: usize,
    stride: usize,
    accumulate: bool,
}

#[allow(unsafe_code)]
impl Tile {
    /// `R` rows by `V` vectors, whose sums stay in registers.
    ///
    /// # Safety
    /// All that a tile of this size reads and writes must be inside of the slices that the pointers come from.
    #[inline(always)]
    unsafe fn run<S: Simd, const R: usize, const V: usize>(
        self,
        simd: S,
        b: *const f32,
        out: *mut f32,
    ) {
        let lanes = S::F32_LANES;
        let [down, across] = self.a_strides;
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        // SAFETY: by the contract of this function.
        unsafe {
            if self.accumulate {
                for r in 0..R {
                    for v in 0..V {
                        let at = out.add(r * self.stride + v * lanes);
                        sums[r][v] = at.cast::<S::f32s>().read_unaligned();
                    }
                }
            }
            for k in 0..self.inner {
                let mut vectors = [simd.splat_f32s(0.0); V];
                for v in 0..V {
                    let at = b.add(k * self.b_stride + v * lanes);
                    vectors[v] = at.cast::<S::f32s>().read_unaligned();
                }
                for r in 0..R {
                    let factor = simd.splat_f32s(*self.a.add(r * down + k * across));
                    for v in 0..V {
                        sums[r][v] = simd.mul_add_f32s(factor, vectors[v], sums[r][v]);
                    }
                }
            }
            for r in 0..R {
                for v in 0..V {
                    let at = out.add(r * self.stride + v * lanes);
                    at.cast::<S::f32s>().write_unaligned(sums[r][v]);
                }
            }
        }
    }

    /// `R` rows by `width` numbers, less than a vector.
    ///
    /// # Safety
    /// As for `run`.
    #[inline(always)]
    unsafe fn run_part<S: Simd, const R: usize>(
        self,
        simd: S,
        width: usize,
        b: *const f32,
        out: *mut f32,
    ) {
        let [down, across] = self.a_strides;
        let mut sums = [simd.splat_f32s(0.0); R];
        // SAFETY: by the contract of this function; a partial load or store touches `width` numbers.
        unsafe {
            if self.accumulate {
                for r in 0..R {
                    let at = std::slice::from_raw_parts(out.add(r * self.stride), width);
                    sums[r] = simd.partial_load_f32s(at);
                }
            }
            for k in 0..self.inner {
                let at = std::slice::from_raw_parts(b.add(k * self.b_stride), width);
                let vector = simd.partial_load_f32s(at);
                for r in 0..R {
                    let factor = simd.splat_f32s(*self.a.add(r * down + k * across));
                    sums[r] = simd.mul_add_f32s(factor, vector, sums[r]);
                }
            }
            for r in 0..R {
                let at = std::slice::from_raw_parts_mut(out.add(r * self.stride), width);
                simd.partial_store_f32s(at, sums[r]);
            }
        }
    }
}
