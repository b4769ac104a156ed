//! Checks of step2_filters.

use super::panics::*;
use super::support::*;
use dlkit::plot::{Figure, MapRow, maps};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson4::step2_filters::*;

fn filter(rows: [[f32; 3]; 3]) -> Result<Tensor> {
    Ok(Tensor::new(&rows, &Device::Cpu)?)
}

fn upright() -> Result<Tensor> {
    filter([[0., 1., 0.]; 3])
}

fn lying() -> Result<Tensor> {
    Ok(upright()?.t()?.contiguous()?)
}

fn leaning() -> Result<Tensor> {
    filter([[1., 0., 0.], [0., 1., 0.], [0., 0., 1.]])
}

fn balance(filter: &Tensor) -> Result<Tensor> {
    Ok((filter - scalar(&filter.mean_all()?)?)?)
}

/// The map of a filter, by the checks' own hand.
fn map(picture: &Tensor, filter: &Tensor) -> Result<Tensor> {
    let add_axes = |t: &Tensor| -> Result<Tensor> { Ok(t.unsqueeze(0)?.unsqueeze(0)?) };
    Ok(layer(&add_axes(picture)?, &add_axes(filter)?, None)?
        .squeeze(0)?
        .squeeze(0)?)
}

fn turned_slips(what: &'static str) -> Result<Vec<Slip>> {
    let mut slips = Vec::new();
    for (sentence, value) in [
        ("This is the vertical stroke.", upright()?),
        ("This is the horizontal stroke.", lying()?),
        (
            "This is the diagonal from the top left to the bottom right.",
            leaning()?,
        ),
        (
            "This is the diagonal that runs from the top right to the bottom left, as a slash.",
            filter([[0., 0., 1.], [0., 1., 0.], [1., 0., 0.]])?,
        ),
    ] {
        if !sentence.contains(what) {
            slips.push(Slip::new("other-stroke", sentence, value));
        }
    }
    for (sentence, value) in [
        (
            "The stroke stands in the first column: it belongs in the middle one.",
            filter([[1., 0., 0.]; 3])?,
        ),
        (
            "The stroke stands in the last column: it belongs in the middle one.",
            filter([[0., 0., 1.]; 3])?,
        ),
        (
            "The stroke lies in the first row: it belongs in the middle one.",
            filter([[1., 1., 1.], [0.; 3], [0.; 3]])?,
        ),
        (
            "The stroke lies in the last row: it belongs in the middle one.",
            filter([[0.; 3], [0.; 3], [1., 1., 1.]])?,
        ),
    ] {
        slips.push(Slip::new("stroke-at-the-edge", sentence, value));
    }
    Ok(slips)
}

pub(crate) fn the_vertical_filter_finds_66_on_the_one() -> Verdict {
    let got = called("vertical()", vertical())?;
    same_maps("vertical()", &got, &upright()?, &turned_slips("vertical")?)?;
    let found = map(&one()?, &got)?;
    shape(
        "The map of the vertical filter on the \"1\"",
        &found,
        &[12, 12],
    )?;
    close(
        "The largest number in the map",
        scalar(&found.max_all()?)?,
        3.,
    )?;
    close("The sum of the map", scalar(&found.sum_all()?)?, 66.)
}

pub(crate) fn the_horizontal_filter_lies_down() -> Verdict {
    same_maps(
        "horizontal()",
        &called("horizontal()", horizontal())?,
        &lying()?,
        &turned_slips("horizontal")?,
    )
}

pub(crate) fn the_diagonal_filter_leans_as_a_backslash() -> Verdict {
    same_maps(
        "diagonal()",
        &called("diagonal()", diagonal())?,
        &leaning()?,
        &turned_slips("top left")?,
    )
}

pub(crate) fn a_balanced_filter_answers_nothing_to_a_plain_patch() -> Verdict {
    let filters = [
        ("the vertical filter", upright()?),
        ("a filter of nine different weights", wave(&[3, 3], 0.4)?),
    ];
    for (name, filter) in filters {
        let got = called(&format!("balanced({name})"), balanced(&filter))?;
        let sum = scalar(&filter.sum_all()?)?;
        same_maps(
            &format!("balanced({name})"),
            &got,
            &balance(&filter)?,
            &[
                Slip::new(
                    "sum-for-mean",
                    "The sum of all weights was taken away from each of them: that is nine times too much. Take away the mean.",
                    (&filter - sum)?,
                ),
                Slip::new(
                    "not-balanced",
                    "The weights are what they were: they do not sum to 0.",
                    filter.clone(),
                ),
                Slip::new(
                    "normalised",
                    "The weights were divided by their sum, so that they sum to 1. They should sum to 0.",
                    (&filter / sum)?,
                ),
                Slip::new(
                    "mean-of-columns",
                    "Each column lost its own mean. One mean, of all nine weights, is taken from all.",
                    filter.broadcast_sub(&filter.mean_keepdim(0)?)?,
                ),
                Slip::new(
                    "mean-of-rows",
                    "Each row lost its own mean. One mean, of all nine weights, is taken from all.",
                    filter.broadcast_sub(&filter.mean_keepdim(1)?)?,
                ),
            ],
        )?;
    }
    Ok(())
}

