//! The loss of a training is told while the check runs, to those who listen, and whatever was written.

mod common;

use common::Scratch;

/// Appends to the file that is offered, and says what it was offered.
const TALKS: &str = "use std::io::Write;

pub fn sum(a: f64, b: f64) -> f64 {
    let path = std::env::var(\"DLKIT_LIVE\").unwrap();
    println!(\"offered: {}\", path.len());
    let file = std::fs::File::options().append(true).open(&path);
    for line in [\"3\", \"no number\", \"NaN\", \"2.5\"] {
        if let Ok(mut file) = file.as_ref() {
            writeln!(file, \"{line}\").unwrap();
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
    a + b + 1.0
}
";

#[test]
fn who_listens_hears_the_losses_and_nobody_else_is_offered_a_file() {
    let scratch = Scratch::new();
    scratch.student("step1_sum", TALKS);
    let said = scratch.says(&["check", "lesson1.1", "--events"]).expect(1);
    let mut losses = Vec::new();
    for line in said.stdout.lines() {
        let event: serde_json::Value = serde_json::from_str(line).expect("an event a line");
        if event["event"] == "curve" {
            let values = event["values"].as_array().expect("values").clone();
            losses.extend(values.iter().filter_map(serde_json::Value::as_f64));
        }
    }
    // Two checks of the step.
    assert_eq!(losses, [3., 2.5, 3., 2.5], "{said:?}");
    let folder = scratch.path("target/workshop/lesson1/checks");
    let left = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");

    let said = scratch.says(&["check", "lesson1.1"]).expect(1);
    said.contains(&["offered: 0"]);
}
