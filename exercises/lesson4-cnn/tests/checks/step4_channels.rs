//! Checks of step4_channels.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson4::step4_channels::*;

pub(crate) fn counts_a_bias_for_each_filter() -> Verdict {
    for (filters, channels, k) in [(32, 1, 3), (64, 32, 3), (16, 3, 5), (1, 1, 1)] {
        let got = conv_parameters(filters, channels, k);
        let want = filters * (channels * k * k + 1);
        if got == want {
            continue;
        }
        let channels_are = if channels == 1 { "channel" } else { "channels" };
        let asked =
            format!("{filters} filters of {k}×{k} on {channels} {channels_are}: you count {got}");
        for (value, diagnosis, sentence) in [
            (
                filters * channels * k * k,
                "missing-bias",
                "Every filter has a bias too.",
            ),
            (
                filters * (k * k + 1),
                "channels-ignored",
                "A filter has k·k weights for each channel.",
            ),
            (
                filters * channels * (k * k + 1),
                "bias-for-each-channel",
                "A filter has one bias, not one for each channel.",
            ),
            (
                filters * channels * k * k + 1,
                "one-bias-for-all",
                "Every filter has a bias of its own.",
            ),
            (
                filters * (channels * k + 1),
                "side-for-area",
                "A window of k×k has k·k weights.",
            ),
        ] {
            if got == value {
                return slip(
                    diagnosis,
                    format!("{asked}, but there are {want}. {sentence}"),
                );
            }
        }
        fail!("{asked}, but there are {want}.");
    }
    Ok(())
}

pub(crate) fn a_dense_layer_needs_a_weight_for_every_pair() -> Verdict {
    for (inputs, outputs) in [(784, 21_632), (1_600, 10), (1, 1)] {
        let got = dense_parameters(inputs, outputs);
        let want = inputs * outputs + outputs;
        let asked = format!(
            "A dense layer from {inputs} to {outputs} numbers: you count {got}, but there are {want}."
        );
        if got == inputs * outputs {
            return slip("missing-bias", format!("{asked} Every output has a bias."));
        }
        if got == inputs * outputs + inputs && got != want {
            return slip(
                "bias-for-each-input",
                format!("{asked} The biases belong to the outputs."),
            );
        }
        ensure!(got == want, "{asked}");
    }
    Ok(())
}

