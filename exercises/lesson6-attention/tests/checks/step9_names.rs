//! Checks of step9_names: the net, its targets, its loss, its training. How it writes is looked at in `step9_writing`.

use super::support::*;
use dlkit::data::names::Names;
use dlkit::data::text::marked_lines;
use dlkit::ops;
use dlkit::prelude::*;
use dlkit::schedules::{CosineWithWarmUp, Schedule};
use dlkit_check::prelude::*;
use lesson6::step9_names::*;

pub(crate) use super::step9_writing::*;

const SMALL: Size = Size {
    vocabulary: 28,
    length: 16,
    width: 32,
    heads: 4,
    blocks: 1,
};

pub(crate) fn builds_a_small_gpt() -> Verdict {
    let net = called("build with 1 block", build(SMALL, Seed(1)))?;
    let block = 12 * 32 * 32 + 13 * 32;
    let want = (28 + 16) * 32 + block + 64 + 32 * 28 + 28;
    let got = net.parameters();
    for (other, diagnosis, sentence) in [
        (
            want - 64,
            "missing-norm",
            "the LayerNormalization behind the blocks is missing",
        ),
        (want - block, "missing-block", "there is no block in it"),
        (want + block, "extra-block", "there is a block too many"),
        (
            want - 16 * 32,
            "missing-positions",
            "the positions are missing: TokenAndPositionEmbedding",
        ),
    ] {
        if got == other {
            return slip(
                diagnosis,
                format!("The net has {got} parameters, but it should have {want}: {sentence}."),
            );
        }
    }
    ensure!(
        got == want,
        "The net has {got} parameters, but it should have {want}: (28 + 16)·32 for the embeddings, 12·32² + \
                 13·32 for the block, 2·32 for the norm, 32·28 + 28 for the output."
    );
    let larger = called(
        "build with 3 blocks",
        build(Size { blocks: 3, ..SMALL }, Seed(1)),
    )?;
    if larger.parameters() != want + 2 * block {
        return slip(
            "blocks-ignored",
            format!(
                "With `blocks: 3` the net has {} parameters, but it should have {}: two blocks more.",
                larger.parameters(),
                want + 2 * block
            ),
        );
    }
    let ids = Tensor::ones((2, 16), DType::U32, &Device::Cpu)?;
    let logits = called(
        "forward of ids (2, 16)",
        net.forward(&ids, &Pass::inference()),
    )?;
    shape("The logits", &logits, &[2, 16, 28])?;
    let ids = row(&varied_ids())?;
    let varied = called(
        "forward of ids (1, 16)",
        net.forward(&ids, &Pass::inference()),
    )?;
    let plain = TransformerDecoderBlock::new(SMALL.heads);
    let other_gelu = "the feed-forward net in the block has the exact GELU; its approximation by tanh is wanted, `Activation::GeluTanh`";
    let gelu = plain.activation(Activation::GeluTanh);
    for (block, diagnosis, sentence) in [
        (
            right_block(1),
            "one-head",
            "its blocks have one head: `size.heads` says how many",
        ),
        (
            gelu,
            "post-norm",
            "the block normalises behind its sums. Pre-norm is wanted, as in step 7: `normalize_first`",
        ),
        (
            plain.normalize_first(),
            "wrong-activation",
            "the feed-forward net in the block has the activation that a block takes by itself; `Activation::GeluTanh` is wanted",
        ),
        (
            plain.normalize_first().activation(Activation::Gelu),
            "wrong-activation",
            other_gelu,
        ),
        (
            plain,
            "block-as-it-is",
            "the block is as it comes, with the normalisation behind the sums and another activation. Wanted is a pre-norm block with \
             `Activation::GeluTanh`",
        ),
    ] {
        if distance(&varied, &reference_logits(block, Seed(1))?)? < 1e-6 {
            return slip(
                diagnosis,
                format!("The net gives other logits than it should: {sentence}."),
            );
        }
    }
    if (scalar(&logits.get(0)?.get(0)?.sum_all()?)? - 1.).abs() < 1e-4 {
        return slip(
            "softmax-in-the-net",
            "The outputs of a place sum to 1: there is a softmax at the end. The net gives logits; the loss \
                     makes its own softmax.",
        );
    }
    Ok(())
}

