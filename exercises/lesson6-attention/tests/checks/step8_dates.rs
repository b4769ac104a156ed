//! Checks of step8_dates: what goes in, what comes out, and how it is counted. The training is looked at in `step8_training`.

use super::support::*;
use dlkit::data::dates::{Dates, ISO, ISO_CHARACTERS, START, WRITTEN};
use dlkit::layers::Scope;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step8_dates::*;
use std::cell::RefCell;

pub(crate) use super::step8_training::*;

pub(crate) fn shifts_the_answers_to_the_right() -> Verdict {
    name_sizes([(2, "answers"), (4, "characters")]);
    let answers = tensor(&[[1u32, 9, 7, 9], [2, 0, 0, 4]])?;
    let got = called("shift_right of (2, 4)", shift_right(&answers, 12))?;
    same(
        "shift_right(answers, 12)",
        &got,
        &tensor(&[[12u32, 1, 9, 7], [12, 2, 0, 0]])?,
        &[
            Slip::new(
                "shifted-left",
                "The answers were moved to the left: then each place sees the character after its own. The \
                         start goes in front.",
                tensor(&[[9u32, 7, 9, 12], [0, 0, 4, 12]])?,
            ),
            Slip::new(
                "last-not-dropped",
                "The start is in front, but the last character is still there: nothing comes after it, so \
                         nobody needs it as an input.",
                tensor(&[[12u32, 1, 9, 7, 9], [12, 2, 0, 0, 4]])?,
            ),
            Slip::new(
                "first-overwritten",
                "The first character was replaced by the start: the others must move by one place.",
                tensor(&[[12u32, 9, 7, 9], [12, 0, 0, 4]])?,
            ),
            Slip::new(
                "start-ignored",
                "The answers are shifted, but in front stands 0: `start` says what belongs there.",
                tensor(&[[0u32, 1, 9, 7], [0, 2, 0, 0]])?,
            ),
            Slip::new(
                "start-ignored",
                "The answers are shifted, but in front stands 11, the constant START, instead of what the caller gives as `start`.",
                tensor(&[[START, 1, 9, 7], [START, 2, 0, 0]])?,
            ),
            Slip::new(
                "last-in-front",
                "The answers went round: the last character stands in front, where `start` belongs.",
                tensor(&[[9u32, 1, 9, 7], [4, 2, 0, 0]])?,
            ),
            Slip::new(
                "not-shifted",
                "These are the answers as they are: the decoder would be told the very character that it shall say.",
                answers.clone(),
            ),
        ],
    )
}

/// Every variable other than at the start, so that each one shows.
fn small_net() -> Result<(DateReader, Dates)> {
    let dates = Dates::generate(64, 4, Seed(8))?;
    let net = DateReader::new(dates.vocabulary.size(), 8, Seed(8))?;
    for (i, variable) in net.variables.iter().enumerate() {
        let shape = variable.tensor().dims();
        variable
            .var()
            .set(&(variable.tensor() + (wave(shape, i as f64)? * 0.4)?)?)?;
    }
    Ok((net, dates))
}

/// START and all of the answers but the last character.
pub(super) fn shifted(answers: &Tensor) -> Result<Tensor> {
    shifted_from(answers, START)
}

fn shifted_from(answers: &Tensor, start: u32) -> Result<Tensor> {
    let (n, length) = answers.dims2()?;
    let start = Tensor::full(start, (n, 1), &Device::Cpu)?;
    Ok(Tensor::cat(&[start, answers.narrow(1, 0, length - 1)?], 1)?)
}

/// What `logits` should give.
pub(super) fn read(net: &DateReader, written: &Tensor, so_far: &Tensor) -> Result<Tensor> {
    let pass = Pass::inference();
    let padding = written.ne(0u32)?;
    let embedded = net.embed_written.forward(written, &pass)?;
    let encoded = net.encoder.encode(&embedded, Some(&padding), &pass)?;
    let answer = net.embed_answer.forward(so_far, &pass)?;
    let decoded = net
        .decoder
        .decode(&answer, &encoded, Some(&padding), &pass)?;
    net.output.forward(&decoded, &pass)
}

