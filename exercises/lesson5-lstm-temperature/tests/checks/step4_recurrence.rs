//! Checks of step4_recurrence.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step4_recurrence::*;

fn cell(features: usize, units: usize) -> Result<Cell> {
    Ok(Cell {
        w: wave(&[features, units], 0.2)?,
        u: wave(&[units, units], 1.1)?,
        b: wave(&[units], 2.3)?,
    })
}

pub(crate) fn a_step_weighs_input_and_state() -> Verdict {
    name_sizes([(4, "sequences"), (3, "features"), (2, "units")]);
    let cell = cell(3, 2)?;
    let (x, h) = (wave(&[4, 3], 0.5)?, wave(&[4, 2], 3.)?);
    let got = called("step with x [4, 3] and h [4, 2]", step(&cell, &x, &h))?;
    let (input, state) = (x.matmul(&cell.w)?, h.matmul(&cell.u)?);
    let sum = (&input + &state)?.broadcast_add(&cell.b)?;
    let want = sum.tanh()?;
    same(
        "step(cell, x, h)",
        &got,
        &want,
        &[
            Slip::new("missing-tanh", "This is the sum before tanh.", sum.clone()),
            Slip::new(
                "missing-bias",
                "The bias is missing.",
                (&input + &state)?.tanh()?,
            ),
            Slip::new(
                "state-forgotten",
                "The state has no part in it: without h·U the cell remembers nothing.",
                input.broadcast_add(&cell.b)?.tanh()?,
            ),
            Slip::new(
                "input-forgotten",
                "The input has no part in it.",
                state.broadcast_add(&cell.b)?.tanh()?,
            ),
            Slip::new(
                "state-not-weighed",
                "The state goes in as it is: it must be multiplied with U.",
                (&input + &h)?.broadcast_add(&cell.b)?.tanh()?,
            ),
            Slip::new(
                "u-transposed",
                "U went in as its transpose: it is h·U, as it is x·W.",
                (&input + h.matmul(&cell.u.t()?)?)?
                    .broadcast_add(&cell.b)?
                    .tanh()?,
            ),
            Slip::new(
                "relu-for-tanh",
                "This is ReLU of the sum; the cell has tanh.",
                sum.relu()?,
            ),
            Slip::new(
                "bias-too-late",
                "The bias was added after tanh; it belongs into the sum.",
                (&input + &state)?.tanh()?.broadcast_add(&cell.b)?,
            ),
            Slip::new(
                "tanh-too-early",
                "tanh was taken of each product by itself; it belongs around the whole sum.",
                (input.tanh()? + state.tanh()?)?.broadcast_add(&cell.b)?,
            ),
            Slip::new(
                "bias-multiplied",
                "The sum was multiplied with the bias: the bias is added.",
                (&input + &state)?.broadcast_mul(&cell.b)?.tanh()?,
            ),
            Slip::new(
                "bias-twice",
                "The bias is in it twice.",
                sum.broadcast_add(&cell.b)?.tanh()?,
            ),
            Slip::new(
                "sign",
                "The state's part is taken away; it is added.",
                (&input - &state)?.broadcast_add(&cell.b)?.tanh()?,
            ),
            Slip::new(
                "multiplied",
                "The two products were multiplied with each other; they are added.",
                (&input * &state)?.broadcast_add(&cell.b)?.tanh()?,
            ),
            Slip::new(
                "old-state-added",
                "The old state was added to the new one: it goes in once, through U.",
                (sum.tanh()? + &h)?,
            ),
            Slip::new(
                "tanh-too-early",
                "tanh is taken of the input's part alone; it belongs around the whole sum.",
                (input.broadcast_add(&cell.b)?.tanh()? + &state)?,
            ),
            Slip::new(
                "sigmoid-for-tanh",
                "This is σ of the sum; the cell has tanh.",
                dlkit::ops::sigmoid(&sum)?,
            ),
        ],
    )
    .drawn(|| compared("step(cell, x, h)", &got, &want))
}

fn sequences(values: &[&[f32]]) -> Result<Tensor> {
    let rows: Vec<Tensor> = values
        .iter()
        .map(|row| row_of(row))
        .collect::<Result<_>>()?;
    Ok(Tensor::stack(&rows, 0)?)
}

