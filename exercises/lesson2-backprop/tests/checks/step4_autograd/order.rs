//! The order: what is read comes first, each node once, and nothing else.

use super::{given, line, moved, permutation, push, sorted, tangle};
use dlkit_check::prelude::*;
use lesson2::step4_autograd::*;
use std::collections::VecDeque;

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
pub(super) fn as_met(graph: &Graph, output: Value) -> Vec<Vec<Value>> {
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

pub(crate) fn order_puts_what_is_read_first() -> Verdict {
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
pub(super) fn doublings(times: usize) -> (Graph, Value) {
    let mut g = Graph::default();
    let mut last = given(&mut g, 0.5);
    for _ in 0..times {
        last = push(&mut g, Operation::Add(last, last));
    }
    (g, last)
}

pub(crate) fn order_holds_each_node_once() -> Verdict {
    for times in [1, 2, 12] {
        let (g, output) = doublings(times);
        judge(&g, output, &g.order(output))?;
    }
    // Sixty doublings are 61 nodes and 2⁶⁰ paths: whoever walks each path does not come back.
    let (g, output) = doublings(60);
    judge(&g, output, &g.order(output))
}

pub(crate) fn order_leaves_out_what_does_not_matter() -> Verdict {
    let (g, output) = line();
    judge(&g, Value(3), &g.order(Value(3)))?;
    judge(&g, Value(1), &g.order(Value(1)))?;
    judge(&g, output, &g.order(output))
}
