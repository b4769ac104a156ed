//! Trains the nets of lesson 6 with your own functions: dates to ISO, and a small GPT on names or on Shakespeare.
//!
//! `cargo xtask run lesson6`, with `--model NAME` or `--all`. Pictures and `run.json` go to `target/workshop/lesson6/`.

use dlkit::data::dates::{Dates, WrittenDate, iso_text};
use dlkit::data::names::{Names, names_or_invented};
use dlkit::data::text::{Vocabulary, marked_lines, random_windows, shakespeare, windows};
use dlkit::ops;
use dlkit::plot::{function_plot, heat_map};
use dlkit::prelude::*;
use dlkit::run::{Run, Trained};
use lesson6::step8_dates::{self, DateReader};
use lesson6::step9_names::{self, Size, Writing};
use std::io::IsTerminal;
use std::time::Instant;

const SEED: Seed = Seed(42);

pub(crate) fn main() -> Result<()> {
    let mut run = Run::from_args("lesson6", &["dates", "names", "shakespeare"])?;
    let mut data = "dates";
    if run.trains("dates") {
        dates(&mut run)?;
    }
    if run.trains("names") {
        data = names(&mut run)?;
    }
    if run.trains("shakespeare") {
        if !run.trains("names") {
            data = "tinyshakespeare";
        }
        writes_shakespeare(&mut run)?;
    }
    run.finish(data)?;
    Ok(())
}

/// A line of progress: it is overwritten on a terminal, elsewhere only every tenth part is said.
struct Ticker {
    name: &'static str,
    steps: usize,
    every: usize,
    started: Instant,
    sum: f64,
    count: usize,
    losses: Vec<f64>,
    live: bool,
}

impl Ticker {
    fn new(name: &'static str, steps: usize) -> Self {
        Self {
            name,
            steps,
            every: (steps / 50).max(1),
            started: Instant::now(),
            sum: 0.,
            count: 0,
            losses: Vec::new(),
            live: std::io::stderr().is_terminal(),
        }
    }

