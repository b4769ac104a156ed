//! Where the files are looked for, and what is done when they are not as they should be.

use super::*;
use crate::data::idx::tests::{gzip, idx};
use tempfile::TempDir;

/// A folder laid out like `DLKIT_DATA`, with a small whole set in `mnist`.
fn data_folder(packed: bool) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("mnist");
    std::fs::create_dir(&folder).unwrap();
    for (n, images, labels) in [(3u32, FILES[0], FILES[1]), (2, FILES[2], FILES[3])] {
        let pixels: Vec<u8> = (0..n * 784).map(|i| (i % 251) as u8).collect();
        let classes: Vec<u8> = (0..n).map(|i| (9 - i) as u8).collect();
        for (name, bytes) in [
            (images, idx(2051, &[n, 28, 28], &pixels)),
            (labels, idx(2049, &[n], &classes)),
        ] {
            if packed {
                std::fs::write(folder.join(format!("{name}.gz")), gzip(&bytes)).unwrap();
            } else {
                std::fs::write(folder.join(name), bytes).unwrap();
            }
        }
    }
    root
}

fn environment(root: &TempDir) -> Places {
    Places::new(Some(root.path().to_path_buf()), None)
}

#[test]
fn reads_plain_and_packed_files_alike() {
    let [plain, packed] =
        [false, true].map(|packed| MNIST.load(&environment(&data_folder(packed))).unwrap());
    assert_eq!(plain.train_images.dims(), [3, 28, 28]);
    assert_eq!(plain.train_labels.to_vec1::<u32>().unwrap(), [9, 8, 7]);
    assert_eq!(plain.test_labels.to_vec1::<u32>().unwrap(), [9, 8]);
    assert_eq!(plain.source.to_string(), "MNIST (3 + 2 from DLKIT_DATA)");
    let pixels = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<u8>().unwrap();
    assert_eq!(pixels(&plain.train_images), pixels(&packed.train_images));
    assert_eq!(pixels(&plain.train_images)[..3], [0, 1, 2]);
}

#[test]
fn reads_the_real_files_where_dlkit_data_has_them() {
    // On a machine without them there is nothing to compare; what is read then is the stand-in, whole as well.
    let images = mnist_or_digits().unwrap();
    assert_eq!(images.train_images.dims(), [60_000, 28, 28]);
    assert_eq!(images.test_images.dims(), [10_000, 28, 28]);
    let counts = images.train_class_counts().unwrap();
    assert_eq!(counts.iter().sum::<usize>(), 60_000);
    if images.source.name() == "mnist" {
        assert_eq!(
            counts,
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
        );
    } else {
        assert!(images.source.is_stand_in());
    }
}

#[test]
fn says_where_it_looked_when_the_files_are_nowhere() {
    let empty = tempfile::tempdir().unwrap();
    let message = MNIST.load(&environment(&empty)).unwrap_err().to_string();
    let folder = empty.path().join("mnist").display().to_string();
    assert!(
        message.contains(&folder) && message.contains("DLKIT_DATA"),
        "{message}"
    );
    let message = FASHION.load(&Places::new(None, None)).unwrap_err();
    assert!(message.to_string().contains("DLKIT_DATA is not set"));
}

#[test]
fn the_cache_serves_when_the_environment_has_nothing() {
    let cache = data_folder(true);
    let workspace = tempfile::tempdir().unwrap();
    let there = workspace.path().join(".workshop").join("data");
    std::fs::create_dir_all(there.parent().unwrap()).unwrap();
    std::fs::rename(cache.path(), &there).unwrap();
    let places = Places::new(None, Some(workspace.path().to_path_buf()));
    let images = MNIST.load(&places).unwrap();
    assert_eq!(
        images.source.to_string(),
        "MNIST (3 + 2 from the workspace's cache)"
    );
    assert_eq!(images.source.folder(), Some(there.join("mnist").as_path()));
}

#[test]
fn the_stand_in_serves_when_there_is_nothing_at_all() {
    let images = mnist_or_digits_in(&Places::new(None, None)).unwrap();
    assert_eq!(images.source.name(), "digits");
}

#[test]
fn a_missing_file_is_an_error_not_a_reason_for_the_stand_in() {
    for name in FILES {
        let root = data_folder(false);
        std::fs::remove_file(root.path().join("mnist").join(name)).unwrap();
        let message = mnist_or_digits_in(&environment(&root)).unwrap_err();
        assert!(message.to_string().contains(name), "{message}");
    }
}

#[test]
fn a_damaged_file_is_an_error_not_a_reason_for_the_stand_in() {
    for name in FILES {
        let root = data_folder(false);
        let path = root.path().join("mnist").join(name);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let message = format!("{:#}", mnist_or_digits_in(&environment(&root)).unwrap_err());
        assert!(message.contains(name), "{message}");
    }
}

/// What `mnist` says when one of its files holds these bytes instead.
fn refusal(name: &str, bytes: &[u8]) -> String {
    let root = data_folder(false);
    std::fs::write(root.path().join("mnist").join(name), bytes).unwrap();
    format!("{:#}", MNIST.load(&environment(&root)).unwrap_err())
}

#[test]
fn refuses_more_labels_than_images() {
    let message = refusal(FILES[1], &idx(2049, &[4], &[1, 2, 3, 4]));
    assert!(
        message.contains("3 images") && message.contains("4 labels"),
        "{message}"
    );
}

#[test]
fn refuses_labels_that_are_no_class() {
    let message = refusal(FILES[3], &idx(2049, &[2], &[1, 10]));
    assert!(message.contains("label 1 is 10"), "{message}");
}

#[test]
fn refuses_images_of_another_size() {
    let message = refusal(FILES[2], &idx(2051, &[2, 1, 1], &[1, 2]));
    assert!(
        message.contains("1×1") && message.contains("28×28"),
        "{message}"
    );
}
