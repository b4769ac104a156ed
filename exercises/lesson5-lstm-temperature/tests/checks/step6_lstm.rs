//! Checks of step6_lstm.

use super::support::*;
use dlkit::ops::{self, Direction, RecurrentWeights, sigmoid};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step6_lstm::*;

fn lstm(features: usize, units: usize) -> Result<Lstm> {
    Ok(Lstm {
        kernel: wave(&[features, 4 * units], 0.2)?,
        recurrent_kernel: wave(&[units, 4 * units], 1.1)?,
        bias: wave(&[4 * units], 2.3)?,
    })
}

pub(crate) fn cuts_the_sums_into_i_f_g_o() -> Verdict {
    name_sizes([(4, "sequences"), (3, "features"), (2, "units"), (8, "sums")]);
    let lstm = lstm(3, 2)?;
    let (x, h) = (wave(&[4, 3], 0.5)?, wave(&[4, 2], 3.)?);
    let got = called("gates with x [4, 3] and h [4, 2]", gates(&lstm, &x, &h))?;
    let (input, state) = (x.matmul(&lstm.kernel)?, h.matmul(&lstm.recurrent_kernel)?);
    let sums = (&input + &state)?.broadcast_add(&lstm.bias)?;
    let part = |sums: &Tensor, i: usize| sums.narrow(1, 2 * i, 2);
    for (name, got, place) in [
        ("input gate", &got.input, 0),
        ("forget gate", &got.forget, 1),
        ("output gate", &got.output, 3),
    ] {
        let mut slips = vec![
            Slip::new(
                "missing-sigmoid",
                "This is the sum itself: a gate is σ of it, from 0 to 1.",
                part(&sums, place)?,
            ),
            Slip::new(
                "tanh-for-sigmoid",
                "This is tanh of the sum: a gate is a share from 0 to 1, σ.",
                part(&sums, place)?.tanh()?,
            ),
            Slip::new(
                "missing-bias",
                "The bias is missing.",
                sigmoid(&part(&(&input + &state)?, place)?)?,
            ),
            Slip::new(
                "state-forgotten",
                "The hidden state has no part in it.",
                sigmoid(&part(&input.broadcast_add(&lstm.bias)?, place)?)?,
            ),
            Slip::new(
                "input-forgotten",
                "The input has no part in it.",
                sigmoid(&part(&state.broadcast_add(&lstm.bias)?, place)?)?,
            ),
        ];
        slips.push(Slip::new(
            "cut-along-the-batch",
            "The sums were cut along axis 0, which counts the sequences; the four quarters lie side by side along axis 1.",
            sigmoid(&sums.narrow(0, place, 1)?)?,
        ));
        slips.push(Slip::new(
            "gates-interleaved",
            "This is every fourth of the sums. The four quarters stand one after the other: all units of i, then all of f, …",
            sigmoid(&every_fourth(&sums, place)?)?,
        ));
        for other in (0..4).filter(|other| *other != place) {
            slips.push(Slip::new(
                "wrong-order-of-gates",
                "This is another quarter of the sums: the four stand in the order i, f, g, o.",
                sigmoid(&part(&sums, other)?)?,
            ));
        }
        let want = sigmoid(&part(&sums, place)?)?;
        same(name, got, &want, &slips).drawn(|| compared(name, got, &want))?;
    }
    let want = part(&sums, 2)?.tanh()?;
    same(
        "candidate",
        &got.candidate,
        &want,
        &[
            Slip::new(
                "sigmoid-for-tanh",
                "This is σ of the sum: the candidate is no gate but a value, and may be negative: tanh.",
                sigmoid(&part(&sums, 2)?)?,
            ),
            Slip::new(
                "relu-for-tanh",
                "This is ReLU of the sum; the candidate is its tanh.",
                part(&sums, 2)?.relu()?,
            ),
            Slip::new(
                "squashed-twice",
                "This is the tanh of σ: all four quarters went through σ. The candidate is no gate, and gets tanh alone.",
                sigmoid(&part(&sums, 2)?)?.tanh()?,
            ),
            Slip::new(
                "wrong-order-of-gates",
                "This is the last quarter of the sums: the order is i, f, g, o.",
                part(&sums, 3)?.tanh()?,
            ),
            Slip::new(
                "missing-tanh",
                "This is the sum itself; the candidate is its tanh.",
                part(&sums, 2)?,
            ),
        ],
    )
    .drawn(|| compared("candidate", &got.candidate, &want))
}