pub(crate) fn what_is_below_zero_is_dropped() -> Verdict {
    let picture = wave(&[9, 8], 1.)?;
    let filter = balance(&lying()?)?;
    let got = called(
        "detected(a picture 9×8, a balanced filter 3×3)",
        detected(&picture, &filter),
    )?;
    let response = map(&picture, &filter)?;
    same_maps(
        "detected(picture, filter)",
        &got,
        &response.relu()?,
        &[
            Slip::new(
                "missing-relu",
                "There are negative numbers in the map: what is the opposite of the filter should become 0.",
                response.clone(),
            ),
            Slip::new(
                "abs-for-relu",
                "The negative numbers became positive, as if the opposite of the filter were the same as the filter. They should become 0.",
                response.abs()?,
            ),
            Slip::new(
                "relu-too-early",
                "The ReLU stands before the filter; it belongs behind it, on the map.",
                map(&picture.relu()?, &filter)?,
            ),
        ],
    )
}

pub(crate) fn each_stroke_is_found_by_its_own_filter() -> Verdict {
    let filters = [
        balance(&upright()?)?,
        balance(&lying()?)?,
        balance(&leaning()?)?,
    ];
    let stroke = |inside: &dyn Fn(usize, usize) -> bool| -> Result<Tensor> {
        let pixels: Vec<f32> = (0..144)
            .map(|i| f32::from(u8::from(inside(i / 12, i % 12))))
            .collect();
        Ok(Tensor::from_vec(pixels, (12, 12), &Device::Cpu)?)
    };
    let middle = 2..10;
    let pictures = [
        (
            "an upright stroke",
            stroke(&|y, x| x == 6 && middle.contains(&y))?,
        ),
        (
            "a lying stroke",
            stroke(&|y, x| y == 5 && middle.contains(&x))?,
        ),
        (
            "a stroke from the top left to the bottom right",
            stroke(&|y, x| y == x && middle.contains(&x))?,
        ),
    ];
    let names = ["vertical", "horizontal", "diagonal"];
    // What there is to choose from.
    let drawn = |picture: &Tensor| -> Result<Figure> {
        let found: Vec<Tensor> = filters
            .iter()
            .map(|filter| Ok(map(picture, filter)?.relu()?))
            .collect::<Result<_>>()?;
        let rows = [
            MapRow::new("the picture", picture)?,
            MapRow::new("what is detected", &Tensor::stack(&found, 0)?)?
                .named(names)
                .beside(),
        ];
        Ok(maps(&rows)?.titled("best_match"))
    };
    let mut said = Vec::new();
    for (_, picture) in &pictures {
        said.push(called(
            "best_match(a stroke, the three balanced filters)",
            best_match(picture, &filters),
        )?);
    }
    if said == [0, 0, 0] {
        return slip(
            "always-first",
            "best_match says 0, the vertical filter, whatever it is shown. Does it compare, and keep the index of the best? Or do all filters come to the \
             same sum, because what they detect and what lies below 0 cancel out?",
        );
    }
    if said == [2, 2, 2] {
        return slip(
            "always-last",
            "best_match says 2, the last filter, whatever it is shown. Does it keep an index only when more was found than before? Or do all filters \
             come to the same sum, because what they detect and what lies below 0 cancel out?",
        );
    }
    for (index, ((what, picture), said)) in pictures.iter().zip(&said).enumerate() {
        let sums: Vec<String> = filters
            .iter()
            .map(|f| {
                Ok(format!(
                    "{:.1}",
                    scalar(&map(picture, f)?.relu()?.sum_all()?)?
                ))
            })
            .collect::<Result<_>>()?;
        let least = |index: &usize| {
            let value = |i: usize| sums[i].parse::<f64>().unwrap_or_default();
            (0..3).all(|i| value(*index) <= value(i))
        };
        if *said == index {
            continue;
        }
        let wrong = if least(said) {
            Failure::new(format!(
                "For {what} best_match says {said}, the filter that finds the least: the sums of what the three filters detect are {}.",
                sums.join(", ")
            ))
            .diagnosed("least-for-most")
        } else {
            Failure::new(format!(
                "For {what} best_match says {said}, but it should say {index}, {}: the sums of what the three filters detect are {}.",
                names[index],
                sums.join(", ")
            ))
        };
        return Err(wrong).drawn(|| drawn(picture));
    }
    // Two equal filters: the first of them.
    let twice = [
        balance(&lying()?)?,
        balance(&upright()?)?,
        balance(&upright()?)?,
    ];
    let got = called(
        "best_match with the vertical filter twice",
        best_match(&pictures[0].1, &twice),
    )?;
    if got == 2 {
        return slip(
            "last-of-equals",
            "Two of the filters are equal, the ones at 1 and 2. Of equals the first counts: 1.",
        );
    }
    ensure!(
        got == 1,
        "With the filters horizontal, vertical, vertical, an upright stroke should give 1, but gives {got}."
    );
    // A long grey bar and a short white stroke: the bar has the larger sum, the stroke the largest number.
    let pixels: Vec<f32> = (0..20 * 20)
        .map(|i| match (i / 20, i % 20) {
            (4, 2..18) => 0.6,
            (12..15, 10) => 1.,
            _ => 0.,
        })
        .collect();
    let picture = Tensor::from_vec(pixels, (20, 20), &Device::Cpu)?;
    let got = called(
        "best_match of a long grey bar and a short white stroke",
        best_match(&picture, &filters),
    )?;
    if got == 0 {
        return slip(
            "largest-for-sum",
            "A picture shows a long grey bar that lies and a short white stroke that stands. best_match says 0, the vertical filter, as if the largest \
             number decided; the sum of all that was detected is larger for the horizontal one, 1.",
        );
    }
    ensure!(
        got == 1,
        "For a picture of a long grey bar that lies and a short white stroke that stands best_match says {got}, but most was detected by the \
         horizontal filter, 1."
    );
    // On a stroke with black around it the plain map of a balanced filter sums to 0, so that any filter of light seems to find more.
    let light = Tensor::full(0.02f32, (3, 3), &Device::Cpu)?;
    let got = called(
        "best_match of an upright stroke, with the filters horizontal, vertical and one of faint light",
        best_match(
            &pictures[0].1,
            &[balance(&lying()?)?, balance(&upright()?)?, light],
        ),
    )?;
    if got == 2 {
        return slip(
            "missing-relu",
            "For an upright stroke and the filters horizontal, vertical and a faint plain one, best_match says 2, the plain one, by the sums of the maps \
             as they are. What is below 0 must not count: sum what was detected.",
        );
    }
    ensure!(
        got == 1,
        "For an upright stroke and the filters horizontal, vertical and a faint plain one, best_match says {got}, but it should say 1."
    );
    // What is handed in may have a mean, and that is the caller's business.
    let bright = Tensor::ones((3, 3), DType::F32, &Device::Cpu)?;
    let got = called(
        "best_match of an upright stroke, with the balanced horizontal filter and one of nine ones",
        best_match(&pictures[0].1, &[balance(&lying()?)?, bright]),
    )?;
    if got == 0 {
        return slip(
            "balanced-inside",
            "For an upright stroke, with the balanced horizontal filter and one of nine ones, best_match says 0. The nine ones find far more: take each \
             filter as it comes, whoever calls may have balanced it or not.",
        );
    }
    ensure!(
        got == 1,
        "For an upright stroke, with the balanced horizontal filter and one of nine ones, best_match says {got}, but it should say 1."
    );
    Ok(())
}

pub(crate) fn without_a_filter_there_is_an_error() -> Verdict {
    let picture = Tensor::zeros((5, 5), DType::F32, &Device::Cpu)?;
    let got = tried(
        "best_match(picture, &[])",
        &[],
        || best_match(&picture, &[]),
        || {
            Some((
                "panic-for-error",
                "Where there is no filter to choose from, give back an error (`Err`), and let the caller decide what becomes of it.".into(),
            ))
        },
    )?;
    if let Ok(index) = got {
        return slip(
            "error-forgotten",
            format!(
                "best_match(picture, &[]) says {index}, as if there were a filter at {index}. Without any filter, give back an error."
            ),
        );
    }
    Ok(())
}
