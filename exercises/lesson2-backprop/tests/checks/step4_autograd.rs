//! Graphs that are built node by node, here without the student's `compute`, and some whose nodes lie in no particular order.

use super::{count, logistic};
use dlkit_check::prelude::*;
use lesson2::step4_autograd::*;

#[path = "step4_autograd/backward.rs"]
mod backward;
#[path = "step4_autograd/order.rs"]
mod order;

pub(super) use backward::{
    backward_adds_up, backward_of_any_graph, backward_of_the_worked_graph,
    backward_waits_for_all_readers,
};
pub(super) use order::{
    order_holds_each_node_once, order_leaves_out_what_does_not_matter,
    order_puts_what_is_read_first,
};

/// A node's value by its definition.
fn result(graph: &Graph, operation: Operation) -> f64 {
    let v = |a: Value| graph.nodes[a.0].value;
    match operation {
        Operation::Given => f64::NAN,
        Operation::Add(a, b) => v(a) + v(b),
        Operation::Multiply(a, b) => v(a) * v(b),
        Operation::Relu(a) => v(a).max(0.0),
        Operation::Sigmoid(a) => logistic(v(a)),
    }
}

/// Adds a node with the right value.
fn push(graph: &mut Graph, operation: Operation) -> Value {
    let value = result(graph, operation);
    graph.nodes.push(Node { operation, value });
    Value(graph.nodes.len() - 1)
}

fn given(graph: &mut Graph, value: f64) -> Value {
    graph.nodes.push(Node {
        operation: Operation::Given,
        value,
    });
    Value(graph.nodes.len() - 1)
}

fn slopes_of(graph: &Graph, node: Value) -> Vec<f64> {
    let Node { operation, value } = graph.nodes[node.0];
    let v = |a: Value| graph.nodes[a.0].value;
    match operation {
        Operation::Given => Vec::new(),
        Operation::Add(..) => vec![1.0, 1.0],
        Operation::Multiply(a, b) => vec![v(b), v(a)],
        Operation::Relu(a) => vec![f64::from(u8::from(v(a) > 0.0))],
        Operation::Sigmoid(_) => vec![value * (1.0 - value)],
    }
}

/// All that `output` depends on, what is read before what reads it.
fn sorted(graph: &Graph, output: Value) -> Vec<Value> {
    let mut needed = vec![false; graph.nodes.len()];
    let mut open = vec![output];
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut needed[node.0], true) {
            open.extend(graph.nodes[node.0].operation.reads());
        }
    }
    let mut order: Vec<Value> = Vec::new();
    let mut done = vec![false; graph.nodes.len()];
    loop {
        let ready = (0..graph.nodes.len()).find(|&i| {
            needed[i] && !done[i] && graph.nodes[i].operation.reads().iter().all(|a| done[a.0])
        });
        let Some(i) = ready else { return order };
        done[i] = true;
        order.push(Value(i));
    }
}

/// The same graph with node i at place `to[i]`.
fn moved(graph: &Graph, to: &[usize]) -> Graph {
    let name = |a: Value| Value(to[a.0]);
    let mut nodes = graph.nodes.clone();
    for (i, node) in graph.nodes.iter().enumerate() {
        let operation = match node.operation {
            Operation::Given => Operation::Given,
            Operation::Add(a, b) => Operation::Add(name(a), name(b)),
            Operation::Multiply(a, b) => Operation::Multiply(name(a), name(b)),
            Operation::Relu(a) => Operation::Relu(name(a)),
            Operation::Sigmoid(a) => Operation::Sigmoid(name(a)),
        };
        nodes[to[i]] = Node {
            operation,
            value: node.value,
        };
    }
    Graph { nodes }
}

/// x·w + b, with a node that nothing reads. Names: x, w, b, x1, x2, and the lonely one.
fn line() -> (Graph, Value) {
    let mut g = Graph::default();
    let (x, w, b) = (given(&mut g, 2.0), given(&mut g, 3.0), given(&mut g, 1.0));
    let x1 = push(&mut g, Operation::Multiply(x, w));
    let x2 = push(&mut g, Operation::Add(x1, b));
    push(&mut g, Operation::Sigmoid(w));
    (g, x2)
}

/// Nodes made of random operations on random earlier ones, the last few joined to one output.
fn tangle(seed: u64, size: usize) -> (Graph, Value) {
    let mut draw = Draw::new(seed);
    let mut g = Graph::default();
    for _ in 0..4 {
        given(&mut g, draw.number(-1.5, 1.5));
    }
    for _ in 0..size {
        let mut any = || Value(draw.number(0.0, g.nodes.len() as f64) as usize);
        let (a, b) = (any(), any());
        let kind = draw.number(0.0, 6.0) as usize;
        let mut operation = [
            Operation::Add(a, b),
            Operation::Multiply(a, b),
            Operation::Add(a, b),
            Operation::Multiply(a, b),
            Operation::Relu(a),
            Operation::Sigmoid(a),
        ][kind];
        // Numbers that have grown large come down again.
        if result(&g, operation).abs() > 5.0 {
            operation = Operation::Sigmoid(a);
        }
        push(&mut g, operation);
    }
    let n = g.nodes.len();
    let sum = push(&mut g, Operation::Add(Value(n - 1), Value(n - 2)));
    let output = push(&mut g, Operation::Multiply(sum, Value(n - 3)));
    (g, output)
}

/// A repeatable permutation of 0..n.
fn permutation(seed: u64, n: usize) -> Vec<usize> {
    let keys = Draw::new(seed).numbers(n, 0.0, 1.0);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| keys[*a].total_cmp(&keys[*b]));
    order
}

