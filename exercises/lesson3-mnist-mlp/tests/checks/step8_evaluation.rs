//! Checks of step8_evaluation.

use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step8_evaluation::*;

pub(crate) fn reads_the_digit_off_each_row() -> Verdict {
    let rows = [
        [0.1f32, 0.2, 0.7],
        [0.8, 0.1, 0.1],
        [0.05, 0.9, 0.05],
        [0.3, 0.4, 0.3],
    ];
    let got = called(
        "predicted_digits of probabilities [4, 3]",
        predicted_digits(&Tensor::new(&rows, &Device::Cpu)?),
    )?;
    if got == [1, 2, 0] {
        return slip(
            "argmax-wrong-axis",
            "This is the largest entry of each column: which image is the best 0, the best 1, the best 2. Look along each row.",
        );
    }
    if got == [1, 1, 0, 0] || got == [0, 1, 0, 0] {
        return slip(
            "argmin-for-argmax",
            "This is the smallest probability of each row; take the largest.",
        );
    }
    ensure!(
        got == [2, 0, 1, 1],
        "For the probabilities {rows:?} the digits are [2, 0, 1, 1], one for each row, not {got:?}."
    );
    Ok(())
}

/// True and said digits with every kind of mistake, none as frequent as its opposite.
fn answers() -> (Vec<u32>, Vec<u32>) {
    let counts = reference_matrix();
    let mut truth = Vec::new();
    let mut said = Vec::new();
    for (t, row) in counts.iter().enumerate() {
        for (s, count) in row.iter().enumerate() {
            truth.extend(vec![t as u32; *count]);
            said.extend(vec![s as u32; *count]);
        }
    }
    (truth, said)
}

fn reference_matrix() -> Vec<Vec<usize>> {
    vec![
        vec![9, 0, 2, 1],
        vec![1, 12, 0, 0],
        vec![7, 1, 8, 3],
        vec![0, 4, 0, 0],
    ]
}

pub(crate) fn counts_truth_in_rows_and_answers_in_columns() -> Verdict {
    let (truth, said) = answers();
    let got = confusion_matrix(&truth, &said, 4);
    let want = reference_matrix();
    judged(&got, &want).drawn(|| {
        let numbers = |matrix: &[Vec<usize>]| {
            let row = |row: &Vec<usize>| row.iter().map(|count| *count as f64).collect();
            matrix.iter().map(row).collect::<Vec<Vec<f64>>>()
        };
        compared_rows(
            "the confusion matrix: truth downwards, answers to the right",
            &numbers(&got),
            &numbers(&want),
        )
    })
}

fn judged(got: &Vec<Vec<usize>>, want: &[Vec<usize>]) -> Verdict {
    let turned: Vec<Vec<usize>> = (0..4)
        .map(|s| (0..4).map(|t| want[t][s]).collect())
        .collect();
    if *got == turned {
        return slip(
            "transposed",
            "The matrix is turned: rows and columns have changed places. A row is a true digit, a column what the net said, so \
             `matrix[truth][said]`.",
        );
    }
    let ones: Vec<Vec<usize>> = want
        .iter()
        .map(|row| row.iter().map(|count| (*count).min(1)).collect())
        .collect();
    if *got == ones {
        return slip(
            "set-for-add",
            "Every entry is 0 or 1: add one for each image, `+=`, do not set it to one.",
        );
    }
    if got.len() == 10 {
        return slip(
            "classes-ignored",
            "With 4 classes the matrix has 4 rows of 4, but here there are 10 rows: how many there are is said by `classes`.",
        );
    }
    ensure!(
        got.len() == 4 && got.iter().all(|row| row.len() == 4),
        "With 4 classes the matrix has 4 rows of 4, but here there are rows of {:?}.",
        got.iter().map(Vec::len).collect::<Vec<_>>()
    );
    for (t, (got, want)) in got.iter().zip(want).enumerate() {
        for (s, (got, want)) in got.iter().zip(want).enumerate() {
            ensure!(
                got == want,
                "{want} images of the digit {t} were taken for a {s}, but matrix[{t}][{s}] is {got}."
            );
        }
    }
    Ok(())
}

pub(crate) fn keeps_a_row_for_a_digit_that_did_not_come() -> Verdict {
    let got = confusion_matrix(&[0, 0, 2], &[0, 1, 2], 10);
    ensure!(
        got.len() == 10 && got.iter().all(|row| row.len() == 10),
        "Three images of the digits 0 and 2, but 10 classes were asked for: the matrix must have 10 rows of 10, here there are rows \
         of {:?}.",
        got.iter().map(Vec::len).collect::<Vec<_>>()
    );
    ensure!(
        got.iter().flatten().sum::<usize>() == 3,
        "Three images give entries that sum to 3."
    );
    Ok(())
}