/// Three written dates, and the first five characters that the decoder is given.
fn three_dates(dates: &Dates) -> Result<(Tensor, Tensor)> {
    name_sizes([
        (3, "dates"),
        (30, "written characters"),
        (5, "characters so far"),
        (11, "characters to choose from"),
        (8, "numbers"),
    ]);
    let (written, answers) = dates.tensors(&dates.train[..3])?;
    Ok((written, shifted(&answers.narrow(1, 0, 5)?)?))
}

pub(crate) fn reads_with_the_encoder_and_writes_with_the_decoder() -> Verdict {
    let (net, dates) = small_net()?;
    let (written, so_far) = three_dates(&dates)?;
    let got = called(
        "logits of 3 dates and 5 characters so far",
        net.logits(&written, &so_far),
    )?;
    let pass = Pass::inference();
    let padding = written.ne(0u32)?;
    let embedded = net.embed_written.forward(&written, &pass)?;
    let answer = net.embed_answer.forward(&so_far, &pass)?;
    let run = |in_encoder: Option<&Tensor>, in_decoder: Option<&Tensor>| -> Result<Tensor> {
        let encoded = net.encoder.encode(&embedded, in_encoder, &pass)?;
        net.output.forward(
            &net.decoder.decode(&answer, &encoded, in_decoder, &pass)?,
            &pass,
        )
    };
    let decoded = net.decoder.decode(
        &answer,
        &net.encoder.encode(&embedded, Some(&padding), &pass)?,
        Some(&padding),
        &pass,
    )?;
    let not_encoded = net
        .decoder
        .decode(&answer, &embedded, Some(&padding), &pass)?;
    same(
        "logits(written, so_far)",
        &got,
        &read(&net, &written, &so_far)?,
        &[
            Slip::new(
                "padding-not-hidden",
                "The encoder looks at the places that only fill up: give it the padding mask.",
                run(None, Some(&padding))?,
            ),
            Slip::new(
                "padding-not-hidden",
                "The decoder looks at the places that only fill up: give it the padding mask of what was written.",
                run(Some(&padding), None)?,
            ),
            Slip::new(
                "padding-not-hidden",
                "Encoder and decoder look at the places that only fill up: give both the padding mask, 1 where \
                         `written` is not 0.",
                run(None, None)?,
            ),
            Slip::new(
                "shifted-twice",
                "The answer so far was shifted once more: it begins with START already when it comes to `logits`.",
                read(&net, &written, &shifted(&so_far)?)?,
            ),
            Slip::new(
                "softmax-in-the-net",
                "The numbers of each place sum to 1: there is a softmax behind the output layer. The loss makes its own; logits are wanted.",
                softmax(&read(&net, &written, &so_far)?, 2)?,
            ),
            Slip::new(
                "encoder-left-out",
                "The decoder looks at the embedded characters: it should look at what the encoder made of them.",
                net.output.forward(&not_encoded, &pass)?,
            ),
            Slip::new(
                "wrong-embedding",
                "The answer so far was embedded as if it were a written date: it has an embedding of its own.",
                {
                    let answer = net.embed_written.forward(&so_far, &pass)?;
                    let encoded = net.encoder.encode(&embedded, Some(&padding), &pass)?;
                    let decoded = net
                        .decoder
                        .decode(&answer, &encoded, Some(&padding), &pass)?;
                    net.output.forward(&decoded, &pass)?
                },
            ),
            Slip::new(
                "output-missing",
                "These are the decoder's vectors: the output layer makes logits of them.",
                decoded,
            ),
            Slip::new(
                "mask-upside-down",
                "The mask shows what fills up and hides the date: 1 stands for a place that counts.",
                run(Some(&written.eq(0u32)?), Some(&written.eq(0u32)?))?,
            ),
        ],
    )
}

