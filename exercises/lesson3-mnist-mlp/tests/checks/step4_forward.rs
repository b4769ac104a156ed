//! Checks of step4_forward.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step4_forward::*;

pub(crate) fn a_dense_layer_is_a_product_and_a_bias() -> Verdict {
    let x = Tensor::new(&[[1f32, 2.], [0., 1.], [-30., 0.5]], &Device::Cpu)?;
    let w = Tensor::new(&[[1f32, 0.], [3., -1.]], &Device::Cpu)?;
    let b = Tensor::new(&[10f32, 20.], &Device::Cpu)?;
    let got = called("dense with x [3, 2], w [2, 2] and b [2]", dense(&x, &w, &b))?;
    let product = x.matmul(&w)?;
    same(
        "dense(x, w, b)",
        &got,
        &product.broadcast_add(&b)?,
        &[
            Slip::new(
                "missing-bias",
                "This is x·w: the bias is missing.",
                product.clone(),
            ),
            Slip::new(
                "transposed",
                "You multiplied with w transposed. The weights are (inputs, outputs): column j belongs to output j.",
                x.matmul(&w.t()?)?.broadcast_add(&b)?,
            ),
            Slip::new(
                "bias-twice",
                "The bias was added twice.",
                product.broadcast_add(&b)?.broadcast_add(&b)?,
            ),
            Slip::new(
                "bias-multiplied",
                "The product was multiplied by the bias; the bias is added.",
                product.broadcast_mul(&b)?,
            ),
            Slip::new(
                "bias-sign",
                "The bias was taken away instead of added.",
                product.broadcast_sub(&b)?,
            ),
            Slip::new(
                "activation-in-dense",
                "There is a ReLU in it: a dense layer without activation lets negative numbers through.",
                product.broadcast_add(&b)?.relu()?,
            ),
        ],
    )
}

pub(crate) fn a_batch_goes_through_row_by_row() -> Verdict {
    name_sizes([(5, "samples"), (3, "inputs"), (4, "outputs")]);
    let x = wave(&[5, 3], 0.)?;
    let w = wave(&[3, 4], 1.)?;
    let b = wave(&[4], 2.)?;
    let got = called("dense with x [5, 3], w [3, 4] and b [4]", dense(&x, &w, &b))?;
    same(
        "dense(x, w, b)",
        &got,
        &x.matmul(&w)?.broadcast_add(&b)?,
        &[],
    )
    .drawn(|| compared("dense(x, w, b)", &got, &x.matmul(&w)?.broadcast_add(&b)?))
}

fn net() -> Result<Mlp> {
    Ok(Mlp {
        w1: Var::from_tensor(&wave(&[6, 5], 0.)?)?,
        b1: Var::from_tensor(&wave(&[5], 3.)?)?,
        w2: Var::from_tensor(&wave(&[5, 4], 1.)?)?,
        b2: Var::from_tensor(&wave(&[4], 5.)?)?,
    })
}

pub(crate) fn gives_the_logits() -> Verdict {
    name_sizes([(3, "samples"), (6, "inputs"), (5, "hidden"), (4, "outputs")]);
    let net = net()?;
    let x = wave(&[3, 6], 2.)?;
    let got = called(
        "forward of a batch [3, 6] through a net 6-5-4",
        forward(&net, &x),
    )?;
    let plain = x.matmul(&net.w1)?;
    let sums = plain.broadcast_add(&net.b1)?;
    let output =
        |hidden: &Tensor| -> Result<Tensor> { Ok(hidden.matmul(&net.w2)?.broadcast_add(&net.b2)?) };
    let logits = output(&sums.relu()?)?;
    let sigmoid = (sums.neg()?.exp()? + 1.)?.recip()?;
    same(
        "forward(net, x)",
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
                "wrong-activation",
                "The hidden layer has a GELU; this net wants ReLU there.",
                output(&sums.gelu_erf()?)?,
            ),
            Slip::new(
                "wrong-activation",
                "The hidden layer has |z|; ReLU makes what is negative 0.",
                output(&sums.abs()?)?,
            ),
            Slip::new(
                "softmax-on-logits",
                "These are the logarithms of probabilities: there is a log-softmax at the end. The loss of step 5 does it itself.",
                reference::log_softmax(&logits)?,
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
                "Both biases are missing.",
                plain.relu()?.matmul(&net.w2)?,
            ),
            Slip::new(
                "missing-bias",
                "The bias b₂ of the outputs is missing.",
                sums.relu()?.matmul(&net.w2)?,
            ),
        ],
    )
}