/// The sums number `place`, `place + 4`, …, of two units: what a cut by units in place of gates gives.
fn every_fourth(sums: &Tensor, place: usize) -> Result<Tensor> {
    let rows = sums.dim(0)?;
    Ok(sums
        .reshape((rows, 2, 4))?
        .narrow(2, place, 1)?
        .squeeze(2)?)
}

fn some_gates() -> Result<Gates> {
    let gate = |phase: f64| -> Result<Tensor> { sigmoid(&wave(&[3, 2], phase)?) };
    Ok(Gates {
        input: gate(0.1)?,
        forget: gate(1.7)?,
        candidate: wave(&[3, 2], 2.9)?.tanh()?,
        output: gate(4.3)?,
    })
}

pub(crate) fn keeps_by_the_forget_gate_and_adds_by_the_input_gate() -> Verdict {
    name_sizes([(3, "sequences"), (2, "units")]);
    let gates = some_gates()?;
    let Gates {
        input,
        forget,
        candidate,
        output,
    } = &gates;
    let c = (wave(&[3, 2], 5.)? * 2.)?;
    let got = called("next_state", next_state(&gates, &c))?;
    let cell = ((forget * &c)? + (input * candidate)?)?;
    let mut way = walk();
    let verdict = same(
        "c'",
        &got.cell,
        &cell,
        &[
            Slip::new(
                "gates-swapped",
                "Input and forget gate have changed places: f says how much of the old c stays, i how much of the candidate comes in.",
                ((input * &c)? + (forget * candidate)?)?,
            ),
            Slip::new(
                "wrong-gate",
                "The old c was kept by the input gate; what stays of it is said by the forget gate.",
                ((input * &c)? + (input * candidate)?)?,
            ),
            Slip::new(
                "wrong-gate",
                "The old c was kept by the output gate; what stays of it is said by the forget gate.",
                ((output * &c)? + (input * candidate)?)?,
            ),
            Slip::new(
                "wrong-gate",
                "The candidate came in by the forget gate; how much of it is written down is said by the input gate.",
                ((forget * &c)? + (forget * candidate)?)?,
            ),
            Slip::new(
                "nothing-kept",
                "Nothing of the old c is left: f·c is missing.",
                (input * candidate)?,
            ),
            Slip::new(
                "nothing-taken-in",
                "Nothing new came in: i·g is missing.",
                (forget * &c)?,
            ),
            Slip::new(
                "forget-gate-around-all",
                "The forget gate was taken of the sum. It says what stays of the *old* c; what comes in has a gate of its own.",
                (forget * (&c + (input * candidate)?)?)?,
            ),
            Slip::new(
                "input-gate-around-all",
                "The input gate was taken of the sum. It says how much of the *candidate* comes in; what stays has a gate of its own.",
                (input * ((forget * &c)? + candidate)?)?,
            ),
            Slip::new(
                "sign",
                "What comes in was taken away from what stays; it is added.",
                ((forget * &c)? - (input * candidate)?)?,
            ),
            Slip::new(
                "one-gate-for-both",
                "The candidate came in by 1 − f. The input gate is a gate of its own, i.",
                ((forget * &c)? + (forget.affine(-1., 1.)? * candidate)?)?,
            ),
            Slip::new(
                "gates-swapped",
                "The candidate came in by the output gate; that is what the input gate is for.",
                ((forget * &c)? + (output * candidate)?)?,
            ),
            Slip::new(
                "one-gate-for-both",
                "The old c was kept by 1 − i. The forget gate is a gate of its own, f.",
                ((input.affine(-1., 1.)? * &c)? + (input * candidate)?)?,
            ),
            Slip::new(
                "forgets-nothing",
                "The old c came in whole: it is multiplied by the forget gate.",
                (&c + (input * candidate)?)?,
            ),
            Slip::new(
                "input-gate-forgotten",
                "The candidate came in whole: it is multiplied by the input gate.",
                ((forget * &c)? + candidate)?,
            ),
            Slip::new(
                "tanh-too-early",
                "tanh was taken of c itself. It belongs to h' only: c must be free to grow, and to stay.",
                cell.tanh()?,
            ),
        ],
    );
    way.past("c'", verdict)
        .drawn(|| compared("c'", &got.cell, &cell))?;
    let hidden = (output * cell.tanh()?)?;
    let verdict = same(
        "h'",
        &got.hidden,
        &hidden,
        &[
            Slip::new(
                "missing-tanh",
                "This is o·c'; what is said is o·tanh(c').",
                (output * &cell)?,
            ),
            Slip::new(
                "tanh-too-late",
                "This is the tanh of the product o·c'; tanh is taken of c' alone, and the output gate says how much of that is said.",
                (output * &cell)?.tanh()?,
            ),
            Slip::new(
                "sigmoid-for-tanh",
                "This is o·σ(c'). What is said may be negative: tanh.",
                (output * sigmoid(&cell)?)?,
            ),
            Slip::new(
                "wrong-gate",
                "It is said by the input gate; that is what the output gate is for.",
                (input * cell.tanh()?)?,
            ),
            Slip::new(
                "wrong-gate",
                "It is said by the forget gate; that is what the output gate is for.",
                (forget * cell.tanh()?)?,
            ),
            Slip::new(
                "tanh-of-the-gate",
                "tanh was taken of the gate; it is taken of c'.",
                (output.tanh()? * &cell)?,
            ),
            Slip::new(
                "old-cell-state",
                "This is made of the old c: h' says what is known now.",
                (output * c.tanh()?)?,
            ),
            Slip::new(
                "output-gate-forgotten",
                "The output gate has no part in it.",
                cell.tanh()?,
            ),
        ],
    );
    way.past("h'", verdict)
        .drawn(|| compared("h'", &got.hidden, &hidden))
}

