//! From lines of JSON to the figures that are told: medians of rounds, and the ratio to the fastest peer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a program prints when it has measured.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Line {
    framework: String,
    workload: String,
    ms_per_step: Option<f64>,
    fastest_ms: Option<f64>,
    steps: Option<u32>,
    seconds: Option<f64>,
    test_accuracy: Option<f64>,
    peak_mib: Option<f64>,
    kernels: Option<String>,
    #[serde(default)]
    versions: BTreeMap<String, String>,
}

/// What came of all rounds of a framework on a workload. Printed as it is with `--json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    pub(super) framework: String,
    pub(super) workload: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ms_per_step: Option<f64>,
    /// The shortest step of all rounds: what the machine can do when nobody else is at work on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fastest_ms: Option<f64>,
    /// How many steps the median of each round was taken of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) steps: Option<u32>,
    /// Of a whole `fit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) test_accuracy: Option<f64>,
    /// The largest of all rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peak_mib: Option<f64>,
    /// The instructions that dlkit's kernels ran with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kernels: Option<String>,
    /// dlkit's time through that of the fastest peer measured beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ratio_to_fastest_peer: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) versions: BTreeMap<String, String>,
}

impl Figure {
    /// One figure for each framework, in the order of the lines. All are of one workload.
    pub(super) fn of_rounds(lines: &[Line]) -> Vec<Self> {
        let mut figures: Vec<Self> = Vec::new();
        for line in lines {
            if figures
                .iter()
                .any(|known| known.framework == line.framework)
            {
                continue;
            }
            let all = |number: fn(&Line) -> Option<f64>| -> Vec<f64> {
                let same = lines
                    .iter()
                    .filter(|other| other.framework == line.framework);
                same.filter_map(number).collect()
            };
            figures.push(Self {
                framework: line.framework.clone(),
                workload: line.workload.clone(),
                ms_per_step: median(all(|line| line.ms_per_step)),
                fastest_ms: all(|line| line.fastest_ms).into_iter().reduce(f64::min),
                steps: line.steps,
                seconds: median(all(|line| line.seconds)),
                test_accuracy: median(all(|line| line.test_accuracy)),
                peak_mib: all(|line| line.peak_mib).into_iter().reduce(f64::max),
                kernels: line.kernels.clone(),
                ratio_to_fastest_peer: None,
                versions: line.versions.clone(),
            });
        }
        figures
    }

    /// Its time, in whichever unit.
    pub(super) fn time(&self) -> Option<f64> {
        self.ms_per_step.or(self.seconds)
    }

    pub(super) fn is_ours(&self) -> bool {
        self.framework == "dlkit"
    }
}

/// The value in the middle; of an even number, the mean of both in the middle.
fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let upper = *numbers.get(middle)?;
    Some(if numbers.len().is_multiple_of(2) {
        (numbers[middle - 1] + upper) / 2.0
    } else {
        upper
    })
}

/// dlkit's time through that of the fastest peer, of the figures of one workload. None without a peer.
pub(super) fn ratio(figures: &[Figure]) -> Option<f64> {
    let ours = figures.iter().find(|figure| figure.is_ours())?.time()?;
    let fastest = figures
        .iter()
        .filter(|figure| !figure.is_ours())
        .filter_map(Figure::time)
        .reduce(f64::min)?;
    Some(ours / fastest)
}

/// The figures of one workload, with the ratio at dlkit's.
pub(super) fn with_ratio(figures: &[Figure]) -> Vec<Figure> {
    let ratio = ratio(figures).map(|ratio| (ratio * 1000.0).round() / 1000.0);
    let mut figures = figures.to_vec();
    for figure in &mut figures {
        if figure.is_ours() {
            figure.ratio_to_fastest_peer = ratio;
        }
    }
    figures
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Lines as the programs print them.
    pub(in super::super) fn lines(lines: &[serde_json::Value]) -> Vec<Line> {
        lines
            .iter()
            .map(|line| serde_json::from_value(line.clone()).unwrap())
            .collect()
    }

    fn step(framework: &str, milliseconds: f64, peak: f64) -> serde_json::Value {
        serde_json::json!({"framework": framework, "workload": "mlp", "ms_per_step": milliseconds, "peak_mib": peak, "threads": 2})
    }

    #[test]
    fn rounds_become_their_median_and_the_fastest_peer_is_the_measure() {
        let lines = lines(&[
            step("dlkit", 1.0, 100.0),
            step("torch", 4.0, 700.0),
            step("keras", 2.5, 500.0),
            step("dlkit", 9.0, 120.0),
            step("torch", 3.0, 700.0),
            step("keras", 2.0, 500.0),
            step("dlkit", 1.5, 110.0),
            step("torch", 3.5, 700.0),
            step("keras", 2.1, 500.0),
        ]);
        let figures = with_ratio(&Figure::of_rounds(&lines));
        let told: Vec<_> = figures
            .iter()
            .map(|figure| (figure.framework.as_str(), figure.ms_per_step.unwrap()))
            .collect();
        assert_eq!(told, [("dlkit", 1.5), ("torch", 3.5), ("keras", 2.1)]);
        assert_eq!(figures[0].peak_mib, Some(120.0));
        assert_eq!(figures[0].ratio_to_fastest_peer, Some(0.714));
        assert_eq!(figures[1].ratio_to_fastest_peer, None);
    }

    #[test]
    fn a_line_alone_has_what_was_promised_and_no_ratio() {
        let figures = with_ratio(&Figure::of_rounds(&lines(&[step("dlkit", 1.23, 90.0)])));
        let text = serde_json::to_string(&figures[0]).unwrap();
        assert_eq!(
            text,
            r#"{"framework":"dlkit","workload":"mlp","ms_per_step":1.23,"peak_mib":90.0}"#
        );
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), Some(3.0));
        assert_eq!(median(Vec::new()), None);
    }
}
