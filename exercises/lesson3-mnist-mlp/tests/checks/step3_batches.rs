//! Checks of step3_batches.

use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step3_batches::*;

pub(crate) fn counts_the_last_smaller_batch() -> Verdict {
    for (samples, size, want) in [(60_000, 128, 469), (10, 4, 3), (3, 100, 1), (129, 128, 2)] {
        let got = steps_per_epoch(samples, size);
        // 1 may be anything; 34 for 3 samples in batches of 100 is not.
        if got == size.div_ceil(samples) && got != want && steps_per_epoch(3, 100) == 34 {
            return slip(
                "arguments-swapped",
                format!(
                    "{samples} samples in batches of {size} take {want} steps, not {got}: that is how often the samples fit into a batch."
                ),
            );
        }
        if got == samples / size && got != want {
            return slip(
                "last-batch-lost",
                format!(
                    "{samples} samples in batches of {size}: {got} steps leave {} samples unseen. The last batch is smaller, and it \
                     is a step too: {want}.",
                    samples - got * size
                ),
            );
        }
        ensure!(
            got == want,
            "{samples} samples in batches of {size} take {want} steps, not {got}."
        );
    }
    Ok(())
}

pub(crate) fn adds_no_step_when_the_batches_come_out_even() -> Verdict {
    for (samples, size) in [(8, 4), (128, 128), (60_000, 100), (60_000, 1)] {
        let got = steps_per_epoch(samples, size);
        if got == samples / size + 1 {
            return slip(
                "one-step-too-many",
                format!(
                    "{samples} samples fill {} batches of {size} exactly, and you count {got} steps: nothing is left over for the last one.",
                    samples / size
                ),
            );
        }
        ensure!(
            got == samples / size,
            "{samples} samples fill {} batches of {size} exactly, so there are that many steps, not {got}.",
            samples / size
        );
    }
    Ok(())
}

/// Image `i` holds nothing but the number `i`, and its label is `3·i + 1`: so whoever is parted from his label is seen.
fn numbered_samples(n: u32) -> Result<(Tensor, Tensor)> {
    let numbers = Tensor::arange(0, n, &Device::Cpu)?;
    let images = numbers
        .reshape((n as usize, 1, 1))?
        .broadcast_as((n as usize, 2, 2))?;
    Ok((images.contiguous()?, ((numbers * 3.)? + 1.)?))
}

/// Which image each of these is.
fn numbers_of(images: &Tensor) -> Result<Vec<u32>> {
    Ok(images
        .flatten_from(1)?
        .narrow(1, 0, 1)?
        .flatten_all()?
        .to_vec1()?)
}

fn shuffled(n: u32, seed: Seed) -> Found<(Vec<u32>, Vec<u32>)> {
    let (images, labels) = numbered_samples(n)?;
    let (got_images, got_labels) = called(
        &format!("shuffle of {n} images [{n}, 2, 2]"),
        shuffle(&images, &labels, seed),
    )?;
    shape("the shuffled images", &got_images, images.dims())?;
    shape("the shuffled labels", &got_labels, labels.dims())?;
    Ok((numbers_of(&got_images)?, got_labels.to_vec1()?))
}

pub(crate) fn a_shuffled_image_keeps_its_label() -> Verdict {
    let (images, labels) = shuffled(50, Seed(7))?;
    for (place, (image, label)) in images.iter().zip(&labels).enumerate() {
        if *label != image * 3 + 1 {
            let owner = label.checked_sub(1).map_or(0, |l| l / 3);
            let wrong = images
                .iter()
                .zip(&labels)
                .filter(|(i, l)| **l != **i * 3 + 1)
                .count();
            let how = if images.windows(2).all(|pair| pair[0] < pair[1]) {
                " The images are still in their old order: only the labels were shuffled."
            } else if labels.windows(2).all(|pair| pair[0] < pair[1]) {
                " The labels are still in their old order: only the images were shuffled."
            } else {
                " Draw one order, and use it for both."
            };
            return slip(
                "shuffle-separates",
                format!(
                    "After the shuffle, image {image} (now at place {place}) has the label of image {owner}, and so it goes for {wrong} of {} \
                     images. A net trained on this cannot learn anything.{how}",
                    images.len()
                ),
            );
        }
    }
    Ok(())
}

