//! Graphs that are built node by node, here without the student's `compute`, and some whose nodes lie in no particular order.

use super::{count, logistic, same_length};
use dlkit_check::prelude::*;
use lesson2::step4_autograd::*;
use std::collections::VecDeque;

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
    for &node in order.iter().rev() {
        let reads = graph.nodes[node.0].operation.reads();
        for (read, local) in reads.into_iter().zip(slopes_of(graph, node)) {
            slopes[read.0] = keep(slopes[read.0], slopes[node.0] * local);
        }
    }
    slopes
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

fn names(order: &[Value]) -> String {
    let numbers: Vec<String> = order.iter().map(|v| v.0.to_string()).collect();
    format!("[{}]", numbers.join(", "))
}

/// What is wrong with this order, if anything.
fn judge(graph: &Graph, output: Value, order: &[Value]) -> Verdict {
    let wanted = sorted(graph, output);
    let shown = names(&order[..order.len().min(20)]);
    let slip = |diagnosis: &str, text: String| Err(Failure::new(text).diagnosed(diagnosis));
    if let Some(node) = order.iter().find(|v| v.0 >= graph.nodes.len()) {
        return slip(
            "no-such-node",
            format!(
                "The order {shown} names node {}, but the graph has {} nodes.",
                node.0,
                graph.nodes.len()
            ),
        );
    }
    let mut seen = vec![false; graph.nodes.len()];
    for node in order {
        if std::mem::replace(&mut seen[node.0], true) {
            return slip(
                "visited-twice",
                format!(
                    "The order has {} entries, and node {} comes twice: {shown}. When several nodes read it, it is still to be written down once: \
                     remember which nodes have been visited.",
                    order.len(),
                    node.0
                ),
            );
        }
    }
    if let Some(node) = wanted.iter().find(|v| !seen[v.0]) {
        return slip(
            "node-missing",
            format!(
                "The order {shown} lacks node {}, which node {} depends on (or is).",
                node.0, output.0
            ),
        );
    }
    if let Some(node) = order.iter().find(|v| !wanted.contains(v)) {
        return slip(
            "too-many-nodes",
            format!(
                "The order {shown} holds node {}, which node {} does not depend on: start at the output and go only to what is read.",
                node.0, output.0
            ),
        );
    }
    let Some((node, read)) = too_early(graph, order) else {
        return Ok(());
    };
    let reversed: Vec<Value> = order.iter().rev().copied().collect();
    let (diagnosis, hint) = if too_early(graph, &reversed).is_none() {
        (
            "reader-first",
            "The whole order is the wrong way round: what is read comes first, the output last.",
        )
    } else if order.is_sorted() {
        (
            "sorted-by-number",
            "The nodes stand by their numbers, and these say nothing about who reads whom: ask `reads()`.",
        )
    } else if as_met(graph, output).contains(&reversed) {
        (
            "order-of-meeting",
            "The nodes stand as they are met on the way from the output, turned round. That is not enough: a node that is read by several may be met \
             too soon, through the nearest of them.",
        )
    } else {
        (
            "reader-first",
            "Write a node down after everything that it reads, not on arrival.",
        )
    };
    slip(
        diagnosis,
        format!(
            "In the order {shown} node {} comes before node {}, which it reads. {hint}",
            node.0, read.0
        ),
    )
}

/// The first node that comes before one that it reads, and that one.
fn too_early(graph: &Graph, order: &[Value]) -> Option<(Value, Value)> {
    let mut place = vec![usize::MAX; graph.nodes.len()];
    for (i, node) in order.iter().enumerate() {
        place[node.0] = i;
    }
    order.iter().find_map(|&node| {
        let reads = graph.nodes[node.0].operation.reads();
        let later = reads.into_iter().find(|read| place[read.0] > place[node.0]);
        later.map(|read| (node, read))
    })
}

/// The orders in which a search from the output meets the nodes: breadth first or depth first, with a node's reads from either
/// side, each node marked when it is put on the list or when it is taken from it.
fn as_met(graph: &Graph, output: Value) -> Vec<Vec<Value>> {
    let mut all = Vec::new();
    for way in 0..8 {
        let (breadth, turned, at_once) = (way & 1 > 0, way & 2 > 0, way & 4 > 0);
        let mut seen = vec![false; graph.nodes.len()];
        let mut open = VecDeque::from([output]);
        seen[output.0] = at_once;
        let mut met = Vec::new();
        while let Some(node) = if breadth {
            open.pop_front()
        } else {
            open.pop_back()
        } {
            if !at_once && std::mem::replace(&mut seen[node.0], true) {
                continue;
            }
            met.push(node);
            let mut reads = graph.nodes[node.0].operation.reads();
            if turned {
                reads.reverse();
            }
            for read in reads {
                if !seen[read.0] {
                    seen[read.0] = at_once;
                    open.push_back(read);
                }
            }
        }
        all.push(met);
    }
    all
}

pub(super) fn order_puts_what_is_read_first() -> Verdict {
    let (g, output) = line();
    judge(&g, output, &g.order(output))?;
    for seed in 0..6 {
        let (g, output) = tangle(seed, 12);
        judge(&g, output, &g.order(output))?;
        // The numbers of the nodes say nothing about who reads whom.
        let to = permutation(seed + 50, g.nodes.len());
        let (g, output) = (moved(&g, &to), Value(to[output.0]));
        judge(&g, output, &g.order(output))?;
    }
    Ok(())
}

/// d = c + c, c = b + b, …: two paths at each of these.
fn doublings(times: usize) -> (Graph, Value) {
    let mut g = Graph::default();
    let mut last = given(&mut g, 0.5);
    for _ in 0..times {
        last = push(&mut g, Operation::Add(last, last));
    }
    (g, last)
}

pub(super) fn order_holds_each_node_once() -> Verdict {
    for times in [1, 2, 12] {
        let (g, output) = doublings(times);
        judge(&g, output, &g.order(output))?;
    }
    // Sixty doublings are 61 nodes and 2⁶⁰ paths: whoever walks each path does not come back.
    let (g, output) = doublings(60);
    judge(&g, output, &g.order(output))
}

pub(super) fn order_leaves_out_what_does_not_matter() -> Verdict {
    let (g, output) = line();
    judge(&g, Value(3), &g.order(Value(3)))?;
    judge(&g, Value(1), &g.order(Value(1)))?;
    judge(&g, output, &g.order(output))
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
    expect(format!("{what}: the slope along node "))
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
        )
        .close_all(&got, &want)
}

pub(super) fn backward_of_the_worked_graph() -> Verdict {
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

pub(super) fn backward_adds_up() -> Verdict {
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

pub(super) fn backward_waits_for_all_readers() -> Verdict {
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

pub(super) fn backward_of_any_graph() -> Verdict {
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
