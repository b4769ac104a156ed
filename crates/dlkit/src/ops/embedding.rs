//! Embedding: a number stands for a row of a table, and the row is learned.

use super::custom::{self, Values};
use crate::kernels::buffer;
use crate::kernels::embedding as kernel;
use anyhow::{Result, bail, ensure};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, DType, Layout, Shape, Tensor};

/// Row `id` of `table` for each id. Ids `(…,)` of an integer dtype and a table `(vocabulary, width)` give `(…, width)`.
///
/// The gradient for a row of the table is the sum of the gradients at all places that took it; rows that no id names get 0.
///
/// # Errors
/// When an id is not in the table; the error names it.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use candle_core::{Device, Tensor};
///
/// let table = Tensor::new(&[[0.0f32, 1.0], [10.0, 11.0], [20.0, 21.0]], &Device::Cpu)?;
/// let rows = dlkit::ops::embedding(&Tensor::new(&[2u32, 0, 2], &Device::Cpu)?, &table)?;
/// assert_eq!(rows.to_vec2::<f32>()?, [[20.0, 21.0], [0.0, 1.0], [20.0, 21.0]]);
/// # Ok(()) }
/// ```
pub fn embedding(ids: &Tensor, table: &Tensor) -> Result<Tensor> {
    let rows = Rows::new(ids, table)?;
    if custom::fused(&[table]) && rows.out.elem_count() > 0 {
        return Ok(table.contiguous()?.apply_op1(rows)?);
    }
    rows.composed(table)
}

/// [`embedding`] plus a row of `positions` for each step: ids `(batch, steps)`, a table `(vocabulary, width)` and positions `(length, width)`
/// with at least `steps` rows give `(batch, steps, width)`.
///
/// # Errors
/// As for [`embedding`], and when there are more steps than positions.
pub fn embedding_with_positions(
    ids: &Tensor,
    table: &Tensor,
    positions: &Tensor,
) -> Result<Tensor> {
    let rows = Rows::new(ids, table)?;
    let (length, width) = positions.dims2()?;
    ensure!(
        width == rows.width && rows.ids_shape.rank() == 2,
        "ids (batch, steps) of the shape {:?}, a table of the shape {:?} and positions of the shape {:?} do not fit each other",
        rows.ids_shape,
        table.dims(),
        positions.dims()
    );
    let steps = rows.ids_shape.dims()[1];
    ensure!(
        steps <= length,
        "the sequences have {steps} steps, but there are only {length} positions: cut them, or make room for longer ones"
    );
    if custom::fused(&[table, positions]) && rows.out.elem_count() > 0 {
        let (table, positions) = (table.contiguous()?, positions.contiguous()?);
        return Ok(table.apply_op2(&positions, rows)?);
    }
    Ok(rows
        .composed(table)?
        .broadcast_add(&positions.narrow(0, 0, steps)?)?)
}

/// The numbers of a tensor of ids, each below `vocabulary`.
fn checked(ids: &Tensor, vocabulary: usize) -> Result<Vec<u32>> {
    let wide: Vec<i64> = match ids.dtype() {
        DType::U8 | DType::U32 | DType::I64 => {
            ids.flatten_all()?.to_dtype(DType::I64)?.to_vec1()?
        }
        other => bail!(
            "an embedding takes integer numbers (u8, u32 or i64), but these are {}: convert them with `to_dtype(DType::U32)`",
            other.as_str()
        ),
    };
    wide.iter()
        .enumerate()
        .map(|(place, id)| match u32::try_from(*id) {
            Ok(small) if (small as usize) < vocabulary => Ok(small),
            _ => bail!(
                "the id {id} (number {place} of this batch) is not in the vocabulary, which has {vocabulary} entries: 0 to {}",
                vocabulary.saturating_sub(1)
            ),
        })
        .collect()
}

/// Which rows are taken: the operation in Candle's graph. Ids have no gradient, so they are kept here and not given as a
/// tensor.
struct Rows {
    ids: Vec<u32>,
    ids_shape: Shape,
    width: usize,
    out: Shape,
}

impl Rows {
    fn new(ids: &Tensor, table: &Tensor) -> Result<Self> {
        ensure!(
            table.rank() == 2,
            "an embedding's table is (vocabulary, width), but this one has the shape {:?}",
            table.dims()
        );
        let (vocabulary, width) = table.dims2()?;
        let out: Vec<usize> = ids.dims().iter().copied().chain([width]).collect();
        Ok(Self {
            ids: checked(ids, vocabulary)?,
            ids_shape: ids.shape().clone(),
            width,
            out: out.into(),
        })
    }

    fn composed(&self, table: &Tensor) -> Result<Tensor> {
        let ids = Tensor::from_slice(&self.ids, self.ids.len(), table.device())?;
        // Candle's gradient of a lookup needs a contiguous table.
        let rows = table.contiguous()?.index_select(&ids, 0)?;
        Ok(rows.reshape(&self.out)?)
    }

