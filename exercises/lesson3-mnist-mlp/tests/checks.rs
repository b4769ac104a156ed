//! What lesson 3 looks at in each step, and what it says when something is not right.
//!
//! A step is judged by itself: where it needs an earlier one, the reference below takes its place. Most mistakes in these steps
//! are old acquaintances, so a check does not only compare: it also works out what a well-known slip would have given, and when
//! that is exactly what came out, it says so.

use dlkit_check::prelude::*;

use dlkit::data::{Digits, Images};
use dlkit::prelude::*;

/// What a helper finds, or why the check ends there.
type Found<T> = std::result::Result<T, Failure>;

mod step1_tensors {
    use super::*;
    use lesson3::step1_tensors::*;

    pub(super) fn describes_any_tensor() -> Verdict {
        let tensors = [
            Tensor::new(3.5f32, &Device::Cpu)?,
            Tensor::new(&[5u8, 0, 4, 1], &Device::Cpu)?,
            Tensor::zeros((2, 3), DType::F64, &Device::Cpu)?,
            Tensor::zeros((6, 28, 28), DType::U8, &Device::Cpu)?,
            Tensor::zeros((2, 8, 8, 3), DType::U32, &Device::Cpu)?,
        ];
        for tensor in tensors {
            let said = describe(&tensor);
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
            ensure!(
                said.dtype == tensor.dtype(),
                "`dtype` is {:?} for a tensor of {:?}: ask the tensor itself, every one may hold another type.",
                said.dtype,
                tensor.dtype()
            );
        }
        Ok(())
    }

    pub(super) fn counts_the_bytes_of_a_tensor() -> Verdict {
        let cases: [(&[usize], DType, &str); 5] = [
            (&[28, 28], DType::U8, "one image of bytes"),
            (&[], DType::F32, "a scalar"),
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
            if got == shape.iter().sum::<usize>() * dtype.size_in_bytes() {
                return slip(
                    "sum-of-axes",
                    format!(
                        "{asked}: you added the lengths of the axes. A matrix of 28 rows and 28 columns has 28 · 28 entries: multiply."
                    ),
                );
            }
            if shape.is_empty() {
                fail!("{asked}: {got} bytes, but one number of four bytes is in it: the product over no axes is 1.");
            }
            fail!("{asked}: {got} bytes, but it needs {want}.");
        }
        Ok(())
    }

    pub(super) fn builds_a_batch_from_rows_of_pixels() -> Verdict {
        let pictures: Vec<Vec<u8>> = (0..4u8).map(|i| (i * 6 + 1..=i * 6 + 6).collect()).collect();
        let got = batch_of(&pictures, 2, 3).context("batch_of four pictures, 2 high and 3 wide")?;
        let flat = Tensor::from_vec(pictures.concat(), 24, &Device::Cpu)?;
        let want = flat.reshape((4, 2, 3))?;
        if got.dims() == [4, 3, 2] {
            return slip(
                "height-and-width-swapped",
                "the batch has the shape [4, 3, 2], but pictures 2 high and 3 wide make [4, 2, 3]: first the rows, then the columns."
                    .into(),
            );
        }
        same(
            "the batch",
            &got,
            &want,
            &[Slip {
                diagnosis: "columns-first",
                sentence: "The pixels of a picture run down the columns, but a picture is written row by row.",
                value: flat.reshape((4, 3, 2))?.transpose(1, 2)?,
            }],
        )
    }

    pub(super) fn cuts_the_bottom_right_quarter() -> Verdict {
        let images = numbered(&[3, 4, 6])?;
        let got = bottom_right(&images).context("bottom_right of images [3, 4, 6]")?;
        let quarter = |row: usize, column: usize| -> Result<Tensor> {
            Ok(images.narrow(1, row, 2)?.narrow(2, column, 3)?)
        };
        same(
            "the quarter",
            &got,
            &quarter(2, 3)?,
            &[
                Slip::new("wrong-corner", "This is the top left quarter.", quarter(0, 0)?),
                Slip::new("wrong-corner", "This is the top right quarter.", quarter(0, 3)?),
                Slip::new("wrong-corner", "This is the bottom left quarter.", quarter(2, 0)?),
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
    }

    pub(super) fn moves_the_channels_to_the_front() -> Verdict {
        let images = numbered(&[2, 3, 4, 5])?; // 2 images, 3 high, 4 wide, 5 channels
        let got = channels_first(&images).context("channels_first of images [2, 3, 4, 5]")?;
        same(
            "the images, channels first,",
            &got,
            &images.permute((0, 3, 1, 2))?,
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
            ],
        )
    }
}

mod step2_preprocessing {
    use super::*;
    use lesson3::step2_preprocessing::*;