/// The blocks of this net drop half of their numbers, but only while it is trained.
pub(crate) fn drops_nothing_while_it_reads() -> Verdict {
    let (mut net, dates) = small_net()?;
    let mut scope = Scope::new(Seed(9), &Device::Cpu);
    net.encoder = TransformerEncoderBlock::new(4)
        .dropout(0.5)
        .build_block(&[WRITTEN, 8], &mut scope)?;
    net.decoder = TransformerDecoderBlock::new(4)
        .dropout(0.5)
        .build_with_encoder(&[ISO, 8], &mut scope)?;
    let (written, so_far) = three_dates(&dates)?;
    let got = called(
        "logits of a net with dropout",
        net.logits(&written, &so_far),
    )?;
    let want = read(&net, &written, &so_far)?;
    shape("logits(written, so_far)", &got, want.dims())?;
    let far = distance(&got, &want)?;
    if far > 1e-4 {
        return slip(
            "training-mode-left-on",
            format!(
                "In a net whose blocks have a dropout, the logits are up to {far:.3} away from what the net says when nothing is dropped: is it told that it \
                 is in training? A pass says which it is."
            ),
        );
    }
    Ok(())
}

/// A translator without weights: the next character is the one before plus how often the first written id says, and what it was asked is
/// written down.
struct Counter {
    asked: RefCell<Vec<Vec<Vec<u32>>>>,
}

impl Counter {
    fn new() -> Self {
        Self {
            asked: RefCell::default(),
        }
    }

    fn next(before: u32, step: u32) -> u32 {
        (before + step) % ISO_CHARACTERS as u32
    }
}

impl Translator for Counter {
    fn logits(&self, written: &Tensor, so_far: &Tensor) -> Result<Tensor> {
        let (written, ids) = (written.to_vec2::<u32>()?, so_far.to_vec2::<u32>()?);
        self.asked.borrow_mut().push(ids.clone());
        let (n, t) = so_far.dims2()?;
        let mut logits = vec![0f32; n * t * ISO_CHARACTERS];
        for (row, line) in ids.iter().enumerate() {
            for (place, &before) in line.iter().enumerate() {
                let next = Self::next(before, written[row][0]) as usize;
                logits[(row * t + place) * ISO_CHARACTERS + next] = 2.;
            }
        }
        Ok(Tensor::from_vec(
            logits,
            (n, t, ISO_CHARACTERS),
            &Device::Cpu,
        )?)
    }
}

/// What the counter writes for these first ids.
fn counted(steps: &[u32]) -> Vec<Vec<u32>> {
    let row = |step: u32| {
        let mut before = START;
        (0..ISO)
            .map(|_| {
                before = Counter::next(before, step);
                before
            })
            .collect()
    };
    steps.iter().map(|&step| row(step)).collect()
}

