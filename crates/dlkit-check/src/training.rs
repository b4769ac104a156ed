//! What a loss curve tells about a training that went wrong.
//!
//! The curve is looked at only when a gate was missed; a check that passes pays nothing. The cause is read from the shape of the
//! curve, alone or beside the runs of a reference, and a picture of both goes with the verdict.

use dlkit::Result;
use dlkit::plot::against_reference;

use crate::failure::{Failure, Verdict};
use crate::number::number;
use crate::picture::Drawn;

/// Starts to look at a training run: `losses` are the values of what is called `name`, one for each epoch.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let losses = [2.31, 2.30, 2.30, 2.30];
/// let failure = training("the loss on ten digits", &losses)
///     .classes(10)
///     .explains(at_least("the accuracy", 0.11, 0.9, "Does every batch change the weights?"))
///     .unwrap_err();
/// assert_eq!(failure.diagnosis.as_deref(), Some("nothing-learned"));
/// assert!(failure.message.contains("ln 10"));
/// ```
pub fn training<'a>(name: impl Into<String>, losses: &'a [f64]) -> Training<'a> {
    Training {
        name: name.into(),
        unit: "epoch",
        losses,
        classes: None,
        reference: None,
    }
}

/// A training run that may have to explain itself; [`explains`](Training::explains) ends it.
#[must_use]
pub struct Training<'a> {
    name: String,
    unit: &'static str,
    losses: &'a [f64],
    classes: Option<usize>,
    reference: Option<Box<References<'a>>>,
}

/// Trains the reference, with several seeds where it is quick.
type References<'a> = dyn Fn() -> Result<Vec<Vec<f64>>> + 'a;

impl std::fmt::Debug for Training<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Training")
            .field("name", &self.name)
            .field("losses", &self.losses)
            .finish_non_exhaustive()
    }
}

/// Losses of which the largest and the smallest differ by less than this share are flat.
const FLAT: f64 = 0.03;

/// Losses that change by less than this share of the largest from one to the next, on average, do not jump.
const JUMP: f64 = 0.1;