/// The logits that a net of these blocks should give for [`varied_ids`].
fn reference_logits(block: TransformerDecoderBlock, seed: Seed) -> Result<Tensor> {
    let net = reference(SMALL, block, seed)?;
    net.forward(&row(&varied_ids())?, &Pass::inference())
}

fn reference(size: Size, block: TransformerDecoderBlock, seed: Seed) -> Result<Model> {
    Sequential::new()
        .add(TokenAndPositionEmbedding::new(size.vocabulary, size.width))
        .add(block)
        .add(LayerNormalization::new())
        .add(Dense::new(size.vocabulary))
        .build(size.length, seed, &Device::Cpu)
}

/// The block that is wanted.
fn right_block(heads: usize) -> TransformerDecoderBlock {
    TransformerDecoderBlock::new(heads)
        .activation(Activation::GeluTanh)
        .normalize_first()
}

pub(crate) fn has_these_layers_in_this_order() -> Verdict {
    let of_seed = |seed: u64| -> Found<Tensor> {
        let net = called("build with 1 block", build(SMALL, Seed(seed)))?;
        let ids = row(&varied_ids())?;
        called(
            "forward of ids (1, 16)",
            net.forward(&ids, &Pass::inference()),
        )
    };
    let got = of_seed(1)?;
    let want = reference_logits(right_block(SMALL.heads), Seed(1))?;
    shape("The logits", &got, want.dims())?;
    if distance(&got, &want)? > 1e-4 && distance(&got, &of_seed(2)?)? < 1e-6 {
        return slip(
            "seed-ignored",
            "Built with the seeds 1 and 2, the net is the same: `seed` decides which weights it starts with.",
        );
    }
    let norm_first = Sequential::new()
        .add(TokenAndPositionEmbedding::new(
            SMALL.vocabulary,
            SMALL.width,
        ))
        .add(LayerNormalization::new())
        .add(right_block(SMALL.heads))
        .add(Dense::new(SMALL.vocabulary))
        .build(SMALL.length, Seed(1), &Device::Cpu)?;
    expect("The logits of a net built from the layers that are listed")
        .within(1e-4)
        .mistake(
            "norm-in-front",
            "The LayerNormalization stands in front of the blocks: it comes behind them.",
            &norm_first.forward(&row(&varied_ids())?, &Pass::inference())?,
        )
        .advice("Are these all layers, in this order, with the settings of `size`, and built with `seed`?")
        .tensors_close(&got, &want)
}

/// Sixteen ids of which no two neighbours are equal.
fn varied_ids() -> Vec<u32> {
    (0..16).map(|i| 1 + i * 7 % 27).collect()
}

/// One row of ids, as a batch.
fn row(ids: &[u32]) -> Result<Tensor> {
    Ok(Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?)
}

pub(crate) fn no_place_sees_the_next() -> Verdict {
    let net = called("build", build(SMALL, Seed(1)))?;
    // The logits when the ids from this place to that one are others.
    let run = |from: usize, to: usize| -> Found<Tensor> {
        let mut ids = varied_ids();
        ids[from..to].iter_mut().for_each(|id| *id = 1 + *id % 27);
        called(
            "forward of ids (1, 16)",
            net.forward(&row(&ids)?, &Pass::inference()),
        )
    };
    let (before, after) = (run(0, 0)?, run(8, 16)?);
    let past = distance(&before.narrow(1, 0, 8)?, &after.narrow(1, 0, 8)?)?;
    if past > 1e-6 {
        return slip(
            "future-leak",
            format!(
                "The ids from place 8 on were changed, and the logits before place 8 changed by up to \
                         {past:.4}. The net sees what it shall say: a `TransformerDecoderBlock` is causal, a \
                         `TransformerEncoderBlock` is not."
            ),
        )
        .drawn(|| {
            // Column j: which places change when the id at place j does.
            let columns = (0..16).map(|j| {
                let far = (run(j, j + 1)? - &before)?.abs()?.max(2)?;
                Ok(far.gt(1e-6)?.to_dtype(DType::F32)?.squeeze(0)?)
            });
            let columns = columns.collect::<Found<Vec<_>>>();
            let columns = columns.map_err(|failure| anyhow::anyhow!("{failure}"))?;
            let got = Tensor::stack(&columns, 1)?;
            let want = Tensor::tril2(16, DType::F32, &Device::Cpu)?;
            compared("Which place (row) sees which (column)", &got, &want)
        });
    }
    let later = distance(&before.narrow(1, 8, 8)?, &after.narrow(1, 8, 8)?)?;
    ensure!(
        later > 1e-6,
        "The ids from place 8 on were changed, and no logit changed with them."
    );
    Ok(())
}

