//! Against Keras: tables printed by `reference/augmentation.py`, with factors that leave nothing to chance.

use super::*;
use crate::prelude::*;

/// One grey image of 4 rows and 5 columns, the one of the reference.
fn small() -> Tensor {
    let pixels: Vec<f32> = (0..20).map(|i| (f64::from(i) * 0.7).sin() as f32).collect();
    Tensor::from_vec(pixels, (1, 1, 4, 5), &Device::Cpu).unwrap()
}

fn pixels(images: &Tensor) -> Vec<f32> {
    images.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
#[rustfmt::skip]
fn moves_turns_and_zooms_as_keras_does() {
    macro_rules! case {
        ($layer:expr, $wanted:expr) => {
            let found = pixels(&$layer.augment(&small(), Seed(1)).unwrap());
            let wanted: [f32; 20] = $wanted;
            for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                assert!(
                    (found - wanted).abs() < 2e-6,
                    "{}, pixel {i}: {found}, Keras has {wanted}",
                    stringify!($layer)
                );
            }
        };
    }
    case!(RandomTranslation::new((0.3, 0.3), (-0.15, -0.15)).fill(Fill::Constant(0.5)), [0.500000, 0.500000, 0.500000, 0.500000, 0.500000, 0.486531, 0.820113, 0.815016, 0.473635, 0.466998, -0.496469, -0.583758, -0.396497, -0.022756, 0.395112, 0.576023, 0.519446, 0.218566, -0.185109, 0.302545]);
    case!(RandomTranslation::new((0.3, 0.3), (-0.15, -0.15)).fill(Fill::Nearest), [0.483163, 0.900142, 0.893770, 0.467043, 0.334988, 0.483163, 0.900142, 0.893770, 0.467043, 0.334988, -0.496469, -0.583758, -0.396497, -0.022756, 0.080449, 0.576023, 0.519446, 0.218566, -0.185109, -0.289821]);
    case!(RandomTranslation::new((0.3, 0.3), (-0.15, -0.15)).fill(Fill::Reflect), [0.238255, 0.529167, 0.571203, 0.344593, 0.271353, 0.483163, 0.900142, 0.893770, 0.467043, 0.334988, -0.496469, -0.583758, -0.396497, -0.022756, 0.080449, 0.576023, 0.519446, 0.218566, -0.185109, -0.289821]);
    case!(RandomRotation::new((0.1, 0.1)).fill(Fill::Constant(0.5)), [0.525972, 0.832973, 0.433497, -0.097885, 0.169667, 0.440573, -0.071202, -0.728703, -0.008988, -0.056814, -0.273754, -0.256726, 0.717794, 0.154811, 0.260599, 0.345587, 0.549450, -0.389630, -0.299559, 0.429220]);
    case!(RandomRotation::new((0.1, 0.1)).fill(Fill::Nearest), [0.734181, 0.976568, 0.433497, -0.097885, -0.160285, 0.435400, -0.071202, -0.728703, -0.008988, -0.056814, -0.273754, -0.256726, 0.717794, 0.154811, 0.239760, 0.191352, 0.549450, -0.389630, -0.644371, -0.138209]);
    case!(RandomRotation::new((0.1, 0.1)).fill(Fill::Reflect), [0.734181, 0.976568, 0.433497, -0.097885, -0.160285, 0.435400, -0.071202, -0.728703, -0.008988, -0.056814, -0.273754, -0.256726, 0.717794, 0.154811, 0.239760, 0.191352, 0.549450, -0.389630, -0.644371, -0.138209]);
    case!(RandomZoom::new((0.4, 0.4)).fill(Fill::Constant(0.5)), [0.460000, 0.454612, 0.694180, 0.560768, 0.486799, 0.343875, -0.453301, -0.588872, -0.167243, 0.416090, 0.469930, 0.496679, 0.560052, 0.093494, 0.368146, 0.389624, -0.075754, 0.052745, 0.415201, 0.513566]);
    case!(RandomZoom::new((0.4, 0.4)).fill(Fill::Nearest), [0.000000, 0.386531, 0.985450, 0.651921, 0.334988, -0.280627, -0.453301, -0.588872, -0.167243, 0.080449, 0.349650, 0.496679, 0.560052, 0.093494, -0.159269, -0.879696, -0.939385, -0.618137, 0.288002, 0.669570]);
    case!(RandomZoom::new((0.4, 0.4)).fill(Fill::Reflect), [0.000000, 0.386531, 0.985450, 0.651921, 0.334988, -0.280627, -0.453301, -0.588872, -0.167243, 0.080449, 0.349650, 0.496679, 0.560052, 0.093494, -0.159269, -0.879696, -0.939385, -0.618137, 0.288002, 0.669570]);
    case!(RandomZoom::new((-0.3, -0.3)).width((0.2, 0.2)).fill(Fill::Constant(0.5)), [0.105289, -0.061882, 0.099894, 0.190918, 0.315086, 0.080229, -0.514015, -0.706895, -0.399106, 0.175592, 0.503493, 0.668530, 0.579041, 0.079438, 0.014609, 0.087087, -0.112735, 0.044594, 0.170339, 0.322009]);
    case!(RandomZoom::new((-0.3, -0.3)).width((0.2, 0.2)).fill(Fill::Nearest), [-0.157852, -0.061882, 0.099894, 0.190918, 0.191810, -0.199618, -0.514015, -0.706895, -0.399106, -0.040680, 0.505821, 0.668530, 0.579041, 0.079438, -0.308985, -0.188189, -0.112735, 0.044594, 0.170339, 0.203348]);
    case!(RandomZoom::new((-0.3, -0.3)).width((0.2, 0.2)).fill(Fill::Reflect), [-0.157852, -0.061882, 0.099894, 0.190918, 0.191810, -0.199618, -0.514015, -0.706895, -0.399106, -0.040680, 0.505821, 0.668530, 0.579041, 0.079438, -0.308985, -0.188189, -0.112735, 0.044594, 0.170339, 0.203348]);
}

