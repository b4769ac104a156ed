//! Checks of step5_state.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step5_state::*;

/// One sequence of each row, of one feature.
fn sequences(values: &[&[f32]]) -> Result<Tensor> {
    let rows: Vec<Tensor> = values
        .iter()
        .map(|row| Ok(Tensor::new(*row, &Device::Cpu)?.unsqueeze(1)?))
        .collect::<Result<_>>()?;
    Ok(Tensor::stack(&rows, 0)?)
}

/// The states of a diary that was fed these.
fn after(fed: &[&[f32]]) -> Result<Tensor> {
    let written: Vec<Vec<f32>> = fed
        .iter()
        .map(|row| {
            row.iter()
                .scan(0., |state, x| {
                    *state = 10. * *state + x;
                    Some(*state)
                })
                .collect()
        })
        .collect();
    let rows: Vec<&[f32]> = written.iter().map(Vec::as_slice).collect();
    sequences(&rows)
}

fn state(values: &[f32]) -> Result<Tensor> {
    Ok(Tensor::new(values, &Device::Cpu)?.unsqueeze(1)?)
}

pub(crate) fn runs_on_from_the_state_it_is_given() -> Verdict {
    let (states, last) = called(
        "run_on",
        run_on(
            &Diary,
            &sequences(&[&[1., 2.], &[3., 4.]])?,
            &state(&[7., 8.])?,
        ),
    )?;
    same(
        "With a cell that makes 10·h + x, from the states 7 and 8, `states`",
        &states,
        &sequences(&[&[71., 712.], &[83., 834.]])?,
        &[
            Slip::new(
                "begins-with-zeros",
                "It began with zeros; it was given a state to go on from.",
                sequences(&[&[1., 12.], &[3., 34.]])?,
            ),
            Slip::new(
                "state-not-handed-on",
                "Every step began with the state that was given; each must begin with the one before.",
                sequences(&[&[71., 72.], &[83., 84.]])?,
            ),
            Slip::new(
                "backwards",
                "The piece was read from its end.",
                sequences(&[&[72., 721.], &[84., 843.]])?,
            ),
            Slip::new(
                "kept-too-early",
                "Each state was kept before its step was made: first comes the step, then what came of it is kept.",
                sequences(&[&[7., 71.], &[8., 83.]])?,
            ),
            Slip::new(
                "stacked-along-the-wrong-axis",
                "The states are stacked along axis 0, so the steps come first: it should be (batch, steps, units).",
                sequences(&[&[71., 712.], &[83., 834.]])?.transpose(0, 1)?,
            ),
        ],
    )?;
    same(
        "run_on: the state to go on with",
        &last,
        &state(&[712., 834.])?,
        &[
            Slip::new(
                "state-not-updated",
                "That is the state it was given; the next piece goes on from the last one.",
                state(&[7., 8.])?,
            ),
            Slip::new(
                "first-state",
                "That is the state after the first step.",
                state(&[71., 83.])?,
            ),
            Slip::new(
                "wrong-shape",
                "The state has the axis of the steps: it should be (batch, units).",
                state(&[712., 834.])?.unsqueeze(1)?,
            ),
        ],
    )
}

const FED: [&[f32]; 2] = [&[1., 2., 3., 4., 5.], &[5., 4., 3., 2., 1.]];

fn pieces(length: usize) -> Found<Tensor> {
    name_sizes([(2, "sequences"), (5, "steps"), (1, "unit")]);
    called(
        &format!("in_pieces: 5 steps in pieces of {length}"),
        in_pieces(&Diary, &sequences(&FED)?, length),
    )
}

pub(crate) fn pieces_are_as_good_as_the_whole() -> Verdict {
    let whole = sequences(&[
        &[1., 12., 123., 1234., 12345.],
        &[5., 54., 543., 5432., 54321.],
    ])?;
    same(
        "With a cell that makes 10·h + x, 5 steps in pieces of 2, `in_pieces`",
        &pieces(2)?,
        &whole,
        &[
            Slip::new(
                "state-not-carried",
                "Every piece began with zeros: the state after one piece is what the next one begins with.",
                sequences(&[&[1., 12., 3., 34., 5.], &[5., 54., 3., 32., 1.]])?,
            ),
            Slip::new(
                "first-state",
                "Every piece began with the first state of the one before: what it is left with is its last.",
                sequences(&[&[1., 12., 13., 134., 135.], &[5., 54., 53., 532., 531.]])?,
            ),
            Slip::new(
                "last-piece-lost",
                "The last piece is missing: it is shorter than the others.",
                whole.narrow(1, 0, 4)?,
            ),
            Slip::new(
                "first-piece-again",
                "Every piece is the first one again: the next begins where the one before ended.",
                after(&[&[1., 2., 1., 2., 1.], &[5., 4., 5., 4., 5.]])?,
            ),
            Slip::new(
                "pieces-overlap",
                "The pieces overlap: the next begins where the one before ended, `length` steps later.",
                after(&[
                    &[1., 2., 2., 3., 3., 4., 4., 5., 5.],
                    &[5., 4., 4., 3., 3., 2., 2., 1., 1.],
                ])?,
            ),
            Slip::new(
                "pieces-overlap",
                "The pieces overlap: the next begins `length` steps after the one before, and each has `length` steps, no more.",
                after(&[&[1., 2., 3., 3., 4., 5., 5.], &[5., 4., 3., 3., 2., 1., 1.]])?,
            ),
            Slip::new(
                "last-piece-only",
                "Only the states of the last piece are there; those of all pieces are wanted.",
                whole.narrow(1, 4, 1)?,
            ),
            Slip::new(
                "last-states-only",
                "Of each piece only its last state is there; all states are wanted.",
                sequences(&[&[12., 1234., 12345.], &[54., 5432., 54321.]])?,
            ),
        ],
    )
}

