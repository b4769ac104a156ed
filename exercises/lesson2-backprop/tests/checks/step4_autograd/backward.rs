//! The slopes along every node, and those of who goes through the nodes in another way.

use super::super::same_length;
use super::order::{as_met, doublings};
use super::{given, line, moved, permutation, push, slopes_of, sorted, tangle};
use dlkit_check::prelude::*;
use lesson2::step4_autograd::*;
use std::collections::VecDeque;

/// The slopes when the nodes are gone through in the reverse of this order; `keep` says how a new contribution joins an old
/// one.
fn slopes_along(
    graph: &Graph,
    output: Value,
    order: &[Value],
    keep: impl Fn(f64, f64) -> f64,
) -> Vec<f64> {
    let mut slopes = vec![0.0; graph.nodes.len()];
    slopes[output.0] = 1.0;
    slopes_from(slopes, graph, order, keep)
}

/// The same with other slopes to begin with.
fn slopes_from(
    mut slopes: Vec<f64>,
    graph: &Graph,
    order: &[Value],
    keep: impl Fn(f64, f64) -> f64,
) -> Vec<f64> {
    for &node in order.iter().rev() {
        let reads = graph.nodes[node.0].operation.reads();
        for (read, local) in reads.into_iter().zip(slopes_of(graph, node)) {
            slopes[read.0] = keep(slopes[read.0], slopes[node.0] * local);
        }
    }
    slopes
}

fn compare(what: &str, graph: &Graph, output: Value) -> Verdict {
    let order = sorted(graph, output);
    let want = slopes_along(graph, output, &order, |old, new| old + new);
    let by_number: Vec<Value> = (0..graph.nodes.len()).map(Value).collect();
    let unseeded = vec![0.0; graph.nodes.len()];
    let got = graph.backward(output);
    same_length(
        &format!("{what}: the slopes, one for each node,"),
        got.len(),
        want.len(),
    )?;
    let at_output = graph.nodes[output.0].value;
    let mut comparison = expect(format!("{what}: the slope along node "))
        .mistake(
            "assigned-instead-of-added",
            "Where a node is used several times, only one of its slopes has been kept: `+=`, not `=`.",
            slopes_along(graph, output, &order, |_, new| new),
        )
        .mistake(
            "wrong-order",
            "The nodes were gone through by their numbers; here a node may have a smaller number than those it reads. Go through \
             `order(output)` from its end.",
            slopes_along(graph, output, &by_number, |old, new| old + new),
        )
        .mistake("seed-missing", "Everything is 0: the slope of the output along itself is 1, and that is where it starts.", unseeded)
        .mistake(
            "wrong-direction",
            "Only the output's own neighbours got a slope: go through the order from its end, the output first.",
            {
                let reversed: Vec<Value> = order.iter().rev().copied().collect();
                slopes_along(graph, output, &reversed, |old, new| old + new)
            },
        )
        .mistake(
            "local-slopes-only",
            "The local slopes were handed on without multiplying them with the slope of the node itself.",
            {
                let mut slopes = vec![0.0; graph.nodes.len()];
                slopes[output.0] = 1.0;
                for node in &order {
                    for (read, local) in graph.nodes[node.0].operation.reads().into_iter().zip(slopes_of(graph, *node)) {
                        slopes[read.0] += local;
                    }
                }
                slopes
            },
        )
        .mistake(
            "wrong-seed",
            "It started with the value of the output; how much does the output grow when the output grows by 1?",
            want.iter().map(|slope| slope * at_output).collect::<Vec<_>>(),
        );
    // Many walks are needed to name these, so they are tried only when something is wrong.
    if comparison.close_all(&got, &want).is_err() {
        for way in [Next::Last, Next::First, Next::AtOnce] {
            comparison = comparison.mistake(
                "handed-on-too-early",
                "A node that several others read has handed its slope on each time that one of them had been there, and so more than once and before it \
                 was complete. Go through `order(output)` from its end: there each node comes once, and after all its readers.",
                handed_on_early(graph, output, way),
            );
        }
        for share in [
            Share::WithoutLocal,
            Share::FirstReadOnly,
            Share::LastReadOnly,
        ] {
            comparison = comparison.mistake(
                share.diagnosis(),
                share.sentence(),
                shared(graph, output, &order, share),
            );
        }
        let mut at_output_only = vec![0.0; want.len()];
        at_output_only[output.0] = 1.0;
        let ones = slopes_from(vec![1.0; want.len()], graph, &order, |old, new| old + new);
        comparison = comparison
            .mistake(
                "wrong-direction",
                "Only the output has a slope: a node hands its slope on *to* those that it reads.",
                at_output_only,
            )
            .mistake("wrong-seed", "Every slope began with 1; only that of the output along itself is 1, and all others begin with 0.", ones);
        for met in as_met(graph, output) {
            let turned: Vec<Value> = met.into_iter().rev().collect();
            comparison = comparison.mistake(
                "order-of-meeting",
                "The nodes were gone through as they are met on the way from the output. A node that is read by several may be met too soon, through the \
                 nearest of them: go through `order(output)` from its end.",
                slopes_along(graph, output, &turned, |old, new| old + new),
            );
        }
    }
    comparison.close_all(&got, &want)
}

/// What goes wrong when a node hands its slope on.
#[derive(Clone, Copy, PartialEq)]
enum Share {
    WithoutLocal,
    FirstReadOnly,
    LastReadOnly,
}

