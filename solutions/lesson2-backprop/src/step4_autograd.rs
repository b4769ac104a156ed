//! Step 4 — A small autograd engine.
//!
//! What you did by hand follows a rule so plain that a program can do it for any graph: *automatic differentiation*. Candle,
//! PyTorch and TensorFlow all have such an engine at their heart. This one knows four operations on single numbers, and that is
//! enough for any net of ReLU and sigmoid.
//!
//! Three ideas: each operation knows its local slopes; go through the nodes so that none comes before those that use it; and
//! where a node is used several times, its slopes add up.

/// The name of a node: its number in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub usize);

/// Where a node's number comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// It was given: a weight, an input, a constant.
    Given,
    /// The sum of two nodes.
    Add(Value, Value),
    /// The product of two nodes.
    Multiply(Value, Value),
    /// `max(0, a)` of a node.
    Relu(Value),
    /// `1 / (1 + e⁻ᵃ)` of a node.
    Sigmoid(Value),
}

impl Operation {
    /// The nodes that this operation reads: none, one or two. (For `Add(a, a)` it is a twice.)
    pub fn reads(self) -> Vec<Value> {
        match self {
            Self::Given => Vec::new(),
            Self::Add(a, b) | Self::Multiply(a, b) => vec![a, b],
            Self::Relu(a) | Self::Sigmoid(a) => vec![a],
        }
    }
}

/// One number in the graph, and how it came about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// How it came about.
    pub operation: Operation,
    /// What the forward pass computed.
    pub value: f64,
}

/// Nodes that read each other, without circles. A graph that is built with the methods below holds every node after those it
/// reads; in general the nodes may lie in any order.
///
/// ```text
/// let mut graph = Graph::default();
/// let (x, w, b) = (graph.given(2.0), graph.given(3.0), graph.given(1.0));
/// let x1 = graph.multiply(x, w);
/// let x2 = graph.add(x1, b);
/// graph.value(x2)                 // 7
/// graph.backward(x2)[w.0]         // 2: how much x2 grows when w grows by 1
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// All nodes; `Value(i)` is the name of `nodes[i]`.
    pub nodes: Vec<Node>,
}

impl Graph {
    /// The number that the forward pass computed for this node.
    pub fn value(&self, of: Value) -> f64 {
        self.nodes[of.0].value
    }

    /// A new node that holds this number.
    pub fn given(&mut self, value: f64) -> Value {
        self.nodes.push(Node {
            operation: Operation::Given,
            value,
        });
        Value(self.nodes.len() - 1)
    }

    /// A new node: `a + b`.
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        self.push(Operation::Add(a, b))
    }

    /// A new node: `a · b`.
    pub fn multiply(&mut self, a: Value, b: Value) -> Value {
        self.push(Operation::Multiply(a, b))
    }

    /// A new node: `max(0, a)`.
    pub fn relu(&mut self, a: Value) -> Value {
        self.push(Operation::Relu(a))
    }

    /// A new node: `σ(a)`.
    pub fn sigmoid(&mut self, a: Value) -> Value {
        self.push(Operation::Sigmoid(a))
    }

    fn push(&mut self, operation: Operation) -> Value {
        let value = self.compute(operation);
        self.nodes.push(Node { operation, value });
        Value(self.nodes.len() - 1)
    }

    /// Forward: what this operation gives for the values that its nodes hold now. No check asks for [`Operation::Given`], which
    /// computes nothing; give NaN for it.
    ///
    /// Worked: where nodes 0 and 1 hold 2 and −3, `Multiply(Value(0), Value(1))` gives −6 and `Relu(Value(1))` gives 0.
    pub fn compute(&self, operation: Operation) -> f64 {
        // solution: Give the operation's result, from self.value(…) of the nodes it reads.
        match operation {
            Operation::Given => f64::NAN,
            Operation::Add(a, b) => self.value(a) + self.value(b),
            Operation::Multiply(a, b) => self.value(a) * self.value(b),
            Operation::Relu(a) => self.value(a).max(0.0),
            Operation::Sigmoid(a) => 1.0 / (1.0 + (-self.value(a)).exp()),
        }
        // end solution
    }

    /// The local slopes of a node: how much its value grows when one that it reads grows by 1. One number for each that
    /// [`Operation::reads`] names, in that order; none for a given number. ReLU's slope at exactly 0 is 0 here.
    ///
    /// Worked: for a node `Multiply(a, b)` where a holds 2 and b holds −3, the slopes are −3 (along a) and 2 (along b). For a
    /// sigmoid whose own value is s, the slope is s(1 − s).
    pub fn local_slopes(&self, node: Value) -> Vec<f64> {
        // solution: Give the slope of this node along each node that it reads.
        let Node { operation, value } = self.nodes[node.0];
        match operation {
            Operation::Given => Vec::new(),
            Operation::Add(_, _) => vec![1.0, 1.0],
            Operation::Multiply(a, b) => vec![self.value(b), self.value(a)],
            Operation::Relu(a) => vec![if self.value(a) > 0.0 { 1.0 } else { 0.0 }],
            Operation::Sigmoid(_) => vec![value * (1.0 - value)],
        }
        // end solution
    }

    /// A *topological order*: every node that `output` depends on, `output` among them and last, each exactly once and after
    /// all nodes that it reads. Nodes that `output` does not depend on are left out.
    ///
    /// Worked: in `x1 = x·w; x2 = x1 + b` an order for x2 is x, w, x1, b, x2; so is b, w, x, x1, x2. For x1 it is x, w, x1.
    pub fn order(&self, output: Value) -> Vec<Value> {
        // solution: Visit what a node reads before you write the node itself down.
        fn visit(graph: &Graph, node: Value, seen: &mut [bool], order: &mut Vec<Value>) {
            if seen[node.0] {
                return;
            }
            seen[node.0] = true;
            for read in graph.nodes[node.0].operation.reads() {
                visit(graph, read, seen, order);
            }
            order.push(node);
        }
        let mut order = Vec::new();
        visit(self, output, &mut vec![false; self.nodes.len()], &mut order);
        order
        // end solution
    }

    /// Backward: the slope of `output` along every node, in the order of [`Graph::nodes`]. It is 1 along `output` itself and 0
    /// along what it does not depend on.
    ///
    /// Go through [`Graph::order`] from its end. At each node the slope along it is complete, because all that read it have
    /// been there; hand slope × local slope on to each node that it reads, *added* to what that one has already.
    ///
    /// Worked: for `x1 = x·w; x2 = x1 + b` with x = 2, w = 3 the slopes of x2 along x, w, b, x1, x2 are 3, 2, 1, 1, 1.
    pub fn backward(&self, output: Value) -> Vec<f64> {
        // solution: Hand slopes from each node to those it reads, beginning at the output.
        let mut slopes = vec![0.0; self.nodes.len()];
        slopes[output.0] = 1.0;
        for &node in self.order(output).iter().rev() {
            let reads = self.nodes[node.0].operation.reads();
            for (read, local) in reads.into_iter().zip(self.local_slopes(node)) {
                slopes[read.0] += slopes[node.0] * local;
            }
        }
        slopes
        // end solution
    }
}