    pub(super) fn lays_each_image_out_as_a_row() -> Verdict {
        for shape in [[2, 2, 3], [5, 28, 28]] {
            let images = numbered(&shape)?;
            let got = flatten(&images).with_context(|| format!("flatten of images {shape:?}"))?;
            let [n, height, width] = shape;
            if got.dims() == [n * height * width] {
                return slip(
                    "batch-axis-lost",
                    format!(
                        "images {shape:?} became {:?}, one long row of all the images: keep the first axis, it counts the images. \
                         Wanted: [{n}, {}].",
                        got.dims(),
                        height * width
                    ),
                );
            }
            same(
                "the rows",
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
                        images.reshape((n, height * width))?.t()?.reshape((n, height * width))?,
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

    pub(super) fn leaves_the_dtype_to_scale() -> Verdict {
        let got = flatten(&numbered(&[2, 3, 3])?)?;
        ensure!(
            got.dtype() == DType::U8,
            "flatten changed the dtype from U8 to {:?}: it should change the shape alone. One function, one job.",
            got.dtype()
        );
        Ok(())
    }

    pub(super) fn scales_bytes_to_between_0_and_1() -> Verdict {
        let pixels = Tensor::new(&[[0u8, 51, 102], [128, 254, 255]], &Device::Cpu)?;
        let got = scale(&pixels).context("scale of U8 pixels [2, 3]")?;
        let float = pixels.to_dtype(DType::F32)?;
        if got.dtype() == DType::U8 {
            return slip(
                "integer-division",
                "the pixels are still U8. A byte cannot hold 0.2: it becomes 0. Change the dtype to F32 before you divide.".into(),
            );
        }
        same(
            "the scaled pixels",
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
            ],
        )
    }

    pub(super) fn prepares_real_digits() -> Verdict {
        let digits = digits()?;
        let rows = preprocess(&digits.test_images).context("preprocess of digits")?;
        let n = digits.test_images.dim(0)?;
        shape("preprocess(images)", &rows, &[n, 784])?;
        dtype("preprocess(images)", &rows, DType::F32)?;
        let largest = scalar(&rows.max_all()?)?;
        ensure!(
            largest <= 1.,
            "the largest number in {n} prepared digits is {largest}, but a pixel can be at most 1."
        );
        tensors_close(
            "preprocess(images)",
            &rows,
            &reference::preprocess(&digits.test_images)?,
        )
    }
}

mod step3_batches {
    use super::*;
    use lesson3::step3_batches::*;

    pub(super) fn counts_the_last_smaller_batch() -> Verdict {
        for (samples, size) in [(60_000, 128), (10, 4), (3, 100), (129, 128), (60_000, 1)] {
            let got = steps_per_epoch(samples, size);
            let want = (samples + size - 1) / size;
            if got == samples / size && got != want {
                return slip(
                    "last-batch-lost",
                    format!(
                        "{samples} samples in batches of {size}: {got} steps leave {} samples unseen. The last batch is smaller, and it \
                         is a step too: {want}.",
                        samples - got * size
                    ),
                );
            }
            ensure!(
                got == want,
                "{samples} samples in batches of {size} take {want} steps, not {got}."
            );
        }
        Ok(())
    }

    pub(super) fn adds_no_step_when_the_batches_come_out_even() -> Verdict {
        for (samples, size) in [(8, 4), (128, 128), (60_000, 100)] {
            let got = steps_per_epoch(samples, size);
            ensure!(
                got == samples / size,
                "{samples} samples fill {} batches of {size} exactly, so there are that many steps, not {got}: nothing is left over \
                 for one more.",
                samples / size
            );
        }
        Ok(())
    }

    /// Image `i` holds nothing but the number `i`, and its label is `3·i + 1`: so whoever is parted from his label is seen.
    fn numbered_samples(n: u32) -> Result<(Tensor, Tensor)> {
        let numbers = Tensor::arange(0, n, &Device::Cpu)?;
        let images = numbers.reshape((n as usize, 1, 1))?.broadcast_as((n as usize, 2, 2))?;
        Ok((images.contiguous()?, ((numbers * 3.)? + 1.)?))
    }

    /// Which image each of these is.
    fn numbers_of(images: &Tensor) -> Result<Vec<u32>> {
        Ok(images.flatten_from(1)?.narrow(1, 0, 1)?.flatten_all()?.to_vec1()?)
    }

    fn shuffled(n: u32, seed: Seed) -> Found<(Vec<u32>, Vec<u32>)> {
        let (images, labels) = numbered_samples(n)?;
        let (got_images, got_labels) =
            shuffle(&images, &labels, seed).with_context(|| format!("shuffle of {n} images [{n}, 2, 2]"))?;
        shape("the shuffled images", &got_images, images.dims())?;
        shape("the shuffled labels", &got_labels, labels.dims())?;
        Ok((numbers_of(&got_images)?, got_labels.to_vec1()?))
    }

    pub(super) fn a_shuffled_image_keeps_its_label() -> Verdict {
        let (images, labels) = shuffled(50, Seed(7))?;
        for (place, (image, label)) in images.iter().zip(&labels).enumerate() {
            if *label != image * 3 + 1 {
                let owner = label.checked_sub(1).map_or(0, |l| l / 3);
                let wrong = images.iter().zip(&labels).filter(|(i, l)| **l != **i * 3 + 1).count();
                let how = if images.windows(2).all(|pair| pair[0] < pair[1]) {
                    " The images are still in their old order: only the labels were shuffled."
                } else if labels.windows(2).all(|pair| pair[0] < pair[1]) {
                    " The labels are still in their old order: only the images were shuffled."
                } else {
                    " Draw one order, and use it for both."
                };
                return slip(
                    "shuffle-separates",
                    format!(
                        "after the shuffle, image {image} (now at place {place}) has the label of image {owner}, and so it goes for {wrong} of {} \
                         images. A net trained on this cannot learn anything.{how}",
                        images.len()
                    ),
                );
            }
        }
        Ok(())
    }

    pub(super) fn shuffling_loses_and_doubles_no_image() -> Verdict {
        let (mut images, _) = shuffled(50, Seed(11))?;
        images.sort_unstable();
        for i in 0..50 {
            let times = images.iter().filter(|image| **image == i).count();
            ensure!(
                times == 1,
                "after the shuffle, image {i} of 50 is there {times} times: an order must name every image exactly once. \
                 `seed.permutation(n)` does."
            );
        }
        Ok(())
    }

    pub(super) fn the_seed_alone_decides_the_order() -> Verdict {
        let old: Vec<u32> = (0..50).collect();
        let (first, _) = shuffled(50, Seed(1))?;
        if first == old {
            return slip(
                "not-shuffled",
                "the images came back in the order they had before: 50 images, and not one at another place.".into(),
            );
        }
        let (again, _) = shuffled(50, Seed(1))?;
        ensure!(
            first == again,
            "Seed(1) gave two different orders: with the same seed a run must repeat itself exactly. Use no other source of randomness."
        );
        let (other, _) = shuffled(50, Seed(2))?;
        if first == other {
            return slip(
                "seed-not-used",
                "Seed(1) and Seed(2) gave the same order: the order must come from the seed that is passed in.".into(),
            );
        }
        Ok(())
    }

    fn batched(n: u32, size: usize) -> Found<Vec<(Vec<u32>, Vec<u32>)>> {
        let (images, labels) = numbered_samples(n)?;
        let got = batches(&images, &labels, size).with_context(|| format!("batches of {size} from {n} images"))?;
        let mut numbers = Vec::new();
        for (index, (images, labels)) in got.iter().enumerate() {
            ensure!(
                images.rank() == 3 && images.dims()[1..] == [2, 2] && labels.rank() == 1,
                "batch {index} has images {:?} and labels {:?}: a batch of b images [b, 2, 2] has labels [b].",
                images.dims(),
                labels.dims()
            );
            numbers.push((numbers_of(images)?, labels.to_vec1()?));
        }
        Ok(numbers)
    }

    pub(super) fn the_last_batch_holds_what_is_left() -> Verdict {
        for (n, size) in [(10u32, 4usize), (7, 7), (3, 128), (9, 3), (5, 1)] {
            let got: Vec<usize> = batched(n, size)?.iter().map(|(images, _)| images.len()).collect();
            let want: Vec<usize> = (0..n as usize).step_by(size).map(|start| size.min(n as usize - start)).collect();
            if got.len() < want.len() && got == want[..got.len()] {
                return slip(
                    "last-batch-lost",
                    format!(
                        "{n} images in batches of {size}: the sizes are {got:?}, so the last {} of them are never seen. Let the last \
                         batch be smaller: {want:?}.",
                        want[got.len()..].iter().sum::<usize>()
                    ),
                );
            }
            if got.last() == Some(&0) {
                return slip(
                    "empty-batch",
                    format!("{n} images in batches of {size}: the sizes are {got:?}. There is nothing in the last one: wanted {want:?}."),
                );
            }
            ensure!(got == want, "{n} images in batches of {size}: the sizes are {got:?}, but should be {want:?}.");
        }
        Ok(())
    }

    pub(super) fn every_batch_holds_its_own_images_with_their_labels() -> Verdict {
        let mut next = 0;
        for (index, (images, labels)) in batched(10, 4)?.into_iter().enumerate() {
            for (image, label) in images.into_iter().zip(labels) {
                ensure!(
                    image == next,
                    "in batches of 4 from 10 images, batch {index} holds image {image} where image {next} should be: each batch starts \
                     where the one before it ended."
                );
                if label != image * 3 + 1 {
                    return slip(
                        "batch-separates",
                        format!(
                            "in batches of 4 from 10 images, batch {index} gives image {image} the label of image {}: cut the labels at \
                             the same places as the images.",
                            label.saturating_sub(1) / 3
                        ),
                    );
                }
                next += 1;
            }
        }
        ensure!(next == 10, "the batches of 4 from 10 images hold {next} images together.");
        Ok(())
    }
}

mod step4_forward {
    use super::*;
    use lesson3::step4_forward::*;

    pub(super) fn a_dense_layer_is_a_product_and_a_bias() -> Verdict {
        let x = Tensor::new(&[[1f32, 2.], [0., 1.], [-1., 0.5]], &Device::Cpu)?;
        let w = Tensor::new(&[[1f32, 0.], [3., -1.]], &Device::Cpu)?;
        let b = Tensor::new(&[10f32, 20.], &Device::Cpu)?;
        let got = dense(&x, &w, &b).context("dense with x [3, 2], w [2, 2] and b [2]")?;
        let product = x.matmul(&w)?;
        same(
            "x·w + b",
            &got,
            &product.broadcast_add(&b)?,
            &[
                Slip::new("missing-bias", "This is x·w: the bias is missing.", product.clone()),
                Slip::new(
                    "transposed",
                    "You multiplied with w transposed. The weights are (inputs, outputs): column j belongs to output j.",
                    x.matmul(&w.t()?)?.broadcast_add(&b)?,
                ),
                Slip::new(
                    "bias-sign",
                    "The bias was taken away instead of added.",
                    product.broadcast_sub(&b)?,
                ),
                Slip::new(
                    "elementwise-product",
                    "There is a ReLU in it: a dense layer without activation lets negative numbers through.",
                    product.broadcast_add(&b)?.relu()?,
                ),
            ],
        )
    }

    pub(super) fn a_batch_goes_through_row_by_row() -> Verdict {
        let x = wave(&[5, 3], 0.)?;
        let w = wave(&[3, 4], 1.)?;
        let b = wave(&[4], 2.)?;
        let got = dense(&x, &w, &b).context("dense with x [5, 3], w [3, 4] and b [4]")?;
        same("x·w + b", &got, &x.matmul(&w)?.broadcast_add(&b)?, &[])
    }

    fn net() -> Result<Mlp> {
        Ok(Mlp {
            w1: Var::from_tensor(&wave(&[6, 5], 0.)?)?,
            b1: Var::from_tensor(&wave(&[5], 3.)?)?,
            w2: Var::from_tensor(&wave(&[5, 4], 1.)?)?,
            b2: Var::from_tensor(&wave(&[4], 5.)?)?,
        })
    }

    pub(super) fn gives_the_logits() -> Verdict {
        let net = net()?;
        let x = wave(&[3, 6], 2.)?;
        let got = forward(&net, &x).context("forward of a batch [3, 6] through a net 6-5-4")?;
        let plain = x.matmul(&net.w1)?;
        let sums = plain.broadcast_add(&net.b1)?;
        let output = |hidden: &Tensor| -> Result<Tensor> { Ok(hidden.matmul(&net.w2)?.broadcast_add(&net.b2)?) };
        let logits = output(&sums.relu()?)?;
        let sigmoid = (sums.neg()?.exp()? + 1.)?.recip()?;
        same(
            "the logits",
            &got,
            &logits,
            &[
                Slip::new(
                    "missing-activation",
                    "There is no ReLU between the layers: two linear layers in a row can do no more than one.",
                    output(&sums)?,
                ),
                Slip::new(
                    "activation-on-logits",
                    "There is a ReLU after the second layer too: every logit below 0 was lost. The last layer gives its sums as they are.",
                    logits.relu()?,
                ),
                Slip::new(
                    "activation-on-logits",
                    "The ReLU stands after the second layer; it belongs between the two.",
                    output(&sums)?.relu()?,
                ),
                Slip::new(
                    "softmax-on-logits",
                    "These are probabilities: there is a softmax at the end. The loss of step 5 wants the logits and does the softmax \
                     itself; done twice, the net hardly learns.",
                    softmax(&logits)?,
                ),
                Slip::new(
                    "wrong-activation",
                    "The hidden layer has a sigmoid; this net wants ReLU there.",
                    output(&sigmoid)?,
                ),
                Slip::new(
                    "wrong-activation",
                    "The hidden layer has a tanh; this net wants ReLU there.",
                    output(&sums.tanh()?)?,
                ),
                Slip::new(
                    "missing-bias",
                    "The bias b₁ of the hidden layer is missing.",
                    output(&plain.relu()?)?,
                ),
                Slip::new(
                    "bias-after-activation",
                    "B₁ was added after the ReLU: it belongs inside, relu(x·W₁ + b₁).",
                    output(&plain.relu()?.broadcast_add(&net.b1)?)?,
                ),
                Slip::new(
                    "missing-bias",
                    "The bias b₂ of the outputs is missing.",
                    sums.relu()?.matmul(&net.w2)?,
                ),
            ],
        )
    }

    pub(super) fn every_weight_can_learn() -> Verdict {
        let net = net()?;
        let logits = forward(&net, &wave(&[3, 6], 2.)?)?;
        let gradients = logits.sqr()?.sum_all()?.backward()?;
        for (name, parameter) in [("w1", &net.w1), ("b1", &net.b1), ("w2", &net.w2), ("b2", &net.b2)] {
            if gradients.get(parameter).is_none() {
                return slip(
                    "gradient-lost",
                    format!(
                        "no gradient reaches `{name}`, so it would never learn. Did the values leave the tensors on the way (`to_vec`, \
                         `detach`)? Compute with tensors from end to end."
                    ),
                );
            }
        }
        Ok(())
    }

    pub(super) fn counts_weights_and_biases() -> Verdict {
        for (inputs, hidden, outputs) in [(2, 3, 1), (784, 512, 10), (784, 16, 10)] {
            let got = parameter_count(&Mlp::new(inputs, hidden, outputs, Seed(1), &Device::Cpu)?);
            let weights = inputs * hidden + hidden * outputs;
            let want = weights + hidden + outputs;
            let net = format!("a net {inputs}-{hidden}-{outputs}");
            if got == weights {
                return slip(
                    "missing-bias",
                    format!("{net}: {got} counts the weights, but the {} biases learn as well: {want}.", hidden + outputs),
                );
            }
            if got == 4 {
                return slip(
                    "tensors-for-parameters",
                    format!("{net}: 4 is how many tensors hold its parameters. Count the numbers in them: {want}."),
                );
            }
            ensure!(got == want, "{net} has {want} parameters, not {got}.");
        }
        Ok(())
    }

    pub(super) fn an_untrained_net_guesses() -> Verdict {
        let digits = digits()?;
        let net = Mlp::new(784, 64, 10, Seed(3), &Device::Cpu)?;
        let logits = forward(&net, &reference::preprocess(&digits.test_images)?)?;
        shape("the logits", &logits, &[digits.test_images.dim(0)?, 10])?;
        let loss = scalar(&reference::cross_entropy(&logits, &digits.test_labels)?)?;
        ensure!(
            (1.9..2.9).contains(&loss),
            "the cross-entropy of an untrained net on digits is {loss:.3}. Ten digits and no idea is ln 10 = 2.303; random weights move \
             it a little, but not that far."
        );
        Ok(())
    }
}

mod step5_loss {
    use super::*;
    use lesson3::step5_loss::*;

    pub(super) fn log_softmax_works_along_each_row() -> Verdict {
        let logits = wave(&[3, 4], 1.)?;
        let got = log_softmax(&logits).context("log_softmax of logits [3, 4]")?;
        let exp = logits.exp()?;
        same(
            "log_softmax(logits)",
            &got,
            &reference::log_softmax(&logits)?,
            &[
                Slip::new(
                    "softmax-wrong-axis",
                    "The softmax runs down the columns, over the images of the batch. Each row, the classes of one image, must sum to 1.",
                    reference::log_softmax(&logits.t()?.contiguous()?)?.t()?,
                ),
                Slip::new(
                    "softmax-wrong-axis",
                    "The softmax runs over the whole table. Each row, the classes of one image, must sum to 1 by itself.",
                    logits.broadcast_sub(&exp.sum_all()?.log()?)?,
                ),
                Slip::new(
                    "missing-log",
                    "These are the probabilities: the logarithm is missing.",
                    softmax(&logits)?,
                ),
                Slip::new(
                    "missing-normalisation",
                    "The largest logit was taken away, but not the logarithm of the sum.",
                    logits.broadcast_sub(&logits.max_keepdim(1)?)?,
                ),
                Slip::new(
                    "missing-log",
                    "The sum of the exponentials was taken away itself; take away its logarithm.",
                    logits.broadcast_sub(&exp.sum_keepdim(1)?)?,
                ),
            ],
        )
    }

    pub(super) fn large_logits_do_no_harm() -> Verdict {
        let logits = Tensor::new(&[[1000f32, 1000., 0.], [-1000., 0., 90.]], &Device::Cpu)?;
        let got = log_softmax(&logits)?;
        shape("log_softmax(logits)", &got, &[2, 3])?;
        for (row, values) in got.to_dtype(DType::F64)?.to_vec2::<f64>()?.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                if !value.is_finite() {
                    return slip(
                        "overflow",
                        format!(
                            "log_softmax of the logits {:?} gives {value} at column {column}: e^1000 is too large for an f32, and e^−1000 \
                             is 0, whose logarithm is −∞. Take the largest logit of the row from the row first, and never take the \
                             logarithm of a single probability.",
                            logits.to_vec2::<f32>()?[row]
                        ),
                    );
                }
            }
        }
        tensors_close("log_softmax(large logits)", &got, &reference::log_softmax(&logits)?)
    }