pub(crate) fn an_open_forget_gate_keeps_what_is_written() -> Verdict {
    let full = |value: f32| -> Result<Tensor> { Ok(Tensor::full(value, (1, 1), &Device::Cpu)?) };
    let gates = Gates {
        input: full(0.)?,
        forget: full(1.)?,
        candidate: full(0.7)?,
        output: full(0.5)?,
    };
    let mut cell = full(3.)?;
    for _ in 0..100 {
        cell = called("next_state", next_state(&gates, &cell))?.cell;
    }
    same(
        "c after 100 steps with f = 1 and i = 0, from 3,",
        &cell,
        &full(3.)?,
        &[],
    )
}

/// dlkit's LSTM with the same weights: the last hidden state.
fn by_dlkit(lstm: &Lstm, fed: &Tensor, direction: Direction) -> Result<Tensor> {
    let weights = RecurrentWeights {
        kernel: &lstm.kernel,
        recurrent_kernel: &lstm.recurrent_kernel,
        bias: Some(&lstm.bias),
    };
    ops::recurrent(ops::Cell::Lstm, fed, weights, None, direction)
}

/// Takes both states, h and c, along the sequences: `step` is given x and the two, and gives the next two.
fn by_hand(
    lstm: &Lstm,
    fed: &Tensor,
    step: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<[Tensor; 2]>,
) -> Result<[Tensor; 2]> {
    let units = lstm.recurrent_kernel.dim(0)?;
    let zeros = Tensor::zeros((fed.dim(0)?, units), DType::F32, &Device::Cpu)?;
    let mut state = [zeros.clone(), zeros];
    for t in 0..fed.dim(1)? {
        let x = fed.narrow(1, t, 1)?.squeeze(1)?;
        state = step(&x, &state[0], &state[1])?;
    }
    Ok(state)
}

/// The next h and c, from x, what opens the gates and what is kept.
fn one_step(lstm: &Lstm, x: &Tensor, h: &Tensor, c: &Tensor) -> Result<[Tensor; 2]> {
    let sums =
        (x.matmul(&lstm.kernel)? + h.matmul(&lstm.recurrent_kernel)?)?.broadcast_add(&lstm.bias)?;
    let parts = sums.chunk(4, 1)?;
    let cell = ((sigmoid(&parts[1])? * c)? + (sigmoid(&parts[0])? * parts[2].tanh()?)?)?;
    Ok([(sigmoid(&parts[3])? * cell.tanh()?)?, cell])
}