pub(crate) fn accuracy_is_the_diagonal() -> Verdict {
    let matrix = reference_matrix();
    let got = accuracy(&matrix);
    let (right, all) = (29., 48.);
    if got == right {
        return slip(
            "count-for-share",
            format!("Accuracy is {got}, the sum of the diagonal: divide it by all {all} images."),
        );
    }
    if (got - (all - right) / all).abs() < 1e-9 {
        return slip(
            "errors-for-hits",
            format!("Accuracy is {got:.4}: the share of the mistakes, beside the diagonal."),
        );
    }
    if got == 0. {
        return slip(
            "integer-division",
            "Accuracy is 0, and should be 29/48. That is what is left of it when whole numbers are divided by whole numbers: divide as f64.",
        );
    }
    if (got - right / 4.).abs() < 1e-9 {
        return slip(
            "wrong-divisor",
            format!(
                "Accuracy is {got}: the sum of the diagonal was divided by the 4 classes. Divide it by how many images were counted, the sum of all \
                 entries."
            ),
        );
    }
    let recalls = (9. / 12. + 12. / 13. + 8. / 19. + 0.) / 4.;
    if (got - recalls).abs() < 1e-9 {
        return slip(
            "mean-of-rows",
            format!(
                "Accuracy is {got:.4}: the mean over the digits, not over the images. Digits that come more often count more."
            ),
        );
    }
    let precisions = (9. / 17. + 12. / 17. + 8. / 10. + 0.) / 4.;
    if (got - precisions).abs() < 1e-9 {
        return slip(
            "mean-of-columns",
            format!(
                "Accuracy is {got:.4}: the mean over what was said, not over the images. Answers that come more often count more."
            ),
        );
    }
    close_within(
        "The accuracy of a matrix with 29 of 48 on its diagonal",
        got,
        right / all,
        1e-9,
    )
}

pub(crate) fn names_the_most_frequent_mistake() -> Verdict {
    let matrix = reference_matrix();
    let got = most_confused(&matrix);
    if got == (1, 1, 12) {
        return slip(
            "diagonal-counted",
            "(1, 1, 12) lies on the diagonal: a 1 read as a 1 is no mistake. Look beside it.",
        );
    }
    if got == (0, 2, 7) {
        return slip(
            "transposed",
            "(0, 2, 7) names the digits the wrong way round: a true 2 was taken for a 0.",
        );
    }
    ensure!(
        got == (2, 0, 7),
        "The largest entry beside the diagonal of {matrix:?} is 7, in row 2 and column 0, so (2, 0, 7), not {got:?}."
    );
    let last = vec![vec![5, 0, 1], vec![0, 5, 0], vec![0, 9, 5]];
    ensure!(
        most_confused(&last) == (2, 1, 9),
        "The largest entry beside the diagonal of {last:?} is 9, so (2, 1, 9), not {:?}.",
        most_confused(&last)
    );
    Ok(())
}

/// A "net" that has learned 20 images by heart and knows nothing else: input `i` is one number, its own.
fn by_heart() -> Result<(Dataset, Dataset)> {
    let inputs =
        |from: f32, n: usize| Tensor::arange(from, from + n as f32, &Device::Cpu)?.reshape((n, 1));
    let labels =
        |n: u32| -> Result<Tensor> { Ok(Tensor::from_iter((0..n).map(|i| i % 3), &Device::Cpu)?) };
    Ok((
        Dataset::new(inputs(0., 20)?, labels(20)?)?,
        Dataset::new(inputs(100., 12)?, labels(12)?)?,
    ))
}

fn says(inputs: &Tensor) -> Result<Tensor> {
    let mut rows = Vec::new();
    for input in inputs.flatten_all()?.to_vec1::<f32>()? {
        let digit = if input < 100. {
            input as usize % 3
        } else {
            1 - input as usize % 2
        };
        rows.push(
            (0..3)
                .map(|class| if class == digit { 0.9f32 } else { 0.05 })
                .collect::<Vec<_>>(),
        );
    }
    Ok(Tensor::new(rows, &Device::Cpu)?)
}

pub(crate) fn judges_the_net_on_images_it_has_not_seen() -> Verdict {
    let (train, test) = by_heart()?;
    let report = called(
        "evaluate with 20 training and 12 test images",
        evaluate(says, &train, &test, 3),
    )?;
    let truth: Vec<u32> = test.targets().to_vec1()?;
    let said: Vec<u32> = says(test.inputs())?.argmax(D::Minus1)?.to_vec1()?;
    let mut want = vec![vec![0; 3]; 3];
    for (t, s) in truth.iter().zip(&said) {
        want[*t as usize][*s as usize] += 1;
    }
    let right = (0..3).map(|i| want[i][i]).sum::<usize>() as f64 / 12.;
    if report.train_accuracy == right && report.test_accuracy == 1. {
        return slip(
            "sets-swapped",
            "The training and the test accuracy have changed places.",
        );
    }
    if report.test_accuracy == 1. {
        return slip(
            "tested-on-training-data",
            format!(
                "test_accuracy is 1.0, which is how well the net knows the images that it learned from. On the test images it is {right:.3}: \
                 measure it there."
            ),
        );
    }
    close_within(
        "The training accuracy of a net that knows its images by heart",
        report.train_accuracy,
        1.,
        1e-9,
    )?;
    close_within(
        "The test accuracy of a net that only knows its training images by heart",
        report.test_accuracy,
        right,
        1e-9,
    )?;
    let entries: usize = report.test_confusion.iter().flatten().sum();
    if entries == 20 || entries == 32 {
        return slip(
            "tested-on-training-data",
            format!(
                "test_confusion counts {entries} images, but there are 12 test images: leave the training images out."
            ),
        );
    }
    ensure!(
        report.test_confusion == want,
        "test_confusion is {:?}, but the 12 test images give {want:?}.",
        report.test_confusion
    );
    Ok(())
}