    fn batch() -> Result<(Tensor, Tensor)> {
        let logits = (wave(&[4, 5], 0.)? * 2.)?;
        Ok((logits, Tensor::new(&[3u32, 0, 4, 0], &Device::Cpu)?))
    }

    pub(super) fn averages_over_the_batch() -> Verdict {
        let (logits, labels) = batch()?;
        let got = cross_entropy(&logits, &labels).context("cross_entropy of logits [4, 5] and labels [4]")?;
        let want = reference::cross_entropy(&logits, &labels)?;
        if got.dims() == [4] || got.dims() == [4, 1] {
            return slip(
                "missing-batch-mean",
                format!(
                    "cross_entropy gave {:?}, one number for each of the 4 images: take their mean, so that one number remains.",
                    got.dims()
                ),
            );
        }
        let columns = logits.t()?.contiguous()?;
        same(
            "the loss of a batch of 4",
            &got,
            &want,
            &[
                Slip::new(
                    "missing-batch-mean",
                    "This is 4 times too much, the sum over the batch: take the mean, or a larger batch would mean larger steps.",
                    (&want * 4.)?,
                ),
                Slip::new("loss-sign", "The sign is wrong: ln p is below 0, and a loss is its opposite.", want.neg()?),
                Slip::new(
                    "loss-sign",
                    "This is the sum over the batch, with the wrong sign: take the mean, and turn the sign.",
                    (&want * -4.)?,
                ),
                Slip::new(
                    "mean-over-classes",
                    "This is 5 times too small: you took the mean over all 4 · 5 entries, but an image has one right class. Divide by the 4 \
                     images.",
                    (&want / 5.)?,
                ),
                Slip::new(
                    "label-ignored",
                    "This is the mean of −ln p over all the classes: only the right class of each image counts.",
                    reference::log_softmax(&logits)?.mean_all()?.neg()?,
                ),
                Slip::new(
                    "missing-softmax",
                    "This is the mean of the logits of the labels, with the sign turned: log_softmax is missing.",
                    pick(&logits, &labels)?.mean_all()?.neg()?,
                ),
                Slip::new(
                    "missing-log",
                    "This is 1 − the mean probability of the right class: the cross-entropy is −ln of it.",
                    (1. - pick(&softmax(&logits)?, &labels)?.mean_all()?)?,
                ),
                Slip::new(
                    "missing-log",
                    "This is −p, the logarithm is missing.",
                    pick(&softmax(&logits)?, &labels)?.mean_all()?.neg()?,
                ),
                Slip::new(
                    "softmax-twice",
                    "There are two softmaxes in it, one after the other.",
                    reference::cross_entropy(&softmax(&logits)?, &labels)?,
                ),
                Slip::new(
                    "softmax-wrong-axis",
                    "The softmax runs down the columns, over the images of the batch; it belongs along each row.",
                    pick(&reference::log_softmax(&columns)?.t()?.contiguous()?, &labels)?.mean_all()?.neg()?,
                ),
            ],
        )
    }

    pub(super) fn the_loss_is_no_larger_for_a_larger_batch() -> Verdict {
        let (logits, labels) = batch()?;
        let once = scalar(&cross_entropy(&logits, &labels)?)?;
        let twice = scalar(&cross_entropy(
            &Tensor::cat(&[&logits, &logits], 0)?,
            &Tensor::cat(&[&labels, &labels], 0)?,
        )?)?;
        ensure!(
            (once - twice).abs() < 1e-5,
            "a batch of 4 has the loss {once:.4}, and the same 4 images twice in a batch of 8 have {twice:.4}: a mean would not change."
        );
        Ok(())
    }

    pub(super) fn no_idea_costs_ln_10() -> Verdict {
        let logits = Tensor::zeros((6, 10), DType::F32, &Device::Cpu)?;
        let labels = Tensor::arange(0u32, 6, &Device::Cpu)?;
        close_within(
            "the loss of ten equal logits",
            scalar(&cross_entropy(&logits, &labels)?)?,
            10f64.ln(),
            1e-5,
        )
    }

    pub(super) fn its_gradient_is_probability_minus_truth() -> Verdict {
        let (logits, labels) = batch()?;
        let variable = Var::from_tensor(&logits)?;
        let gradients = cross_entropy(&variable, &labels)?.backward()?;
        let Some(got) = gradients.get(&variable) else {
            return slip(
                "gradient-lost",
                "no gradient reaches the logits, so no net could learn from this loss. Compute with tensors from end to end: \
                 `to_vec`, `to_scalar` and `detach` cut the graph."
                    .into(),
            );
        };
        let classes = Tensor::arange(0u32, 5, &Device::Cpu)?.broadcast_as((4, 5))?;
        let truth = classes.broadcast_eq(&labels.unsqueeze(1)?)?.to_dtype(DType::F32)?;
        let difference = (softmax(&logits)? - truth)?;
        same(
            "dloss/dlogits = (softmax − truth) / 4",
            got,
            &(&difference / 4.)?,
            &[Slip::new(
                "missing-batch-mean",
                "This is 4 times too much: the loss is the sum over the batch, and should be the mean.",
                difference.clone(),
            )],
        )
    }