    fn steps(&self) -> usize {
        self.ids_shape.dims().last().copied().unwrap_or(1)
    }
}

impl CustomOp1 for Rows {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn cpu_fwd(
        &self,
        table: &CpuStorage,
        layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let table = custom::slice(table, layout)?;
        let mut out = buffer::uninit(self.out.elem_count());
        kernel::forward(&self.ids, table, None, self.width, &mut out);
        Ok((CpuStorage::F32(out), self.out.clone()))
    }

    fn bwd(&self, table: &Tensor, _: &Tensor, dy: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !custom::wanted(table) {
            return Ok(None);
        }
        let mut dtable = vec![0.0; table.elem_count()];
        let dy = Values::of(dy)?;
        kernel::backward(&self.ids, &dy, self.width, Some(&mut dtable), None);
        Ok(Some(custom::tensor(dtable, table.shape())?))
    }
}

impl CustomOp2 for Rows {
    fn name(&self) -> &'static str {
        "embedding_with_positions"
    }

    fn cpu_fwd(
        &self,
        table: &CpuStorage,
        layout: &Layout,
        positions: &CpuStorage,
        positions_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let table = custom::slice(table, layout)?;
        let positions = custom::slice(positions, positions_layout)?;
        let mut out = buffer::uninit(self.out.elem_count());
        let positions = Some((positions, self.steps()));
        kernel::forward(&self.ids, table, positions, self.width, &mut out);
        Ok((CpuStorage::F32(out), self.out.clone()))
    }

    fn bwd(
        &self,
        table: &Tensor,
        positions: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        let zeros = |of: &Tensor| custom::wanted(of).then(|| vec![0.0; of.elem_count()]);
        let (mut dtable, mut dpositions) = (zeros(table), zeros(positions));
        let dy = Values::of(dy)?;
        kernel::backward(
            &self.ids,
            &dy,
            self.width,
            dtable.as_deref_mut(),
            dpositions.as_deref_mut().map(|rows| (rows, self.steps())),
        );
        let given = |of: &Tensor, values: Option<Vec<f32>>| {
            values
                .map(|values| custom::tensor(values, of.shape()))
                .transpose()
        };
        Ok((given(table, dtable)?, given(positions, dpositions)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::agreement::assert_agreement;
    use candle_core::{Device, Var};

    fn ids() -> Tensor {
        Tensor::new(&[[4u32, 0, 4], [1, 4, 0]], &Device::Cpu).unwrap()
    }

    #[test]
    fn kernel_composed_form_and_finite_differences_agree() {
        for width in [1usize, 3, 16, 45] {
            let ids = &ids();
            assert_agreement(
                "embedding",
                &[&[6, width]],
                |x| embedding(ids, &x[0]),
                |x| Rows::new(ids, &x[0])?.composed(&x[0]),
            );
            assert_agreement(
                "embedding_with_positions",
                &[&[6, width], &[4, width]],
                |x| embedding_with_positions(ids, &x[0], &x[1]),
                |x| {
                    let rows = Rows::new(ids, &x[0])?.composed(&x[0])?;
                    Ok(rows.broadcast_add(&x[1].narrow(0, 0, 3)?)?)
                },
            );
        }
    }

    #[test]
    fn equal_ids_add_and_unused_rows_get_zero() {
        let table = Var::zeros((6, 2), DType::F32, &Device::Cpu).unwrap();
        let sum = embedding(&ids(), &table).unwrap().sum_all().unwrap();
        let gradient = sum.backward().unwrap();
        assert_eq!(
            gradient.get(&table).unwrap().to_vec2::<f32>().unwrap(),
            [[2.0; 2], [1.0; 2], [0.0; 2], [0.0; 2], [3.0; 2], [0.0; 2]]
        );
    }

    #[test]
    fn an_id_outside_of_the_vocabulary_is_named() {
        let table = Tensor::zeros((6, 2), DType::F32, &Device::Cpu).unwrap();
        for (ids, named) in [
            (Tensor::new(&[1i64, 6], &Device::Cpu), "the id 6 (number 1"),
            (
                Tensor::new(&[-1i64, 0], &Device::Cpu),
                "the id -1 (number 0",
            ),
        ] {
            let message = embedding(&ids.unwrap(), &table).unwrap_err().to_string();
            assert!(
                message.contains(named) && message.contains("0 to 5"),
                "{message}"
            );
        }
        let floats = Tensor::new(&[1f32], &Device::Cpu).unwrap();
        let message = embedding(&floats, &table).unwrap_err().to_string();
        assert!(
            message.contains("integer") && message.contains("U32"),
            "{message}"
        );
    }

    #[test]
    fn more_steps_than_positions_are_refused() {
        let table = Tensor::zeros((6, 2), DType::F32, &Device::Cpu).unwrap();
        let positions = Tensor::zeros((2, 2), DType::F32, &Device::Cpu).unwrap();
        let message = embedding_with_positions(&ids(), &table, &positions)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("3 steps") && message.contains("2 positions"),
            "{message}"
        );
    }
}