pub(crate) fn the_net_is_not_told_the_answer() -> Verdict {
    let counter = Counter::new();
    let written = tensor(&[[3u32, 1], [5, 1]])?;
    let answers = tensor(&[
        [1u32, 9, 7, 9, 10, 0, 5, 10, 0, 3],
        [3, 6, 9, 1, 4, 7, 10, 2, 5, 8],
    ])?;
    let result = loss(&counter, &written, &answers);
    if let Err(error) = &result
        && error.to_string().contains("class number 11")
    {
        return slip(
            "shifted-targets",
            "The logits were compared with the shifted answers, which begin with START, 11, and that is no class. The shifted answers are what the net is \
             given; what it shall say are the answers as they are.",
        );
    }
    let got = called("loss of two dates", result)?;
    let asked = counter.asked.into_inner();
    let shifted = shifted(&answers)?;
    let [given] = asked.as_slice() else {
        fail!(
            "The loss of a batch needs the net once, with the whole shifted answer. It was asked {} times.",
            asked.len()
        );
    };
    if *given == answers.to_vec2::<u32>()? {
        return slip(
            "answer-leaked",
            "The net was given the answers as they are: at each place it sees the very character that it shall say. Its loss would fall to 0, and it could write \
             nothing. `shift_right` comes first.",
        );
    }
    if given.iter().all(|row| row.starts_with(&[START, START])) {
        return slip(
            "shifted-twice",
            format!(
                "The net was given {:?}: the answers were shifted twice. Once is enough.",
                given[0]
            ),
        );
    }
    ensure!(
        *given == shifted.to_vec2::<u32>()?,
        "The net was given {given:?} as the answer so far; wanted are the shifted answers."
    );
    let logits = Counter::new().logits(&written, &shifted)?;
    let want = scalar(&SparseCategoricalCrossEntropy.from_logits(&logits, &answers)?)?;
    ensure!(
        got.rank() == 0,
        "The loss has the shape {:?}, but it should be one number, the mean over all characters.",
        got.dims()
    );
    let mut comparison = expect("The loss of two dates")
        .within(1e-4)
        .mistake(
            "missing-mean",
            "That is the sum over all 20 characters: their mean is wanted.",
            20. * want,
        )
        .mistake(
            "mean-over-dates",
            "The sum was divided by the number of dates, 2: divide by that of all characters, 20.",
            10. * want,
        )
        .mistake(
            "sign",
            "The sign is the wrong way round: probabilities have negative logarithms.",
            -want,
        );
    let wrong = SparseCategoricalCrossEntropy.from_logits(&softmax(&logits, 2)?, &answers)?;
    comparison = comparison.mistake(
        "softmax-twice",
        "A softmax was laid over the logits, and `from_logits` lays its own over that: give it the logits as they are.",
        scalar(&wrong)?,
    );
    // Whatever id the targets were shifted with.
    for start in 0..ISO_CHARACTERS as u32 {
        let targets = shifted_from(&answers, start)?;
        let wrong = SparseCategoricalCrossEntropy.from_logits(&logits, &targets)?;
        comparison = comparison.mistake(
            "shifted-targets",
            "The logits were compared with shifted answers. These are what the net is given; what it shall say are the answers as they are.",
            scalar(&wrong)?,
        );
    }
    if let Ok(wrong) = SparseCategoricalCrossEntropy.loss(&logits, &answers) {
        comparison = comparison.mistake(
            "logits-for-probabilities",
            "The logits were taken for probabilities: `loss` wants what a softmax gave, `from_logits` the logits themselves.",
            scalar(&wrong)?,
        );
    }
    comparison.close(scalar(&got)?, want)
}

