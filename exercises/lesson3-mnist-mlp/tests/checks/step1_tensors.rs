//! Checks of step1_tensors.

use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step1_tensors::*;

pub(crate) fn describes_any_tensor() -> Verdict {
    let tensors = [
        Tensor::new(3.5f32, &Device::Cpu)?,
        Tensor::new(&[5u8, 0, 4, 1], &Device::Cpu)?,
        Tensor::zeros((2, 3), DType::F64, &Device::Cpu)?,
        Tensor::zeros((6, 28, 28), DType::U8, &Device::Cpu)?,
        Tensor::zeros((2, 8, 8, 3), DType::U32, &Device::Cpu)?,
    ];
    let descriptions = tensors.each_ref().map(describe);
    for (tensor, said) in tensors.iter().zip(&descriptions) {
        let dims = tensor.dims();
        if said.rank == tensor.elem_count() && said.rank != dims.len() {
            return slip(
                "elements-for-rank",
                format!(
                    "`rank` is {} for a tensor of shape {dims:?}: that is how many numbers are in it. The rank is how many axes it \
                     has, here {}.",
                    said.rank,
                    dims.len()
                ),
            );
        }
        ensure!(
            said.rank == dims.len(),
            "`rank` is {} for a tensor of shape {dims:?}, which has {} axes.",
            said.rank,
            dims.len()
        );
        ensure!(
            said.shape == dims,
            "`shape` is {:?} for a tensor of shape {dims:?}.",
            said.shape
        );
        if said.dtype != tensor.dtype()
            && descriptions.iter().all(|other| other.dtype == said.dtype)
        {
            return slip(
                "dtype-fixed",
                format!(
                    "`dtype` is {:?} for each of five tensors, one of them of {:?}: ask the tensor itself, every one may hold another type.",
                    said.dtype,
                    tensor.dtype()
                ),
            );
        }
        ensure!(
            said.dtype == tensor.dtype(),
            "`dtype` is {:?} for a tensor of {:?}.",
            said.dtype,
            tensor.dtype()
        );
    }
    Ok(())
}

pub(crate) fn counts_the_bytes_of_a_tensor() -> Verdict {
    let cases: [(&[usize], DType, &str); 5] = [
        (&[28, 28], DType::U8, "One image of bytes"),
        (&[], DType::F32, "A scalar"),
        (&[10_000, 3], DType::F64, "10,000 people"),
        (&[10_000, 280, 128], DType::F32, "10,000 tweets"),
        (&[128, 256, 256, 3], DType::U8, "128 photographs"),
    ];
    for (shape, dtype, what) in cases {
        let entries: usize = shape.iter().product();
        let want = entries * dtype.size_in_bytes();
        let got = bytes(shape, dtype);
        if got == want {
            continue;
        }
        let asked = format!("{what}, shape {shape:?} of {dtype:?}");
        if got == entries {
            return slip(
                "entries-for-bytes",
                format!(
                    "{asked}: {got} is the number of entries. One entry of {dtype:?} takes {} bytes.",
                    dtype.size_in_bytes()
                ),
            );
        }
        if got == 8 * want {
            return slip(
                "bits-for-bytes",
                format!("{asked}: {got} is the number of bits; a byte has 8."),
            );
        }
        if got == entries * 4 {
            return slip(
                "size-fixed",
                format!(
                    "{asked}: {got} counts 4 bytes for each entry, which is right for an F32. How large one is depends on the dtype."
                ),
            );
        }
        if got == shape.iter().sum::<usize>() * dtype.size_in_bytes() {
            return slip(
                "sum-of-axes",
                format!(
                    "{asked}: you added the lengths of the axes. A matrix of 28 rows and 28 columns has 28 · 28 entries: multiply."
                ),
            );
        }
        if shape.is_empty() {
            fail!(
                "{asked}: {got} bytes, but one number of four bytes is in it: the product over no axes is 1."
            );
        }
        fail!("{asked}: {got} bytes, but it needs {want}.");
    }
    Ok(())
}

