//! Checks of step9_names.

use super::support::*;
use dlkit::data::names::Names;
use dlkit::data::text::marked_lines;
use dlkit::ops;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step9_names::*;
use std::cell::{Cell, RefCell};

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
    let ids = Tensor::from_vec(
        (0..16u32).map(|i| 1 + i * 7 % 27).collect::<Vec<_>>(),
        (1, 16),
        &Device::Cpu,
    )?;
    let varied = called(
        "forward of ids (1, 16)",
        net.forward(&ids, &Pass::inference()),
    )?;
    let gelu = TransformerDecoderBlock::new(SMALL.heads).activation(Activation::GeluTanh);
    let plain = TransformerDecoderBlock::new(SMALL.heads);
    for (block, diagnosis, sentence) in [
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
            plain,
            "block-as-it-is",
            "the block is as it comes, with the normalisation behind the sums and another activation. Wanted is a pre-norm block with \
             `Activation::GeluTanh`",
        ),
    ] {
        let other = Sequential::new()
            .add(TokenAndPositionEmbedding::new(
                SMALL.vocabulary,
                SMALL.width,
            ))
            .add(block)
            .add(LayerNormalization::new())
            .add(Dense::new(SMALL.vocabulary))
            .build(SMALL.length, Seed(1), &Device::Cpu)?;
        if distance(&varied, &other.forward(&ids, &Pass::inference())?)? < 1e-6 {
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

pub(crate) fn no_place_sees_the_next() -> Verdict {
    let net = called("build", build(SMALL, Seed(1)))?;
    let ids = (0..16u32).map(|i| 1 + i * 7 % 27).collect::<Vec<_>>();
    let mut changed = ids.clone();
    changed[8..].iter_mut().for_each(|id| *id = 1 + *id % 27);
    let run = |ids: Vec<u32>| -> Found<Tensor> {
        let ids = Tensor::from_vec(ids, (1, 16), &Device::Cpu)?;
        called(
            "forward of ids (1, 16)",
            net.forward(&ids, &Pass::inference()),
        )
    };
    let (before, after) = (run(ids)?, run(changed)?);
    let past = distance(&before.narrow(1, 0, 8)?, &after.narrow(1, 0, 8)?)?;
    if past > 1e-6 {
        return slip(
            "future-leak",
            format!(
                "The ids from place 8 on were changed, and the logits before place 8 changed by up to \
                         {past:.4}. The net sees what it shall say: a `TransformerDecoderBlock` is causal, a \
                         `TransformerEncoderBlock` is not."
            ),
        );
    }
    let later = distance(&before.narrow(1, 8, 8)?, &after.narrow(1, 8, 8)?)?;
    ensure!(
        later > 1e-6,
        "The ids from place 8 on were changed, and no logit changed with them."
    );
    Ok(())
}

pub(crate) fn the_target_is_the_next_character() -> Verdict {
    let rows = tensor(&[[1u32, 5, 7, 9, 1], [1, 3, 1, 0, 0]])?;
    let (inputs, targets) = called("inputs_and_targets of (2, 5)", inputs_and_targets(&rows))?;
    let (front, back) = (
        rows.narrow(1, 0, 4)?.contiguous()?,
        rows.narrow(1, 1, 4)?.contiguous()?,
    );
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
        .mistake("mean-of-means", "That is the mean of the two names' means. Every character counts alike, whatever the length of its \
                 name: one sum, one number.", rows)
        .close(scalar(&got)?, counted / 6.)
}

pub(crate) fn draws_by_probability() -> Verdict {
    let logits = [9., 0., 3f64.ln(), -50.];
    for (draw, want) in [(0., 1), (0.2, 1), (0.3, 2), (0.99, 2)] {
        let got = draw_id(&logits, 1., draw);
        if got == want {
            continue;
        }
        let said =
            format!("draw_id of [9, 0, ln 3, −50] with the draw {draw} gives {got}, wanted {want}");
        if got == 0 && draw_id(&logits, 1., 0.99) == 0 {
            return slip(
                "padding-drawn",
                format!(
                    "{said}: the id 0 only fills up, and must never be drawn, however large its logit."
                ),
            );
        }
        if (got, draw) == (1, 0.3) && draw_id(&logits, 1., 0.99) == 2 {
            return slip(
                "missing-normalisation",
                format!(
                    "{said}: the stretch of id 1 ends at ¼. Exponentials do not sum to 1: compare the running \
                             sum with draw times the sum of all."
                ),
            );
        }
        if draw_id(&logits, 1., 0.) == 0 && draw_id(&logits, 1., 0.99) == 1 {
            return slip(
                "off-by-one",
                format!("{said}: the first of the ids without padding is 1, not 0."),
            );
        }
        if got == 2 {
            return slip(
                "always-the-likeliest",
                format!(
                    "{said}: ids 1 and 2 have the probabilities ¼ and ¾, so a draw below ¼ falls on id 1. Does \
                             `draw` come in?"
                ),
            );
        }
        fail!(
            "{said}: the probabilities ¼, ¾ and almost 0 of ids 1, 2 and 3 lie end to end, id 1 from 0 to ¼, id 2 from ¼ on."
        );
    }
    // At temperature ½ ids 1 and 2 have 0.1 and 0.9, at 2 they have 0.366 and 0.634.
    for (temperature, draw, want) in [(0.5, 0.15, 2), (0.5, 0.05, 1), (2., 0.3, 1)] {
        let got = draw_id(&logits, temperature, draw);
        if got == want {
            continue;
        }
        if draw_id(&logits, 0.5, 0.3) == 1 && draw_id(&logits, 2., 0.3) == 2 {
            return slip(
                "temperature-multiplied",
                "A temperature of ½ makes the likely less likely: divide the logits by it, do not multiply.",
            );
        }
        if draw_id(&logits, 0.5, 0.15) == 1 || draw_id(&logits, 2., 0.3) == 2 {
            return slip(
                "temperature-ignored",
                format!(
                    "At temperature {temperature} a draw of {draw} gives {got}, wanted {want}: does the temperature come in?"
                ),
            );
        }
        fail!(
            "At temperature {temperature}, draw_id of [9, 0, ln 3, −50] with the draw {draw} gives {got}, wanted {want}."
        );
    }
    let got = draw_id(&[0., 2000., 1000.], 1., 0.5);
    if got != 1 {
        return slip(
            "overflow",
            format!(
                "draw_id of [0, 2000, 1000] with the draw 0.5 gives {got}: e^2000 is infinite. Take the \
                         largest logit away first."
            ),
        );
    }
    Ok(())
}

const WRITING: Writing = Writing {
    length: 4,
    end: Some(1),
    most: 20,
    temperature: 1.,
};

/// The net of the next checks: it is sure that the next id is the last one (not padding) plus 1.
fn counts_up(row: &Tensor) -> Result<Tensor> {
    let ids = row.to_vec2::<u32>()?.concat();
    let mut logits = vec![0f32; ids.len() * 10];
    for (place, &id) in ids.iter().enumerate() {
        // Where there is padding, it speaks for 9: whoever reads the end of the row gets nines.
        let next = if id == 0 { 9 } else { (id as usize + 1) % 10 };
        logits[place * 10 + next] = 100.;
    }
    Ok(Tensor::from_vec(logits, (1, ids.len(), 10), &Device::Cpu)?)
}

/// What `write` gives, or that it never ends.
fn written(
    call: &str,
    logits: impl Fn(&Tensor) -> Result<Tensor>,
    start: &[u32],
    writing: Writing,
    mut draw: impl FnMut() -> f64,
) -> Found<Vec<u32>> {
    let asked = Cell::new(0);
    let bounded = |row: &Tensor| {
        asked.set(asked.get() + 1);
        anyhow::ensure!(asked.get() <= 100, "the net was asked too often");
        logits(row)
    };
    let result = write(bounded, start, writing, &mut draw);
    if asked.get() > 100 {
        slip(
            "never-stops",
            format!(
                "{call}: the net was asked more than 100 times, though at most {} new ids are wanted. What ends the loop?",
                writing.most
            ),
        )?;
    }
    called(call, result)
}

pub(crate) fn writes_at_its_temperature() -> Verdict {
    // Ids 1 and 2 with ¼ and ¾; at temperature ½ with 0.1 and 0.9.
    let net = |row: &Tensor| {
        let logits = Tensor::new(&[0f32, 0., 3f32.ln()], &Device::Cpu)?;
        Ok(logits.broadcast_as((1, row.dim(1)?, 3))?.contiguous()?)
    };
    for (temperature, draw, want) in [(0.5, 0.15, 2), (2., 0.3, 1)] {
        let writing = Writing {
            end: None,
            most: 1,
            temperature,
            ..WRITING
        };
        let got = written("write of 1 character", net, &[1], writing, || draw)?;
        if got != [want] {
            return slip(
                "temperature-ignored",
                format!(
                    "At temperature {temperature} a draw of {draw} should write [{want}], but write gave {got:?}, as at temperature 1: hand \
                     `writing.temperature` on to `draw_id`."
                ),
            );
        }
    }
    Ok(())
}

pub(crate) fn writes_on_from_the_last_character() -> Verdict {
    let writing = Writing { most: 3, ..WRITING };
    let got = written(
        "write from [3, 4], 3 characters",
        counts_up,
        &[3, 4],
        writing,
        || 0.5,
    )?;
    if got == [5] {
        return slip(
            "start-counted",
            "From [3, 4], with 3 new characters at most, write gave [5] only: the ids of the start were counted, too. `most` is about the new ones.",
        );
    }
    if got == [9, 9, 9] || got.first() == Some(&9) {
        return slip(
            "reads-the-padding",
            format!(
                "From [3, 4] a net that counts should write [5, 6, 7], but got {got:?}: these logits stand \
                         where the row is only filled up. What comes next stands at the place of the last real id."
            ),
        );
    }
    if got == [3, 4, 5, 6, 7] || got == [3, 4, 5] {
        return slip(
            "start-in-the-answer",
            format!("write gave {got:?}: only the new ids are wanted, [5, 6, 7]."),
        );
    }
    ensure!(
        got == [5, 6, 7],
        "From [3, 4] a net that counts should write [5, 6, 7], but it wrote {got:?}."
    );
    Ok(())
}

pub(crate) fn stops_at_the_end() -> Verdict {
    let end = Writing {
        end: Some(8),
        ..WRITING
    };
    let got = written(
        "write from [5] with the end 8",
        counts_up,
        &[5],
        end,
        || 0.5,
    )?;
    if got == [6, 7, 8] {
        return slip(
            "end-in-the-answer",
            "write gave [6, 7, 8]: the id 8 ends the text and is no part of it.",
        );
    }
    ensure!(
        got == [6, 7],
        "From [5] with the end 8 a net that counts should write [6, 7], but it wrote {got:?}."
    );
    let drawn = Cell::new(0);
    let got = written(
        "write of at most 4 characters",
        counts_up,
        &[2],
        Writing {
            end: None,
            most: 4,
            ..WRITING
        },
        || {
            drawn.set(drawn.get() + 1);
            0.5
        },
    )?;
    ensure!(
        got == [3, 4, 5, 6],
        "From [2], with at most 4 characters and no end, a net that counts should write [3, 4, 5, 6], but it wrote {got:?}."
    );
    ensure!(
        drawn.get() == 4,
        "4 characters need 4 random numbers, but {} were drawn.",
        drawn.get()
    );
    Ok(())
}

pub(crate) fn keeps_to_what_the_net_can_read() -> Verdict {
    let seen = RefCell::new(Vec::new());
    let spy = |row: &Tensor| {
        seen.borrow_mut().push(row.to_vec2::<u32>()?.concat());
        counts_up(row)
    };
    let result = written(
        "write from [2, 3, 4, 5, 6], with a net that reads 4",
        spy,
        &[2, 3, 4, 5, 6],
        Writing {
            end: None,
            most: 2,
            ..WRITING
        },
        || 0.5,
    );
    let seen = seen.into_inner();
    if seen.is_empty() {
        result?;
        fail!("write from [2, 3, 4, 5, 6] did not ask the net.");
    }
    if let Some(row) = seen.iter().find(|row| row.len() != 4) {
        return slip(
            "row-of-another-length",
            format!(
                "The net reads rows of 4 and was given one of {}: take the last 4 ids, and fill up what is shorter.",
                row.len()
            ),
        );
    }
    if seen[0] == [2, 3, 4, 5] {
        return slip(
            "first-for-last",
            "Of 5 ids the net was given the first 4: the last ones are what the text goes on from.",
        );
    }
    if seen[0] == [3, 4, 5, 6]
        && result
            .as_ref()
            .is_err_and(|failure| failure.diagnosis.as_deref() == Some("narrow-past-the-end"))
    {
        return slip(
            "place-past-the-row",
            "The net was given [3, 4, 5, 6], and then logits were looked for behind place 3, the last of these. Count the place of the last id in the row, not in \
             the whole text.",
        );
    }
    let got = result?;
    ensure!(
        seen == [[3, 4, 5, 6], [4, 5, 6, 7]],
        "The net should be given [3, 4, 5, 6] and then [4, 5, 6, 7], but was given {seen:?}."
    );
    ensure!(
        got == [7, 8],
        "From [2, 3, 4, 5, 6] a net that counts should write [7, 8], but it wrote {got:?}."
    );
    let filled = RefCell::new(Vec::new());
    let spy = |row: &Tensor| {
        filled.borrow_mut().push(row.to_vec2::<u32>()?.concat());
        counts_up(row)
    };
    called(
        "write from [2]",
        write(
            spy,
            &[2],
            Writing {
                end: None,
                most: 1,
                ..WRITING
            },
            || 0.5,
        ),
    )?;
    let row = filled.into_inner().concat();
    if row == [0, 0, 0, 2] {
        return slip(
            "filled-in-front",
            "The row was filled up in front: the net learned that a text begins at place 0. Put the zeros \
                     behind; the causal mask keeps them from doing harm.",
        );
    }
    ensure!(
        row == [2, 0, 0, 0],
        "From [2] the net should be given [2, 0, 0, 0], but was given {row:?}."
    );
    Ok(())
}

pub(crate) fn learns_names_by_heart() -> Verdict {
    let names = Names::invent(16, 0, Seed(4));
    let vocabulary = names.vocabulary();
    let rows = marked_lines(&names.train, &vocabulary, SMALL.length)?;
    let net = called(
        "build",
        build(
            Size {
                vocabulary: vocabulary.size(),
                ..SMALL
            },
            Seed(1),
        ),
    )?;
    let mut losses = Vec::new();
    called(
        "train on 16 names",
        train(
            &net,
            Settings {
                steps: 120,
                learning_rate: 1e-2,
            },
            |_| Ok(rows.clone()),
            |_, loss| {
                losses.push(loss);
                Ok(())
            },
        ),
    )?;
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    let guess = (vocabulary.size() as f64).ln();
    ensure!(
        (first - guess).abs() < 0.6,
        "A net that knows nothing has a loss of about ln {} = {guess:.2}, but the first is {first:.2}.",
        vocabulary.size()
    );
    // Nobody can know which of 16 names comes: ln 16 = 2.77 nats a name, about 0.35 a character. Less is the future seen.
    ensure!(
        last > 0.2,
        "After 120 steps on 16 names the loss is {last:.3}. Which of the 16 comes nobody can know, and that \
                 alone costs about 0.35 a character: the net is told what it shall say."
    );
    at_most(
        "The loss on 16 names after 120 steps on them",
        last,
        0.6,
        "Such a net knows 16 names by heart by then; is each target the next character?",
    )
}