fn row_of(values: &[f32]) -> Result<Tensor> {
    Ok(Tensor::new(values, &Device::Cpu)?.unsqueeze(1)?)
}

pub(crate) fn unrolling_hands_the_state_on() -> Verdict {
    // Far more steps than sequences: who counts the one for the other is not one off.
    let fed = sequences(&[&[1., 2., 3., 4., 5.], &[4., 5., 6., 7., 8.]])?;
    let right = sequences(&[
        &[1., 12., 123., 1234., 12345.],
        &[4., 45., 456., 4567., 45678.],
    ])?;
    name_sizes([(5, "steps"), (1, "unit")]);
    let ended = unroll(&Diary, &fed);
    if let Err(error) = &ended
        && format!("{error:#}").contains(&Diary::refuses(&[5, 1], &[2, 1]))
    {
        return slip(
            "batch-for-time",
            "In the first step the cell was given 5 inputs and 2 states: all 5 steps of one sequence. Axis 0 counts the sequences, axis 1 the \
             steps; a step is given what *all* sequences hold at one time.",
        );
    }
    let got = called("unroll of 2 sequences of 5 steps", ended)?;
    // A cell that makes something else of a first input than that input.
    let first = fed.narrow(1, 0, 1)?;
    if let Ok(states) = unroll(&cell(1, 1)?, &first)
        && tensors_close("states", &states, &first).is_ok()
    {
        return slip(
            "inputs-kept",
            "What was kept of each step is its input; the state that comes of it is wanted.",
        );
    }
    same(
        "With a cell that makes 10·h + x, `states`",
        &got,
        &right,
        &[
            Slip::new(
                "batch-for-time",
                "There are as many states as sequences. Along which axis does the loop go? Axis 0 counts the sequences, axis 1 the steps.",
                right.narrow(1, 0, 2)?,
            ),
            Slip::new(
                "state-not-carried",
                "Every step began with zeros again: the state of one step goes into the next.",
                fed.clone(),
            ),
            Slip::new(
                "last-state-only",
                "Only the last state came back; the states of all steps are wanted, (batch, steps, units).",
                right.narrow(1, 4, 1)?,
            ),
            Slip::new(
                "last-state-only",
                "Only the last state came back; the states of all steps are wanted, (batch, steps, units).",
                right.narrow(1, 4, 1)?.squeeze(1)?,
            ),
            Slip::new(
                "backwards",
                "The sequence was read from its end.",
                sequences(&[
                    &[5., 54., 543., 5432., 54321.],
                    &[8., 87., 876., 8765., 87654.],
                ])?,
            ),
            Slip::new(
                "states-in-the-wrong-order",
                "The states stand in the wrong order: the first one belongs to the first step.",
                right.flip(&[1])?,
            ),
            Slip::new(
                "stacked-along-the-wrong-axis",
                "The states are stacked along axis 0, so the steps come first: it should be (batch, steps, units).",
                right.transpose(0, 1)?,
            ),
            Slip::new(
                "stacked-along-the-wrong-axis",
                "The states are stacked along the last axis: it should be (batch, steps, units), and the steps are axis 1.",
                right.transpose(1, 2)?,
            ),
            Slip::new(
                "kept-too-early",
                "Each state was kept before its step was made, so the first is that of nothing and the last is missing.",
                sequences(&[&[0., 1., 12., 123., 1234.], &[0., 4., 45., 456., 4567.]])?,
            ),
            Slip::new(
                "input-and-state-swapped",
                "Input and state have changed places: `step` is given x first, then h.",
                sequences(&[&[10., 30., 60., 100., 150.], &[40., 90., 150., 220., 300.]])?,
            ),
            Slip::new(
                "last-step-left-out",
                "The last step is missing.",
                right.narrow(1, 0, 4)?,
            ),
            Slip::new(
                "joined-end-to-end",
                "The states were joined end to end; they need an axis of their own, that of the steps: `stack`.",
                right.squeeze(2)?,
            ),
            Slip::new(
                "zeros-kept",
                "There is one state too many: the zeros it begins with are no answer to any step.",
                Tensor::cat(&[&right.narrow(1, 0, 1)?.zeros_like()?, &right], 1)?,
            ),
            Slip::new(
                "always-the-first-input",
                "Every step was fed the first input again; step t is fed that of time t.",
                sequences(&[
                    &[1., 11., 111., 1111., 11111.],
                    &[4., 44., 444., 4444., 44444.],
                ])?,
            ),
            Slip::new(
                "batch-for-time",
                "The loop went along the batch: axis 0 counts the sequences, axis 1 the steps.",
                sequences(&[&[1., 2., 3., 4., 5.], &[14., 25., 36., 47., 58.]])?,
            ),
            Slip::new(
                "first-step-left-out",
                "The first step is missing.",
                sequences(&[&[2., 23., 234., 2345.], &[5., 56., 567., 5678.]])?,
            ),
        ],
    )
}