    fn after(&mut self, step: usize, loss: f64) {
        self.sum += loss;
        self.count += 1;
        if !step.is_multiple_of(self.every) && step != self.steps {
            return;
        }
        let mean = self.sum / self.count as f64;
        (self.sum, self.count) = (0., 0);
        self.losses.push(mean);
        let seconds = self.started.elapsed().as_secs_f64();
        let left = seconds / step as f64 * (self.steps - step) as f64;
        if self.live {
            let full = 24 * step / self.steps;
            let bar = "━".repeat(full) + &"─".repeat(24 - full);
            eprint!(
                "\r{} {bar} step {step}/{}  loss {mean:.4}, {left:.0} s left   ",
                self.name, self.steps
            );
            if step == self.steps {
                eprintln!();
            }
        } else if step.is_multiple_of(self.every * 5) || step == self.steps {
            eprintln!("step {step}/{}  {seconds:.1} s  loss {mean:.4}", self.steps);
        }
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// The curve of the losses, each the mean of a fiftieth of the steps.
    fn save(&self, run: &Run, title: &str) -> Result<()> {
        let last = self.losses.len() - 1;
        let at = |step: f64| {
            let place = (step / self.every as f64 - 1.).clamp(0., last as f64);
            let (below, part) = (place.floor() as usize, place.fract());
            let above = (below + 1).min(last);
            self.losses[below] * (1. - part) + self.losses[above] * part
        };
        let range = (self.every as f64, self.steps as f64);
        run.save(
            &format!("{}-curve", self.name),
            &function_plot(title, ("step", "loss"), range, &[("loss", &at)])?,
        )
    }
}

/// Step 8: learns to read dates, and shows where it looks.
fn dates(run: &mut Run) -> Result<()> {
    const STEPS: usize = 1_000;
    let dates = Dates::generate(30_000, 1_000, SEED)?;
    println!("Data: {dates}, made by dlkit");
    let (written, answers) = dates.tensors(&dates.train)?;
    let train = Dataset::new(written, answers)?;
    let net = DateReader::new(dates.vocabulary.size(), 64, SEED)?;
    let parameters = net.variables.iter().map(Variable::parameters).sum();
    println!("\ndates: encoder and decoder of width 64, {parameters} parameters");
    let mut ticker = Ticker::new("dates", STEPS);
    let settings = step8_dates::Settings {
        steps: STEPS,
        batch_size: 64,
        learning_rate: 2e-3,
        seed: SEED,
    };
    step8_dates::train(&net, &train, settings, |step, loss| {
        ticker.after(step, loss);
        Ok(())
    })?;
    let seconds = ticker.seconds();

    let (written, answers) = dates.tensors(&dates.test)?;
    let said = step8_dates::greedy(&net, &written)?;
    let exact = step8_dates::exact_match(&said, &answers)?;
    run.record(
        Trained::new("dates")
            .parameters(parameters)
            .epochs(STEPS * 64 / dates.train.len())
            .seconds(seconds)
            .score("test_exact", exact),
    );
    println!(
        "  {:.1} % of 1,000 dates of unseen days are right in every character; wanted 99 %",
        100. * exact
    );
    let said: Vec<String> = said
        .to_vec2::<u32>()?
        .iter()
        .map(|ids| iso_text(ids))
        .collect();
    show_some(&dates.test, &said);
    ticker.save(run, "dates: loss in training")?;
    for (name, written, iso) in [
        ("weekday", "Thursday, May 3rd 1979", "1979-05-03"),
        ("of", "21st of December 2012", "2012-12-21"),
        ("slashes", "05/03/79", "1979-05-03"),
        ("dots", "3.5.1979", "1979-05-03"),
    ] {
        let date = WrittenDate {
            written: written.into(),
            iso: iso.into(),
        };
        let (ids, _) = dates.tensors(&[date])?;
        let answer = step8_dates::greedy(&net, &ids)?;
        let text = iso_text(&answer.to_vec2::<u32>()?[0]);
        let weights = net.alignment(&ids, &answer)?.get(0)?;
        let weights = weights
            .narrow(1, 0, written.len())?
            .to_dtype(DType::F64)?
            .to_vec2()?;
        let letters = |text: &str| {
            text.chars()
                .map(|c| if c == ' ' { '␣' } else { c }.to_string())
                .collect::<Vec<_>>()
        };
        let figure = heat_map(
            &weights,
            ("answer", &letters(&text)),
            ("written", &letters(written)),
        )?;
        run.save(
            &format!("alignment-{name}"),
            &figure.titled(format!("{written} → {text}")),
        )?;
    }
    Ok(())
}

/// A few answers, and every mistake of the first few.
fn show_some(dates: &[WrittenDate], said: &[String]) {
    let line = |date: &WrittenDate, said: &str| {
        let mark = if date.iso == said {
            "✓".to_owned()
        } else {
            format!("✗ it is {}", date.iso)
        };
        println!("  {:<30} → {said} {mark}", date.written);
    };
    for (date, said) in dates.iter().zip(said).take(8) {
        line(date, said);
    }
    let wrong: Vec<_> = dates
        .iter()
        .zip(said)
        .filter(|(date, said)| date.iso != **said)
        .collect();
    if !wrong.is_empty() {
        println!("  Misread: {} of {}", wrong.len(), dates.len());
        for (date, said) in wrong.into_iter().take(5) {
            line(date, said);
        }
    }
}

/// Step 9 on names. Gives the name of the data.
fn names(run: &mut Run) -> Result<&'static str> {
    const BATCH: usize = 64;
    let names = names_or_invented()?;
    // The invented ones are few: trained as long, the net would learn them by heart.
    let steps: usize = if names.source.is_stand_in() {
        700
    } else {
        3_000
    };
    println!("\nData: {}", names.source);
    let vocabulary = names.vocabulary();
    let length = names.longest() + 1;
    let rows = |names: &[String]| marked_lines(names, &vocabulary, length);
    let (train, validation) = (rows(&names.train)?, rows(&names.validation)?);
    let size = Size {
        vocabulary: vocabulary.size(),
        length,
        width: 64,
        heads: 4,
        blocks: 3,
    };
    let net = step9_names::build(size, SEED)?;
    println!(
        "names: {} blocks of width {}\n{}",
        size.blocks,
        size.width,
        net.summary()
    );
    let mut ticker = Ticker::new("names", steps);
    let count = train.dim(0)?;
    let mut order = Vec::new();
    step9_names::train(
        &net,
        step9_names::Settings {
            steps,
            learning_rate: 4e-3,
        },
        |step| {
            // Every name once an epoch, in an order of its own.
            let (epoch, batch) = ((step - 1) / (count / BATCH), (step - 1) % (count / BATCH));
            if batch == 0 {
                order = SEED.derive("order").at(epoch as u64).permutation(count);
            }
            let which = order[batch * BATCH..][..BATCH].iter();
            let which: Vec<u32> = which.map(|&name| name as u32).collect();
            Ok(train.index_select(&Tensor::new(which, &Device::Cpu)?, 0)?)
        },
        |step, loss| {
            ticker.after(step, loss);
            Ok(())
        },
    )?;
    let seconds = ticker.seconds();
    let loss = step9_names::measure(&net, &validation)?;
    let pairs = pairs_loss(&names, &vocabulary)?;
    run.record(
        Trained::new("names")
            .parameters(net.parameters())
            .epochs(steps * BATCH / count)
            .seconds(seconds)
            .score("validation_loss", loss)
            .score("pairs_validation_loss", pairs),
    );
    println!(
        "  here {loss:.3} nats per character on names held back; a table of pairs has {pairs:.3}, knowing nothing {:.3}",
        (vocabulary.size() as f64 - 1.).ln()
    );
    if names.source.is_stand_in() {
        println!(
            "  (invented names have their own measure: makemore's 1.92 is for names.txt, which DLKIT_DATA would give)"
        );
    } else {
        println!(
            "  makemore's README: about 1.92 on 1,000 names of the same file (others than these)"
        );
    }
    for temperature in [0.5, 1., 1.5] {
        let writing = Writing {
            length,
            end: vocabulary.id('.'),
            most: length - 1,
            temperature,
        };
        println!(
            "  at temperature {temperature}: {}",
            write_names(&net, &names, &vocabulary, writing)?
        );
    }
    ticker.save(run, "names: loss in training")?;
    draw_next_letters(run, &net, &names, &vocabulary, length)?;
    Ok(names.source.name())
}