    pub(super) fn accuracy_is_the_share_of_right_answers() -> Verdict {
        let rows = [[2f32, 1., 0.], [0., 5., 1.], [1., 0., -1.], [-3., -2., -1.], [0., 1., 9.]];
        let logits = Tensor::new(&rows, &Device::Cpu)?;
        for (labels, right) in [([0u32, 1, 1, 2, 0], 3.), ([0, 1, 0, 2, 2], 5.), ([1, 0, 1, 0, 1], 0.)] {
            let got = accuracy(&logits, &Tensor::new(&labels, &Device::Cpu)?)
                .with_context(|| format!("accuracy of logits [5, 3] and labels {labels:?}"))?;
            if right > 0. && got == right {
                return slip(
                    "count-for-share",
                    format!("accuracy is {got}: the number of right answers. It is a share: divide by the 5 images."),
                );
            }
            if right > 0. && (got - right * 20.).abs() < 1e-9 {
                return slip(
                    "percent-for-share",
                    format!("accuracy is {got}, in percent. Give it as a share from 0 to 1."),
                );
            }
            if (got - (1. - right / 5.)).abs() < 1e-6 {
                return slip(
                    "errors-for-hits",
                    format!("accuracy is {got:.4}: the share of wrong answers. {right} of 5 were right."),
                );
            }
            close_within(&format!("the accuracy with {right} of 5 right"), got, right / 5., 1e-6)?;
        }
        Ok(())
    }
}

mod step6_training_loop {
    use super::*;
    use lesson3::step6_training_loop::*;
    use std::cell::RefCell;

    /// The smallest thing that learns: y = w·x with the mean squared error. It writes down what the loop asks of it.
    struct Line {
        w: Var,
        batches: RefCell<Vec<Vec<f32>>>,
        losses: RefCell<Vec<f64>>,
    }

    impl Line {
        fn new(w: f32) -> Result<Self> {
            Ok(Self {
                w: Var::new(w, &Device::Cpu)?,
                batches: RefCell::default(),
                losses: RefCell::default(),
            })
        }

        fn w(&self) -> Result<f64> {
            scalar(&self.w)
        }
    }

    impl Learner for Line {
        fn parameters(&self) -> Vec<Var> {
            vec![self.w.clone()]
        }

        fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
            self.batches.borrow_mut().push(inputs.to_vec1()?);
            Ok(inputs.broadcast_mul(&self.w)?)
        }

        fn loss(&self, answer: &Tensor, targets: &Tensor) -> Result<Tensor> {
            let loss = (answer - targets)?.sqr()?.mean_all()?;
            self.losses.borrow_mut().push(scalar(&loss)?);
            Ok(loss)
        }
    }

    /// Inputs 1, 2, … n with targets three times as large.
    fn line_data(n: usize) -> Result<Dataset> {
        let x = Tensor::arange(1f32, n as f32 + 1., &Device::Cpu)?;
        Dataset::new(x.clone(), (x * 3.)?)
    }

    pub(super) fn moves_against_the_gradient() -> Verdict {
        let (eta, gradient) = (0.1, 0.5);
        let first = Var::new(1f32, &Device::Cpu)?;
        let second = Var::new(&[2f32, -4.], &Device::Cpu)?;
        // d(0.5·first)/dfirst = 0.5, d(sum(second²)/2)/dsecond = second
        let loss = ((first.as_tensor() * gradient)? + (second.sqr()?.sum_all()? / 2.)?)?;
        let gradients = loss.backward()?;
        update(&[first.clone(), second.clone()], &gradients, eta).context("update of two parameters")?;
        let w = scalar(&first)?;
        let said = "W = 1, a gradient of 0.5 and η = 0.1";
        for (value, diagnosis, sentence) in [
            (1.05, "update-sign", "it moved uphill, along the gradient: W ← W − η·gradient makes the loss smaller"),
            (1.0, "update-lost", "it did not move. A tensor that you compute changes nothing by itself: give it to `Var::set`"),
            (0.5, "learning-rate-ignored", "that is the whole gradient: multiply it by the learning rate"),
            (0.9, "gradient-ignored", "that is η alone: the gradient does not come in"),
            (-0.05, "update-replaces", "that is −η·gradient alone: subtract it from the old W"),
        ] {
            if (w - value).abs() < 1e-6 {
                return slip(diagnosis, format!("after the update with {said}, W is {w:.4}: {sentence}. Wanted: 0.95."));
            }
        }
        close_within(&format!("W after the update with {said}"), w, 0.95, 1e-6)?;
        let want = Tensor::new(&[1.8f32, -3.6], &Device::Cpu)?;
        same(
            "the second parameter after the update, from [2, −4] with the gradient [2, −4] and η = 0.1,",
            &second,
            &want,
            &[Slip::new(
                "only-first-parameter",
                "Only the first parameter of the list was updated.",
                Tensor::new(&[2f32, -4.], &Device::Cpu)?,
            )],
        )
    }

    pub(super) fn says_so_when_a_parameter_has_no_gradient() -> Verdict {
        let used = Var::new(1f32, &Device::Cpu)?;
        let forgotten = Var::new(1f32, &Device::Cpu)?;
        let gradients = used.sqr()?.backward()?;
        if update(&[used, forgotten], &gradients, 0.1).is_ok() {
            return slip(
                "missing-gradient-ignored",
                "one of two parameters had no gradient, and `update` returned Ok. Such a parameter never learns, and nothing else would \
                 tell: return an error."
                    .into(),
            );
        }
        Ok(())
    }

    pub(super) fn a_step_is_forward_loss_and_update() -> Verdict {
        // x = 1, 2 and y = 3, 6 with w = 1: loss ((1−3)² + (2−6)²)/2 = 10, gradient (2·1·(1−3) + 2·2·(2−6))/2 = −10.
        let line = Line::new(1.)?;
        let data = line_data(2)?;
        let loss = train_step(&line, data.inputs(), data.targets(), 0.1).context("train_step on two samples")?;
        let w = line.w()?;
        let said = "one step on y = w·x with w = 1, x = 1, 2, y = 3, 6 and η = 0.1";
        if (w - 1.).abs() < 1e-6 {
            return slip(
                "update-lost",
                format!("{said} leaves w at 1. The gradient is −10: after `backward`, the gradients must go to `update`."),
            );
        }
        if w.abs() < 1e-6 {
            return slip("update-sign", format!("{said} takes w to 0: uphill. The gradient is −10, so w should become 1 + 0.1·10 = 2."));
        }
        if (w - 3.).abs() < 1e-6 {
            return slip("updated-twice", format!("{said} takes w to 3: that is two updates in one step. Wanted: 2."));
        }
        close_within(&format!("w after {said}"), w, 2., 1e-5)?;
        if (loss - 2.5).abs() < 1e-5 {
            return slip(
                "loss-after-update",
                format!("the loss of {said} is 2.5: that is the loss after the update. Give the one that the gradients came from, 10."),
            );
        }
        close_within(&format!("the loss of {said}"), loss, 10., 1e-5)
    }

    fn settings(epochs: usize, batch_size: usize, seed: u64) -> Settings {
        Settings { epochs, batch_size, learning_rate: 1e-4, seed: Seed(seed) }
    }

    fn batches_seen(n: usize, settings: Settings) -> Found<Vec<Vec<f32>>> {
        let line = Line::new(1.)?;
        train(&line, &line_data(n)?, settings)
            .with_context(|| format!("train on {n} samples, {} epochs, batches of {}", settings.epochs, settings.batch_size))?;
        Ok(line.batches.into_inner())
    }

    pub(super) fn an_epoch_sees_every_sample_once() -> Verdict {
        let seen = batches_seen(10, settings(1, 4, 5))?;
        let mut samples = seen.concat();
        samples.sort_by(f32::total_cmp);
        let sizes: Vec<usize> = seen.iter().map(Vec::len).collect();
        if sizes == [4, 4] {
            return slip(
                "last-batch-lost",
                "in one epoch of 10 samples in batches of 4 the net saw 4 + 4 of them: the last batch, of 2, is missing.".into(),
            );
        }
        if sizes == [10] {
            return slip(
                "no-batches",
                "in one epoch of 10 samples in batches of 4 the net got all 10 at once: go through `data.batches(batch_size)`.".into(),
            );
        }
        if sizes == [4] {
            return slip("one-batch-an-epoch", "one epoch stopped after its first batch: an epoch goes through all of them.".into());
        }
        ensure!(
            sizes == [4, 4, 2],
            "one epoch of 10 samples in batches of 4 ran the net on batches of {sizes:?}; wanted [4, 4, 2]."
        );
        let want: Vec<f32> = (1..=10).map(|i| i as f32).collect();
        ensure!(samples == want, "one epoch must see each of the samples 1 to 10 once; it saw {samples:?}.");
        Ok(())
    }

    pub(super) fn trains_for_as_many_epochs_as_asked() -> Verdict {
        let steps = batches_seen(10, settings(5, 4, 5))?.len();
        if steps == 3 {
            return slip("one-epoch", "5 epochs were asked for, and the net saw its batches once. Is there a `return` in the loop?".into());
        }
        if steps == 5 {
            return slip("one-batch-an-epoch", "5 epochs of 3 batches are 15 steps, but there were 5, one an epoch.".into());
        }
        ensure!(steps == 15, "5 epochs of 3 batches are 15 steps, but there were {steps}.");
        Ok(())
    }

