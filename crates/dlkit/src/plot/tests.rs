//! What must hold for every figure: nothing cut off, no text over another, the same bytes again, small files.

use super::scene::{Anchor, Scene, Shape, Text};
use super::*;
use crate::data::images::{DIGIT_NAMES, FASHION_NAMES};
use crate::data::{Digits, gaussians, two_moons};
use crate::seed::Seed;
use candle_core::{D, DType, Device, Tensor};

/// One of each kind, among them what is likely to be tight: long names, large numbers, few values, many.
fn figures() -> Vec<(&'static str, Figure)> {
    let falling = |n: usize| -> Vec<f64> { (0..n).map(|i| 0.97f64.powi(i as i32)).collect() };
    let history: Vec<(String, Vec<f64>)> = ["loss", "accuracy", "mean_absolute_error"]
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("val_{name}")])
        .map(|name| (name, falling(5)))
        .collect();
    let many: Vec<Curve> = (0..7)
        .map(|i| Curve::new(format!("learning rate 0.00{i}, momentum 0.9"), falling(100)))
        .collect();
    let half = |points: &Tensor| Ok((points.mean_keepdim(D::Minus1)? + 0.5)?);
    let sure = |points: &Tensor| Ok(points.repeat((1, 2))?);
    let digits = Digits::generate(30, 1, Seed(1)).unwrap();
    let (images, labels) = (digits.train_images, digits.train_labels);
    let ones = Tensor::ones(30, DType::U32, &Device::Cpu).unwrap();
    let counts = |most: usize| -> Vec<Vec<usize>> {
        (0..10)
            .map(|i| (0..10).map(|j| if i == j { most } else { i * j }).collect())
            .collect()
    };
    let kernel = (images.to_dtype(DType::F32).unwrap() - 100.).unwrap();
    let one = kernel.narrow(0, 0, 1).unwrap();
    let moons = two_moons(100, 0.1, Seed(1)).unwrap();
    let far = gaussians(30, 4, 0.1, Seed(1)).unwrap();
    let far =
        crate::data::Dataset::new((far.inputs() * 1e4).unwrap(), far.targets().clone()).unwrap();
    let names = |layers| network_diagram(layers).unwrap();
    vec![
        ("history", loss_curves(&history).unwrap()),
        ("one metric", loss_curves(&history[..1]).unwrap()),
        (
            "many curves",
            curves("Many", "loss", &many, Scale::Log).unwrap(),
        ),
        (
            "one epoch",
            curves("One", "loss (J)", &[Curve::new("a", [1e-7])], Scale::Linear).unwrap(),
        ),
        ("moons", decision_boundary(&moons, half).unwrap()),
        ("far apart", decision_boundary(&far, sure).unwrap()),
        (
            "digits",
            digit_sheet(&images, &labels, Some(&ones)).unwrap(),
        ),
        ("labels only", digit_sheet(&images, &labels, None).unwrap()),
        (
            "clothes",
            image_sheet(&images, &labels, Some(&ones), &FASHION_NAMES).unwrap(),
        ),
        (
            "confusion",
            confusion(&counts(123_456), &DIGIT_NAMES).unwrap(),
        ),
        (
            "confused clothes",
            confusion(&counts(980), &FASHION_NAMES).unwrap(),
        ),
        (
            "yes or no",
            confusion(&[vec![1, 2], vec![0, 0]], &["yes", "no"]).unwrap(),
        ),
        ("weights", weights(&kernel).unwrap()),
        (
            "one unit",
            weights(&one)
                .unwrap()
                .titled("What the only unit looks for"),
        ),
        (
            "function",
            function_plot("σ", ("z", "σ(z)"), (-1e3, 1e3), &[("f", &|z| z * z)]).unwrap(),
        ),
        (
            "net",
            names(&[
                ("input, 28×28 pixels, scaled", 784),
                ("hidden, sigmoid", 16),
                ("y", 10),
            ]),
        ),
        (
            "neuron",
            names(&[("a", 1)])
                .titled("A title that is longer than the little picture below it is wide"),
        ),
    ]
}