/// Random numbers from 0 to 1, as many as anybody needs here.
fn die(seed: Seed) -> Result<impl FnMut() -> f64> {
    let numbers = (Initializer::Uniform(0.5).tensor(&[1_000], seed, &Device::Cpu)? + 0.5)?;
    let mut numbers = numbers.to_vec1::<f32>()?.into_iter().cycle();
    Ok(move || f64::from(numbers.next().unwrap_or(0.5)))
}

/// Ten names, those that are in the training data in brackets.
fn write_names(
    net: &Model,
    names: &Names,
    vocabulary: &Vocabulary,
    writing: Writing,
) -> Result<String> {
    let mut draw = die(SEED.derive("writing"))?;
    let mut written = Vec::new();
    let start = [vocabulary.id('.').context("names stand between marks")?];
    for _ in 0..10 {
        let ids = step9_names::write(
            |row| net.forward(row, &Pass::inference()),
            &start,
            writing,
            &mut draw,
        )?;
        let name = vocabulary.decode(&ids);
        written.push(if names.train.contains(&name) {
            format!("({name})")
        } else {
            name
        });
    }
    Ok(written.join(" "))
}

/// Draws how likely the net takes each letter to be next, after each letter of a name that it has not learned from.
fn draw_next_letters(
    run: &Run,
    net: &Model,
    names: &Names,
    vocabulary: &Vocabulary,
    length: usize,
) -> Result<()> {
    let name = names.validation.iter().find(|name| name.len() == 6);
    let name = name.context("no name of six letters was held back")?;
    let row = marked_lines(std::slice::from_ref(name), vocabulary, length)?;
    let inputs = row.narrow(1, 0, length)?.contiguous()?;
    let likely = ops::softmax(&net.forward(&inputs, &Pass::inference())?)?.get(0)?;
    // Column 0 is padding, which never comes.
    let likely = likely
        .narrow(0, 0, name.len() + 1)?
        .narrow(1, 1, vocabulary.size() - 1)?;
    let so_far: Vec<&str> = (0..=name.len()).map(|letters| &name[..letters]).collect();
    let letters: Vec<String> = vocabulary
        .characters()
        .iter()
        .map(char::to_string)
        .collect();
    let figure = heat_map(
        &likely.to_dtype(DType::F64)?.to_vec2()?,
        ("written so far", &so_far),
        ("next", &letters),
    )?;
    run.save(
        "names-next",
        &figure.titled(format!("How likely each letter is next: {name}")),
    )
}

