//! Scaled dot-product attention with several heads (Vaswani et al., 2017).
//!
//! Every query looks at all keys, and gets a mean of their values: `softmax(Q Kᵀ / √d) V`, the weights being large where query and key
//! point the same way. Without the root the scores of long vectors would be large, and the softmax would choose a single key.

use super::custom::{self, Values};
use crate::kernels::attention::{self as kernel, Inputs, Masks, Sizes, Target};
use crate::kernels::buffer;
use crate::kernels::parallel::Shared;
use anyhow::{Result, ensure};
use candle_core::{CpuStorage, CustomOp1, CustomOp3, D, DType, Device, Layout, Shape, Tensor};

/// The settings of an attention: in how many heads, and who may look at whom.
///
/// A weight that is masked is exactly 0. A query that may look at nothing gets zeros, where a bare softmax would give NaN.
#[derive(Clone, Debug)]
pub struct Attention {
    heads: usize,
    causal: bool,
    padding: Option<Tensor>,
    dropout: Option<Tensor>,
}

impl Attention {
    /// This many heads: the numbers of each query, key and value are cut into as many parts, which attend by themselves.
    #[must_use]
    pub fn new(heads: usize) -> Self {
        Self {
            heads,
            causal: false,
            padding: None,
            dropout: None,
        }
    }

    /// Whether query `i` sees only the keys up to `i`: then no step can look at the future.
    #[must_use]
    pub fn causal(self, causal: bool) -> Self {
        Self { causal, ..self }
    }

    /// With a mask `(batch, keys)` of 1 for a key that counts and 0 for one that only fills up its sequence.
    #[must_use]
    pub fn padding(self, padding: Option<&Tensor>) -> Self {
        Self {
            padding: padding.cloned(),
            ..self
        }
    }

    /// With a dropout mask `(batch, heads, queries, keys)` that multiplies the weights after the softmax.
    #[must_use]
    pub fn dropout(self, dropout: Option<&Tensor>) -> Self {
        Self {
            dropout: dropout.cloned(),
            ..self
        }
    }