pub(crate) fn shuffling_loses_and_doubles_no_image() -> Verdict {
    let (mut images, _) = shuffled(50, Seed(11))?;
    images.sort_unstable();
    for i in 0..50 {
        let times = images.iter().filter(|image| **image == i).count();
        let kinds = images.chunk_by(|a, b| a == b).count();
        if times != 1 && kinds > 1 {
            return slip(
                "drawn-with-replacement",
                format!(
                    "After the shuffle, image {i} of 50 is there {times} times, and only {kinds} of the 50 are there at all: who draws each place \
                     anew draws some twice. An order names every image exactly once; `seed.permutation(n)` does."
                ),
            );
        }
        ensure!(
            times == 1,
            "After the shuffle, image {i} of 50 is there {times} times: an order must name every image exactly once. \
             `seed.permutation(n)` does."
        );
    }
    Ok(())
}

pub(crate) fn the_seed_alone_decides_the_order() -> Verdict {
    let old: Vec<u32> = (0..50).collect();
    let (first, _) = shuffled(50, Seed(1))?;
    if first == old {
        return slip(
            "not-shuffled",
            "The images came back in the order they had before: 50 images, and not one at another place.",
        );
    }
    let (again, _) = shuffled(50, Seed(1))?;
    ensure!(
        first == again,
        "Seed(1) gave two different orders: with the same seed a run must repeat itself exactly. Use no other source of randomness."
    );
    let (other, _) = shuffled(50, Seed(2))?;
    if first == other {
        return slip(
            "seed-not-used",
            "Seed(1) and Seed(2) gave the same order: the order must come from the seed that is passed in.",
        );
    }
    Ok(())
}

fn batched(n: u32, size: usize) -> Found<Vec<(Vec<u32>, Vec<u32>)>> {
    let (images, labels) = numbered_samples(n)?;
    let got = called(
        &format!("batches of {size} from {n} images"),
        batches(&images, &labels, size),
    )?;
    let mut numbers = Vec::new();
    for (index, (images, labels)) in got.iter().enumerate() {
        ensure!(
            images.rank() == 3 && images.dims()[1..] == [2, 2] && labels.rank() == 1,
            "batch {index} has images {:?} and labels {:?}: a batch of b images [b, 2, 2] has labels [b].",
            images.dims(),
            labels.dims()
        );
        numbers.push((numbers_of(images)?, labels.to_vec1()?));
    }
    Ok(numbers)
}

pub(crate) fn the_last_batch_holds_what_is_left() -> Verdict {
    for (n, size) in [(10u32, 4usize), (7, 7), (3, 128), (9, 3), (5, 1)] {
        let got: Vec<usize> = batched(n, size)?
            .iter()
            .map(|(images, _)| images.len())
            .collect();
        let want: Vec<usize> = (0..n as usize)
            .step_by(size)
            .map(|start| size.min(n as usize - start))
            .collect();
        if got.len() < want.len() && got == want[..got.len()] {
            return slip(
                "last-batch-lost",
                format!(
                    "{n} images in batches of {size}: the sizes are {got:?}, so the last {} of them are never seen. Let the last \
                     batch be smaller: {want:?}.",
                    want[got.len()..].iter().sum::<usize>()
                ),
            );
        }
        if got.last() == Some(&0) {
            return slip(
                "empty-batch",
                format!(
                    "{n} images in batches of {size}: the sizes are {got:?}. There is nothing in the last one: wanted {want:?}."
                ),
            );
        }
        if want.len() > 1 && got == want[1..] {
            return slip(
                "first-batch-lost",
                format!(
                    "{n} images in batches of {size}: the sizes are {got:?}, so the first {size} images are never seen. Where does the first batch \
                     start?"
                ),
            );
        }
        let together: usize = got.iter().sum();
        if together > n as usize {
            return slip(
                "batches-overlap",
                format!(
                    "{n} images in batches of {size}: the sizes are {got:?}, {together} images together, so some of them are in two batches. \
                     Does each batch start where the one before it ended?"
                ),
            );
        }
        ensure!(
            got == want,
            "{n} images in batches of {size}: the sizes are {got:?}, but should be {want:?}."
        );
    }
    Ok(())
}

pub(crate) fn every_batch_holds_its_own_images_with_their_labels() -> Verdict {
    let mut next = 0;
    for (index, (images, labels)) in batched(10, 4)?.into_iter().enumerate() {
        for (image, label) in images.into_iter().zip(labels) {
            ensure!(
                image == next,
                "In batches of 4 from 10 images, batch {index} holds image {image} where image {next} should be: each batch starts \
                 where the one before it ended."
            );
            if label != image * 3 + 1 {
                return slip(
                    "batch-separates",
                    format!(
                        "In batches of 4 from 10 images, batch {index} gives image {image} the label of image {}: cut the labels at \
                         the same places as the images.",
                        label.saturating_sub(1) / 3
                    ),
                );
            }
            next += 1;
        }
    }
    ensure!(
        next == 10,
        "The batches of 4 from 10 images hold {next} images together."
    );
    Ok(())
}