impl<'a> Training<'a> {
    /// Says that there is a loss for each `unit`, where it is not an epoch: `"step"`.
    pub fn per(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// Says that the loss is a cross-entropy over so many classes: who knows nothing has ln(classes).
    pub fn classes(mut self, classes: usize) -> Self {
        self.classes = Some(classes);
        self
    }

    /// How the reference trains: a row of losses for each of some seeds, which make the band in the picture. It is called only
    /// when the gate was missed.
    pub fn reference(mut self, runs: impl Fn() -> Result<Vec<Vec<f64>>> + 'a) -> Self {
        self.reference = Some(Box::new(runs));
        self
    }

    /// Passes a verdict on; to a failure it adds how the loss went, the mistake that makes it go so, and the picture.
    ///
    /// # Errors
    ///
    /// The verdict's own failure, explained.
    pub fn explains(&self, verdict: Verdict) -> Verdict {
        let Err(failure) = verdict else {
            return Ok(());
        };
        // Without a reference the curve still says something.
        let references = self
            .reference
            .as_ref()
            .and_then(|runs| runs().ok())
            .unwrap_or_default();
        let failure = self.explained(failure, &references);
        Err(failure).drawn(|| {
            let title = self.name.clone();
            against_reference(&title, (self.unit, "loss"), self.losses, &references)
        })
    }

    fn explained(&self, failure: Failure, references: &[Vec<f64>]) -> Failure {
        if failure.diagnosis.is_some() {
            return failure;
        }
        let mut words = vec![failure.message.clone()];
        words.extend(self.course(references));
        let behaviour = self.behaviour(references);
        words.extend(behaviour.as_ref().map(|(_, sentence)| sentence.clone()));
        Failure {
            message: words.join(" "),
            diagnosis: behaviour.map(|(diagnosis, _)| diagnosis.to_owned()),
            ..failure
        }
    }

    /// "… went from 2.3 to 0.8 in 5 epochs; the reference gets to 0.3."
    fn course(&self, references: &[Vec<f64>]) -> Option<String> {
        let (first, last) = (self.losses.first()?, self.losses.last()?);
        if !first.is_finite() || !last.is_finite() {
            return None;
        }
        let name = capital(&self.name);
        let steps = self.losses.len();
        let reached = best(references).map_or_else(String::new, |reached| {
            format!("; the reference gets to {}", short(reached))
        });
        Some(format!(
            "{name} went from {} to {} in {steps} {}{}{reached}.",
            short(*first),
            short(*last),
            self.unit,
            if steps == 1 { "" } else { "s" },
        ))
    }

    /// The mistake that makes a curve go like this, and what to look at.
    fn behaviour(&self, references: &[Vec<f64>]) -> Option<(&'static str, String)> {
        let losses = self.losses;
        let (Some(&first), Some(&last)) = (losses.first(), losses.last()) else {
            return Some((
                "no-training",
                format!(
                    "There is no loss of any {}: nothing was trained.",
                    self.unit
                ),
            ));
        };
        if let Some(at) = losses.iter().position(|loss| !loss.is_finite()) {
            return Some(("loss-not-a-number", self.broken(at)));
        }
        if losses.len() < 2 {
            return None;
        }
        if losses.iter().all(|loss| loss.to_bits() == first.to_bits()) {
            return Some((
                "never-updated",
                format!(
                    "It is {} in every {}, to the last digit: no weight changes. Does the gradient arrive at an update, and is what it computes \
                     stored?",
                    number(first),
                    self.unit
                ),
            ));
        }
        let (low, high) = range(losses);
        // Whoever passes the reference's own start has not stood still.
        let learns = best(references).is_none_or(|best| best < first - 2. * FLAT * first.abs());
        if high - low < FLAT * high.abs() && learns {
            return Some(("nothing-learned", self.flat(last)));
        }
        let steps = losses.len() - 1;
        let rises = losses.windows(2).filter(|pair| pair[1] > pair[0]).count();
        if last > first * (1. + FLAT) && 10 * rises >= 7 * steps {
            return Some((
                "loss-rises",
                "It rises instead of falling: the step goes along the gradient instead of against it, or it is far too long.".into(),
            ));
        }
        let way: f64 = losses
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .sum();
        // Many small jumps are the noise of the batches.
        let jumps = way > JUMP * high * steps as f64;
        if steps >= 4 && jumps && way > 4. * (first - last).abs().max(0.25 * high) {
            return Some((
                "loss-jumps",
                "It jumps up and down: steps that are too long overshoot the valley each time."
                    .into(),
            ));
        }
        let reached = best(references)?;
        if last < 0.5 * reached && reached > 0. {
            return Some((
                "too-good",
                "That is better than the reference can be, and yet the gate is missed: does it always see the same few samples, \
                 or the answers themselves?"
                    .into(),
            ));
        }
        if let Some(rest) = at_rest(losses).filter(|rest| *rest > 1.5 * reached) {
            return Some((
                "stands-still",
                format!(
                    "It fell at first, and then stayed near {}, far above the reference: more {}s alone would hardly help. Can this net \
                     compute what is asked, with all its layers and activations, and does every sample belong to its target?",
                    short(rest),
                    self.unit
                ),
            ));
        }
        let after = references
            .iter()
            .filter_map(|run| run.iter().position(|loss| *loss <= last))
            .min()?;
        (last < first && 2 * (after + 1) <= losses.len()).then(|| {
            (
                "learns-slowly",
                format!(
                    "It learns, but slowly: where it ends, the reference is after {} {}{}. Are the steps too short, or too few in each?",
                    after + 1,
                    self.unit,
                    if after == 0 { "" } else { "s" },
                ),
            )
        })
    }

    fn broken(&self, at: usize) -> String {
        let unit = self.unit;
        let value = number(self.losses[at]);
        if at == 0 {
            return format!(
                "The loss is {value} from the first {unit} on: look for a logarithm of 0, a division by 0, or exp of a large number."
            );
        }
        let before = &self.losses[..at];
        let grown = before[at - 1] > 3. * range(before).0.abs();
        format!(
            "The loss is {value} from {unit} {} on; before that it was {}. {}",
            at + 1,
            number(before[at - 1]),
            if grown {
                "It grew until no number could hold it: the steps are too long, or they climb."
            } else {
                "It broke at once: look for a logarithm of 0, a division by 0, or a root whose slope at 0 is infinite."
            }
        )
    }

    fn flat(&self, last: f64) -> String {
        let guessing = self
            .classes
            .filter(|classes| (last - (*classes as f64).ln()).abs() < 2. * FLAT * last);
        match guessing {
            Some(classes) => format!(
                "It stays near ln {classes} = {:.3}, the loss of somebody who gives each of {classes} classes the same probability: nothing is \
                 learned. Does a gradient arrive at the weights, and do the inputs differ?",
                (classes as f64).ln()
            ),
            None => format!(
                "It stays near {}: nothing is learned. Does a gradient arrive at the weights, is the rate large enough, and do inputs and \
                 targets belong together?",
                short(last)
            ),
        }
    }
}

/// Where the worst of the references ends: what can be asked of any run.
fn best(references: &[Vec<f64>]) -> Option<f64> {
    let ends = references.iter().filter_map(|run| run.last().copied());
    ends.filter(|end| end.is_finite()).reduce(f64::max)
}

/// Where a curve has come to rest: the mean of its last quarter, when the quarter before that was no higher.
fn at_rest(losses: &[f64]) -> Option<f64> {
    let quarter = losses.len() / 4;
    if quarter < 2 {
        return None;
    }
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (before, last) = losses[losses.len() - 2 * quarter..].split_at(quarter);
    let (before, last) = (mean(before), mean(last));
    (before - last < FLAT * before.abs()).then_some(last)
}

fn range(losses: &[f64]) -> (f64, f64) {
    losses
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), loss| {
            (low.min(*loss), high.max(*loss))
        })
}