    /// Checks the shapes and gives the sizes.
    fn sizes(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> Result<Sizes> {
        let of = |name: &str, tensor: &Tensor| -> Result<(usize, usize, usize)> {
            ensure!(
                tensor.rank() == 3,
                "attention takes a {name} of the shape (batch, steps, width), but this one is {:?}",
                tensor.dims()
            );
            let (batch, steps, width) = tensor.dims3()?;
            ensure!(
                self.heads > 0 && width % self.heads == 0 && width > 0,
                "attention with {} heads needs a {name} whose width is a multiple of that, but it is {width}",
                self.heads
            );
            Ok((batch, steps, width))
        };
        let (batch, queries, width) = of("query", query)?;
        let (key_batch, keys, key_width) = of("key", key)?;
        let (value_batch, values, value_width) = of("value", value)?;
        ensure!(
            batch == key_batch && batch == value_batch,
            "attention needs query, key and value of as many samples, but they have {batch}, {key_batch} and {value_batch}"
        );
        ensure!(
            keys == values,
            "attention needs a value for each key, but there are {keys} keys and {values} values"
        );
        ensure!(
            width == key_width,
            "a query is compared with keys of its own width, but the query has {width} numbers and the key {key_width}"
        );
        ensure!(
            keys > 0,
            "attention needs at least one key, but the key has the shape {:?}",
            key.dims()
        );
        let sizes = Sizes {
            batch,
            heads: self.heads,
            queries,
            keys,
            key_dim: width / self.heads,
            value_dim: value_width / self.heads,
            strides: [width, width, value_width],
        };
        self.check_masks(&sizes)?;
        Ok(sizes)
    }

    fn check_masks(&self, sizes: &Sizes) -> Result<()> {
        let wanted = [sizes.batch, sizes.keys];
        if let Some(padding) = &self.padding {
            ensure!(
                padding.dims() == wanted,
                "the padding mask must be (batch, keys), here {wanted:?}, but it is {:?}",
                padding.dims()
            );
        }
        let wanted = [sizes.batch, sizes.heads, sizes.queries, sizes.keys];
        if let Some(dropout) = &self.dropout {
            ensure!(
                dropout.dims() == wanted,
                "the dropout mask must be (batch, heads, queries, keys), here {wanted:?}, but it is {:?}",
                dropout.dims()
            );
        }
        Ok(())
    }

    fn operation(&self, sizes: Sizes) -> Result<Operation> {
        let numbers = |mask: &Option<Tensor>| -> Result<Option<Vec<f32>>> {
            Ok(match mask {
                Some(mask) => Some(mask.flatten_all()?.to_dtype(DType::F32)?.to_vec1()?),
                None => None,
            })
        };
        Ok(Operation {
            sizes,
            causal: self.causal,
            padding: numbers(&self.padding)?,
            dropout: numbers(&self.dropout)?,
        })
    }

    /// 1 where a query may look, `(batch or 1, 1, queries, keys)`; `None` when it may look everywhere.
    fn allowed(&self, sizes: &Sizes, device: &Device) -> Result<Option<Tensor>> {
        let (queries, keys) = (sizes.queries, sizes.keys);
        let causal = if self.causal {
            let triangle = (0..queries * keys).map(|at| u8::from(at % keys <= at / keys));
            Some(Tensor::from_iter(triangle, device)?.reshape((1, 1, queries, keys))?)
        } else {
            None
        };
        let padding = match &self.padding {
            Some(padding) => {
                let seen = padding.ne(&padding.zeros_like()?)?.to_device(device)?;
                let seen = seen.reshape((sizes.batch, 1, 1, keys))?;
                Some(seen.broadcast_as((sizes.batch, 1, queries, keys))?)
            }
            None => None,
        };
        Ok(match (causal, padding) {
            (Some(causal), Some(padding)) => Some(causal.broadcast_mul(&padding)?),
            (one, other) => one.or(other),
        })
    }
}

/// The mean of the values that each query gets: query `(batch, queries, heads · d)`, key `(batch, keys, heads · d)` and value
/// `(batch, keys, heads · e)` give `(batch, queries, heads · e)`.
///
/// # Errors
/// When the shapes do not fit each other or the number of heads.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use candle_core::{Device, Tensor};
/// use dlkit::ops::{Attention, attention};
///
/// // The query points along the second key, so it gets nearly that key's value.
/// let query = Tensor::new(&[[[0.0f32, 9.0]]], &Device::Cpu)?;
/// let key = Tensor::new(&[[[1.0f32, 0.0], [0.0, 1.0]]], &Device::Cpu)?;
/// let value = Tensor::new(&[[[10.0f32], [20.0]]], &Device::Cpu)?;
/// let mean = attention(&query, &key, &value, &Attention::new(1))?.to_vec3::<f32>()?;
/// assert!((mean[0][0][0] - 20.0).abs() < 0.02);
/// # Ok(()) }
/// ```
pub fn attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    settings: &Attention,
) -> Result<Tensor> {
    let sizes = settings.sizes(query, key, value)?;
    if custom::fused(&[query, key, value]) {
        let (key, value) = (key.contiguous()?, value.contiguous()?);
        let operation = settings.operation(sizes)?;
        return Ok(query.contiguous()?.apply_op3(&key, &value, operation)?);
    }
    attention_composed(query, key, value, settings)
}

/// [`attention`] of a sequence to itself, with query, key and value of a step side by side in one row: `(batch, steps, 3 · heads · d)` to
/// `(batch, steps, heads · d)`. One product can make all three, and one pass reads them.
///
/// # Errors
/// As for [`attention`].
pub fn self_attention(packed: &Tensor, settings: &Attention) -> Result<Tensor> {
    let width = packed.dim(D::Minus1)? / 3;
    ensure!(
        packed.rank() == 3 && packed.dim(2)? == 3 * width,
        "self-attention takes query, key and value side by side, (batch, steps, 3 · width), but the shape is {:?}",
        packed.dims()
    );
    let part = |i: usize| packed.narrow(2, i * width, width);
    let (query, key, value) = (part(0)?, part(1)?, part(2)?);
    let sizes = settings.sizes(&query, &key, &value)?;
    if custom::fused(&[packed]) {
        let sizes = Sizes {
            strides: [3 * width; 3],
            ..sizes
        };
        return Ok(packed.contiguous()?.apply_op1(settings.operation(sizes)?)?);
    }
    attention_composed(&query, &key, &value, settings)
}