#[test]
fn a_flip_mirrors_about_half_of_the_images() {
    let images = Tensor::arange(0f32, 400.0 * 6.0, &Device::Cpu)
        .unwrap()
        .reshape((400, 1, 2, 3))
        .unwrap();
    for (layer, mirrors) in [
        (
            RandomFlip::horizontal(),
            vec![[0, 1, 2, 3, 4, 5], [2, 1, 0, 5, 4, 3]],
        ),
        (
            RandomFlip::vertical(),
            vec![[0, 1, 2, 3, 4, 5], [3, 4, 5, 0, 1, 2]],
        ),
        (
            RandomFlip::both(),
            vec![
                [0, 1, 2, 3, 4, 5],
                [2, 1, 0, 5, 4, 3],
                [3, 4, 5, 0, 1, 2],
                [5, 4, 3, 2, 1, 0],
            ],
        ),
    ] {
        let (old, new) = (
            pixels(&images),
            pixels(&layer.augment(&images, Seed(3)).unwrap()),
        );
        let mut counts = vec![0usize; mirrors.len()];
        for (old, new) in old.chunks(6).zip(new.chunks(6)) {
            let way = mirrors
                .iter()
                .position(|order| order.map(|i| old[i]) == new);
            counts[way.expect("every image is one of its mirror images, to the bit")] += 1;
        }
        let fair = 400 / mirrors.len();
        for count in counts {
            assert!(
                count.abs_diff(fair) < 45,
                "{} of 400 where about {fair} are due: {layer:?}",
                count
            );
        }
    }
}

#[test]
fn each_image_and_each_seed_has_a_draw_of_its_own() {
    let one = small();
    let many = Tensor::cat(&[&one, &one, &one], 0).unwrap();
    let layer = RandomTranslation::new(0.4, 0.4);
    let moved = |seed| -> Vec<Vec<f32>> {
        let new = layer.augment(&many, Seed(seed)).unwrap();
        pixels(&new).chunks(20).map(<[f32]>::to_vec).collect()
    };
    let (first, second) = (moved(1), moved(2));
    assert_eq!(first, moved(1));
    for (a, b) in [
        (&first[0], &first[1]),
        (&first[1], &first[2]),
        (&first[0], &second[0]),
    ] {
        assert_ne!(a, b);
    }
    // What happens to an image does not depend on how many come after it.
    assert_eq!(pixels(&layer.augment(&one, Seed(1)).unwrap()), first[0]);
}

#[test]
fn all_channels_move_together() {
    let red = small();
    let image = Tensor::cat(&[&red, &(&red * 2.0).unwrap(), &(&red * 4.0).unwrap()], 1).unwrap();
    let new = RandomRotation::new(0.5).augment(&image, Seed(4)).unwrap();
    let planes = pixels(&new);
    for i in 0..20 {
        assert_eq!(planes[20 + i], 2.0 * planes[i]);
        assert_eq!(planes[40 + i], 4.0 * planes[i]);
    }
}