impl Share {
    fn diagnosis(self) -> &'static str {
        match self {
            Self::WithoutLocal => "local-slopes-forgotten",
            Self::FirstReadOnly | Self::LastReadOnly => "one-read-only",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::WithoutLocal => {
                "Each node has handed on its own slope as it is; it is multiplied with the local slope along what it reads."
            }
            Self::FirstReadOnly => {
                "A node that reads two others has handed its slope on to the first of them only."
            }
            Self::LastReadOnly => {
                "A node that reads two others has handed its slope on to the second of them only."
            }
        }
    }
}

fn shared(graph: &Graph, output: Value, order: &[Value], share: Share) -> Vec<f64> {
    let mut slopes = vec![0.0; graph.nodes.len()];
    slopes[output.0] = 1.0;
    for &node in order.iter().rev() {
        let reads = graph.nodes[node.0].operation.reads();
        let last = reads.len().saturating_sub(1);
        for (i, (read, local)) in reads.into_iter().zip(slopes_of(graph, node)).enumerate() {
            slopes[read.0] += slopes[node.0]
                * match share {
                    Share::WithoutLocal => 1.0,
                    Share::FirstReadOnly if i > 0 => 0.0,
                    Share::LastReadOnly if i < last => 0.0,
                    Share::FirstReadOnly | Share::LastReadOnly => local,
                };
        }
    }
    slopes
}

/// Which node comes next for who keeps no order.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// The one that was put on a stack last.
    Last,
    /// The one that has waited longest.
    First,
    /// Each as soon as it gets its share, by a function that calls itself.
    AtOnce,
}

/// The slopes when every node hands on all that it has, each time that it is reached. Empty where that takes too long.
fn handed_on_early(graph: &Graph, output: Value, next: Next) -> Vec<f64> {
    let mut slopes = vec![0.0; graph.nodes.len()];
    slopes[output.0] = 1.0;
    // A node, and which of those that it reads is to get its share; the others have theirs.
    let mut open = VecDeque::from([(output, 0)]);
    for _ in 0..100_000 {
        let taken = if next == Next::First {
            open.pop_front()
        } else {
            open.pop_back()
        };
        let Some((node, from)) = taken else {
            return slopes;
        };
        let reads = graph.nodes[node.0].operation.reads();
        let shares = reads.into_iter().zip(slopes_of(graph, node));
        for (i, (read, local)) in shares.enumerate().skip(from) {
            slopes[read.0] += slopes[node.0] * local;
            if next == Next::AtOnce {
                open.push_back((node, i + 1));
                open.push_back((read, 0));
                break;
            }
            open.push_back((read, 0));
        }
    }
    Vec::new()
}

pub(crate) fn backward_of_the_worked_graph() -> Verdict {
    // |y − (x·w + b)| as relu(e) + relu(−e): the slopes of step 3, 2 along w and 1 along b.
    let mut g = Graph::default();
    let (x, w, b) = (given(&mut g, 2.0), given(&mut g, 3.0), given(&mut g, 1.0));
    let (minus_y, minus_one) = (given(&mut g, -4.0), given(&mut g, -1.0));
    let x1 = push(&mut g, Operation::Multiply(x, w));
    let x2 = push(&mut g, Operation::Add(x1, b));
    let error = push(&mut g, Operation::Add(x2, minus_y));
    let turned = push(&mut g, Operation::Multiply(error, minus_one));
    let above = push(&mut g, Operation::Relu(error));
    let below = push(&mut g, Operation::Relu(turned));
    let loss = push(&mut g, Operation::Add(above, below));
    let (simple, output) = line();
    compare("x·w + b at x = 2, w = 3, b = 1", &simple, output)?;
    compare("relu(e) + relu(−e) with e = x·w + b − y", &g, loss)
}

pub(crate) fn backward_adds_up() -> Verdict {
    let mut g = Graph::default();
    let w = given(&mut g, 2.0);
    let three = given(&mut g, 3.0);
    let square = push(&mut g, Operation::Multiply(w, w));
    let product = push(&mut g, Operation::Multiply(three, w));
    let output = push(&mut g, Operation::Add(square, product));
    compare("w·w + 3·w at w = 2", &g, output)?;
    let (g, output) = doublings(5);
    compare("0.5 doubled five times", &g, output)
}

pub(crate) fn backward_waits_for_all_readers() -> Verdict {
    // The node a is read at once and again much later: its slope is complete only when both have been there.
    let mut g = Graph::default();
    let x = given(&mut g, 1.5);
    let a = push(&mut g, Operation::Multiply(x, x));
    let b = push(&mut g, Operation::Sigmoid(a));
    let c = push(&mut g, Operation::Multiply(b, a));
    let d = push(&mut g, Operation::Add(c, a));
    let output = push(&mut g, Operation::Multiply(d, b));
    for seed in 0..4 {
        let to = if seed == 0 {
            (0..6).collect()
        } else {
            permutation(seed, 6)
        };
        let told = format!("(a·σ(a) + a)·σ(a) with a = x·x, its nodes in the order {to:?}");
        compare(&told, &moved(&g, &to), Value(to[output.0]))?;
    }
    Ok(())
}

pub(crate) fn backward_of_any_graph() -> Verdict {
    for seed in 0..12 {
        let (g, output) = tangle(seed + 20, 15);
        compare(&format!("a graph of {} nodes", g.nodes.len()), &g, output)?;
        let to = permutation(seed + 80, g.nodes.len());
        compare(
            &format!("a graph of {} nodes in another order", g.nodes.len()),
            &moved(&g, &to),
            Value(to[output.0]),
        )?;
    }
    Ok(())
}