fn slips(x: &Tensor, kernel: &Tensor, bias: &Tensor) -> Result<Vec<Slip>> {
    let right = layer(x, kernel, Some(bias))?;
    let column = bias.reshape((1, (), 1, 1))?;
    let turned = kernel.flip(&[2, 3])?;
    let k = kernel.dim(2)?;
    let (filters, channels, ..) = kernel.dims4()?;
    // The weights of each place, (o, c), read as (c, o).
    let misread = kernel
        .permute((2, 3, 0, 1))?
        .contiguous()?
        .reshape((k, k, channels, filters))?
        .permute((3, 2, 0, 1))?
        .contiguous()?;
    // What comes out when a weight meets another part of the pictures than its own: the same as with the weights moved.
    let with_weights_at = |to: &dyn Fn(usize, usize) -> (usize, usize)| -> Result<Tensor> {
        let old = kernel.flatten_all()?.to_vec1::<f32>()?;
        let mut new = vec![0f32; filters * channels * k * k];
        for (plane, weights) in old.chunks(k * k).enumerate() {
            for (place, weight) in weights.iter().enumerate() {
                let (i, j) = to(place / k, place % k);
                new[plane * k * k + i * k + j] += weight;
            }
        }
        layer(
            x,
            &Tensor::from_vec(new, kernel.dims(), &Device::Cpu)?,
            Some(bias),
        )
    };
    let last = |axis: usize, weights: &Tensor| -> Result<Tensor> {
        Ok(weights
            .narrow(axis, k - 1, 1)?
            .pad_with_zeros(axis, k - 1, 0)?)
    };
    let last_weight = last(3, &last(2, kernel)?)?;
    Ok(vec![
        Slip::new(
            "part-does-not-move",
            "Every weight was laid on the part that starts at (0, 0): the part moves with (i, j).",
            with_weights_at(&|_, _| (0, 0))?,
        ),
        Slip::new(
            "part-moves-wrongly",
            "The part starts at (i, i): it moves down by i, and to the right by j.",
            with_weights_at(&|i, _| (i, i))?,
        ),
        Slip::new(
            "part-moves-wrongly",
            "The part starts at (j, j): it moves down by i, and to the right by j.",
            with_weights_at(&|_, j| (j, j))?,
        ),
        Slip::new(
            "missing-bias",
            "The bias is missing.",
            layer(x, kernel, None)?,
        ),
        Slip::new(
            "bias-many-times",
            "The bias was added once for every place in the kernel; it is added once in all.",
            (layer(x, kernel, None)?
                .broadcast_add(&(&column * (kernel.dim(2)? * kernel.dim(3)?) as f64)?))?,
        ),
        Slip::new(
            "bias-many-times",
            "The bias was there from the start, and was added again for every place in the kernel; it is added once in all.",
            (layer(x, kernel, None)?.broadcast_add(&(column * (k * k + 1) as f64)?))?,
        ),
        Slip::new(
            "filters-and-channels-mixed",
            "The weights of a place went to the wrong filters. In the kernel the filters come before the channels: laid out in this order they are (o, c). A \
             `reshape` to (c, o) does not exchange axes, it only cuts the same row of numbers elsewhere.",
            layer(x, &misread, Some(bias))?,
        ),
        Slip::new(
            "kernel-turned",
            "The weight (i, j) lies on the part that starts at (i, j): here the kernel was turned.",
            layer(x, &turned, Some(bias))?,
        ),
        Slip::new(
            "transposed",
            "Rows and columns have changed places: i goes down (axis 2), j goes across (axis 3).",
            layer(x, &kernel.transpose(2, 3)?.contiguous()?, Some(bias))?,
        ),
        Slip::new(
            "activation-in-layer",
            "There is a ReLU in it: this layer has no activation.",
            right.relu()?,
        ),
        Slip::new(
            "last-product-only",
            "Only the last weight of each window counts, without any bias: each product took the place of the sum before it.",
            layer(x, &last_weight, None)?,
        ),
        Slip::new(
            "last-product-only",
            "Only the last weight of each window counts: each product took the place of the one before it.",
            layer(x, &last_weight, Some(bias))?,
        ),
        Slip::new(
            "first-channel-only",
            "Only the first channel came in.",
            layer(&x.narrow(1, 0, 1)?, &kernel.narrow(1, 0, 1)?, Some(bias))?,
        ),
    ])
}

fn judge(name: &str, x: &[usize], kernel: &[usize]) -> Verdict {
    let (x, kernel, bias) = (wave(x, 0.)?, wave(kernel, 1.)?, wave(&[kernel[0]], 2.)?);
    let want = layer(&x, &kernel, Some(&bias))?;
    name_axes(&x, &kernel, &want)?;
    let got = called(name, conv_layer(&x, &kernel, &bias))?;
    same_maps(name, &got, &want, &slips(&x, &kernel, &bias)?)
}

/// What the sizes count; one of a kind needs no name.
fn name_axes(x: &Tensor, kernel: &Tensor, maps: &Tensor) -> Result<()> {
    let (n, channels, height, width) = x.dims4()?;
    let (filters, _, k, _) = kernel.dims4()?;
    let (_, _, down, across) = maps.dims4()?;
    let named = |size: usize, name| (if size == 1 { 0 } else { size }, name);
    name_sizes([
        named(n, "pictures"),
        named(channels, "channels"),
        named(height, "rows of pixels"),
        named(width, "columns of pixels"),
        named(filters, "filters"),
        named(k, "weights a side"),
        named(down, "places down"),
        named(across, "places across"),
        named(down * across, "places"),
        named(height * width, "pixels"),
    ]);
    Ok(())
}

pub(crate) fn one_filter_adds_its_channels_up() -> Verdict {
    // A window of several weights comes first: more mistakes show there, and each by itself.
    judge(
        "conv_layer(a picture [1, 3, 9, 7], kernel [1, 3, 2, 2], bias)",
        &[1, 3, 9, 7],
        &[1, 3, 2, 2],
    )?;
    let pixels = Tensor::new(&[[[[1f32, 2.]], [[3., 4.]]]], &Device::Cpu)?;
    let kernel = Tensor::new(&[[[[10f32]], [[100.]]]], &Device::Cpu)?;
    let bias = Tensor::new(&[5f32], &Device::Cpu)?;
    let name = "conv_layer(two pixels [1, 2, 1, 2], kernel [1, 2, 1, 1], bias)";
    name_sizes([]);
    let got = called(name, conv_layer(&pixels, &kernel, &bias))?;
    same_maps(
        name,
        &got,
        &layer(&pixels, &kernel, Some(&bias))?,
        &[Slip::new(
            "channels-not-added",
            "Each channel gave a map of its own; one filter gives one map, the sum of them.",
            pixels
                .broadcast_mul(&kernel)?
                .broadcast_add(&bias.reshape((1, 1, 1, 1))?)?,
        )],
    )
}