/// Left, top, right and bottom of the letters: as far as capitals reach above the line of writing, and most tails below it.
fn bounds(text: &Text) -> [f64; 4] {
    let width = font::width(&text.text, text.size, text.bold);
    let before = match text.anchor {
        Anchor::Start => 0.,
        Anchor::Middle => width / 2.,
        Anchor::End => width,
    };
    let (above, below) = (0.74 * text.size, 0.2 * text.size);
    let (x, y) = text.at;
    if text.upward {
        [x - above, y - (width - before), x + below, y + before]
    } else {
        [x - before, y - above, x + width - before, y + below]
    }
}

fn texts(scene: &Scene) -> Vec<&Text> {
    let mut texts = Vec::new();
    for shape in &scene.shapes {
        if let Shape::Text(text) = shape {
            texts.push(text);
        }
    }
    texts
}

#[test]
fn no_text_is_cut_off_at_the_edge() {
    for (name, figure) in figures() {
        let scene = figure.scene();
        for text in texts(&scene) {
            let [left, top, right, bottom] = bounds(text);
            assert!(
                left >= 0. && top >= 0. && right <= scene.width && bottom <= scene.height,
                "{name}: {text:?} reaches beyond {} × {}",
                scene.width,
                scene.height
            );
        }
    }
}

#[test]
fn no_text_lies_on_another() {
    for (name, figure) in figures() {
        let scene = figure.scene();
        let texts = texts(&scene);
        for (i, a) in texts.iter().enumerate() {
            for b in &texts[i + 1..] {
                let (p, q) = (bounds(a), bounds(b));
                let apart = p[2] <= q[0] || q[2] <= p[0] || p[3] <= q[1] || q[3] <= p[1];
                assert!(apart, "{name}: {:?} and {:?}", a.text, b.text);
            }
        }
    }
}

#[test]
fn all_text_is_large_enough_for_the_last_row() {
    for (name, figure) in figures() {
        for text in texts(&figure.scene()) {
            // Only what would not fit at all is smaller than a tick's label.
            assert!(text.size >= 11., "{name}: {text:?}");
        }
    }
}

#[test]
fn the_same_values_give_the_same_bytes() {
    for ((name, one), (_, other)) in figures().into_iter().zip(figures()) {
        assert_eq!(one.svg().unwrap(), other.svg().unwrap(), "{name}");
    }
    let png = || figures().remove(0).1.png().unwrap();
    assert_eq!(png(), png());
}

#[test]
fn an_svg_is_small_and_holds_no_number_that_is_none() {
    for (name, figure) in figures() {
        let light = figure.svg().unwrap();
        let dark = figure.themed(Theme::Dark).svg().unwrap();
        assert_ne!(light, dark, "{name}");
        for svg in [light, dark] {
            assert!(svg.len() < 300_000, "{name}: {} bytes", svg.len());
            assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{name}");
        }
    }
}

#[test]
fn a_png_has_two_pixels_for_each_of_the_svg() {
    let (_, figure) = figures().remove(11);
    let scene = figure.scene();
    let png = figure.png().unwrap();
    let decoder = ::png::Decoder::new(std::io::Cursor::new(png));
    let reader = decoder.read_info().unwrap();
    let (columns, rows) = reader.info().size();
    assert_eq!(
        (f64::from(columns), f64::from(rows)),
        (2. * scene.width, 2. * scene.height)
    );
}

#[test]
fn a_dark_figure_has_a_dark_page_to_its_last_pixel() {
    let (_, figure) = figures().remove(11);
    let png = figure.themed(Theme::Dark).png().unwrap();
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels[..3], [0x14, 0x17, 0x1c]);
    assert_eq!(pixels[pixels.len() - 3..], [0x14, 0x17, 0x1c]);
}

#[test]
fn saving_writes_both_files_and_replaces_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (_, figure) = figures().remove(1);
    let path = folder.path().join("lesson3.1");
    let first = figure.save(&path).unwrap();
    assert!(first.svg.ends_with("lesson3.1.svg") && first.png.ends_with("lesson3.1.png"));
    let second = figure.titled("Another").save(&path).unwrap();
    assert_eq!(first, second);
    assert!(
        std::fs::read_to_string(second.svg)
            .unwrap()
            .contains(">Another<")
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