pub(crate) fn a_gradient_goes_back_through_all_pieces() -> Verdict {
    // What a step is fed comes into every later state ten times as large.
    let fed = Var::from_tensor(&sequences(&[&[1., 2., 3., 4., 5.]])?)?;
    let states = called("in_pieces", in_pieces(&Diary, fed.as_tensor(), 2))?;
    let slopes = states.sum_all()?.backward()?;
    let Some(slope) = slopes.get(&fed) else {
        return slip(
            "no-gradient",
            "No gradient arrives at the sequences: the states must be made of them by operations on tensors, and not be read out as numbers.",
        );
    };
    expect("The slopes of the sum of all states, in pieces of 2, along 5 steps,")
        .mistake(
            "gradient-cut-off",
            "The states are right, but the gradient ends where a piece begins: `detach` cuts it off. What a piece was fed must be felt through \
             all later ones.",
            [11., 1., 11., 1., 1.],
        )
        .within(1e-5)
        .close_all(&numbers(slope)?, &[11_111., 1_111., 111., 11., 1.])
}

pub(crate) fn any_length_of_the_pieces_will_do() -> Verdict {
    let whole = pieces(5)?;
    for length in [1, 2, 3, 4, 9] {
        same(
            &format!("5 steps in pieces of {length}: `in_pieces`"),
            &pieces(length)?,
            &whole,
            &[],
        )?;
    }
    Ok(())
}

pub(crate) fn a_new_batch_begins_with_zeros() -> Verdict {
    let batches = [
        sequences(&[&[1., 2.], &[3., 4.]])?,
        sequences(&[&[5., 6.], &[7., 8.]])?,
    ];
    let got = called("each_afresh with 2 batches", each_afresh(&Diary, &batches))?;
    ensure!(
        got.len() == 2,
        "Two batches have two last states, but there are {}.",
        got.len()
    );
    same(
        "The last states of the first batch",
        &got[0],
        &state(&[12., 34.])?,
        &[
            Slip::new(
                "first-state",
                "These are the states after the first step.",
                state(&[1., 3.])?,
            ),
            Slip::new(
                "all-states",
                "These are the states of all steps; the last of each sequence is wanted.",
                sequences(&[&[1., 12.], &[3., 34.]])?,
            ),
        ],
    )?;
    same(
        "The last states of the second batch",
        &got[1],
        &state(&[56., 78.])?,
        &[
            Slip::new(
                "state-not-reset",
                "The second batch went on with the states of the first, with which it has nothing to do: begin every batch with zeros.",
                state(&[1256., 3478.])?,
            ),
            Slip::new(
                "same-batch-again",
                "These are the states of the first batch.",
                state(&[12., 34.])?,
            ),
        ],
    )
}

pub(crate) fn batches_may_differ_in_size() -> Verdict {
    let batches = [
        sequences(&[&[1., 2.], &[3., 4.]])?,
        sequences(&[&[5., 6., 7.]])?,
    ];
    let ended = each_afresh(&Diary, &batches);
    if let Err(error) = &ended
        && format!("{error:#}").contains(&Diary::refuses(&[1, 1], &[2, 1]))
    {
        return slip(
            "zeros-of-another-batch",
            "A batch of 2 sequences and one of 1 gave an error: a state did not fit its batch. Every batch begins with zeros of its own, as \
             many as it has sequences.",
        );
    }
    let got = called(
        "each_afresh with a batch of 2 sequences and one of 1",
        ended,
    )?;
    ensure!(
        got.len() == 2,
        "Two batches have two last states, but there are {}.",
        got.len()
    );
    same(
        "The last state of a batch of one",
        &got[1],
        &state(&[567.])?,
        &[],
    )
}