    pub(super) fn each_epoch_has_an_order_of_its_own() -> Verdict {
        let seen = batches_seen(64, settings(2, 16, 5))?;
        let (first, second) = seen.split_at(seen.len() / 2);
        if first.concat().windows(2).all(|pair| pair[0] < pair[1]) {
            return slip(
                "not-shuffled",
                "the first epoch took the samples in the order in which they lie: shuffle the batches, with `.shuffled(seed)`. In a \
                 file sorted by digit the net would see only zeros, then only ones, …"
                    .into(),
            );
        }
        if first == second {
            return slip(
                "same-order-every-epoch",
                "the second epoch had exactly the batches of the first: give each epoch a seed of its own, `seed.at(epoch)`.".into(),
            );
        }
        ensure!(
            seen == batches_seen(64, settings(2, 16, 5))?,
            "the same training with the same seed took the samples in another order: it cannot be repeated."
        );
        if seen == batches_seen(64, settings(2, 16, 6))? {
            return slip("seed-not-used", "Seed(5) and Seed(6) gave the same order: use the seed of `training`.".into());
        }
        Ok(())
    }

    pub(super) fn the_history_is_the_mean_loss_of_each_epoch() -> Verdict {
        let line = Line::new(1.)?;
        let history = train(&line, &line_data(10)?, settings(3, 4, 5))?;
        let losses = line.losses.into_inner();
        ensure!(
            history.len() == 3,
            "3 epochs give a history of 3 numbers, but there are {}{}.",
            history.len(),
            if history.len() == 9 { ": one for each of the 9 batches" } else { "" }
        );
        ensure!(losses.len() == 9, "3 epochs of 3 batches need 9 losses, but the learner was asked for {}.", losses.len());
        for (epoch, (got, steps)) in history.iter().zip(losses.chunks(3)).enumerate() {
            let sum: f64 = steps.iter().sum();
            let near = |value: f64| (got - value).abs() < 1e-4 * value.abs();
            if near(sum) {
                return slip("missing-mean", format!("epoch {epoch}: {got:.4} is the sum of its three losses: divide by their number."));
            }
            if near(steps[2]) {
                return slip("last-loss-for-mean", format!("epoch {epoch}: {got:.4} is the loss of its last batch alone."));
            }
            if near(sum / 4.) || near(sum / 10.) {
                return slip("wrong-count", format!("epoch {epoch}: the sum of its losses was divided by the wrong number: it has 3 batches."));
            }
            close_within(&format!("the mean loss of epoch {epoch}"), *got, sum / 3., 1e-4)?;
        }
        Ok(())
    }

    /// A net 784-hidden-10 that is right, so that nothing but the loop is judged.
    struct Reader([Var; 4]);

    impl Reader {
        fn new(hidden: usize, seed: Seed) -> Result<Self> {
            let glorot = |name: &str, shape: &[usize]| -> Result<Var> {
                let weights = Initializer::GlorotUniform.tensor(shape, seed.derive(name), &Device::Cpu)?;
                Ok(Var::from_tensor(&weights)?)
            };
            Ok(Self([
                glorot("w1", &[784, hidden])?,
                Var::zeros(hidden, DType::F32, &Device::Cpu)?,
                glorot("w2", &[hidden, 10])?,
                Var::zeros(10, DType::F32, &Device::Cpu)?,
            ]))
        }

        fn accuracy(&self, data: &Dataset) -> Result<f64> {
            let said = self.forward(data.inputs())?.argmax(D::Minus1)?;
            scalar(&said.eq(data.targets())?.to_dtype(DType::F32)?.mean_all()?)
        }
    }

    impl Learner for Reader {
        fn parameters(&self) -> Vec<Var> {
            self.0.to_vec()
        }

        fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
            let [w1, b1, w2, b2] = &self.0;
            let hidden = inputs.matmul(w1)?.broadcast_add(b1)?.relu()?;
            Ok(hidden.matmul(w2)?.broadcast_add(b2)?)
        }

        fn loss(&self, answer: &Tensor, targets: &Tensor) -> Result<Tensor> {
            reference::cross_entropy(answer, targets)
        }
    }

    pub(super) fn learns_one_batch_by_heart() -> Verdict {
        let batch = train_rows()?.take(32)?;
        let net = Reader::new(32, Seed(1))?;
        let settings = Settings { epochs: 150, batch_size: 32, learning_rate: 0.3, seed: Seed(1) };
        let history = train(&net, &batch, settings)?;
        let (first, last) = (history[0], history[history.len() - 1]);
        let right = net.accuracy(&batch)?;
        ensure!(
            right == 1. && last < 0.1,
            "after 150 epochs on the same 32 digits the loss went from {first:.3} to {last:.3}, and {:.0} % of them are read right. A loop \
             that learns knows 32 digits by heart by then (100 %, loss below 0.1).",
            100. * right
        );
        Ok(())
    }

    pub(super) fn learns_to_read_digits() -> Verdict {
        let net = Reader::new(64, Seed(1))?;
        let test = test_rows()?;
        let before = net.accuracy(&test)?;
        let settings = Settings { epochs: 8, batch_size: 32, learning_rate: 0.1, seed: Seed(1) };
        train(&net, &train_rows()?, settings)?;
        at_least(
            "the accuracy on digits that the net has not trained on, after 8 epochs",
            net.accuracy(&test)?,
            0.70,
            &format!("before training it was {before:.2}; does every batch change the weights?"),
        )
    }
}

mod step7_with_dlkit {
    use super::*;
    use lesson3::step7_with_dlkit::*;

    fn net(hidden: Dense, last: Dense) -> Result<Model> {
        Sequential::new().add(Flatten::new()).add(hidden).add(last).build((28, 28), Seed(4), &Device::Cpu)
    }

    fn right() -> Result<Model> {
        let mut model = net(Dense::new(64).relu(), Dense::new(10).softmax())?;
        model.compile(RmsProp::default(), SparseCategoricalCrossEntropy, [Accuracy]);
        Ok(model)
    }

    pub(super) fn builds_the_net_784_64_10() -> Verdict {
        let model = build(Seed(4), &Device::Cpu).context("build(Seed(4), &Device::Cpu)")?;
        has_parameters("the net 784-64-10", &model, 50_890)?;
        let images = test_images()?;
        let got = predictions(&model, images.inputs())?;
        same(
            "what the untrained net says",
            &got,
            &right()?.predict(images.inputs())?,
            &[
                Slip::new(
                    "wrong-activation",
                    "The hidden layer has no activation: `.relu()`.",
                    net(Dense::new(64), Dense::new(10).softmax())?.predict(images.inputs())?,
                ),
                Slip::new(
                    "wrong-activation",
                    "The hidden layer has a sigmoid; this net wants ReLU.",
                    net(Dense::new(64).sigmoid(), Dense::new(10).softmax())?.predict(images.inputs())?,
                ),
                Slip::new(
                    "missing-softmax",
                    "The last layer has no softmax, so what comes out are no probabilities.",
                    net(Dense::new(64).relu(), Dense::new(10))?.predict(images.inputs())?,
                ),
                Slip::new(
                    "wrong-activation",
                    "The last layer has a sigmoid: each number lies between 0 and 1, but the ten do not sum to 1. Softmax does that.",
                    net(Dense::new(64).relu(), Dense::new(10).sigmoid())?.predict(images.inputs())?,
                ),
                Slip::new(
                    "seed-not-used",
                    "The net starts from another seed than the one passed in.",
                    {
                        let other = Sequential::new().add(Flatten::new()).add(Dense::new(64).relu()).add(Dense::new(10).softmax());
                        other.build((28, 28), Seed(42), &Device::Cpu)?.predict(images.inputs())?
                    },
                ),
            ],
        )
    }

    pub(super) fn is_compiled_to_be_trained() -> Verdict {
        let trained = |optimizer: &str| -> Result<Vec<f64>> {
            let mut model = right()?;
            match optimizer {
                "Adam" => model.compile(Adam::default(), SparseCategoricalCrossEntropy, [Accuracy]),
                "SGD" => model.compile(Sgd::default(), SparseCategoricalCrossEntropy, [Accuracy]),
                _ => {}
            }
            first_epochs(&mut model)
        };
        compiled_like(
            build(Seed(4), &Device::Cpu)?,
            &trained("RMSprop")?,
            &[("Adam", trained("Adam")?), ("SGD", trained("SGD")?)],
        )
    }

