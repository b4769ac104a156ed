//! Each piece of advice against the compiler that is here: what it says changes from version to version.

use std::io::Write;
use std::process::{Command, Stdio};

use super::sentence;
use crate::diagnostics::Diagnostic;

/// What a lesson's code looks like to the compiler, without Candle.
const BEFORE: &str = "#![allow(unused)]
#[derive(Debug, Clone)] pub struct Tensor(Vec<f32>);
#[derive(Debug)] pub struct Error; pub type Result<T> = std::result::Result<T, Error>;
impl Tensor { fn matmul(&self, o: &Tensor) -> Result<Tensor> { todo!() } fn sqr(&self) -> Result<Tensor> { todo!() } fn sum_all(&self) -> Result<Tensor> { todo!() } fn to_scalar(&self) -> Result<f32> { todo!() } }
#[derive(Clone, Copy)] pub struct Device; pub struct Shape; pub enum DType { F32 } pub trait WithDType {} impl WithDType for f32 {} impl WithDType for u8 {}
impl From<(usize, usize)> for Shape { fn from(_: (usize, usize)) -> Self { Shape } } impl From<usize> for Shape { fn from(_: usize) -> Self { Shape } }
impl Tensor { fn new(x: &[f32], d: &Device) -> Result<Tensor> { todo!() } fn reshape<S: Into<Shape>>(&self, s: S) -> Result<Tensor> { todo!() } fn to_dtype(&self, d: DType) -> Result<Tensor> { todo!() }
  fn to_vec1<D: WithDType>(&self) -> Result<Vec<D>> { todo!() } fn dims3(&self) -> Result<(usize, usize, usize)> { todo!() } fn shape(&self) -> &Shape { todo!() } fn get(&self, i: usize) -> Result<Tensor> { todo!() } fn transpose(&self, a: usize, b: usize) -> Result<Tensor> { todo!() }
  fn stack<A: AsRef<Tensor>>(all: &[A], d: usize) -> Result<Tensor> { todo!() } }
impl<B: std::borrow::Borrow<Tensor>> std::ops::Mul<B> for &Tensor { type Output = Result<Tensor>; fn mul(self, o: B) -> Result<Tensor> { todo!() } } impl std::ops::Mul<f64> for &Tensor { type Output = Result<Tensor>; fn mul(self, o: f64) -> Result<Tensor> { todo!() } }
impl AsRef<Tensor> for Tensor { fn as_ref(&self) -> &Tensor { self } }
impl std::ops::Add<&Tensor> for &Tensor { type Output = Result<Tensor>; fn add(self, o: &Tensor) -> Result<Tensor> { todo!() } }
fn eat(t: Tensor) {}
";