/// The weights themselves, after masks and dropout: `(batch, heads, queries, keys)`. Each row sums to 1, or to 0 where a query may look at
/// nothing.
///
/// They are composed of Candle's operations on every device: who asks for them wants to look at them.
///
/// # Errors
/// As for [`attention`].
pub fn attention_weights(query: &Tensor, key: &Tensor, settings: &Attention) -> Result<Tensor> {
    let sizes = settings.sizes(query, key, key)?;
    let query = by_head(query, sizes.heads)?;
    let key = by_head(key, sizes.heads)?;
    let scale = 1.0 / (sizes.key_dim as f64).sqrt();
    let scores = (query.matmul(&key.transpose(2, 3)?.contiguous()?)? * scale)?;
    let weights = match settings.allowed(&sizes, scores.device())? {
        Some(allowed) => masked_softmax(&scores, &allowed)?,
        None => super::softmax::softmax_composed(&scores)?,
    };
    Ok(match &settings.dropout {
        Some(mask) => (weights * mask.to_dtype(scores.dtype())?.to_device(scores.device())?)?,
        None => weights,
    })
}

pub(crate) fn attention_composed(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    settings: &Attention,
) -> Result<Tensor> {
    let weights = attention_weights(query, key, settings)?;
    mean_of_values(&weights, value)
}

/// What weights `(batch, heads, queries, keys)` make of values `(batch, keys, heads · e)`: `(batch, queries, heads · e)`.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn mean_of_values(weights: &Tensor, value: &Tensor) -> Result<Tensor> {
    let (batch, heads, queries, _) = weights.dims4()?;
    let width = value.dim(2)?;
    let means = weights.matmul(&by_head(value, heads)?)?;
    Ok(means.transpose(1, 2)?.reshape((batch, queries, width))?)
}

/// `(batch, steps, heads · d)` to `(batch, heads, steps, d)`.
fn by_head(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, steps, width) = x.dims3()?;
    let parts = x.reshape((batch, steps, heads, width / heads))?;
    Ok(parts.transpose(1, 2)?.contiguous()?)
}

/// Softmax over the last axis of what is allowed; the rest gets exactly 0.
fn masked_softmax(scores: &Tensor, allowed: &Tensor) -> Result<Tensor> {
    let allowed = allowed.broadcast_as(scores.shape())?.contiguous()?;
    let nothing =
        Tensor::full(f32::MIN, scores.shape(), scores.device())?.to_dtype(scores.dtype())?;
    let candidates = allowed.where_cond(&scores.detach(), &nothing)?;
    let shifted = scores.broadcast_sub(&candidates.max_keepdim(D::Minus1)?)?;
    // What is masked becomes e⁰ first and then 0: an infinite exponential times 0 would be NaN.
    let shifted = allowed.where_cond(&shifted, &scores.zeros_like()?)?;
    let exponentials = (shifted.exp()? * allowed.to_dtype(scores.dtype())?)?;
    super::softmax::share_of_row(&exponentials)
}

/// The kernel in Candle's graph.
struct Operation {
    sizes: Sizes,
    causal: bool,
    padding: Option<Vec<f32>>,
    dropout: Option<Vec<f32>>,
}

impl Operation {
    fn masks(&self) -> Masks<'_> {
        Masks {
            causal: self.causal,
            padding: self.padding.as_deref(),
            dropout: self.dropout.as_deref(),
        }
    }

    fn forward(&self, inputs: Inputs<'_>) -> (CpuStorage, Shape) {
        let sizes = &self.sizes;
        let shape = Shape::from((sizes.batch, sizes.queries, sizes.heads * sizes.value_dim));
        let mut out = buffer::uninit(shape.elem_count());
        kernel::forward(*sizes, inputs, self.masks(), &mut out);
        (CpuStorage::F32(out), shape)
    }

    /// Query, key and value of packed rows.
    fn parts<'a>(&self, packed: &'a [f32]) -> Inputs<'a> {
        let width = self.sizes.heads * self.sizes.key_dim;
        Inputs {
            query: packed,
            key: packed.get(width..).unwrap_or_default(),
            value: packed.get(2 * width..).unwrap_or_default(),
        }
    }
}

