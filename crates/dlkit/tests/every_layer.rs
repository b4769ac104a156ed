//! In a net of any layer, every variable gets a gradient, and the net learns.

mod nets;

use dlkit::prelude::*;

#[test]
fn no_variable_is_left_without_a_gradient() {
    for case in nets::all().unwrap() {
        let pass = Pass::training(Seed(3));
        let output = case.model.forward(case.data.inputs(), &pass).unwrap();
        let loss = SparseCategoricalCrossEntropy
            .loss(&output, case.data.targets())
            .unwrap();
        let gradients = loss.backward().unwrap();
        for variable in case.model.variables() {
            if !variable.is_trainable() {
                continue;
            }
            let gradient = gradients
                .get(variable.var())
                .unwrap_or_else(|| panic!("{}: no gradient for {}", case.name, variable.name()));
            let gradient = gradient.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert!(
                gradient.iter().all(|g| g.is_finite()),
                "{}",
                variable.name()
            );
            // A bias of the keys moves all scores of a query alike, which softmax does not see: its gradient is 0 but for rounding.
            let shared = variable.name().ends_with("key/bias");
            let largest = gradient.iter().fold(0f32, |a, b| a.max(b.abs()));
            assert!(
                shared || largest > 1e-7,
                "{}: the gradient of {} is zero everywhere",
                case.name,
                variable.name()
            );
        }
    }
}

#[test]
fn every_net_learns_its_few_samples() {
    for mut case in nets::all().unwrap() {
        let fit = |epochs| Fit {
            epochs,
            batch_size: 16,
            progress: Progress::Silent,
            ..Fit::default()
        };
        let before = case.model.evaluate(&case.data).unwrap().loss();
        case.model.fit(&case.data, fit(12)).unwrap();
        let after = case.model.evaluate(&case.data).unwrap().loss();
        assert!(
            after < before,
            "{}: the loss went from {before} to {after}",
            case.name
        );
    }
}