    pub(super) fn fits_with_the_settings_it_is_given() -> Verdict {
        let data = train_images()?.take(300)?;
        let fit = |epochs, batch_size, shuffle| -> Result<Vec<f64>> {
            let settings = Fit { epochs, batch_size, shuffle, progress: Progress::Silent, ..Fit::default() };
            Ok(losses(&right()?.fit(&data, settings)?))
        };
        let mut model = right()?;
        let history = train(&mut model, &data, 3, 50, Progress::Silent).context("train for 3 epochs in batches of 50")?;
        let got = losses(&history);
        let near = |other: &[f64]| got.len() == other.len() && got.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-4);
        if near(&fit(3, 50, true)?) {
            return Ok(());
        }
        ensure!(
            got.len() == 3,
            "3 epochs were asked for, and the history has {}: `epochs` belongs into the settings of fit.",
            got.len()
        );
        if near(&fit(3, 32, true)?) {
            return slip(
                "batch-size-ignored",
                "the losses are those of batches of 32, the default; batches of 50 were asked for: `batch_size` belongs into the settings \
                 of fit."
                    .into(),
            );
        }
        if near(&fit(3, 50, false)?) {
            return slip("not-shuffled", "the losses are those of training without a shuffle: leave `shuffle` at its default.".into());
        }
        fail!(
            "3 epochs in batches of 50 give the losses {:.4?}, but here they are {got:.4?}. Is the model trained on all of `data`, once, with \
             no other settings than these?",
            fit(3, 50, true)?
        );
    }

    pub(super) fn measures_loss_and_accuracy_on_the_test_data() -> Verdict {
        let mut model = right()?;
        let settings = Fit { epochs: 1, progress: Progress::Silent, ..Fit::default() };
        model.fit(&train_images()?.take(500)?, settings)?;
        let test = test_images()?;
        let (loss, accuracy) = test_scores(&model, &test).context("test_scores of a trained model")?;
        let want = model.evaluate(&test)?;
        let right = want.accuracy()?;
        if (loss - right).abs() < 1e-9 && (accuracy - want.loss()).abs() < 1e-9 {
            return slip("pair-swapped", "loss and accuracy have changed places: first the loss, then the accuracy.".into());
        }
        if (accuracy - 100. * right).abs() < 1e-6 {
            return slip("percent-for-share", format!("the accuracy is {accuracy}, in percent. Give it as a share from 0 to 1."));
        }
        close_within("the loss on the test data", loss, want.loss(), 1e-6)?;
        close_within("the accuracy on the test data", accuracy, right, 1e-9)
    }

    pub(super) fn reads_digits_after_five_epochs() -> Verdict {
        let mut model = build(Seed(4), &Device::Cpu)?;
        train(&mut model, &train_images()?, 5, 64, Progress::Silent)?;
        at_least(
            "the accuracy on digits that the net has not trained on, after 5 epochs",
            model.evaluate(&test_images()?)?.accuracy()?,
            0.70,
            "Guessing gives 0.10. Does `train` train the model that it is given?",
        )
    }
}

mod step8_evaluation {
    use super::*;
    use lesson3::step8_evaluation::*;

    pub(super) fn reads_the_digit_off_each_row() -> Verdict {
        let rows = [[0.1f32, 0.2, 0.7], [0.8, 0.1, 0.1], [0.05, 0.9, 0.05], [0.3, 0.4, 0.3]];
        let got = predicted_digits(&Tensor::new(&rows, &Device::Cpu)?).context("predicted_digits of probabilities [4, 3]")?;
        if got == [1, 2, 0] {
            return slip(
                "argmax-wrong-axis",
                "this is the largest entry of each column: which image is the best 0, the best 1, the best 2. Look along each row.".into(),
            );
        }
        if got == [1, 1, 0, 0] || got == [0, 1, 0, 0] {
            return slip("argmin-for-argmax", "this is the smallest probability of each row; take the largest.".into());
        }
        ensure!(
            got == [2, 0, 1, 1],
            "for the probabilities {rows:?} the digits are [2, 0, 1, 1], one for each row, not {got:?}."
        );
        Ok(())
    }

    /// True and said digits with every kind of mistake, none as frequent as its opposite.
    fn answers() -> (Vec<u32>, Vec<u32>) {
        let counts = reference_matrix();
        let mut truth = Vec::new();
        let mut said = Vec::new();
        for (t, row) in counts.iter().enumerate() {
            for (s, count) in row.iter().enumerate() {
                truth.extend(vec![t as u32; *count]);
                said.extend(vec![s as u32; *count]);
            }
        }
        (truth, said)
    }

    fn reference_matrix() -> Vec<Vec<usize>> {
        vec![vec![9, 0, 2, 1], vec![1, 12, 0, 0], vec![7, 1, 8, 3], vec![0, 4, 0, 0]]
    }

    pub(super) fn counts_truth_in_rows_and_answers_in_columns() -> Verdict {
        let (truth, said) = answers();
        let got = confusion_matrix(&truth, &said, 4);
        let want = reference_matrix();
        let turned: Vec<Vec<usize>> = (0..4).map(|s| (0..4).map(|t| want[t][s]).collect()).collect();
        if got == turned {
            return slip(
                "transposed",
                "the matrix is turned: rows and columns have changed places. A row is a true digit, a column what the net said, so \
                 `matrix[truth][said]`."
                    .into(),
            );
        }
        let ones: Vec<Vec<usize>> = want.iter().map(|row| row.iter().map(|count| (*count).min(1)).collect()).collect();
        if got == ones {
            return slip("set-for-add", "every entry is 0 or 1: add one for each image, `+=`, do not set it to one.".into());
        }
        ensure!(
            got.len() == 4 && got.iter().all(|row| row.len() == 4),
            "with 4 classes the matrix has 4 rows of 4, but here there are rows of {:?}.",
            got.iter().map(Vec::len).collect::<Vec<_>>()
        );
        for (t, (got, want)) in got.iter().zip(&want).enumerate() {
            for (s, (got, want)) in got.iter().zip(want).enumerate() {
                ensure!(got == want, "{want} images of the digit {t} were taken for a {s}, but matrix[{t}][{s}] is {got}.");
            }
        }
        Ok(())
    }

    pub(super) fn keeps_a_row_for_a_digit_that_did_not_come() -> Verdict {
        let got = confusion_matrix(&[0, 0, 2], &[0, 1, 2], 10);
        ensure!(
            got.len() == 10 && got.iter().all(|row| row.len() == 10),
            "three images of the digits 0 and 2, but 10 classes were asked for: the matrix must have 10 rows of 10, here there are rows \
             of {:?}.",
            got.iter().map(Vec::len).collect::<Vec<_>>()
        );
        ensure!(got.iter().flatten().sum::<usize>() == 3, "three images give entries that sum to 3.");
        Ok(())
    }

    pub(super) fn accuracy_is_the_diagonal() -> Verdict {
        let matrix = reference_matrix();
        let got = accuracy(&matrix);
        let (right, all) = (29., 48.);
        if got == right {
            return slip("count-for-share", format!("accuracy is {got}, the sum of the diagonal: divide it by all {all} images."));
        }
        if (got - (all - right) / all).abs() < 1e-9 {
            return slip("errors-for-hits", format!("accuracy is {got:.4}: the share of the mistakes, beside the diagonal."));
        }
        if got == 0. {
            return slip("integer-division", "accuracy is 0: whole numbers divided by whole numbers are rounded down. Divide as f64.".into());
        }
        let recalls = (9. / 12. + 12. / 13. + 8. / 19. + 0.) / 4.;
        if (got - recalls).abs() < 1e-9 {
            return slip(
                "mean-of-rows",
                format!("accuracy is {got:.4}: the mean over the digits, not over the images. Digits that come more often count more."),
            );
        }
        close_within("the accuracy of a matrix with 29 of 48 on its diagonal", got, right / all, 1e-9)
    }

    pub(super) fn names_the_most_frequent_mistake() -> Verdict {
        let matrix = reference_matrix();
        let got = most_confused(&matrix);
        if got == (1, 1, 12) {
            return slip("diagonal-counted", "(1, 1, 12) lies on the diagonal: a 1 read as a 1 is no mistake. Look beside it.".into());
        }
        if got == (0, 2, 7) {
            return slip("transposed", "(0, 2, 7) names the digits the wrong way round: a true 2 was taken for a 0.".into());
        }
        ensure!(
            got == (2, 0, 7),
            "the largest entry beside the diagonal of {matrix:?} is 7, in row 2 and column 0, so (2, 0, 7), not {got:?}."
        );
        let last = vec![vec![5, 0, 1], vec![0, 5, 0], vec![0, 9, 5]];
        ensure!(
            most_confused(&last) == (2, 1, 9),
            "the largest entry beside the diagonal of {last:?} is 9, so (2, 1, 9), not {:?}.",
            most_confused(&last)
        );
        Ok(())
    }

    /// A "net" that has learned 20 images by heart and knows nothing else: input `i` is one number, its own.
    fn by_heart() -> Result<(Dataset, Dataset)> {
        let inputs = |from: f32, n: usize| Tensor::arange(from, from + n as f32, &Device::Cpu)?.reshape((n, 1));
        let labels = |n: u32| -> Result<Tensor> { Ok(Tensor::from_iter((0..n).map(|i| i % 3), &Device::Cpu)?) };
        Ok((Dataset::new(inputs(0., 20)?, labels(20)?)?, Dataset::new(inputs(100., 12)?, labels(12)?)?))
    }

    fn says(inputs: &Tensor) -> Result<Tensor> {
        let mut rows = Vec::new();
        for input in inputs.flatten_all()?.to_vec1::<f32>()? {
            let digit = if input < 100. { input as usize % 3 } else { usize::from(input as usize % 2 == 0) };
            rows.push((0..3).map(|class| if class == digit { 0.9f32 } else { 0.05 }).collect::<Vec<_>>());
        }
        Ok(Tensor::new(rows, &Device::Cpu)?)
    }