pub(crate) fn writes_one_character_after_the_other() -> Verdict {
    let counter = Counter::new();
    let written = tensor(&[[3u32, 1], [5, 1], [1, 1]])?;
    let result = greedy(&counter, &written);
    if let Err(error) = &result
        && error.to_string().contains("cat")
    {
        return slip(
            "no-column",
            format!(
                "greedy for three dates gave an error: {error}. What is put behind the answer so far must be a column, (n, 1): cut out with `narrow`, the last place \
                 keeps its axis, and `argmax` along the last axis gives just that."
            ),
        );
    }
    let asked = counter.asked.borrow().clone();
    let widths: Vec<usize> = asked.iter().map(|rows| rows[0].len()).collect();
    if widths.starts_with(&[1, 1]) {
        return slip(
            "answer-not-grown",
            "The net was given one character, and then one character again: what it wrote is put behind the answer so far, it does not take its place.",
        );
    }
    if widths.starts_with(&[1, 1 + ISO_CHARACTERS]) {
        return slip(
            "argmax-wrong-axis",
            "The net was given 1 character, and then 12: one more for each of the 11 it can choose from, not one for each date. Along which axis is the largest \
             logit looked for?",
        );
    }
    let got = called("greedy for three dates", result)?;
    let begins = |rows: &Vec<Vec<u32>>| rows.iter().all(|row| row[0] == START);
    if asked.first().is_some_and(begins) && !asked.iter().all(begins) {
        return slip(
            "new-character-in-front",
            format!(
                "The net was given {:?} first and {:?} next: what it wrote comes behind the answer so far, and START stays in front.",
                asked[0][0], asked[1][0]
            ),
        );
    }
    if asked.first().is_some_and(|rows| !begins(rows)) {
        return slip(
            "start-missing",
            format!(
                "The first thing that the net was given does not begin with START, {START}. It has learned that an answer begins with that: give it a column \
                 of START."
            ),
        );
    }
    let want = counted(&[3, 5, 1]);
    if got.dims() == [3, ISO + 1] {
        return slip(
            "start-in-the-answer",
            "The answers have 11 places: START, the first, is no part of them.",
        );
    }
    shape("greedy(net, written)", &got, &[3, ISO])?;
    dtype("greedy(net, written)", &got, DType::U32)?;
    let got = got.to_vec2::<u32>()?;
    if got.iter().all(|row| row[0] == START) {
        return slip(
            "start-in-the-answer",
            format!(
                "The answer {:?} begins with START, {START}, and so lacks its last character.",
                got[0]
            ),
        );
    }
    // Of these logits one is 2 and the others are 0: the first 0 stands at place 0, or at 1 where the 2 is in front.
    let least = |step: u32| {
        let mut before = START;
        (0..ISO)
            .map(|_| {
                before = u32::from(Counter::next(before, step) == 0);
                before
            })
            .collect::<Vec<_>>()
    };
    if got == [least(3), least(5), least(1)] {
        return slip(
            "least-likely",
            format!(
                "greedy gave {:?}: at each place the least likely character was taken instead of the likeliest.",
                got[0]
            ),
        );
    }
    if got
        .iter()
        .zip(&want)
        .all(|(got, want)| got.iter().all(|id| *id == want[0]))
    {
        return slip(
            "first-place-again",
            format!(
                "Every character is {}: what comes next stands at the *last* place of the logits, and what was \
                         written must become part of what the net is given.",
                got[0][0]
            ),
        );
    }
    ensure!(
        got == want,
        "This net writes {:?} for the first date when each of its characters is put behind the others, but \
                 greedy gave {:?}.",
        want[0],
        got[0]
    );
    let longest = widths.into_iter().max();
    ensure!(
        longest == Some(ISO),
        "To write {ISO} characters the net needs to see START and {} of them; it was given {longest:?}.",
        ISO - 1
    );
    Ok(())
}

pub(crate) fn counts_only_whole_dates() -> Verdict {
    let truth = tensor(&[
        [1u32, 2, 3, 4, 5],
        [4, 5, 6, 7, 8],
        [7, 8, 9, 1, 2],
        [1; 5],
        [3; 5],
    ])?;
    let said = tensor(&[
        [1u32, 2, 3, 4, 5],
        [4, 5, 6, 7, 9],
        [7, 8, 9, 1, 2],
        [1, 2, 2, 2, 1],
        [3; 5],
    ])?;
    let got = called("exact_match of five rows", exact_match(&said, &truth))?;
    expect("exact_match with three of five rows right in every place")
        .within(1e-6)
        .mistake("characters-for-dates", "That is the share of the characters. A date is right only when all of its characters are: look along \
                 the row first.", 0.84)
        .mistake("missing-mean", "That is the number of right dates: divide by the number of all.", 3.)
        .mistake("any-for-all", "A row counts as right here when any of its places is: all of them must be.", 1.)
        .mistake("integer-division", "`eq` gives bytes, and the mean of bytes is rounded down: change the dtype first.", 0.)
        .mistake("columns-for-rows", "It was looked down the columns: a date is a row.", 0.2)
        .mistake("characters-for-dates", "That is how many characters of a date are right, in the mean. A date is right only when all of them are.", 4.2)
        .mistake("share-of-the-wrong", "That is the share of the dates that are wrong somewhere.", 0.4)
        .mistake("all-wrong-for-right", "A row counts here only when every place of it is wrong.", 0.)
        .close(got, 0.6)
}