pub(crate) fn every_weight_can_learn() -> Verdict {
    let net = net()?;
    let logits = called(
        "forward of a batch [3, 6] through a net 6-5-4",
        forward(&net, &wave(&[3, 6], 2.)?),
    )?;
    let gradients = logits.sqr()?.sum_all()?.backward()?;
    for (name, parameter) in [
        ("w1", &net.w1),
        ("b1", &net.b1),
        ("w2", &net.w2),
        ("b2", &net.b2),
    ] {
        if gradients.get(parameter).is_none() {
            return slip(
                "gradient-lost",
                format!(
                    "No gradient reaches `{name}`, so it would never learn. Is it used at all? Did the values leave the tensors on the way (`to_vec`, \
                     `detach`)? Compute with tensors from end to end."
                ),
            );
        }
    }
    Ok(())
}

pub(crate) fn counts_weights_and_biases() -> Verdict {
    let nets = [(2, 3, 1), (784, 512, 10), (784, 16, 10)];
    let mut counts = Vec::new();
    for (inputs, hidden, outputs) in nets {
        let net = Mlp::new(inputs, hidden, outputs, Seed(1), &Device::Cpu)?;
        counts.push(parameter_count(&net));
    }
    // One count of the first net fits several mistakes; the same one for each net fits one.
    if counts.iter().all(|count| *count == 6) {
        return slip(
            "rank-for-elements",
            "Each net is said to have 6 parameters: that is how many axes its four tensors have together. Count the numbers in them.",
        );
    }
    for ((inputs, hidden, outputs), got) in nets.into_iter().zip(counts) {
        let weights = inputs * hidden + hidden * outputs;
        let want = weights + hidden + outputs;
        let net = format!("A net {inputs}-{hidden}-{outputs}");
        if got == weights {
            return slip(
                "missing-bias",
                format!(
                    "{net}: {got} counts the weights, but the {} biases learn as well: {want}.",
                    hidden + outputs
                ),
            );
        }
        if got == weights + hidden || got == weights + outputs {
            return slip(
                "missing-bias",
                format!("{net}: {got} leaves one of the two biases out: {want} with both."),
            );
        }
        if got == 4 {
            return slip(
                "tensors-for-parameters",
                format!(
                    "{net}: 4 is how many tensors hold its parameters. Count the numbers in them: {want}."
                ),
            );
        }
        ensure!(got == want, "{net} has {want} parameters, not {got}.");
    }
    Ok(())
}

pub(crate) fn an_untrained_net_guesses() -> Verdict {
    let digits = digits()?;
    let net = Mlp::new(784, 64, 10, Seed(3), &Device::Cpu)?;
    let logits = called(
        "forward of digits [500, 784] through a net 784-64-10",
        forward(&net, &reference::preprocess(&digits.test_images)?),
    )?;
    shape(
        "forward(net, x)",
        &logits,
        &[digits.test_images.dim(0)?, 10],
    )?;
    let loss = scalar(&reference::cross_entropy(&logits, &digits.test_labels)?)?;
    ensure!(
        (1.9..2.9).contains(&loss),
        "The cross-entropy of an untrained net on digits is {loss:.3}. Ten digits and no idea is ln 10 = 2.303; random weights move \
         it a little, but not that far."
    );
    Ok(())
}