pub(crate) fn says_the_same_as_the_lstm_of_dlkit() -> Verdict {
    name_sizes([
        (2, "sequences"),
        (7, "steps"),
        (3, "features"),
        (4, "units"),
        (16, "sums"),
    ]);
    let lstm = lstm(3, 4)?;
    let fed = wave(&[2, 7, 3], 0.9)?;
    let got = called("run along 2 sequences of 7 steps", run(&lstm, &fed))?;
    let short = fed.narrow(1, 0, 6)?.contiguous()?;
    let alone = fed.narrow(1, 6, 1)?.contiguous()?;
    let backwards = Direction {
        go_backwards: true,
        ..Direction::default()
    };
    let later = fed.narrow(1, 1, 6)?.contiguous()?;
    let [_, known] = by_hand(&lstm, &fed, |x, h, c| one_step(&lstm, x, h, c))?;
    let [h_kept, _] = by_hand(&lstm, &fed, |x, h, _| one_step(&lstm, x, h, h))?;
    let [c_at_the_gates, _] = by_hand(&lstm, &fed, |x, _, c| one_step(&lstm, x, c, c))?;
    let [swapped, _] = by_hand(&lstm, &fed, |x, h, c| one_step(&lstm, x, c, h))?;
    let [without_c, _] = by_hand(&lstm, &fed, |x, h, c| {
        one_step(&lstm, x, h, &c.zeros_like()?)
    })?;
    let [without_h, _] = by_hand(&lstm, &fed, |x, h, c| {
        one_step(&lstm, x, &h.zeros_like()?, c)
    })?;
    let first = fed.narrow(1, 0, 1)?.squeeze(1)?;
    let [first_again, _] = by_hand(&lstm, &fed, |_, h, c| one_step(&lstm, &first, h, c))?;
    let all = Direction {
        return_sequences: true,
        ..Direction::default()
    };
    let want = by_dlkit(&lstm, &fed, Direction::default())?;
    same(
        "run(lstm, sequences)",
        &got,
        &want,
        &[
            Slip::new(
                "one-step-short",
                "The last step is missing.",
                by_dlkit(&lstm, &short, Direction::default())?,
            ),
            Slip::new(
                "state-not-carried",
                "Every step began with zeros again: both states go on into the next step.",
                by_dlkit(&lstm, &alone, Direction::default())?,
            ),
            Slip::new(
                "backwards",
                "The sequences were read from their ends.",
                by_dlkit(&lstm, &fed, backwards)?,
            ),
            Slip::new(
                "first-step-left-out",
                "The first step is missing.",
                by_dlkit(&lstm, &later, Direction::default())?,
            ),
            Slip::new(
                "cell-state-for-hidden",
                "This is c, what the cell knows; what it says is h.",
                known,
            ),
            Slip::new(
                "hidden-for-cell-state",
                "The next c was made of the last h. The two states go two ways: h opens the gates, c is kept and added to.",
                h_kept,
            ),
            Slip::new(
                "gates-see-the-cell-state",
                "The gates were opened by c. They are given x and what was said last, h.",
                c_at_the_gates,
            ),
            Slip::new(
                "states-swapped",
                "The two states have changed places: h opens the gates, c is kept and added to.",
                swapped,
            ),
            Slip::new(
                "cell-state-not-carried",
                "h is carried from step to step, but c begins with zeros again each time: the notebook is thrown away.",
                without_c,
            ),
            Slip::new(
                "hidden-state-not-carried",
                "c is carried from step to step, but the gates are given zeros instead of the last h.",
                without_h,
            ),
            Slip::new(
                "always-the-first-input",
                "Every step was fed the first input again; step t is fed that of time t.",
                first_again,
            ),
            Slip::new(
                "all-states",
                "These are the states of all steps; the last one is wanted.",
                by_dlkit(&lstm, &fed, all)?,
            ),
        ],
    )
    .drawn(|| compared("run(lstm, sequences)", &got, &want))
}