#[test]
fn a_factor_of_zero_changes_no_bit_even_of_one_pixel() {
    for shape in [(2, 3, 4, 5), (1, 1, 1, 1), (3, 1, 1, 7), (2, 1, 6, 1)] {
        let (a, b, c, d) = shape;
        let images = Tensor::arange(0f32, (a * b * c * d) as f32, &Device::Cpu)
            .unwrap()
            .reshape(shape)
            .unwrap();
        for layer in [
            &RandomTranslation::new(0.0, 0.0).0,
            &RandomRotation::new(0.0).0,
            &RandomZoom::new(0.0).0,
        ] {
            let new = layer.apply(&images, Seed(1)).unwrap();
            assert_eq!(pixels(&new), pixels(&images), "{shape:?}");
        }
        // Far beyond the border there is still an answer for each pixel.
        let far = RandomTranslation::new((7.3, 7.3), (-9.8, -9.8)).augment(&images, Seed(1));
        assert!(pixels(&far.unwrap()).iter().all(|v| v.is_finite()));
    }
}

#[test]
fn strides_and_other_dtypes_give_the_same_images() {
    let layer = RandomZoom::new(0.5).width((-0.3, 0.6));
    let wanted = pixels(&layer.augment(&small(), Seed(2)).unwrap());
    let turned = small().transpose(2, 3).unwrap().contiguous().unwrap();
    let strided = turned.transpose(2, 3).unwrap();
    assert_eq!(pixels(&layer.augment(&strided, Seed(2)).unwrap()), wanted);
    let double = layer
        .augment(&small().to_dtype(DType::F64).unwrap(), Seed(2))
        .unwrap();
    assert_eq!(double.dtype(), DType::F64);
    assert_eq!(pixels(&double.to_dtype(DType::F32).unwrap()), wanted);
}

fn net() -> Sequential {
    Sequential::new()
        .add(RandomFlip::horizontal())
        .add(RandomTranslation::new(0.2, 0.2))
        .add(RandomRotation::new(0.1).fill(Fill::Constant(0.0)))
        .add(RandomZoom::new(0.2).fill(Fill::Nearest))
        .add(Flatten::new())
        .add(Dense::new(2).softmax())
}

#[test]
fn layers_change_training_images_only_and_have_no_parameters() {
    let mut scope = Scope::new(Seed(1), &Device::Cpu);
    let built = scope
        .build(&RandomTranslation::new(0.4, 0.4), &[1, 4, 5])
        .unwrap();
    assert_eq!(built.output_shape, [1, 4, 5]);
    assert!(scope.variables().is_empty());
    let run = |pass: Pass| pixels(&built.layer.forward(&small(), &pass).unwrap());
    assert_eq!(run(Pass::inference()), pixels(&small()));
    assert_ne!(run(Pass::training(Seed(1))), pixels(&small()));
    assert_ne!(run(Pass::training(Seed(1))), run(Pass::training(Seed(2))));
}

#[test]
fn a_net_trains_behind_them() {
    let mut model = net().build((1, 4, 5), Seed(1), &Device::Cpu).unwrap();
    assert_eq!(model.parameters(), 20 * 2 + 2);
    model.compile(Adam::new(0.01), SparseCategoricalCrossEntropy, [Accuracy]);
    let images = Tensor::cat(&vec![small(); 8], 0).unwrap();
    let labels = Tensor::new(&[0u32, 1, 0, 1, 0, 1, 0, 1], &Device::Cpu).unwrap();
    let data = Dataset::new(images, labels).unwrap();
    let fit = |model: &mut Model| {
        let settings = Fit {
            epochs: 2,
            progress: Progress::Silent,
            ..Fit::default()
        };
        model.fit(&data, settings).unwrap().last("loss").unwrap()
    };
    let loss = fit(&mut model);
    assert!(loss.is_finite());
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let message = |result: Result<Tensor>| result.unwrap_err().to_string();
    let flat = Tensor::zeros((4, 5), DType::F32, &Device::Cpu).unwrap();
    let bytes = Tensor::zeros((1, 1, 4, 5), DType::U8, &Device::Cpu).unwrap();
    for (found, wanted) in [
        (
            message(RandomZoom::new(-0.1).augment(&small(), Seed(1))),
            "negative",
        ),
        (
            message(RandomTranslation::new(f64::NAN, 0.0).augment(&small(), Seed(1))),
            "NaN",
        ),
        (
            message(RandomZoom::new((-1.0, 0.0)).augment(&small(), Seed(1))),
            "above 0",
        ),
        (
            message(RandomFlip::both().augment(&flat, Seed(1))),
            "[4, 5]",
        ),
        (message(RandomFlip::both().augment(&bytes, Seed(1))), "F32"),
    ] {
        assert!(found.contains(wanted), "{wanted} is missing: {found}");
    }
    let error = net().build((4, 5), Seed(1), &Device::Cpu).err().unwrap();
    let message = format!("{error:#}");
    assert!(
        message.contains("random_flip") && message.contains("[4, 5]"),
        "{message}"
    );
}
