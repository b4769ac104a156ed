//! Checks of step9_names: how an id is drawn, and how a text is written.

use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step9_names::*;
use std::cell::{Cell, RefCell};

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
        if [0., 0.2, 0.3, 0.99].map(|draw| draw_id(&logits, 1., draw)) == [1, 1, 2, 3] {
            return slip(
                "not-accumulated",
                format!(
                    "{said}: the draw was compared with each stretch alone. They lie end to end: the stretch of an id ends where all up to it are added up."
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
        if draw_id(&logits, 1., 0.) == 2 && draw_id(&logits, 1., 0.99) == 3 {
            return slip(
                "off-by-one",
                format!(
                    "{said}: every id is one too large. How many ids are left out in front, and how often is that added?"
                ),
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
    let got = draw_id(&[0., -2000., 0.], 1., 0.);
    if got != 2 {
        return slip(
            "impossible-id-drawn",
            format!(
                "draw_id of [0, −2000, 0] with the draw 0 gives {got}: e^−2000 is 0, so id 1 has no stretch at all, and no draw falls on it. Which \
                 comparison lets it in?"
            ),
        );
    }
    let got = draw_id(&[2000., 0., 0.], 1., 0.2);
    if got != 1 {
        return slip(
            "largest-of-the-padding",
            format!(
                "draw_id of [2000, 0, 0] with the draw 0.2 gives {got}, wanted 1: beside a logit of 2000 for the padding both other exponentials become 0. Among \
                 which ids was the largest looked for?"
            ),
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
    let writing = Writing {
        most: 3,
        length: 7,
        ..WRITING
    };
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
    if got == [5, 6, 7, 8, 9] {
        return slip(
            "length-for-most",
            format!(
                "From [3, 4], with 3 new characters at most, write gave {got:?}: it wrote until the text was as long as what the net reads, {}. \
                 That says nothing about where the text ends.",
                writing.length
            ),
        );
    }
    if got == [5, 6] || got == [5, 6, 7, 8] {
        return slip(
            "off-by-one",
            format!(
                "From [3, 4], with 3 new characters at most, write gave {got:?}: one too {}.",
                if got.len() < 3 { "few" } else { "many" }
            ),
        );
    }
    if got == [5, 5, 5] {
        return slip(
            "text-not-grown",
            "write gave [5, 5, 5]: the net was asked three times what follows on [3, 4]. What is written becomes a part of what it is given.",
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
    if got.starts_with(&[6, 7, 8, 9]) {
        return slip(
            "end-ignored",
            format!("write gave {got:?}: it wrote the end, 8, and went on. What ends a text?"),
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
    if drawn.get() != 4 {
        return slip(
            "not-one-draw-each",
            format!(
                "4 characters need 4 random numbers, but {} were drawn: each has a draw of its own.",
                drawn.get()
            ),
        );
    }
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
    if row[0] == 2 && row[1] != 0 {
        return slip(
            "filled-with-another-id",
            format!("From [2] the net was given {row:?}: what fills a row up is the id 0."),
        );
    }
    ensure!(
        row == [2, 0, 0, 0],
        "From [2] the net should be given [2, 0, 0, 0], but was given {row:?}."
    );
    Ok(())
}