pub(crate) fn builds_a_batch_from_rows_of_pixels() -> Verdict {
    name_sizes([(4, "pictures"), (2, "rows"), (3, "columns")]);
    let pictures: Vec<Vec<u8>> = (0..4u8)
        .map(|i| (i * 6 + 1..=i * 6 + 6).collect())
        .collect();
    let got = called(
        "batch_of four pictures, 2 high and 3 wide",
        batch_of(&pictures, 2, 3),
    )?;
    let flat = Tensor::from_vec(pictures.concat(), 24, &Device::Cpu)?;
    let want = flat.reshape((4, 2, 3))?;
    if got.dims() == [4, 3, 2] {
        return slip(
            "height-and-width-swapped",
            "The batch has the shape [4, 3, 2], but pictures 2 high and 3 wide make [4, 2, 3]: first the rows, then the columns.",
        );
    }
    same(
        "batch_of(pictures)",
        &got,
        &want,
        &[Slip::new(
            "columns-first",
            "The pixels of a picture run down the columns, but a picture is written row by row.",
            flat.reshape((4, 3, 2))?.transpose(1, 2)?,
        )],
    )
    .drawn(|| {
        compared(
            "the first picture of the batch",
            &got.get(0)?,
            &want.get(0)?,
        )
    })
}

pub(crate) fn cuts_the_bottom_right_quarter() -> Verdict {
    name_sizes([
        (5, "images"),
        (4, "rows"),
        (6, "columns"),
        (2, "rows"),
        (3, "columns"),
    ]);
    let images = numbered(&[5, 4, 6])?;
    let got = called("bottom_right of images [5, 4, 6]", bottom_right(&images))?;
    let quarter = |row: usize, column: usize| -> Result<Tensor> {
        Ok(images.narrow(1, row, 2)?.narrow(2, column, 3)?)
    };
    let want = quarter(2, 3)?;
    same(
        "bottom_right(images)",
        &got,
        &want,
        &[
            Slip::new(
                "wrong-corner",
                "This is the top left quarter.",
                quarter(0, 0)?,
            ),
            Slip::new(
                "wrong-corner",
                "This is the top right quarter.",
                quarter(0, 3)?,
            ),
            Slip::new(
                "wrong-corner",
                "This is the bottom left quarter.",
                quarter(2, 0)?,
            ),
            Slip::new(
                "narrow-end-for-length",
                "You cut only the rows; the columns (axis 2) are still all there.",
                images.narrow(1, 2, 2)?,
            ),
            Slip::new(
                "narrow-end-for-length",
                "You cut only the columns; the rows (axis 1) are still all there.",
                images.narrow(2, 3, 3)?,
            ),
        ],
    )
    .drawn(|| {
        compared(
            "bottom right of the first image",
            &got.get(0)?,
            &want.get(0)?,
        )
    })
}

pub(crate) fn moves_the_channels_to_the_front() -> Verdict {
    name_sizes([(2, "images"), (3, "rows"), (4, "columns"), (5, "channels")]);
    let images = numbered(&[2, 3, 4, 5])?;
    let got = called(
        "channels_first of images [2, 3, 4, 5]",
        channels_first(&images),
    )?;
    let want = images.permute((0, 3, 1, 2))?;
    same(
        "channels_first(images)",
        &got,
        &want,
        &[
            Slip::new(
                "reshape-for-permute",
                "The shape is right, but the values are not: `reshape` cuts the same row of numbers in another way, so pixels \
                 end up in other channels. Exchange the axes instead.",
                images.reshape((2, 5, 3, 4))?,
            ),
            Slip::new(
                "rows-and-columns-swapped",
                "The channels are where they belong, but every image lies on its side: height and width changed places.",
                images.permute((0, 3, 2, 1))?,
            ),
            Slip::new(
                "inverse-permutation",
                "`permute` names for each new axis the old one that goes there; read the other way round, the list moves the rows to the \
                 end.",
                images.permute((0, 2, 3, 1))?,
            ),
        ],
    )
    .drawn(|| {
        let channel = |images: &Tensor| images.get(0)?.get(0);
        compared("the first channel of the first image", &channel(&got)?, &channel(&want)?)
    })
}