pub(crate) fn the_target_is_the_next_character() -> Verdict {
    name_sizes([(2, "rows"), (4, "characters")]);
    let rows = tensor(&[[1u32, 5, 7, 9, 1], [1, 3, 1, 0, 0]])?;
    let (inputs, targets) = called("inputs_and_targets of (2, 5)", inputs_and_targets(&rows))?;
    let (front, back) = (
        rows.narrow(1, 0, 4)?.contiguous()?,
        rows.narrow(1, 1, 4)?.contiguous()?,
    );
    if inputs.dims() == [2, 3]
        && targets.dims() == [2, 3]
        && distance(
            &targets.to_dtype(DType::F32)?,
            &rows.narrow(1, 2, 3)?.to_dtype(DType::F32)?,
        )? < 0.5
    {
        return slip(
            "two-places-on",
            "The target of each place is the character after the next one, and of 5 characters only 3 are inputs: one place on is enough.",
        );
    }
    let swapped = Slip::new(
        "inputs-and-targets-swapped",
        "Inputs and targets have changed places: the net would be asked for the character before.",
        back.clone(),
    );
    same("The inputs", &inputs, &front, &[swapped])?;
    same(
        "The targets",
        &targets,
        &back,
        &[Slip::new(
            "target-is-the-input",
            "The target of each place is the place itself: then the net only has to copy. It is the next one.",
            front,
        )],
    )
}

pub(crate) fn padding_does_not_count() -> Verdict {
    name_sizes([(2, "names"), (4, "places"), (5, "ids")]);
    let logits = (wave(&[2, 4, 5], 0.)? * 2.)?;
    let targets = tensor(&[[2u32, 4, 1, 3], [1, 2, 0, 0]])?;
    let got = called(
        "loss of logits (2, 4, 5) and targets (2, 4)",
        loss(&logits, &targets),
    )?;
    ensure!(
        got.rank() == 0,
        "The loss has the shape {:?}, but it should be one number.",
        got.dims()
    );
    let chosen = ops::log_softmax(&logits)?
        .gather(&targets.unsqueeze(2)?, 2)?
        .squeeze(2)?;
    let all = -scalar(&chosen.sum_all()?)?;
    let counted = -scalar(&(&chosen * targets.ne(0u32)?.to_dtype(DType::F32)?)?.sum_all()?)?;
    let likely = scalar(&(chosen.exp()? * targets.ne(0u32)?.to_dtype(DType::F32)?)?.sum_all()?)?;
    let rows = -scalar(
        &(&chosen * targets.ne(0u32)?.to_dtype(DType::F32)?)?
            .sum(1)?
            .broadcast_div(&tensor(&[4f32, 2.])?)?
            .mean_all()?,
    )?;
    let counts = targets.ne(0u32)?.to_dtype(DType::F32)?;
    let twice = ops::log_softmax(&ops::softmax(&logits)?)?
        .gather(&targets.unsqueeze(2)?, 2)?
        .squeeze(2)?;
    let twice = -scalar(&(twice * counts)?.sum_all()?)? / 6.;
    let no_ends = targets.ne(1u32)?.to_dtype(DType::F32)?;
    let without_ends = -scalar(&(&chosen * &no_ends)?.sum_all()?)? / scalar(&no_ends.sum_all()?)?;
    expect("The loss of 8 places, 2 of which only fill up,")
        .within(1e-4)
        .mistake("names-for-characters", "The sum was divided by the number of names, 2: divide by the number of places that count, 6.", counted / 2.)
        .mistake("end-for-padding", "The places with a 1 were left out, and those with a 0 counted: 0 is what fills up; 1 is a character like others.", without_ends)
        .mistake("padding-counted", "The places that only fill up count: their part must be 0, and the sum be divided by 6, not 8.", all / 8.)
        .mistake("padding-in-the-number", "The padding is out of the sum, but the sum was divided by all 8 places: 6 of them count.", counted / 8.)
        .mistake("missing-mean", "That is the sum: divide by the number of places that count, 6.", counted)
        .mistake("sign", "The sign is the wrong way round: probabilities have negative logarithms.", -counted / 6.)
        .mistake(
            "missing-log",
            "That is minus the mean probability: the logarithm is missing.",
            -likely / 6.,
        )
        .mistake("softmax-twice", "A softmax was laid over the logits, and another over that: `log_softmax` takes the logits as they are.", twice)
        .mistake("bits-for-nats", "That is the loss in bits: the logarithm has the base 2. The natural one is wanted, nats.", counted / 6. / 2f64.ln())
        .mistake("mean-of-means", "That is the mean of the two names' means. Every character counts alike, whatever the length of its \
                 name: one sum, one number.", rows)
        .close(scalar(&got)?, counted / 6.)
}