/// Three digits are enough for a loss.
fn short(loss: f64) -> String {
    if loss != 0. && loss.abs() < 0.01 {
        format!("{loss:.1e}")
    } else {
        format!("{loss:.3}")
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed() -> Verdict {
        Err(Failure::new("The accuracy is 0.1."))
    }

    fn diagnosis(losses: &[f64], references: &[Vec<f64>]) -> Option<String> {
        training("the loss", losses)
            .classes(10)
            .reference(|| Ok(references.to_vec()))
            .explains(missed())
            .unwrap_err()
            .diagnosis
    }

    fn falling(n: usize, by: f64) -> Vec<f64> {
        (0..n)
            .map(|i| 2.3 * by.powi(i32::try_from(i).unwrap()))
            .collect()
    }

    #[test]
    fn reads_the_shape_of_a_curve() {
        let reference = [falling(10, 0.6), falling(10, 0.7)];
        for (losses, wanted) in [
            (vec![], "no-training"),
            (vec![f64::NAN; 3], "loss-not-a-number"),
            (
                vec![2.3, 9., 80., f64::INFINITY, f64::NAN],
                "loss-not-a-number",
            ),
            (vec![2.31; 10], "never-updated"),
            (vec![2.31, 2.30, 2.302, 2.301], "nothing-learned"),
            (falling(10, 1.2), "loss-rises"),
            (vec![2.3, 9., 1.5, 12., 2.1, 8., 1.9], "loss-jumps"),
            (falling(10, 0.95), "learns-slowly"),
            (falling(10, 0.3), "too-good"),
            (
                vec![2.3, 1.5, 1.2, 1.1, 1.11, 1.1, 1.1, 1.09],
                "stands-still",
            ),
        ] {
            let found = diagnosis(&losses, &reference);
            assert_eq!(found.as_deref(), Some(wanted), "{losses:?}");
        }
        // As the reference goes: nothing is claimed.
        assert_eq!(diagnosis(&falling(10, 0.65), &reference), None);
        assert_eq!(diagnosis(&falling(10, 0.65), &[]), None);
    }

    #[test]
    fn the_noise_of_batches_is_no_jumping() {
        let noisy: Vec<f64> = (0..100)
            .map(|i| 0.8 + 0.02 * f64::from(i % 2) + 0.2 * 0.9_f64.powi(i))
            .collect();
        let reference = [falling(100, 0.9)];
        let found = diagnosis(&noisy, &reference);
        assert_eq!(found.as_deref(), Some("stands-still"));
    }

    #[test]
    fn says_how_it_went_and_how_it_breaks() {
        let say = |losses: &[f64]| {
            training("the loss", losses)
                .explains(missed())
                .unwrap_err()
                .message
        };
        assert!(say(&[2.3, 1.15]).ends_with("The loss went from 2.300 to 1.150 in 2 epochs."));
        assert!(
            say(&[2.3, 9., 80., f64::NAN])
                .contains("from epoch 4 on; before that it was 80. It grew")
        );
        assert!(say(&[2.3, 1.9, f64::NAN]).contains("It broke at once"));
        assert!(say(&[2.305, 2.3, 2.301]).contains("nothing is learned"));
    }

    #[test]
    fn a_verdict_that_passes_or_knows_its_cause_is_left_alone() {
        let losses = [2.3; 4];
        let run = || training("the loss", &losses).reference(|| panic!("nobody asked for it"));
        assert_eq!(run().explains(Ok(())), Ok(()));
        let named = Failure::new("It is 2.").diagnosed("sign");
        let explained = training("the loss", &losses).explains(Err(named.clone()));
        assert_eq!(explained, Err(named));
    }

    #[test]
    fn a_net_that_starts_where_the_reference_ends_has_not_failed_to_learn() {
        let losses = [0.1, 0.0999, 0.0998];
        assert_eq!(diagnosis(&losses, &[vec![0.1, 0.0999, 0.0998]]), None);
    }
}