impl CustomOp3 for Operation {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        query: &CpuStorage,
        query_layout: &Layout,
        key: &CpuStorage,
        key_layout: &Layout,
        value: &CpuStorage,
        value_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        Ok(self.forward(Inputs {
            query: custom::slice(query, query_layout)?,
            key: custom::slice(key, key_layout)?,
            value: custom::slice(value, value_layout)?,
        }))
    }

    fn bwd(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let all = [query, key, value];
        let mut gradients = all.map(|tensor| buffer::uninit(tensor.elem_count()));
        {
            let (query, key, value) = (Values::of(query)?, Values::of(key)?, Values::of(value)?);
            let inputs = Inputs {
                query: &query,
                key: &key,
                value: &value,
            };
            let [dquery, dkey, dvalue] = &mut gradients;
            let shared = [Shared::new(dquery), Shared::new(dkey), Shared::new(dvalue)];
            let [to_query, to_key, to_value] = [0, 1, 2].map(|i| Target {
                values: &shared[i],
                offset: 0,
                stride: self.sizes.strides[i],
            });
            let gradient = Values::of(gradient)?;
            let targets = [to_query, to_key, to_value];
            kernel::backward(self.sizes, inputs, self.masks(), &gradient, targets);
        }
        let given = |of: &Tensor, values: Vec<f32>| {
            custom::wanted(of)
                .then(|| custom::tensor(values, of.shape()))
                .transpose()
        };
        let [dquery, dkey, dvalue] = gradients;
        Ok((
            given(query, dquery)?,
            given(key, dkey)?,
            given(value, dvalue)?,
        ))
    }
}

