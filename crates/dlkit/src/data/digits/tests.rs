//! What must hold for the drawn digits.

use super::*;

fn bits(images: &Images) -> (Vec<u8>, Vec<u32>, Vec<u8>, Vec<u32>) {
    let pixels = |t: &Tensor| t.flatten_all().unwrap().to_vec1().unwrap();
    let labels = |t: &Tensor| t.to_vec1().unwrap();
    (
        pixels(&images.train_images),
        labels(&images.train_labels),
        pixels(&images.test_images),
        labels(&images.test_labels),
    )
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let draw = |seed| bits(&Digits::generate(200, 50, seed).unwrap());
    assert_eq!(draw(Seed(1)), draw(Seed(1)));
    assert_ne!(draw(Seed(1)), draw(Seed(2)));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with_threads = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| bits(&Digits::generate(300, 50, Seed(1)).unwrap()))
    };
    assert_eq!(with_threads(1), with_threads(2));
}

#[test]
fn a_small_set_is_the_start_of_a_large_one() {
    let (small, small_labels, ..) = bits(&Digits::generate(20, 5, Seed(1)).unwrap());
    let (large, large_labels, ..) = bits(&Digits::generate(100, 9, Seed(1)).unwrap());
    assert_eq!(small, large[..small.len()]);
    assert_eq!(small_labels, large_labels[..20]);
}

#[test]
fn training_and_test_images_differ() {
    let (train, _, test, _) = bits(&Digits::generate(50, 50, Seed(1)).unwrap());
    for image in test.chunks(SIDE * SIDE) {
        assert!(train.chunks(SIDE * SIDE).all(|other| other != image));
    }
}

#[test]
fn every_class_comes_about_equally_often() {
    let images = Digits::generate(5000, 1, Seed(3)).unwrap();
    for (class, count) in images.train_class_counts().unwrap().iter().enumerate() {
        // 500 are expected; the standard deviation is √(5000 · 0.1 · 0.9) ≈ 21.
        assert!((400..=600).contains(count), "class {class}: {count}");
    }
}

#[test]
fn every_image_is_ink_on_black_paper_and_lies_near_the_middle() {
    let (pixels, ..) = bits(&Digits::generate(2000, 1, Seed(4)).unwrap());
    for (n, image) in pixels.chunks(SIDE * SIDE).enumerate() {
        let black = image.iter().filter(|&&p| p == 0).count();
        assert!(black > SIDE * SIDE / 3, "image {n}: {black} black pixels");
        assert!(
            image.iter().filter(|&&p| p > 100).count() > 12,
            "image {n} is too faint to read"
        );
        let (mut mass, mut x, mut y) = (0., 0., 0.);
        for (i, &p) in image.iter().enumerate() {
            mass += f64::from(p);
            x += f64::from(p) * (i % SIDE) as f64;
            y += f64::from(p) * (i / SIDE) as f64;
        }
        let away = (x / mass - 13.5).hypot(y / mass - 13.5);
        assert!(
            away < 8.,
            "the ink of image {n} lies {away} from the middle"
        );
    }
}

#[test]
fn refuses_an_empty_set() {
    assert!(Digits::generate(0, 10, Seed(1)).is_err());
    assert!(Digits::generate(10, 0, Seed(1)).is_err());
}

/// Accuracy on 1000 test images after training on 6000.
fn accuracy_of(model: crate::model::Sequential, images: &Images) -> f64 {
    use crate::prelude::*;
    let mut model = model.build((28, 28), Seed(1), &Device::Cpu).unwrap();
    model.compile(Adam::default(), SparseCategoricalCrossEntropy, [Accuracy]);
    let fit = Fit {
        epochs: 5,
        batch_size: 64,
        progress: Progress::Silent,
        ..Fit::default()
    };
    model.fit(&images.train_dataset().unwrap(), fit).unwrap();
    let scores = model.evaluate(&images.test_dataset().unwrap()).unwrap();
    scores.accuracy().unwrap()
}

#[test]
fn a_hidden_layer_clearly_beats_a_linear_model() {
    use crate::layers::{Dense, Flatten};
    use crate::model::Sequential;
    let images = Digits::generate(6000, 1000, Seed(1)).unwrap();
    let linear = Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(10).softmax());
    let hidden = Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(128).relu())
        .add(Dense::new(10).softmax());
    let (linear, hidden) = (accuracy_of(linear, &images), accuracy_of(hidden, &images));
    // 0.846 and 0.904 where this was written.
    assert!(linear > 0.6, "the digits can hardly be learned: {linear}");
    assert!(
        hidden > linear + 0.03,
        "a hidden layer should be needed: {linear} without, {hidden} with"
    );
}