const CASES: &[(&str, &str)] = &[
    (
        "mod act { pub enum Activation { Softmax, Relu } pub fn softmax(x: f64) -> f64 { x } }\nuse act::{Activation, softmax};\nfn f(n: usize) -> Activation { match n { 1 => Softmax, _ => Activation::Relu } }",
        "`Activation::Softmax`.",
    ),
    (
        "fn f(bias: f64) -> f64 { let mut z: f32 = bias; z += bias; z }",
        "write `let mut z: f64`",
    ),
    (
        "fn f(n: usize) -> f64 { let z: f64 = n; z }",
        "`x as f64` makes an `f64` of the `usize`",
    ),
    (
        "fn f(w: &[f64]) -> f64 { *w.iter().max().unwrap() }",
        "`.copied().fold(f64::NEG_INFINITY, f64::max)`",
    ),
    (
        "fn f(w: &[f64]) -> Vec<f64> { let mut v = w.to_vec(); v.sort(); v }",
        "`.sort_by(f64::total_cmp)`",
    ),
    ("fn f() -> [f64; 2] { (2.0, 2.0) }", "`[a, b]`"),
    ("fn f() -> (f64, f64) { [2.0, 2.0] }", "`(a, b)`"),
    (
        "enum Op { Add, Mul, Sub }\nfn g(o: &Op) -> f64 { match o { Op::Mul => 1.0 } }",
        "no arm for `&Op::Add` and `&Op::Sub` yet",
    ),
    (
        "enum Op { Add, Mul }\nfn g(o: &Op) -> f64 { match o { } }",
        "this one has no arm",
    ),
    (
        "fn f(o: Option<f64>) -> f64 { let Some(x) = o; x }",
        "does not fit `None`",
    ),
    (
        "fn f(w: &[f64]) -> Vec<f64> { w.iter().map(|x| x * 2.0).collect::<Vec<f64>>; }",
        "`.collect::<…>()`",
    ),
    ("fn f(v: Vec<f64>) -> usize { v.len }", "`.len()`"),
    (
        "fn f(w: &[f64]) -> f64 { let *x = w[0]; x }",
        "leave out the `let`",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { x.transpose() }",
        "`x.transpose(0, 1)?`",
    ),
    (
        "struct Node(usize);\nfn f(x: &[f64], n: Node) -> f64 { x[n] }",
        "this is a `Node`. If there is one in it, take it out: `.0`",
    ),
    (
        "fn f(w: &mut [f64], g: &[f64]) { for (w, g) in w.iter().zip(g) { *w -= g; } }",
        "`.iter_mut()`",
    ),
    (
        "struct S { rate: f64 } impl S { fn f(&self) -> f64 { rate } }",
        "`self.rate`",
    ),
    (
        "struct S; impl S { fn value(&self) -> f64 { 1.0 } fn g(&self) -> f64 { value() } }",
        "`self.value(…)`",
    ),
    (
        "enum Op { Add(usize), Mul } fn f(o: Op) -> f64 { match o { Add(n) => 0.0, _ => 1.0 } }",
        "`Op::Add(…)`",
    ),
    (
        "enum Op { Add(usize), Mul } fn g(o: Op) -> f64 { match o { Op::Mul => 1.0 } }",
        "no arm for `Op::Add(_)` yet",
    ),
    ("fn f(a: f64) -> f64 { exp(a) }", "`x.exp(…)`"),
    ("fn f(a: f64) -> f64 { max(a, 0.0) }", "`x.max(…)`"),
    (
        "fn g(w: &mut [f64]) { for w in w.iter_mut() { w -= 1.0; } }",
        "With a `*` in front",
    ),
    (
        "fn h(w: &mut f64) -> f64 { w - 1.0 }",
        "With a `*` in front",
    ),
    ("fn f(n: usize) { let a = [0.0; n]; }", "`vec![0.0; n]`"),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { Ok((x * 2)?) }",
        "stands an `f64`: write the number with a point",
    ),
    (
        "fn f(x: &Tensor, n: usize) -> Result<Tensor> { Ok((x * n)?) }",
        "this is a `usize`: `n as f64`",
    ),
    (
        "fn f(x: &Tensor, n: f32) -> Result<Tensor> { Ok((x * n)?) }",
        "`f64::from(x)`",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { Ok((x * x.sqr())?) }",
        "a `Result` yet",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { let mut all = vec![]; all.push(x.get(0)); Tensor::stack(&all, 0) }",
        "a `Result` yet",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { x.reshape(2, 3) }",
        "`reshape((n, 784))`",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { x.reshape([2, 3]) }",
        "A shape is a tuple",
    ),
    (
        "fn f(x: &Tensor) -> usize { x.shape()[0] }",
        "`x.dims()[0]`",
    ),
    (
        "fn f() -> Result<Tensor> { Tensor::new(&[1.0]) }",
        "the device is the last argument",
    ),
    (
        "fn f(x: &Tensor) -> Result<f32> { let s: f32 = x.sum_all()?; Ok(s) }",
        "`.to_scalar::<f32>()?` takes the number out",
    ),
    (
        "fn f(x: &Tensor) -> Result<usize> { let v = x.to_vec1()?; Ok(v.len()) }",
        "`.to_vec1::<f32>()?`",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { x.to_dtype(F32) }",
        "`DType::F32`",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { x.softmax(1) }",
        "goes into the brackets: `softmax(&x)`",
    ),
    (
        "fn f(x: &Tensor) -> Result<usize> { let (n, m) = x.dims3()?; Ok(n) }",
        "gives 3 values, and the pattern takes 2.",
    ),
    (
        "fn f(n: usize) -> bool { if n = 3 { true } else { false } }",
        "To compare, write `==`",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { x.sqr()?; }",
        "the last line is `Ok(…)`, with no `;`",
    ),
    (
        "fn f(x: &Tensor) -> Tensor { *x }",
        "`x` was only lent to you",
    ),
    (
        "fn two() -> Result<(usize, usize)> { todo!() }\nfn f() -> Result<usize> { let (n, m) = two(); Ok(n + m) }",
        "`let (a, b) = …?;`",
    ),
    (
        "fn f(x: &Tensor) -> std::result::Result<Tensor, Box<Error>> { x.sqr() }",
        "`Ok(…?)`",
    ),
    (
        "mod a { pub struct Error; }\nfn f(x: &Tensor) -> std::result::Result<Tensor, a::Error> { x.sqr() }",
        "`?` turns it into the right one",
    ),
    (
        "fn f(x: Tensor) -> Result<Tensor> { eat(x); x.sqr() }",
        "`x` was given away in line 14 and is used again here",
    ),
    (
        "fn f(x: Tensor) -> Result<Tensor> { eat(x); x.sqr() }",
        "which is cheap",
    ),
    (
        "fn f(t: Tensor) { for _ in 0..3 { eat(t); } }",
        "The first round of the loop gives `t` away",
    ),
    (
        "fn f(v: Vec<f64>) -> usize { for x in v {} v.len() }",
        "Let it only look: `in &v`",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { let y = x.sqr(); x.matmul(&y) }",
        "A `?` behind it",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { x.sqr().sum_all() }",
        "in front of `.sum_all` can fail",
    ),
    (
        "fn f(x: &Tensor) -> Result<Tensor> { let y = x.sqr()?; y }",
        "Wrap it: `Ok(…)`",
    ),
    (
        "fn f(x: &Tensor) -> Result<f32> { Ok(x.to_scalar() * 2.0) }",
        "One side of this can fail",
    ),
    (
        "fn f(a: &Tensor, b: &Tensor) -> Result<Tensor> { a + b + a }",
        "One side of this can fail",
    ),
    (
        "fn f(x: &Tensor) -> Tensor { x.sqr()? }",
        "gives back no `Result`",
    ),
    (
        "fn f(v: &[Tensor]) -> Vec<Tensor> { v.iter().map(|x| x.sqr()?).collect() }",
        "ends the closure",
    ),
    (
        "fn f(v: &[Tensor]) -> Result<Vec<Tensor>> { let all: Vec<Tensor> = v.iter().map(|x| x.sqr()).collect(); Ok(all) }",
        "Each element is a `Result`",
    ),
    (
        "fn f(v: &[f64]) -> Vec<f64> { v.iter().collect() }",
        "`.copied()`",
    ),
    (
        "fn f(a: &[f64]) -> Vec<f64> { a.iter().map(|x| x * 2.0) }",
        "`.collect()` at its end",
    ),
    ("fn f(a: &[f64]) -> Vec<f64> { a }", "`.to_vec()`"),
    ("fn f(n: usize) { for i in n {} }", "`for i in 0..n`"),
    (
        "fn f(a: Vec<f64>) -> Vec<f64> { a.map(|x| x * 2.0) }",
        "`….iter().map(…)`",
    ),
    (
        "fn f(a: Vec<f64>, b: Vec<f64>) -> Vec<f64> { a * b }",
        "whole vectors",
    ),
    (
        "fn f(a: f32) -> f64 { a }",
        "`f64::from(x)` makes an `f64` of the `f32`",
    ),
    (
        "fn f(a: f32, b: f64) -> f64 { f64::from(a) + (b * a) }",
        "here an `f64` meets an `f32`",
    ),
    (
        "fn f(a: f64, n: usize) -> f64 { a / n }",
        "`x as f64` makes an `f64` of the `usize`",
    ),
    ("fn f(a: f64) -> f64 { 2 * a }", "Write it with a point"),
    ("fn f() -> f64 { 2 }", "Write it with a point"),
    (
        "fn f(a: &[f64]) -> f64 { let i: i32 = 0; a[i] }",
        "An index is a `usize`, and this is an `i32`",
    ),
    (
        "fn f(a: &[f64]) -> usize { a.iter().filter(|x| x > 0.5).count() }",
        "`**x` is the number itself",
    ),
    ("fn f(a: &f64) -> f64 { a }", "`*x` is the `f64` itself"),
    ("fn f(a: &u8) -> f32 { a as f32 }", "`*x as f32`"),
    ("fn f(a: f64) -> f64 { a ** 2.0 }", "Rust has no `**`"),
    (
        "fn f(a: usize) -> usize { -a }",
        "A `usize` is never negative",
    ),
    (
        "fn f() -> f64 { let x = 2.0; x.powi(2) }",
        "which kind of number",
    ),
    (
        "fn f(a: &[f64]) -> f64 { let s = a.iter().sum(); s * 2.0 }",
        "`let s: f64 = …`",
    ),
    ("fn f(a: f64) -> f64 { a + 1.0; }", "ends with a `;`"),
    ("fn f(x: &Tensor) -> Result<()> { x.sqr()?; }", "`Ok(())`"),
    (
        "fn f(a: f64) -> f64 { if a > 0.0 { a } }",
        "needs an `else`",
    ),
    (
        "fn f(a: f64) -> f64 {\n    let b = a\n    b + 1.0\n}",
        "A `;` is missing at the end",
    ),
    (
        "fn f(a: f64) -> f64 { let b = a b + 1.0 }",
        "in front of `b`",
    ),
    (
        "fn f() -> f64 { f64::max(1.0 2.0) }",
        "A `,` is missing here",
    ),
    (
        "fn f(a: f64) -> f64 { return a * 2.0 + ; }",
        "A value is missing in front of `;`",
    ),
    (
        "fn f(a: f64) -> f64 {\n    if a > 1.0 {\n        a\n    else { 2.0 }\n}",
        "A `}` is missing. By the indentation it is missing in the block that begins in line 15",
    ),
    ("fn f(a: f64) -> f64 {\n    a\n}}", "a `}` too many"),
    (
        "fn f(a: f64) -> f64 {\n    (a + (1.0)\n}",
        "The `(` in line 15 is not closed: a `)` is missing before the `}`",
    ),
    (
        "fn f(inputs: &[f64]) -> f64 { input.iter().sum() }",
        "Did you mean `inputs`?",
    ),
    (
        "fn weighted_sum(a: f64) -> f64 { a }\nfn f(a: f64) -> f64 { weigthed_sum(a) }",
        "Did you mean `weighted_sum`?",
    ),
    (
        "fn f(a: f64) -> f64 { zorro }",
        "Nothing is called `zorro` here. Is it spelled as where it was made",
    ),
    (
        "fn f(a: f64) -> f64 { zorro(a) }",
        "No function is called `zorro`",
    ),
    (
        "fn f() { let m: HashMap<u8, u8>; }",
        "write `use std::collections::HashMap;` at the top",
    ),
    (
        "fn f(a: &[f64]) -> usize { a.length() }",
        "Did you mean `len`?",
    ),
    (
        "fn f(a: &[f64]) -> f64 { a.first().sqrt() }",
        "it is an `Option`",
    ),
    (
        "fn f(a: f64) -> f64 { let s = 0.0; s += a; s }",
        "`let mut s`",
    ),
    (
        "fn f(a: f64) -> Vec<f64> { let s = Vec::new(); s.push(a); s }",
        "`let mut s`",
    ),
    (
        "fn f(a: f64) -> Vec<f64> { let s = vec![1.0]; s[0] = a; s }",
        "`let mut s`",
    ),
    (
        "fn f(a: &[f64]) { a[0] = 1.0; }",
        "was lent for reading only",
    ),
    (
        "fn f(mut v: Vec<f64>) -> Vec<f64> { for x in &v { v.push(*x); } v }",
        "still being read or changed elsewhere",
    ),
    (
        "struct L { w: Vec<f64> }\nfn f(l: &L) -> Vec<f64> { l.w }",
        "`l.w` was only lent to you",
    ),
    (
        "fn f(v: &[Tensor]) -> Tensor { v[0] }",
        "`v[0]` was only lent to you",
    ),
    (
        "fn f() -> &'static [f64] { let v = vec![1.0]; &v }",
        "gone when it ends",
    ),
    (
        "fn g(a: &Tensor) {}\nfn f(a: Tensor) { g(a) }",
        "put a `&` in front",
    ),
];