impl CustomOp1 for Operation {
    fn name(&self) -> &'static str {
        "self_attention"
    }

    fn cpu_fwd(
        &self,
        packed: &CpuStorage,
        layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        Ok(self.forward(self.parts(custom::slice(packed, layout)?)))
    }

    fn bwd(
        &self,
        packed: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<Option<Tensor>> {
        if !custom::wanted(packed) {
            return Ok(None);
        }
        let mut dpacked = buffer::uninit(packed.elem_count());
        {
            let (values, gradient) = (Values::of(packed)?, Values::of(gradient)?);
            let width = self.sizes.heads * self.sizes.key_dim;
            let shared = Shared::new(&mut dpacked);
            let targets = [0, 1, 2].map(|i| Target {
                values: &shared,
                offset: i * width,
                stride: 3 * width,
            });
            let inputs = self.parts(&values);
            kernel::backward(self.sizes, inputs, self.masks(), &gradient, targets);
        }
        Ok(Some(custom::tensor(dpacked, packed.shape())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::agreement::assert_agreement;
    use crate::seed::Seed;
    use rand::Rng as _;

    fn random(shape: &[usize], seed: u64) -> Tensor {
        let mut rng = Seed(seed).rng();
        let count: usize = shape.iter().product();
        Tensor::from_iter(
            (0..count).map(|_| rng.random_range(-1.5f32..1.5)),
            &Device::Cpu,
        )
        .unwrap()
        .reshape(shape)
        .unwrap()
    }

    /// The first sample sees every second key, the others the first half: all see one at least.
    fn padding(batch: usize, keys: usize) -> Tensor {
        let mask = (0..batch * keys).map(|at| {
            let (sample, key) = (at / keys, at % keys);
            u8::from(if sample == 0 {
                key % 2 == 0
            } else {
                key <= keys / 2
            })
        });
        Tensor::from_iter(mask, &Device::Cpu)
            .unwrap()
            .reshape((batch, keys))
            .unwrap()
    }

    fn dropout(batch: usize, heads: usize, queries: usize, keys: usize) -> Tensor {
        let kept = random(&[batch, heads, queries, keys], 77).gt(-0.5).unwrap();
        (kept.to_dtype(DType::F32).unwrap() * 1.5).unwrap()
    }

    /// batch, heads, queries, keys, key width and value width of a head.
    const SIZES: [[usize; 6]; 8] = [
        [1, 1, 1, 1, 1, 1],
        [2, 1, 3, 3, 2, 2],
        [2, 2, 5, 7, 3, 4],
        [1, 3, 7, 5, 5, 1],
        [2, 4, 64, 64, 32, 32],
        [1, 2, 70, 131, 17, 20],
        [1, 1, 131, 70, 48, 33],
        [3, 2, 13, 13, 16, 8],
    ];

    #[test]
    fn kernel_composed_form_and_finite_differences_agree() {
        for [batch, heads, queries, keys, key_dim, value_dim] in SIZES {
            let padding = padding(batch, keys);
            let dropout = dropout(batch, heads, queries, keys);
            for case in 0..8 {
                let settings = Attention::new(heads)
                    .causal(case & 1 != 0)
                    .padding((case & 2 != 0).then_some(&padding))
                    .dropout((case & 4 != 0).then_some(&dropout));
                assert_agreement(
                    &format!("attention {case}"),
                    &[
                        &[batch, queries, heads * key_dim],
                        &[batch, keys, heads * key_dim],
                        &[batch, keys, heads * value_dim],
                    ],
                    |x| attention(&x[0], &x[1], &x[2], &settings),
                    |x| attention_composed(&x[0], &x[1], &x[2], &settings),
                );
            }
        }
    }

    #[test]
    fn packed_rows_give_the_same() {
        for [batch, heads, _, steps, dim, _] in SIZES {
            let width = heads * dim;
            let padding = padding(batch, steps);
            for case in 0..4 {
                let settings = Attention::new(heads)
                    .causal(case & 1 != 0)
                    .padding((case & 2 != 0).then_some(&padding));
                assert_agreement(
                    &format!("self_attention {case}"),
                    &[&[batch, steps, 3 * width]],
                    |x| self_attention(&x[0], &settings),
                    |x| {
                        let part = |i| x[0].narrow(2, i * width, width);
                        attention_composed(&part(0)?, &part(1)?, &part(2)?, &settings)
                    },
                );
            }
        }
    }

    /// sin(step), sin(2 step), …: the numbers that `reference/attention.py` uses.
    fn wave(shape: &[usize], step: f64) -> Tensor {
        let count: usize = shape.iter().product();
        Tensor::from_iter(
            (1..=count).map(|i| (step * i as f64).sin() as f32),
            &Device::Cpu,
        )
        .unwrap()
        .reshape(shape)
        .unwrap()
    }

    #[test]
    fn values_and_gradients_are_those_of_pytorch() {
        let padding = Tensor::new(&[[1u8, 1, 0]], &Device::Cpu).unwrap();
        for (settings, wanted) in [
            (Attention::new(2).causal(true), CAUSAL),
            (Attention::new(2).padding(Some(&padding)), PADDING),
        ] {
            let [query, key, value] = [0.7, 1.1, 1.9]
                .map(|step| candle_core::Var::from_tensor(&wave(&[1, 3, 4], step)).unwrap());
            let y = attention(&query, &key, &value, &settings).unwrap();
            let loss = (&y * wave(&[1, 3, 4], 1.3)).unwrap().sum_all().unwrap();
            let gradients = loss.backward().unwrap();
            let found = [
                &y,
                gradients.get(&query).unwrap(),
                gradients.get(&key).unwrap(),
                gradients.get(&value).unwrap(),
            ];
            for (found, wanted) in found.into_iter().zip(wanted) {
                let found = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                for (found, wanted) in found.iter().zip(wanted) {
                    assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
                }
            }
        }
    }

    /// The result and the gradients of query, key and value.
    const CAUSAL: [[f32; 12]; 4] = [
        [
            0.946_300, -0.611_858, -0.550_686, 0.967_920, 0.263_251, -0.817_465, -0.324_771,
            0.878_772, 0.213_166, -0.573_706, 0.581_240, 0.253_733,
        ],
        [
            0.0, 0.0, 0.0, 0.0, 0.131_759, 0.041_007, 0.096_325, 0.129_159, -0.253_318, -0.309_063,
            0.049_197, 0.129_982,
        ],
        [
            -0.032_046, -0.193_065, -0.000_857, -0.019_099, 0.029_259, 0.084_149, -0.031_833,
            -0.009_172, 0.002_787, 0.108_916, 0.032_690, 0.028_271,
        ],
        [
            0.689_051, 1.036_979, -0.314_438, -1.545_647, -0.125_479, 0.816_242, 0.697_689,
            -0.083_526, -0.146_878, 0.080_990, 0.234_854, 0.025_646,
        ],
    ];
    const PADDING: [[f32; 12]; 4] = [
        [
            0.686_128, -0.690_173, 0.356_380, 0.609_986, 0.263_251, -0.817_465, -0.324_771,
            0.878_772, 0.499_047, -0.746_487, 0.485_690, 0.558_959,
        ],
        [
            0.244_926, 0.076_228, -0.063_977, -0.085_785, 0.131_759, 0.041_007, 0.096_325,
            0.129_159, -0.180_401, -0.056_146, 0.119_488, 0.160_218,
        ],
        [
            0.067_971, 0.005_012, 0.027_738, -0.017_345, -0.067_971, -0.005_012, -0.027_738,
            0.017_345, 0.0, 0.0, 0.0, 0.0,
        ],
        [
            0.361_059, 0.951_204, 0.232_196, -0.885_075, 0.055_636, 0.983_008, 0.385_908,
            -0.718_452, 0.0, 0.0, 0.0, 0.0,
        ],
    ];

    fn bits(tensor: &Tensor) -> Vec<u32> {
        let values = tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        values.into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn what_comes_later_changes_not_a_bit_of_a_causal_result() {
        for (steps, dim) in [(5, 4), (64, 32), (100, 7), (130, 16)] {
            let packed = random(&[2, steps, 3 * 2 * dim], 1);
            let other = (random(&[2, steps, 3 * 2 * dim], 2) * 20.0).unwrap();
            for known in [1, steps / 2, steps - 1] {
                let changed = Tensor::cat(
                    &[
                        packed.narrow(1, 0, known).unwrap(),
                        other.narrow(1, known, steps - known).unwrap(),
                    ],
                    1,
                )
                .unwrap();
                let settings = Attention::new(2).causal(true);
                let first = |x: &Tensor| {
                    let y = self_attention(x, &settings).unwrap();
                    bits(&y.narrow(1, 0, known).unwrap())
                };
                assert_eq!(first(&packed), first(&changed), "{known} of {steps} steps");
            }
        }
    }

    #[test]
    fn masked_weights_are_exactly_0_and_the_others_sum_to_1() {
        let (query, key) = (random(&[2, 5, 8], 1), random(&[2, 7, 8], 2));
        let padding = padding(2, 7);
        let kept = padding.to_vec2::<u8>().unwrap();
        let settings = Attention::new(2).causal(true).padding(Some(&padding));
        let weights = attention_weights(&query, &key, &settings).unwrap();
        let weights = weights.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (row, weights) in weights.chunks_exact(7).enumerate() {
            let (sample, query) = (row / 10, row % 5);
            for (key, weight) in weights.iter().enumerate() {
                let seen = key <= query && kept[sample][key] == 1;
                assert_eq!(*weight > 0.0, seen);
                assert!(seen || weight.to_bits() == 0);
            }
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn who_may_look_at_nothing_gets_zeros_and_no_gradient() {
        let nothing = Tensor::zeros((1, 3), DType::U8, &Device::Cpu).unwrap();
        let settings = Attention::new(1).padding(Some(&nothing));
        for form in [attention, attention_composed] {
            let x = candle_core::Var::from_tensor(&random(&[1, 3, 4], 5)).unwrap();
            let y = form(&x, &x, &x, &settings).unwrap();
            assert!(bits(&y).iter().all(|bits| *bits == 0));
            let gradient = y.sum_all().unwrap().backward().unwrap();
            let gradient = gradient.get(&x).unwrap().flatten_all().unwrap();
            assert!(gradient.to_vec1::<f32>().unwrap().iter().all(|g| *g == 0.0));
        }
    }

    #[test]
    fn scores_far_out_stay_finite() {
        let x = (random(&[1, 9, 8], 3) * 1e4).unwrap();
        let x = candle_core::Var::from_tensor(&x).unwrap();
        let y = attention(&x, &x, &x, &Attention::new(2).causal(true)).unwrap();
        let gradient = y.sum_all().unwrap().backward().unwrap();
        for tensor in [&y, gradient.get(&x).unwrap()] {
            let values = tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert!(values.iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let of = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        let three = Attention::new(3);
        for (shapes, settings, named) in [
            (
                [&[1usize, 2, 8][..], &[1, 2, 8], &[1, 2, 8]],
                &three,
                "multiple",
            ),
            ([&[1, 2, 6], &[2, 2, 6], &[2, 2, 6]], &three, "samples"),
            (
                [&[1, 2, 6], &[1, 4, 6], &[1, 5, 6]],
                &three,
                "4 keys and 5 values",
            ),
            ([&[1, 2, 6], &[1, 4, 9], &[1, 4, 6]], &three, "own width"),
            (
                [&[2, 6], &[1, 4, 6], &[1, 4, 6]],
                &three,
                "(batch, steps, width)",
            ),
            (
                [&[1, 2, 6], &[1, 0, 6], &[1, 0, 6]],
                &three,
                "at least one key",
            ),
            (
                [&[1, 2, 6], &[1, 4, 6], &[1, 4, 6]],
                &Attention::new(3).padding(Some(&of(&[1, 2]))),
                "(batch, keys), here [1, 4]",
            ),
        ] {
            let [query, key, value] = shapes.map(of);
            let message = attention(&query, &key, &value, settings)
                .unwrap_err()
                .to_string();
            assert!(message.contains(named), "{message}");
        }
    }
}