/// What a table of pairs of letters reaches: counts of the training names, each one more than it is, as makemore's lectures do it.
fn pairs_loss(names: &Names, vocabulary: &Vocabulary) -> Result<f64> {
    let size = vocabulary.size();
    let mut counts = vec![vec![1f64; size]; size];
    let pairs = |name: &String| -> Result<Vec<(usize, usize)>> {
        let ids = vocabulary.encode(&format!(".{name}."))?;
        Ok(ids
            .windows(2)
            .map(|pair| (pair[0] as usize, pair[1] as usize))
            .collect())
    };
    for name in &names.train {
        for (first, second) in pairs(name)? {
            counts[first][second] += 1.;
        }
    }
    let (mut sum, mut number) = (0., 0.);
    for name in &names.validation {
        for (first, second) in pairs(name)? {
            // Column 0 is padding, which never follows.
            let total: f64 = counts[first][1..].iter().sum();
            sum -= (counts[first][second] / total).ln();
            number += 1.;
        }
    }
    Ok(sum / number)
}

/// Step 9 on Shakespeare, where he is to be had.
fn writes_shakespeare(run: &mut Run) -> Result<()> {
    const STEPS: usize = 2_000;
    const LENGTH: usize = 64;
    const BATCH: usize = 12;
    let Some(text) = shakespeare()? else {
        println!(
            "\nshakespeare: there is no text/tinyshakespeare.txt on this machine, so this net is left out. Set DLKIT_DATA to a folder that holds it \
             (1,115,394 bytes; karpathy/char-rnn has it as data/tinyshakespeare/input.txt)."
        );
        return Ok(());
    };
    println!("\nData: {}", text.source);
    let vocabulary = Vocabulary::of(&format!("{}{}", text.train, text.validation));
    let train = vocabulary.encode(&text.train)?;
    let validation = windows(&vocabulary.encode(&text.validation)?, LENGTH)?;
    let size = Size {
        vocabulary: vocabulary.size(),
        length: LENGTH,
        width: 128,
        heads: 4,
        blocks: 4,
    };
    let net = step9_names::build(size, SEED)?;
    println!(
        "shakespeare: {} blocks of width {}, as nanoGPT has them on a processor\n{}",
        size.blocks,
        size.width,
        net.summary()
    );
    let mut ticker = Ticker::new("shakespeare", STEPS);
    step9_names::train(
        &net,
        step9_names::Settings {
            steps: STEPS,
            learning_rate: 1e-3,
        },
        |step| random_windows(&train, LENGTH, BATCH, SEED.derive("batch").at(step as u64)),
        |step, loss| {
            ticker.after(step, loss);
            Ok(())
        },
    )?;
    let seconds = ticker.seconds();
    let loss = step9_names::measure(&net, &validation)?;
    run.record(
        Trained::new("shakespeare")
            .parameters(net.parameters())
            .epochs(STEPS * BATCH * LENGTH / train.len())
            .seconds(seconds)
            .score("validation_loss", loss),
    );
    println!(
        "  here {loss:.3} nats per character on the last tenth; nanoGPT's README: 1.88 with a net and a training of this size, 1.4697 with 6 blocks of width \
         384 on a GPU"
    );
    let draw = die(SEED.derive("writing"))?;
    let writing = Writing {
        length: LENGTH,
        end: None,
        most: 400,
        temperature: 0.8,
    };
    let start = vocabulary.encode("\n")?;
    let ids = step9_names::write(
        |row| net.forward(row, &Pass::inference()),
        &start,
        writing,
        draw,
    )?;
    for line in vocabulary.decode(&ids).lines() {
        println!("  │ {line}");
    }
    ticker.save(run, "shakespeare: loss in training")
}