/// The compiler's errors for this code.
fn errors(code: &str) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().expect("a folder");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut child = Command::new(compiler)
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "lib",
            "--emit",
            "metadata",
        ])
        .args(["--error-format", "json", "-", "--out-dir"])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the compiler starts");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(format!("{BEFORE}{code}\n").as_bytes())
        .expect("it reads");
    drop(input);
    let said = child.wait_with_output().expect("it ends").stderr;
    let said = String::from_utf8(said).expect("it speaks UTF-8");
    said.lines()
        .map(|line| serde_json::from_str::<Diagnostic>(line).expect("a message"))
        .filter(|message| message.level == "error" && message.primary().is_some())
        .collect()
}

#[test]
fn what_people_often_run_into_gets_a_plain_sentence() {
    let mut wrong = Vec::new();
    for (code, words) in CASES {
        let errors = errors(code);
        let said = errors.first().and_then(sentence);
        if !said.as_deref().is_some_and(|said| said.contains(words)) {
            let of = errors
                .first()
                .map(|error| format!("{} {} [{}]", error.code(), error.message, error.label()));
            wrong.push(format!(
                "{code}\n  due:  {words}\n  said: {said:?}\n  of {of:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn where_nothing_fits_nothing_is_said() {
    for code in [
        "fn f(a: Tensor, b: Vec<f64>) -> Tensor { b }",
        "struct L { w: f64 }\nfn f(l: &L) -> f64 { l.weights }",
        "fn g(a: f64, b: f64) -> f64 { a }\nfn f(a: f64) -> f64 { g(a) }",
        "fn f(a: &Tensor) { let Tensor = a; }",
    ] {
        let errors = errors(code);
        let first = errors.first().expect("it does not compile");
        assert_eq!(sentence(first), None, "{code}: {}", first.message);
    }
}
