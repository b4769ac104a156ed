//! Checks of step2_preprocessing.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step2_preprocessing::*;

pub(crate) fn lays_each_image_out_as_a_row() -> Verdict {
    for shape in [[2, 3, 4], [5, 28, 28]] {
        let pixels = shape[1] * shape[2];
        name_sizes([
            (shape[0], "images"),
            (shape[1], "rows"),
            (shape[2], "columns"),
            (pixels, "pixels"),
        ]);
        let images = numbered(&shape)?;
        let got = called(&format!("flatten of images {shape:?}"), flatten(&images))?
            .to_dtype(DType::U8)?;
        let [n, height, width] = shape;
        if got.dims() == [n * height * width] {
            return slip(
                "batch-axis-lost",
                format!(
                    "Images {shape:?} became {:?}, one long row of all the images: keep the first axis, it counts the images. \
                     Wanted: [{n}, {}].",
                    got.dims(),
                    height * width
                ),
            );
        }
        same(
            "flatten(images)",
            &got,
            &images.reshape((n, height * width))?,
            &[
                Slip::new(
                    "columns-first",
                    "Each image is laid out column by column; go through it row by row.",
                    images.transpose(1, 2)?.flatten_from(1)?,
                ),
                Slip::new(
                    "batch-axis-mixed",
                    "The shape is right, but a row holds pixels of several images: the images lie along the first axis.",
                    images
                        .reshape((n, height * width))?
                        .t()?
                        .reshape((n, height * width))?,
                ),
                Slip::new(
                    "batch-axis-mixed",
                    "The result is turned: an image should be a row, and here it is a column.",
                    images.reshape((n, height * width))?.t()?,
                ),
            ],
        )?;
    }
    Ok(())
}

pub(crate) fn leaves_the_dtype_to_scale() -> Verdict {
    let got = called(
        "flatten of images [2, 3, 3]",
        flatten(&numbered(&[2, 3, 3])?),
    )?;
    if got.dtype() != DType::U8 {
        return slip(
            "converts-too-early",
            format!(
                "flatten changed the dtype from U8 to {:?}: it should change the shape alone. One function, one job.",
                got.dtype()
            ),
        );
    }
    Ok(())
}

pub(crate) fn scales_bytes_to_between_0_and_1() -> Verdict {
    scaled(Tensor::new(
        &[[0u8, 51, 102], [128, 254, 255]],
        &Device::Cpu,
    )?)?;
    // Neither black nor white is in these: who scales by what he finds is found out.
    scaled(Tensor::new(
        &[[17u8, 51, 102], [128, 90, 200]],
        &Device::Cpu,
    )?)
}

fn scaled(pixels: Tensor) -> Verdict {
    let got = called("scale of U8 pixels [2, 3]", scale(&pixels))?;
    let float = pixels.to_dtype(DType::F32)?;
    if got.dtype() == DType::U8 {
        return slip(
            "integer-division",
            "The pixels are still U8. A byte cannot hold 0.2: it becomes 0. Change the dtype to F32 before you divide.",
        );
    }
    same(
        "scale(pixels)",
        &got,
        &(&float / 255.)?,
        &[
            Slip::new(
                "missing-scale",
                "The pixels are F32 now, but still go up to 255: divide them by 255.",
                float.clone(),
            ),
            Slip::new(
                "scaled-by-256",
                "This is a division by 256. The largest byte is 255, and 255 should become 1.0.",
                (&float / 256.)?,
            ),
            Slip::new(
                "integer-division",
                "All is 0 where there should be shades: you divided while the pixels were bytes, and a byte cannot hold 0.2. \
                 Change the dtype to F32 first.",
                (&pixels / 255.)?.to_dtype(DType::F32)?,
            ),
            Slip::new(
                "standardised",
                "This goes from −1 to 1. Many nets like that too, but here 0 should stay 0.",
                ((&float / 127.5)? - 1.)?,
            ),
            Slip::new(
                "inverted",
                "Black and white have changed places: 0 should stay 0.",
                (1. - (&float / 255.)?)?,
            ),
            Slip::new(
                "scaled-twice",
                "This is a division by 255 · 255: the pixels were scaled twice.",
                ((&float / 255.)? / 255.)?,
            ),
            Slip::new(
                "own-statistics",
                "These pixels were divided by the largest of themselves, so that each batch gets another scale. White is 255 in all of them.",
                float.broadcast_div(&float.max_all()?)?,
            ),
            Slip::new(
                "own-statistics",
                "These pixels were stretched from their own smallest to their own largest, so that each batch gets another scale. Black is 0 \
                 and white 255 in all of them.",
                float
                    .broadcast_sub(&float.min_all()?)?
                    .broadcast_div(&(float.max_all()? - float.min_all()?)?)?,
            ),
        ],
    )
}

pub(crate) fn prepares_real_digits() -> Verdict {
    let digits = digits()?;
    let rows = called("preprocess of digits", preprocess(&digits.test_images))?;
    let n = digits.test_images.dim(0)?;
    name_sizes([(n, "images"), (784, "pixels")]);
    shape("preprocess(images)", &rows, &[n, 784])?;
    dtype("preprocess(images)", &rows, DType::F32)?;
    let largest = scalar(&rows.max_all()?)?;
    ensure!(
        largest <= 1.,
        "The largest number in {n} prepared digits is {largest}, but a pixel can be at most 1."
    );
    let want = reference::preprocess(&digits.test_images)?;
    tensors_close("preprocess(images)", &rows, &want).drawn(|| {
        let pictures = |rows: &Tensor| rows.narrow(0, 0, 4)?.reshape((4, 28, 28));
        compared(
            "the first four rows, drawn as pictures again",
            &pictures(&rows)?,
            &pictures(&want)?,
        )
    })
}