pub(crate) fn at_first_everything_is_remembered() -> Verdict {
    let got = called("initial_bias(2)", initial_bias(2, &Device::Cpu))?;
    same(
        "initial_bias(2)",
        &got,
        &row(&[0., 0., 1., 1., 0., 0., 0., 0.])?,
        &[
            Slip::new(
                "ones-at-the-input-gate",
                "The ones stand at the input gate. The order is i, f, g, o.",
                row(&[1., 1., 0., 0., 0., 0., 0., 0.])?,
            ),
            Slip::new(
                "ones-at-the-output-gate",
                "The ones stand at the output gate. The order is i, f, g, o.",
                row(&[0., 0., 0., 0., 0., 0., 1., 1.])?,
            ),
            Slip::new(
                "ones-at-the-candidate",
                "The ones stand at the candidate. The order is i, f, g, o.",
                row(&[0., 0., 0., 0., 1., 1., 0., 0.])?,
            ),
            Slip::new(
                "all-zeros",
                "The forget gate's part should be 1.",
                row(&[0.; 8])?,
            ),
            Slip::new(
                "ones-at-two-gates",
                "The ones stand at the input gate, too: only the forget gate begins open.",
                row(&[1., 1., 1., 1., 0., 0., 0., 0.])?,
            ),
            Slip::new(
                "all-ones",
                "All of it is 1: only the forget gate begins open.",
                row(&[1.; 8])?,
            ),
            Slip::new(
                "bias-too-short",
                "Each of i, f, g, o has a bias for every unit: of the four parts one is missing at the end.",
                row(&[0., 0., 1., 1., 0., 0.])?,
            ),
            Slip::new(
                "bias-too-short",
                "Each of i, f, g, o has a bias for every unit: of the four parts two are missing at the end.",
                row(&[0., 0., 1., 1.])?,
            ),
            Slip::new(
                "gates-interleaved",
                "The four parts stand one after the other: all units of i, then all of f, …",
                row(&[0., 1., 0., 0., 0., 1., 0., 0.])?,
            ),
        ],
    )?;
    let got = called("initial_bias(3)", initial_bias(3, &Device::Cpu))?;
    let of_two = row(&[0., 0., 1., 1., 0., 0., 0., 0.])?;
    same(
        "initial_bias(3)",
        &got,
        &row(&[0., 0., 0., 1., 1., 1., 0., 0., 0., 0., 0., 0.])?,
        &[Slip::new(
            "for-two-units-only",
            "This is the bias of two units; here it is three.",
            of_two,
        )],
    )
}

pub(crate) fn counts_what_it_can_learn() -> Verdict {
    for (features, units) in [(14, 16), (6, 16), (1, 1), (2, 3)] {
        let right = 4 * units * (features + units + 1);
        expect(format!("parameter_count({features}, {units})"))
            .mistake(
                "one-gate",
                "That is one of the four: three gates and the candidate have weights each.",
                (right / 4) as f64,
            )
            .mistake(
                "three-gates",
                "That is three times; the candidate has weights as well.",
                (right / 4 * 3) as f64,
            )
            .mistake(
                "one-bias",
                "Each of the four has one bias only: it has one for every unit.",
                (4 * (units * (features + units) + 1)) as f64,
            )
            .mistake(
                "bias-of-one-gate",
                "The kernels are counted four times, the bias once: it has an entry for each unit of each of the four.",
                (4 * units * (features + units) + units) as f64,
            )
            .mistake(
                "two-biases",
                "Each of the four has two biases for every unit here: one for the input and one for the state, as in PyTorch. This one has one.",
                (right + 4 * units) as f64,
            )
            .mistake(
                "missing-bias",
                "The biases are missing.",
                (right - 4 * units) as f64,
            )
            .mistake(
                "only-the-kernel-is-fourfold",
                "Only the kernel is counted four times: the recurrent kernel is (units, 4·units), and the bias has 4·units.",
                (4 * units * features + units * units + units) as f64,
            )
            .mistake(
                "recurrent-kernel-forgotten",
                "The recurrent kernel (units, 4·units) is missing.",
                (4 * units * (features + 1)) as f64,
            )
            .close(parameter_count(features, units) as f64, right as f64)?;
    }
    Ok(())
}
