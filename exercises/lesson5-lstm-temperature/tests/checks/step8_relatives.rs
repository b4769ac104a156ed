//! Checks of step8_relatives.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step8_relatives::*;

const LENGTH: usize = 5;

fn net() -> Sequential {
    Sequential::new()
}

pub(crate) fn the_gru_stands_where_the_lstm_stood() -> Verdict {
    let model = built("gru", gru(LENGTH, 2, Seed(4), &Device::Cpu), LENGTH)?;
    is_the_net(
        "gru",
        model,
        net().add(GRU::new(16)),
        [
            ("another-cell", "That is an LSTM.", net().add(LSTM::new(16))),
            (
                "too-few-units",
                "It has 8 units; 16 are wanted.",
                net().add(GRU::new(8)),
            ),
            (
                "another-cell",
                "That is a simple recurrent layer.",
                net().add(SimpleRNN::new(16)),
            ),
            (
                "read-from-the-end",
                "The GRU reads the window from its end.",
                net().add(GRU::new(16).go_backwards()),
            ),
            (
                "all-states",
                "The GRU gives the states of all hours, and Dense says a number to each.",
                net().add(GRU::new(16).return_sequences()),
            ),
        ],
        LENGTH,
    )
}

pub(crate) fn the_bidirectional_net_reads_from_both_ends() -> Verdict {
    let model = built(
        "bidirectional",
        bidirectional(LENGTH, 2, Seed(4), &Device::Cpu),
        LENGTH,
    )?;
    is_the_net(
        "bidirectional",
        model,
        net().add(Bidirectional::new(LSTM::new(16))),
        [
            (
                "one-way",
                "It reads from one end only.",
                net().add(LSTM::new(16)),
            ),
            (
                "another-cell",
                "It is made of GRU.",
                net().add(Bidirectional::new(GRU::new(16))),
            ),
            (
                "half-the-units",
                "It has 8 units each way; `Bidirectional` doubles the layer that it is given.",
                net().add(Bidirectional::new(LSTM::new(8))),
            ),
            (
                "all-states",
                "The wrapped LSTM returns its sequences, so Dense says a number to each hour; there is no recurrent layer after it.",
                net().add(Bidirectional::new(LSTM::new(16).return_sequences())),
            ),
            (
                "merged",
                "The two halves are added; set them side by side, as Bidirectional does by itself.",
                net().add(Bidirectional::new(LSTM::new(16)).merge_mode(Merge::Sum)),
            ),
        ],
        LENGTH,
    )
}

pub(crate) fn the_second_layer_reads_the_states_of_the_first() -> Verdict {
    let stack = stacked(LENGTH, 2, Seed(4), &Device::Cpu);
    // What an LSTM that cannot be built was given: the 16 numbers of another one.
    let refused = match &stack {
        Ok(_) => String::new(),
        Err(error) => format!("{error:#}"),
    };
    if refused.contains("shape [16]") {
        return slip(
            "missing-return-sequences",
            "The second LSTM cannot be built: the first one gives only its last state, 16 numbers, and not one state for each hour. A layer \
             below another recurrent one must return its sequences.",
        );
    }
    let model = built("stacked", stack, LENGTH)?;
    is_the_net(
        "stacked",
        model,
        net()
            .add(LSTM::new(16).return_sequences())
            .add(LSTM::new(16)),
        [
            (
                "one-layer",
                "There is one LSTM layer only.",
                net().add(LSTM::new(16)),
            ),
            (
                "too-few-units",
                "The second LSTM has 8 units; both have 16.",
                net()
                    .add(LSTM::new(16).return_sequences())
                    .add(LSTM::new(8)),
            ),
            (
                "another-cell",
                "It is made of GRU.",
                net().add(GRU::new(16).return_sequences()).add(GRU::new(16)),
            ),
            (
                "three-layers",
                "There are three LSTM layers.",
                net()
                    .add(LSTM::new(16).return_sequences())
                    .add(LSTM::new(16).return_sequences())
                    .add(LSTM::new(16)),
            ),
            (
                "all-states",
                "The last LSTM gives the states of all hours, and Dense says a number to each: only the layers below return sequences.",
                net()
                    .add(LSTM::new(16).return_sequences())
                    .add(LSTM::new(16).return_sequences()),
            ),
        ],
        LENGTH,
    )
}

pub(crate) fn they_have_the_parameters_of_their_kind() -> Verdict {
    type Builder = fn(usize, usize, Seed, &Device) -> Result<Model>;
    for (name, build, want) in [
        ("gru", gru as Builder, 1_169),
        ("bidirectional", bidirectional as Builder, 2_977),
        ("stacked", stacked as Builder, 3_601),
    ] {
        let model = called(name, build(120, 6, Seed(4), &Device::Cpu))?;
        let got = model.parameters();
        ensure!(
            got == want,
            "{name} has {got} parameters on 6 columns, but it should have {want}."
        );
    }
    Ok(())
}