    pub(super) fn judges_the_net_on_images_it_has_not_seen() -> Verdict {
        let (train, test) = by_heart()?;
        let report = evaluate(says, &train, &test, 3).context("evaluate with 20 training and 12 test images")?;
        let truth: Vec<u32> = test.targets().to_vec1()?;
        let said: Vec<u32> = says(test.inputs())?.argmax(D::Minus1)?.to_vec1()?;
        let mut want = vec![vec![0; 3]; 3];
        for (t, s) in truth.iter().zip(&said) {
            want[*t as usize][*s as usize] += 1;
        }
        let right = (0..3).map(|i| want[i][i]).sum::<usize>() as f64 / 12.;
        if report.train_accuracy == right && report.test_accuracy == 1. {
            return slip("sets-swapped", "the training and the test accuracy have changed places.".into());
        }
        if report.test_accuracy == 1. {
            return slip(
                "tested-on-training-data",
                format!(
                    "test_accuracy is 1.0, which is how well the net knows the images that it learned from. On the test images it is {right:.3}: \
                     measure it there."
                ),
            );
        }
        close_within("the training accuracy of a net that knows its images by heart", report.train_accuracy, 1., 1e-9)?;
        close_within("the test accuracy of a net that only knows its training images by heart", report.test_accuracy, right, 1e-9)?;
        let entries: usize = report.test_confusion.iter().flatten().sum();
        if entries == 20 || entries == 32 {
            return slip(
                "tested-on-training-data",
                format!("test_confusion counts {entries} images, but there are 12 test images: leave the training images out."),
            );
        }
        ensure!(
            report.test_confusion == want,
            "test_confusion is {:?}, but the 12 test images give {want:?}.",
            report.test_confusion
        );
        Ok(())
    }
}

mod step9_networks {
    use super::*;
    use lesson3::step9_networks::*;

    type Builder = fn(Seed, &Device) -> Result<Model>;

    fn reader(hidden: &[Dense]) -> Result<Model> {
        let net = hidden.iter().fold(Sequential::new().add(Flatten::new()), |net, layer| net.add(layer.clone()));
        let mut model = net.add(Dense::new(10).softmax()).build((28, 28), Seed(4), &Device::Cpu)?;
        model.compile(RmsProp::default(), SparseCategoricalCrossEntropy, [Accuracy]);
        Ok(model)
    }

    /// Wants `build` to give the net with these hidden layers: its count, its answers, and how it learns.
    fn is_the_net(name: &str, build: Builder, units: &[usize], activation: Activation) -> Verdict {
        let model = build(Seed(4), &Device::Cpu).with_context(|| format!("building {name}"))?;
        let layers = |activation| units.iter().map(|n| Dense::new(*n).activation(activation)).collect::<Vec<_>>();
        let mut right = reader(&layers(activation))?;
        has_parameters(name, &model, right.parameters())?;
        let images = test_images()?.take(64)?;
        let says = |activation| -> Result<Tensor> { reader(&layers(activation))?.predict(images.inputs()) };
        same(
            &format!("what {name} says before training"),
            &predictions(&model, images.inputs())?,
            &right.predict(images.inputs())?,
            &[
                Slip::new("wrong-activation", "Its hidden layers have ReLU.", says(Activation::Relu)?),
                Slip::new("wrong-activation", "Its hidden layers have a sigmoid.", says(Activation::Sigmoid)?),
                Slip::new("wrong-activation", "Its hidden layers have no activation.", says(Activation::Linear)?),
                Slip::new("wrong-activation", "Its hidden layers have tanh.", says(Activation::Tanh)?),
            ],
        )?;
        compiled_like(model, &first_epochs(&mut right)?, &[])
    }

    pub(super) fn the_drawn_net_has_13_002_parameters() -> Verdict {
        is_the_net("the drawn net 784-16-16-10", drawn, &[16, 16], Activation::Sigmoid)
    }

    pub(super) fn the_printed_net_has_628_442_parameters() -> Verdict {
        is_the_net("the printed net 784-784-16-16-10", printed, &[784, 16, 16], Activation::Sigmoid)
    }

    pub(super) fn the_wide_net_has_407_050_parameters() -> Verdict {
        is_the_net("the net 784-512-10", relu_512, &[512], Activation::Relu)
    }

    pub(super) fn the_wide_net_reads_digits() -> Verdict {
        let mut model = relu_512(Seed(1), &Device::Cpu)?;
        let settings = Fit { epochs: 4, batch_size: 64, progress: Progress::Silent, ..Fit::default() };
        model.fit(&train_images()?, settings).context("fit of the net 784-512-10")?;
        at_least(
            "the accuracy of 784-512-10 on digits that it has not trained on, after 4 epochs on 2,000",
            model.evaluate(&test_images()?)?.accuracy()?,
            0.75,
            "Guessing gives 0.10.",
        )
    }

    fn number_net(hidden: Activation, last: Activation) -> Result<Model> {
        let mut model = Sequential::new()
            .add(Dense::new(15).activation(hidden))
            .add(Dense::new(5).activation(hidden))
            .add(Dense::new(1).activation(last))
            .build(13, Seed(4), &Device::Cpu)?;
        model.compile(Adam::default(), MeanSquaredError, [MeanSquaredError]);
        Ok(model)
    }

    /// 13 columns and a "price": half the first column minus the second, plus a little of a product.
    fn table(n: usize) -> Result<Dataset> {
        let inputs = wave(&[n, 13], 0.5)?;
        let column = |i: usize| inputs.narrow(1, i, 1);
        let price = (((column(0)? * 0.5)? - column(1)?)? + (column(2)? * column(3)?)?)?;
        Dataset::new(inputs.clone(), price)
    }

    pub(super) fn the_regression_net_gives_any_number() -> Verdict {
        let model = regression(13, Seed(4), &Device::Cpu).context("regression with 13 columns")?;
        let right = number_net(Activation::Relu, Activation::Linear)?;
        has_parameters("the regression net 13-15-5-1", &model, right.parameters())?;
        let data = table(40)?;
        let says = |hidden, last| -> Result<Tensor> { number_net(hidden, last)?.predict(data.inputs()) };
        same(
            "what the regression net says before training",
            &predictions(&model, data.inputs())?,
            &right.predict(data.inputs())?,
            &[
                Slip::new(
                    "activation-on-output",
                    "The last layer has ReLU, so it can never say a number below 0: a regression ends linear.",
                    says(Activation::Relu, Activation::Relu)?,
                ),
                Slip::new(
                    "activation-on-output",
                    "The last layer has a sigmoid, so all it can say lies between 0 and 1: a regression ends linear.",
                    says(Activation::Relu, Activation::Sigmoid)?,
                ),
                Slip::new(
                    "activation-on-output",
                    "The last layer has a softmax: over one number that is always 1. A regression ends linear.",
                    says(Activation::Relu, Activation::Softmax)?,
                ),
                Slip::new(
                    "missing-activation",
                    "There is no ReLU in it: three linear layers can do no more than one.",
                    says(Activation::Linear, Activation::Linear)?,
                ),
            ],
        )?;
        let columns = regression(4, Seed(4), &Device::Cpu).context("regression with 4 columns")?;
        has_parameters("the regression net 4-15-5-1", &columns, 4 * 15 + 15 + 15 * 5 + 5 + 5 + 1)
    }

    pub(super) fn the_regression_net_learns_with_adam_and_mse() -> Verdict {
        let data = table(64)?;
        let learn = |mut model: Model| -> Result<Vec<f64>> {
            let settings = Fit { epochs: 2, progress: Progress::Silent, ..Fit::default() };
            Ok(losses(&model.fit(&data, settings)?))
        };
        let with = |optimizer: &str| -> Result<Vec<f64>> {
            let mut model = number_net(Activation::Relu, Activation::Linear)?;
            match optimizer {
                "RMSprop" => model.compile(RmsProp::default(), MeanSquaredError, ()),
                "SGD" => model.compile(Sgd::default(), MeanSquaredError, ()),
                "the mean absolute error" => model.compile(Adam::default(), MeanAbsoluteError, ()),
                _ => {}
            }
            learn(model)
        };
        let model = regression(13, Seed(4), &Device::Cpu)?;
        let scores = model.evaluate(&data).context("is the regression net compiled?")?;
        ensure!(
            scores.get("mean_squared_error").is_some(),
            "the regression net is compiled without the metric MeanSquaredError: it only has {}.",
            scores.values().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
        );
        learned_like(
            &learn(model)?,
            &with("Adam")?,
            &[
                ("RMSprop", with("RMSprop")?),
                ("SGD", with("SGD")?),
                ("the mean absolute error", with("the mean absolute error")?),
            ],
        )
    }

    pub(super) fn the_last_quarter_is_held_back() -> Verdict {
        let data = table(80)?;
        let mut model = number_net(Activation::Relu, Activation::Linear)?;
        let history = fit_regression(&mut model, &data, 3, Progress::Silent).context("fit_regression on 80 rows for 3 epochs")?;
        ensure!(history.epochs() == 3, "3 epochs were asked for, and the history has {}.", history.epochs());
        let Some(got) = history.last("val_loss") else {
            return slip(
                "no-validation",
                "the history has no `val_loss`: nothing was held back. `Validation::Split(0.25)` keeps the last quarter for measuring.".into(),
            );
        };
        let fitted = |split: f64| -> Result<f64> {
            let mut model = number_net(Activation::Relu, Activation::Linear)?;
            let settings = Fit { epochs: 3, validation: Validation::Split(split), progress: Progress::Silent, ..Fit::default() };
            Ok(model.fit(&data, settings)?.last("val_loss").unwrap_or(f64::NAN))
        };
        let on_all = model.evaluate(&data)?.loss();
        if (got - on_all).abs() < 1e-7 {
            return slip(
                "tested-on-training-data",
                "the validation loss is measured on all of the data, and so on what the net learned from: hold a quarter back.".into(),
            );
        }
        expect("val_loss after 3 epochs, with the last quarter held back,")
            .within(1e-4)
            .mistake("wrong-split", "Here three quarters were held back, and one was learned from.", fitted(0.75)?)
            .mistake("wrong-split", "Here a fifth was held back.", fitted(0.2)?)
            .mistake("wrong-split", "Here half was held back.", fitted(0.5)?)
            .close(got, fitted(0.25)?)
    }
}