pub(crate) fn every_filter_makes_a_map_with_its_own_bias() -> Verdict {
    judge(
        "conv_layer(a picture [1, 1, 9, 8], kernel [5, 1, 3, 3], bias)",
        &[1, 1, 9, 8],
        &[5, 1, 3, 3],
    )?;
    judge(
        "conv_layer(a picture [1, 2, 5, 5], kernel [3, 2, 2, 2], bias)",
        &[1, 2, 5, 5],
        &[3, 2, 2, 2],
    )
}

pub(crate) fn a_batch_stays_a_batch() -> Verdict {
    judge(
        "conv_layer(pictures [3, 2, 10, 9], kernel [5, 2, 4, 4], bias)",
        &[3, 2, 10, 9],
        &[5, 2, 4, 4],
    )?;
    judge(
        "conv_layer(pictures [2, 8, 9, 9], kernel [6, 8, 1, 1], bias)",
        &[2, 8, 9, 9],
        &[6, 8, 1, 1],
    )
}

pub(crate) fn kernel_and_bias_can_learn() -> Verdict {
    let kernel = Var::from_tensor(&wave(&[3, 2, 3, 3], 1.)?)?;
    let bias = Var::from_tensor(&wave(&[3], 2.)?)?;
    let maps = called(
        "conv_layer of pictures [2, 2, 5, 5]",
        conv_layer(&wave(&[2, 2, 5, 5], 0.)?, &kernel, &bias),
    )?;
    let gradients = maps.sqr()?.sum_all()?.backward()?;
    for (name, variable) in [("kernel", &kernel), ("bias", &bias)] {
        if gradients.get(variable).is_none() {
            return slip(
                "gradient-lost",
                format!(
                    "No gradient reaches the {name}, so it would never learn. Did its values leave the tensor on the way (`to_vec`, `detach`)? Compute \
                     with tensors from end to end."
                ),
            );
        }
    }
    Ok(())
}

pub(crate) fn a_grey_picture_in_colour_gives_the_same_maps() -> Verdict {
    let kernel = wave(&[2, 1, 3, 3], 1.)?;
    let got = called("grey_to_rgb of a kernel [2, 1, 3, 3]", grey_to_rgb(&kernel))?;
    let thrice = kernel.repeat((1, 3, 1, 1))?;
    same_maps(
        "grey_to_rgb(kernel)",
        &got,
        &(&thrice / 3.)?,
        &[
            Slip::new(
                "not-divided",
                "Each plane has the whole weight, so a grey picture would give maps three times as large.",
                thrice.clone(),
            ),
            Slip::new(
                "not-repeated",
                "There is still one channel.",
                (&kernel / 3.)?,
            ),
            Slip::new(
                "wrong-axis",
                "The filters were repeated (axis 0), not the channels (axis 1).",
                (kernel.repeat((3, 1, 1, 1))? / 3.)?,
            ),
            Slip::new(
                "unequal-shares",
                "The planes have the shares 0.299, 0.587 and 0.114, with which a colour picture is made grey. Here a grey picture is shown in colour: do its \
                 three channels differ?",
                Tensor::cat(
                    &[(&kernel * 0.299)?, (&kernel * 0.587)?, (&kernel * 0.114)?],
                    1,
                )?,
            ),
            Slip::new(
                "one-colour",
                "Only the red plane has weights: a grey picture gives the same maps, but the net is blind to green and blue. Share the weight among the three.",
                Tensor::cat(&[&kernel, &kernel.zeros_like()?, &kernel.zeros_like()?], 1)?,
            ),
        ],
    )?;
    let grey = wave(&[1, 1, 6, 6], 0.)?;
    tensors_close(
        "conv_layer(a grey picture in three channels, grey_to_rgb(kernel))",
        &layer(&grey.repeat((1, 3, 1, 1))?, &got, None)?,
        &layer(&grey, &kernel, None)?,
    )
}
