//! MNIST and Fashion-MNIST, from files that lie on this machine.
//!
//! Looked for in this order: `$DLKIT_DATA/mnist` (or `fashion-mnist`), then the workspace's own cache `.workshop/data/mnist`.
//! The four files have their usual names, with or without `.gz`. A folder that is there but incomplete or damaged is an error:
//! only where there is no folder at all does [`mnist_or_digits`] turn to the embedded stand-in.
//!
//! MNIST is LeCun, Cortes and Burges, *The MNIST database of handwritten digits*; Fashion-MNIST is Xiao, Rasul and Vollgraf,
//! *Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms* (2017).

use super::idx::{read_images, read_labels};
use super::images::{DIGIT_NAMES, FASHION_NAMES, Images};
use super::places::{Place, Places};
use super::source::thousands;
use super::{Digits, Source};
use crate::Result;
use crate::seed::Seed;
use anyhow::{bail, ensure};
use candle_core::Tensor;
use std::path::{Path, PathBuf};

/// Handwritten digits: 60,000 images to train on and 10,000 to test on, 28×28, ten classes.
#[derive(Clone, Copy, Debug)]
pub struct Mnist;

impl Mnist {
    /// Reads MNIST from `DLKIT_DATA` or the workspace's cache.
    ///
    /// # Errors
    /// When it is in neither (the message says where it was looked for), or a file is missing or damaged.
    pub fn load() -> Result<Images> {
        MNIST.load(&Places::from_environment()?)
    }
}

/// Pictures of clothing in the format of MNIST, and harder to tell apart: 60,000 + 10,000, 28×28, ten classes.
#[derive(Clone, Copy, Debug)]
pub struct FashionMnist;

impl FashionMnist {
    /// Reads Fashion-MNIST from `DLKIT_DATA` or the workspace's cache.
    ///
    /// # Errors
    /// As [`Mnist::load`].
    pub fn load() -> Result<Images> {
        FASHION.load(&Places::from_environment()?)
    }
}

/// MNIST where it is to be had, else [`Digits`]: 60,000 + 10,000 images either way. `images.source` says which it is.
///
/// # Errors
/// When MNIST is there but incomplete or damaged: a lesson must not run on other data than the room believes.
pub fn mnist_or_digits() -> Result<Images> {
    mnist_or_digits_in(&Places::from_environment()?)
}

fn mnist_or_digits_in(places: &Places) -> Result<Images> {
    match places.find(MNIST.name) {
        Some((place, folder)) => MNIST.read(place, &folder),
        None => Digits::generate(60_000, 10_000, STAND_IN_SEED),
    }
}

/// Everyone who has no MNIST has the same digits: figures can be compared across a room.
const STAND_IN_SEED: Seed = Seed(1998);

/// A set of images in the four files of MNIST.
struct FileSet {
    /// The name of its folder.
    name: &'static str,
    title: &'static str,
    class_names: [&'static str; 10],
}

const MNIST: FileSet = FileSet {
    name: "mnist",
    title: "MNIST",
    class_names: DIGIT_NAMES,
};

const FASHION: FileSet = FileSet {
    name: "fashion-mnist",
    title: "Fashion-MNIST",
    class_names: FASHION_NAMES,
};

impl FileSet {
    fn load(&self, places: &Places) -> Result<Images> {
        let Some((place, folder)) = places.find(self.name) else {
            bail!(
                "{} is not on this machine. {} Set DLKIT_DATA to the folder that holds a folder `{}` with the four files \
                 ({}, …, with or without .gz).",
                self.title,
                places.description(self.name),
                self.name,
                FILES[0],
            );
        };
        self.read(place, &folder)
    }

    fn read(&self, place: Place, folder: &Path) -> Result<Images> {
        let (train_images, train_labels) = self.half(folder, FILES[0], FILES[1])?;
        let (test_images, test_labels) = self.half(folder, FILES[2], FILES[3])?;
        let contents = format!(
            "{} + {}",
            thousands(train_images.dim(0)?),
            thousands(test_images.dim(0)?)
        );
        Ok(Images {
            train_images,
            train_labels,
            test_images,
            test_labels,
            source: Source::files(
                self.name,
                self.title,
                contents,
                (place, folder.to_path_buf()),
            ),
            class_names: self.class_names,
        })
    }

    /// Images and their labels, after a look that they belong together.
    fn half(&self, folder: &Path, images: &str, labels: &str) -> Result<(Tensor, Tensor)> {
        let images_path = self.path(folder, images)?;
        let labels_path = self.path(folder, labels)?;
        let images = read_images(&images_path)?;
        let labels = read_labels(&labels_path)?;
        let (n, height, width) = images.dims3()?;
        ensure!(
            (height, width) == (28, 28),
            "{} holds images of {height}×{width} pixels, but those of {} are 28×28: is it another set's file?",
            images_path.display(),
            self.title
        );
        ensure!(
            labels.dim(0)? == n,
            "{} holds {n} images but {} holds {} labels: one of them belongs to another set; fetch both again",
            images_path.display(),
            labels_path.display(),
            labels.dim(0)?
        );
        if let Some((i, label)) = labels
            .to_vec1::<u32>()?
            .into_iter()
            .enumerate()
            .find(|&(_, label)| label >= 10)
        {
            bail!(
                "{}: label {i} is {label}, but {} has only the classes 0 to 9; the file is damaged or another set's: fetch it \
                 again",
                labels_path.display(),
                self.title
            );
        }
        Ok((images, labels))
    }

    /// The file of this name: plain, gzipped, or with the dot that some unpackers put in.
    fn path(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        let dotted = name.replace("-idx", ".idx");
        let names = [
            name.to_owned(),
            format!("{name}.gz"),
            dotted.clone(),
            format!("{dotted}.gz"),
        ];
        for name in &names {
            let path = folder.join(name);
            if path.is_file() {
                return Ok(path);
            }
        }
        bail!(
            "{} has no file {name} or {name}.gz, without which {} is not whole; put it there, or take the folder away",
            folder.display(),
            self.title
        )
    }
}

const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

#[cfg(test)]
mod tests;