/// How a GPT is trained by the reference: AdamW, and the targets that count.
fn reference_losses(size: Size, rows: &Tensor, settings: Settings, seed: Seed) -> Result<Vec<f64>> {
    let net = reference(size, right_block(size.heads), seed)?;
    let inputs = rows.narrow(1, 0, size.length)?.contiguous()?;
    let targets = rows.narrow(1, 1, size.length)?.contiguous()?;
    let counts = targets.ne(0u32)?.to_dtype(DType::F32)?;
    let schedule = CosineWithWarmUp {
        peak: settings.learning_rate,
        last: 0.1 * settings.learning_rate,
        warm_up: settings.steps / 10,
        total: settings.steps,
    };
    let mut optimizer = Clipped::new(AdamW::new(settings.learning_rate), Clip::GlobalNorm(1.));
    let mut losses = Vec::new();
    for step in 1..=settings.steps {
        let pass = Pass::training(seed.at(step as u64));
        let chosen = ops::log_softmax(&net.forward(&inputs, &pass)?)?
            .gather(&targets.unsqueeze(2)?, 2)?
            .squeeze(2)?;
        let loss = ((chosen * &counts)?.sum_all()? / counts.sum_all()?)?.neg()?;
        optimizer.set_learning_rate(schedule.at(step));
        optimizer.step(net.variables(), &loss.backward()?)?;
        losses.push(scalar(&loss)?);
    }
    Ok(losses)
}

pub(crate) fn learns_names_by_heart() -> Verdict {
    let names = Names::invent(16, 0, Seed(4));
    let vocabulary = names.vocabulary();
    let rows = marked_lines(&names.train, &vocabulary, SMALL.length)?;
    let size = Size {
        vocabulary: vocabulary.size(),
        ..SMALL
    };
    let settings = Settings {
        steps: 120,
        learning_rate: 1e-2,
    };
    let net = called("build", build(size, Seed(1)))?;
    let mut losses = Vec::new();
    let result = train(
        &net,
        settings,
        |_| Ok(rows.clone()),
        |_, loss| {
            dlkit::live::loss(loss);
            losses.push(loss);
            Ok(())
        },
    );
    called("train on 16 names", result)?;
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    let guess = (vocabulary.size() as f64).ln();
    ensure!(
        (first - guess).abs() < 0.6,
        "A net that knows nothing has a loss of about ln {} = {guess:.2}, but the first is {first:.2}.",
        vocabulary.size()
    );
    let course = training("the loss on 16 names", &losses)
        .per("step")
        .classes(vocabulary.size())
        .reference(|| {
            [1, 2]
                .into_iter()
                .map(|seed| reference_losses(size, &rows, settings, Seed(seed)))
                .collect()
        });
    // Nobody can know which of 16 names comes: ln 16 = 2.77 nats a name, about 0.35 a character. Less is the future seen.
    course.explains(if last > 0.2 {
        Ok(())
    } else {
        slip(
            "future-leak",
            format!(
                "After 120 steps on 16 names the loss is {last:.3}. Which of the 16 comes nobody can know, and that \
                 alone costs about 0.35 a character: the net is told what it shall say."
            ),
        )
    })?;
    course.explains(at_most(
        "The loss on 16 names after 120 steps on them",
        last,
        0.6,
        "Such a net knows 16 names by heart by then; is each target the next character?",
    ))
}