pub(crate) fn the_state_begins_with_zeros() -> Verdict {
    let cell = cell(2, 3)?;
    let fed = wave(&[2, 1, 2], 0.1)?;
    let got = called("unroll of one step", unroll(&cell, &fed))?;
    let want = cell.step(
        &fed.squeeze(1)?,
        &Tensor::zeros((2, 3), DType::F32, &Device::Cpu)?,
    )?;
    let ones = cell.step(
        &fed.squeeze(1)?,
        &Tensor::ones((2, 3), DType::F32, &Device::Cpu)?,
    )?;
    same(
        "unroll: the state after the first step",
        &got,
        &want.unsqueeze(1)?,
        &[Slip::new(
            "begins-with-ones",
            "The first step begins with a state of ones: `zero_state` gives zeros.",
            ones.unsqueeze(1)?,
        )],
    )
}

pub(crate) fn takes_the_last_state() -> Verdict {
    name_sizes([(2, "sequences"), (5, "steps"), (3, "units")]);
    let states = wave(&[2, 5, 3], 0.4)?;
    let at = |step: usize| -> Result<Tensor> { Ok(states.narrow(1, step, 1)?.squeeze(1)?) };
    let got = called("last_state", last_state(&states))?;
    same(
        "last_state(states)",
        &got,
        &at(4)?,
        &[
            Slip::new("first-state", "This is the first state.", at(0)?),
            Slip::new(
                "off-by-one",
                "This is the last state but one: with n steps the last is n − 1.",
                at(3)?,
            ),
            Slip::new(
                "mean-of-the-states",
                "This is the mean of all states.",
                states.mean(1)?,
            ),
            Slip::new(
                "sum-of-the-states",
                "This is the sum of all states.",
                states.sum(1)?,
            ),
            Slip::new(
                "largest-state",
                "This is the largest state of each unit, whenever it was.",
                states.max(1)?,
            ),
            Slip::new(
                "last-unit",
                "This is the last unit at every step; the last step of every unit is wanted. The steps are axis 1.",
                states.narrow(2, 2, 1)?.squeeze(2)?,
            ),
            Slip::new(
                "wrong-shape",
                "The axis of the steps is still there: (batch, 1, units).",
                at(4)?.unsqueeze(1)?,
            ),
            Slip::new(
                "last-sequence",
                "This is the last sequence of the batch; the last step of every sequence is wanted.",
                states.get(1)?,
            ),
        ],
    )
}

pub(crate) fn a_then_b_is_not_b_then_a() -> Verdict {
    let cell = Cell {
        w: Tensor::new(&[[1f32]], &Device::Cpu)?,
        u: Tensor::new(&[[0.5f32]], &Device::Cpu)?,
        b: row(&[0.])?,
    };
    let fed = sequences(&[&[1., 0.], &[0., 1.]])?;
    let states = called("unroll of A B and B A", unroll(&cell, &fed))?;
    let last = called("last_state", last_state(&states))?;
    let got = numbers(&last)?;
    ensure!(
        got.len() == 2,
        "Two sequences have two last states, but there are {}.",
        got.len()
    );
    if (got[0] - got[1]).abs() < 1e-6 {
        return slip(
            "order-does-not-matter",
            format!(
                "A then B and B then A leave the same state, {:.4}: what came first has left no trace.",
                got[0]
            ),
        );
    }
    let (once, twice) = (1f64.tanh(), (0.5 * 1f64.tanh()).tanh());
    expect("last_state of [A B, B A]")
        .within(1e-5)
        .mistake(
            "backwards",
            "The two have changed places: the sequences were read from their ends.",
            [once, twice],
        )
        .mistake(
            "state-not-carried",
            "The first step left no trace: the state of one step goes into the next.",
            [0., once],
        )
        .close_all(&got, &[twice, once])
}