pub(super) fn computes_each_operation() -> Verdict {
    let mut draw = Draw::new(1);
    for round in 0..8 {
        let (x, y) = if round == 0 {
            (2.0, -3.0)
        } else {
            (draw.number(-3.0, 3.0), draw.number(-3.0, 3.0))
        };
        let mut g = Graph::default();
        let (a, b) = (given(&mut g, x), given(&mut g, y));
        expect(format!("{x:.3} + {y:.3}"))
            .mistake("wrong-operation", "That is the product.", x * y)
            .close(g.compute(Operation::Add(a, b)), x + y)?;
        expect(format!("{x:.3} · {y:.3}"))
            .mistake("wrong-operation", "That is the sum.", x + y)
            .close(g.compute(Operation::Multiply(a, b)), x * y)?;
        close(
            &format!("{x:.3} + itself"),
            g.compute(Operation::Add(a, a)),
            2.0 * x,
        )?;
        for (node, v) in [(a, x), (b, y)] {
            expect(format!("relu({v:.3})"))
                .mistake("no-cut", "Negative numbers must become 0.", v)
                .mistake(
                    "smaller-instead-of-larger",
                    "The smaller of 0 and the number was taken; ReLU gives the larger.",
                    v.min(0.0),
                )
                .mistake(
                    "slope-instead",
                    "That is ReLU's slope; ReLU gives the number itself where it is positive.",
                    1.0,
                )
                .close(g.compute(Operation::Relu(node)), v.max(0.0))?;
            expect(format!("σ({v:.3})"))
                .mistake(
                    "sign",
                    "That is σ(−a): in the formula the exponent is −a.",
                    logistic(-v),
                )
                .mistake(
                    "slope-instead",
                    "That is the sigmoid's slope.",
                    logistic(v) * logistic(-v),
                )
                .close(g.compute(Operation::Sigmoid(node)), logistic(v))?;
        }
    }
    Ok(())
}

pub(super) fn knows_the_local_slopes() -> Verdict {
    let mut draw = Draw::new(2);
    for round in 0..8 {
        let (x, y) = if round == 0 {
            (2.0, -3.0)
        } else {
            (draw.number(-3.0, 3.0), draw.number(-3.0, 3.0))
        };
        let mut g = Graph::default();
        let (a, b) = (given(&mut g, x), given(&mut g, y));
        let sum = push(&mut g, Operation::Add(a, b));
        let product = push(&mut g, Operation::Multiply(a, b));
        let of_given = g.local_slopes(a).len();
        if of_given > 0 {
            return Err(Failure::new(format!(
                "a given number has {}, but it reads no other node: there is nothing along which it could have one.",
                count(of_given, "local slope")
            ))
            .diagnosed("slope-of-a-given-number"));
        }
        expect(format!(
            "the local slopes of {x:.3} + {y:.3}, along number "
        ))
        .mistake(
            "values-instead-of-slopes",
            "These are the numbers themselves; along each addend a sum grows by 1.",
            [x, y],
        )
        .close_all(&g.local_slopes(sum), &[1.0, 1.0])?;
        expect(format!(
            "the local slopes of {x:.3} · {y:.3}, along number "
        ))
        .mistake(
            "own-factor",
            "Along a factor the slope is the *other* factor.",
            [x, y],
        )
        .mistake(
            "value-instead-of-slope",
            "That is the product itself, twice; along a factor it grows by the other factor.",
            [x * y, x * y],
        )
        .mistake(
            "same-factor-twice",
            "Both slopes are the second factor; along that one it is the first.",
            [y, y],
        )
        .mistake(
            "same-factor-twice",
            "Both slopes are the first factor; along that one it is the second.",
            [x, x],
        )
        .close_all(&g.local_slopes(product), &[y, x])?;
        for (node, v) in [(a, x), (b, y)] {
            let relu = push(&mut g, Operation::Relu(node));
            let on = f64::from(u8::from(v > 0.0));
            expect(format!("the local slope of relu({v:.3})"))
                .mistake(
                    "value-instead-of-slope",
                    "That is ReLU's value; its slope is 0 or 1.",
                    v.max(0.0),
                )
                .mistake(
                    "inverted",
                    "It is the wrong way round: the slope is 1 where the number is positive.",
                    1.0 - on,
                )
                .close_all(&g.local_slopes(relu), &[on])?;
            let sigmoid = push(&mut g, Operation::Sigmoid(node));
            let s = logistic(v);
            expect(format!("the local slope of σ({v:.3})"))
                .mistake(
                    "slope-at-the-wrong-place",
                    "The number that goes in was put for s in s(1 − s); s is the node's own value, what the sigmoid gave.",
                    v * (1.0 - v),
                )
                .mistake("sigmoid-twice", "The sigmoid was taken of the node's own value; that is already σ(a).", logistic(s) * (1.0 - logistic(s)))
                .mistake("value-instead-of-slope", "That is the sigmoid's value s; its slope is s(1 − s).", s)
                .mistake("factor-missing", "That is 1 − s; one factor of s(1 − s) is missing.", 1.0 - s)
                .close_all(&g.local_slopes(sigmoid), &[s * (1.0 - s)])?;
        }
    }
    let mut g = Graph::default();
    let zero = given(&mut g, 0.0);
    let relu = push(&mut g, Operation::Relu(zero));
    expect("the local slope of relu(0)")
        .mistake(
            "corner",
            "At exactly 0 the slope is agreed to be 0: `>`, not `≥`.",
            1.0,
        )
        .close_all(&g.local_slopes(relu), &[0.0])
}