/// The sentence for a recognised mistake.
fn slip(diagnosis: &str, message: String) -> Verdict {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    Err(Failure::new(first.unwrap_or_default() + letters.as_str()).diagnosed(diagnosis))
}

/// A well-known mistake: what to say when exactly `value` comes out.
struct Slip {
    diagnosis: &'static str,
    sentence: &'static str,
    value: Tensor,
}

impl Slip {
    fn new(diagnosis: &'static str, sentence: &'static str, value: Tensor) -> Self {
        Self { diagnosis, sentence, value }
    }
}

/// Compares two tensors, and names the slip that explains the difference. Unlike the shape alone, a slip of another shape can
/// still say what happened.
fn same(name: &str, got: &Tensor, want: &Tensor, slips: &[Slip]) -> Verdict {
    let mut comparison = expect(name).within(1e-4);
    for Slip { diagnosis, sentence, value } in slips {
        let value = value.to_dtype(want.dtype())?;
        let turned_shape = got.dims() != want.dims() && got.dims() == value.dims() && got.dtype() == want.dtype();
        if turned_shape && expect(name).within(1e-4).tensors_close(got, &value).is_ok() {
            return slip(
                diagnosis,
                format!("{name} has the shape {:?}, but it should have {:?}. {sentence}", got.dims(), want.dims()),
            );
        }
        if value.dims() == want.dims() {
            comparison = comparison.mistake(*diagnosis, *sentence, &value);
        }
    }
    comparison.tensors_close(got, want)
}

fn scalar(tensor: &Tensor) -> Result<f64> {
    Ok(tensor.to_dtype(DType::F64)?.to_scalar()?)
}

/// A `U8` tensor of this shape in which (up to 251 entries) every number comes once.
fn numbered(shape: &[usize]) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let numbers: Vec<u8> = (0..count).map(|i| (i % 251) as u8).collect();
    Ok(Tensor::from_vec(numbers, shape, &Device::Cpu)?)
}

/// An `F32` tensor of this shape with values of both signs and no pattern that a mistake could hide in.
fn wave(shape: &[usize], phase: f64) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|i| (1.7 * i as f64 + 0.13 * (i * i) as f64 + phase).sin() as f32).collect();
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

/// 2,000 digits to train on and 500 to test on, drawn by dlkit: the checks need no file and no network.
fn digits() -> Result<Images> {
    Digits::generate(2_000, 500, Seed(2026))
}

fn train_images() -> Result<Dataset> {
    digits()?.train_dataset()
}

fn test_images() -> Result<Dataset> {
    digits()?.test_dataset()
}

fn rows(images: Dataset) -> Result<Dataset> {
    Dataset::new(images.inputs().flatten_from(1)?, images.targets().clone())
}

fn train_rows() -> Result<Dataset> {
    rows(train_images()?)
}

fn test_rows() -> Result<Dataset> {
    rows(test_images()?)
}

fn softmax(logits: &Tensor) -> Result<Tensor> {
    Ok(reference::log_softmax(logits)?.exp()?)
}

/// From each row the entry of its label: `(n, k)` and `(n,)` to `(n, 1)`.
fn pick(rows: &Tensor, labels: &Tensor) -> Result<Tensor> {
    Ok(rows.gather(&labels.unsqueeze(1)?, 1)?)
}

/// What the earlier steps should give, for the steps that build on them.
mod reference {
    use super::*;

    pub(super) fn preprocess(images: &Tensor) -> Result<Tensor> {
        Ok((images.flatten_from(1)?.to_dtype(DType::F32)? / 255.)?)
    }

    pub(super) fn log_softmax(logits: &Tensor) -> Result<Tensor> {
        let shifted = logits.broadcast_sub(&logits.max_keepdim(1)?)?;
        Ok(shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(1)?.log()?)?)
    }

    pub(super) fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
        Ok(pick(&log_softmax(logits)?, labels)?.mean_all()?.neg()?)
    }
}

fn has_parameters(name: &str, model: &Model, want: usize) -> Verdict {
    let got = model.parameters();
    if got == want {
        return Ok(());
    }
    let layers: Vec<String> = model
        .variables()
        .iter()
        .map(|variable| format!("{} {:?}", variable.name(), variable.tensor().dims()))
        .collect();
    let biases: usize = model.variables().iter().filter(|v| v.tensor().rank() == 1).map(Variable::parameters).sum();
    if want == 13_002 && got == 628_442 {
        return slip(
            "extra-input-layer",
            format!(
                "{name} has {got} parameters, but it should have {want}: there is a dense layer of 784 in front. The 784 inputs are the \
                 pixels themselves; no layer makes them. (The course's printed code has the same slip.)"
            ),
        );
    }
    if biases == 0 {
        return slip("missing-bias", format!("{name} has {got} parameters, but it should have {want}: its layers have no bias."));
    }
    fail!("{name} has {got} parameters, but it should have {want}. Its layers are: {}.", layers.join(", "));
}

fn predictions(model: &Model, inputs: &Tensor) -> Result<Tensor> {
    model
        .predict(inputs)
        .with_context(|| format!("predict for a batch {:?}", inputs.dims()))
}

fn losses(history: &History) -> Vec<f64> {
    history.get("loss").unwrap_or_default().to_vec()
}

/// The losses of two short epochs: they tell one optimiser from another.
fn first_epochs(model: &mut Model) -> Result<Vec<f64>> {
    let settings = Fit { epochs: 2, batch_size: 64, progress: Progress::Silent, ..Fit::default() };
    Ok(losses(&model.fit(&train_images()?.take(256)?, settings)?))
}

/// Wants the model to be compiled for digits, and to learn as one with the right optimiser does.
fn compiled_like(mut model: Model, want: &[f64], others: &[(&str, Vec<f64>)]) -> Verdict {
    let scores = match model.evaluate(&test_images()?.take(64)?) {
        Ok(scores) => scores,
        Err(error) => {
            let message = format!("{error:#}");
            let diagnosis = if message.contains("compile") { "not-compiled" } else { "wrong-loss" };
            return slip(diagnosis, format!("the net cannot be evaluated on digits: {message}"));
        }
    };
    ensure!(
        scores.get("accuracy").is_some(),
        "the net is compiled without the metric Accuracy, so nobody sees how many digits it reads right: `[Accuracy]` is the third thing \
         that `compile` takes."
    );
    let got = first_epochs(&mut model).context("two epochs of fit")?;
    learned_like(&got, want, others)
}

fn learned_like(got: &[f64], want: &[f64], others: &[(&str, Vec<f64>)]) -> Verdict {
    let near = |other: &[f64]| got.len() == other.len() && got.iter().zip(other).all(|(a, b)| (a - b).abs() <= 1e-3 * b.abs());
    if near(want) {
        return Ok(());
    }
    for (name, losses) in others {
        if near(losses) {
            return slip("wrong-compile", format!("the net learns with {name}: the losses {got:.4?} of its first epochs are exactly those."));
        }
    }
    fail!(
        "in its first epochs the net should have the losses {want:.4?}, but has {got:.4?}: look at the optimiser (as it comes, `::default()`) \
         and the loss that it is compiled with."
    );
}

checks! {
    step1_tensors: describes_any_tensor, counts_the_bytes_of_a_tensor, builds_a_batch_from_rows_of_pixels,
        cuts_the_bottom_right_quarter, moves_the_channels_to_the_front;
    step2_preprocessing: lays_each_image_out_as_a_row, leaves_the_dtype_to_scale, scales_bytes_to_between_0_and_1,
        prepares_real_digits;
    step3_batches: counts_the_last_smaller_batch, adds_no_step_when_the_batches_come_out_even, a_shuffled_image_keeps_its_label,
        shuffling_loses_and_doubles_no_image, the_seed_alone_decides_the_order, the_last_batch_holds_what_is_left,
        every_batch_holds_its_own_images_with_their_labels;
    step4_forward: a_dense_layer_is_a_product_and_a_bias, a_batch_goes_through_row_by_row, gives_the_logits,
        every_weight_can_learn, counts_weights_and_biases, an_untrained_net_guesses;
    step5_loss: log_softmax_works_along_each_row, large_logits_do_no_harm, averages_over_the_batch,
        the_loss_is_no_larger_for_a_larger_batch, no_idea_costs_ln_10, its_gradient_is_probability_minus_truth,
        accuracy_is_the_share_of_right_answers;
    step6_training_loop: moves_against_the_gradient, says_so_when_a_parameter_has_no_gradient,
        a_step_is_forward_loss_and_update, an_epoch_sees_every_sample_once, trains_for_as_many_epochs_as_asked,
        each_epoch_has_an_order_of_its_own, the_history_is_the_mean_loss_of_each_epoch, learns_one_batch_by_heart,
        learns_to_read_digits;
    step7_with_dlkit: builds_the_net_784_64_10, is_compiled_to_be_trained, fits_with_the_settings_it_is_given,
        measures_loss_and_accuracy_on_the_test_data, reads_digits_after_five_epochs;
    step8_evaluation: reads_the_digit_off_each_row, counts_truth_in_rows_and_answers_in_columns,
        keeps_a_row_for_a_digit_that_did_not_come, accuracy_is_the_diagonal, names_the_most_frequent_mistake,
        judges_the_net_on_images_it_has_not_seen;
    step9_networks: the_drawn_net_has_13_002_parameters, the_printed_net_has_628_442_parameters,
        the_wide_net_has_407_050_parameters, the_wide_net_reads_digits, the_regression_net_gives_any_number,
        the_regression_net_learns_with_adam_and_mse, the_last_quarter_is_held_back;
}
