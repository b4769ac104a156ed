//! Whatever is done to a dataset, each input keeps its own target.

use super::*;

/// Sample `i` has the inputs `[i, i]` and the target `10 · i`: whoever reorders only one of them is found out.
fn counted(n: u32) -> Dataset {
    let numbers = Tensor::arange(0, n, &Device::Cpu).unwrap();
    let inputs = Tensor::stack(&[&numbers, &numbers], 1).unwrap();
    Dataset::new(inputs, (numbers * 10.).unwrap()).unwrap()
}

/// The numbers of the samples, after a look that each still has its own target.
fn numbers(inputs: &Tensor, targets: &Tensor) -> Vec<u32> {
    let inputs = inputs.to_vec2::<u32>().unwrap();
    let targets = targets.to_vec1::<u32>().unwrap();
    assert_eq!(inputs.len(), targets.len());
    for (input, target) in inputs.iter().zip(&targets) {
        assert_eq!([input[0] * 10, input[1] * 10], [*target, *target]);
    }
    inputs.iter().map(|input| input[0]).collect()
}

fn all_numbers(data: &Dataset) -> Vec<u32> {
    numbers(data.inputs(), data.targets())
}

fn numbers_by_batch(batches: Batches<'_>) -> Vec<Vec<u32>> {
    batches
        .map(|batch| batch.map(|b| numbers(&b.inputs, &b.targets)).unwrap())
        .collect()
}

#[test]
fn refuses_targets_of_another_number_with_both_shapes() {
    let device = &Device::Cpu;
    let inputs = Tensor::zeros((5, 2), candle_core::DType::F32, device).unwrap();
    let targets = Tensor::zeros(4, candle_core::DType::F32, device).unwrap();
    let message = Dataset::new(inputs, targets).unwrap_err().to_string();
    assert!(
        message.contains("[5, 2]") && message.contains("[4]"),
        "{message}"
    );
}

#[test]
fn refuses_a_scalar() {
    let scalar = Tensor::new(1f32, &Device::Cpu).unwrap();
    assert!(Dataset::new(scalar.clone(), scalar).is_err());
}

#[test]
fn splits_off_the_last_part_in_order() {
    let (first, last) = counted(10).split(0.25).unwrap();
    assert_eq!(all_numbers(&first), [0, 1, 2, 3, 4, 5, 6]); // ⌊7.5⌋ = 7
    assert_eq!(all_numbers(&last), [7, 8, 9]);
}

#[test]
fn refuses_a_split_with_an_empty_side() {
    let data = counted(3);
    for fraction in [0., 1., -0.5, 1.5, f64::NAN, 0.9] {
        assert!(data.split(fraction).is_err(), "{fraction}");
    }
    assert!(counted(0).split(0.5).is_err());
}

#[test]
fn takes_the_first_samples_and_no_more_than_there_are() {
    assert_eq!(all_numbers(&counted(5).take(2).unwrap()), [0, 1]);
    assert!(counted(5).take(5).is_ok());
    assert!(counted(5).take(6).is_err());
}

#[test]
fn shuffling_keeps_inputs_and_targets_together() {
    let mut order = all_numbers(&counted(50).shuffled(Seed(1)).unwrap());
    assert_ne!(order, (0..50).collect::<Vec<_>>());
    order.sort_unstable();
    assert_eq!(order, (0..50).collect::<Vec<_>>());
}

#[test]
fn the_same_seed_gives_the_same_order() {
    let data = counted(50);
    let order = |seed| all_numbers(&data.shuffled(seed).unwrap());
    assert_eq!(order(Seed(1)), order(Seed(1)));
    assert_ne!(order(Seed(1)), order(Seed(2)));
}

#[test]
fn batches_come_in_order_and_the_last_holds_the_rest() {
    let data = counted(7);
    assert_eq!(
        numbers_by_batch(data.batches(3)),
        [vec![0, 1, 2], vec![3, 4, 5], vec![6]]
    );
    assert_eq!(numbers_by_batch(data.batches(100)).len(), 1);
}

#[test]
fn shuffled_batches_hold_every_sample_once() {
    let data = counted(23);
    let batches = numbers_by_batch(data.batches(5).shuffled(Seed(4)));
    assert_eq!(
        batches.iter().map(Vec::len).collect::<Vec<_>>(),
        [5, 5, 5, 5, 3]
    );
    let mut all = batches.concat();
    assert_ne!(all, (0..23).collect::<Vec<_>>());
    // The batches and the whole shuffled set tell the same story.
    assert_eq!(all, all_numbers(&data.shuffled(Seed(4)).unwrap()));
    all.sort_unstable();
    assert_eq!(all, (0..23).collect::<Vec<_>>());
}

#[test]
fn a_second_part_is_shuffled_within_itself() {
    let (_, last) = counted(20).split(0.5).unwrap();
    let mut all = numbers_by_batch(last.batches(3).shuffled(Seed(9))).concat();
    all.sort_unstable();
    assert_eq!(all, (10..20).collect::<Vec<_>>());
}

#[test]
fn says_how_many_batches_are_to_come() {
    let data = counted(7);
    let mut batches = data.batches(3);
    assert_eq!(batches.len(), 3);
    batches.next();
    assert_eq!(batches.len(), 2);
    assert_eq!(counted(0).batches(3).len(), 0);
}

#[test]
fn a_batch_size_of_zero_is_an_error_not_an_endless_loop() {
    let data = counted(7);
    let results: Vec<_> = data.batches(0).collect();
    assert_eq!(results.len(), data.batches(0).len());
    assert!(results[0].is_err());
}

#[test]
fn select_refuses_a_sample_that_is_not_there() {
    assert_eq!(
        all_numbers(&counted(3).select(&[2, 2, 0]).unwrap()),
        [2, 2, 0]
    );
    assert!(counted(3).select(&[3]).is_err());
}
