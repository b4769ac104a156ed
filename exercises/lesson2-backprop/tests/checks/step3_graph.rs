//! Two small graphs with numbers that can be followed on paper, then the same with many others.

use super::row;
use dlkit_check::prelude::*;
use lesson2::step3_graph::*;

pub(super) fn forward_multiplies_adds_and_compares() -> Verdict {
    let mut draw = Draw::new(1);
    let mut cases = vec![vec![2.0, 3.0, 1.0, 4.0], vec![2.0, 3.0, 1.0, 9.0]];
    cases.extend(draw.rows(6, 4, -3.0, 3.0));
    for case in cases {
        let [x, w, b, y] = case[..] else {
            unreachable!("each case has four numbers")
        };
        let got = forward(x, w, b, y);
        let given = format!("for x, w, b, y_true = {}", row(&case));
        let mut way = walk();
        let verdict = expect(format!("x1 {given}"))
            .mistake(
                "added-instead-of-multiplied",
                "x and w are multiplied.",
                x + w,
            )
            .mistake(
                "bias-too-early",
                "The bias belongs to x2; x1 is the product alone.",
                x * w + b,
            )
            .close(got.x1, x * w);
        way.past("x1", verdict)?;
        let verdict = expect(format!("x2 {given}"))
            .mistake("forgotten-bias", "The bias is missing.", x * w)
            .mistake("bias-sign", "The bias was subtracted.", x * w - b)
            .close(got.x2, x * w + b);
        way.past("x2", verdict)?;
        let error = x * w + b - y;
        let verdict = expect(format!("the loss {given}"))
            .mistake(
                "absolute-value-forgotten",
                "A loss is never negative: take the absolute value.",
                error,
            )
            .mistake(
                "absolute-value-forgotten",
                "A loss is never negative: take the absolute value.",
                -error,
            )
            .mistake(
                "squared-instead",
                "That is the squared error; here the loss is |y_true − x2|.",
                error * error,
            )
            .close(got.loss, error.abs());
        way.past("the loss", verdict)?;
    }
    Ok(())
}

fn backward_at(x: f64, w: f64, b: f64, y: f64) -> Verdict {
    let x2 = x * w + b;
    let kept = Forward {
        x1: x * w,
        x2,
        loss: (y - x2).abs(),
    };
    let sign = if x2 > y {
        1.0
    } else if x2 < y {
        -1.0
    } else {
        0.0
    };
    let got = backward(x, w, y, &kept);
    let given = format!("for x, w, b, y_true = {}", row(&[x, w, b, y]));
    let mut way = walk();
    let verdict = expect(format!("grad(loss, x2) {given}"))
        .mistake(
            "sign",
            "Its sign is the wrong way round: does |y_true − x2| grow or fall when x2 grows?",
            -sign,
        )
        .mistake("value-instead-of-slope", "That is the loss itself; the slope of an absolute value is 1 or −1.", kept.loss)
        .mistake(
            "corner",
            "Where x2 is exactly y_true the size has a corner, with slopes from −1 to 1: here it is agreed to be 0.",
            if sign == 0.0 { 1.0 } else { f64::NAN },
        )
        .mistake("corner", "Where x2 is exactly y_true the size has a corner: here its slope is agreed to be 0.", {
            if sign == 0.0 { -1.0 } else { f64::NAN }
        })
        .close(got.x2, sign);
    way.past("grad(loss, x2)", verdict)?;
    let hands_on = "An addition hands the slope on as it is.";
    let verdict = expect(format!("grad(loss, x1) {given}"))
        .mistake(
            "upstream-forgotten",
            "That is the local slope 1 alone; multiply it with grad(loss, x2).",
            1.0,
        )
        .advice(hands_on)
        .close(got.x1, sign);
    // Along b a way of its own branches off.
    let mut to_b = way.clone();
    way.past("grad(loss, x1)", verdict)?;
    let verdict = expect(format!("grad(loss, b) {given}"))
        .mistake(
            "value-instead-of-slope",
            "That is b itself; the local slope of x1 + b along b is 1.",
            sign * b,
        )
        .mistake(
            "upstream-forgotten",
            "That is the local slope 1 alone; multiply it with grad(loss, x2).",
            1.0,
        )
        .advice(hands_on)
        .close(got.b, sign);
    to_b.past("grad(loss, b)", verdict)?;
    let verdict = expect(format!("grad(loss, w) {given}"))
        .mistake(
            "own-factor",
            "Along w the local slope of x · w is the *other* factor, x.",
            sign * w,
        )
        .mistake(
            "upstream-forgotten",
            "That is the local slope x alone; multiply it with grad(loss, x1).",
            x,
        )
        .mistake(
            "local-slope-forgotten",
            "The slope was handed on as it is; the local slope of x · w along w is x.",
            sign,
        )
        .close(got.w, sign * x);
    way.clone().past("grad(loss, w)", verdict)?;
    let verdict = expect(format!("grad(loss, x) {given}"))
        .mistake(
            "own-factor",
            "Along x the local slope of x · w is the *other* factor, w.",
            sign * x,
        )
        .mistake(
            "upstream-forgotten",
            "That is the local slope w alone; multiply it with grad(loss, x1).",
            w,
        )
        .mistake(
            "local-slope-forgotten",
            "The slope was handed on as it is; the local slope of x · w along x is w.",
            sign,
        )
        .close(got.x, sign * w);
    way.past("grad(loss, x)", verdict)
}

pub(super) fn backward_of_the_worked_graph() -> Verdict {
    backward_at(2.0, 3.0, 1.0, 4.0)
}

pub(super) fn backward_on_both_sides_of_the_corner() -> Verdict {
    backward_at(2.0, 3.0, 1.0, 9.5)?;
    let mut draw = Draw::new(2);
    for _ in 0..8 {
        let n = draw.numbers(4, -3.0, 3.0);
        backward_at(n[0], n[1], n[2], n[3])?;
    }
    backward_at(2.0, 3.0, 1.0, 7.0)
}

pub(super) fn chain_multiplies_from_the_end() -> Verdict {
    let mut draw = Draw::new(3);
    let mut cases = vec![vec![2.0, 3.0, -1.0, 0.5], vec![5.0], vec![1.0, 0.0, 4.0]];
    cases.extend((2..7).map(|n| draw.numbers(n, -2.0, 2.0)));
    for local in cases {
        let mut want = Vec::new();
        let (mut product, mut sum) = (1.0, 0.0);
        let mut sums = Vec::new();
        for slope in &local {
            product *= slope;
            sum += slope;
            want.push(product);
            sums.push(sum);
        }
        let mut from_the_other_end: Vec<f64> = local
            .iter()
            .rev()
            .scan(1.0, |p, s| {
                *p *= s;
                Some(*p)
            })
            .collect();
        let unreversed = from_the_other_end.clone();
        let got = chain(&local);
        super::same_length(
            &format!("the slopes along the chain of {}", row(&local)),
            got.len(),
            want.len(),
        )?;
        from_the_other_end.reverse();
        expect(format!(
            "the slopes along the chain of {}: number ",
            row(&local)
        ))
        .mistake(
            "sum-instead-of-product",
            "The local slopes were added up; along a path they multiply.",
            sums.iter().map(|sum| 1.0 + sum).collect::<Vec<_>>(),
        )
        .mistake(
            "sum-instead-of-product",
            "The local slopes were added up; along a path they multiply.",
            sums,
        )
        .mistake(
            "local-slopes-only",
            "These are the local slopes themselves: multiply each with all before it.",
            local.clone(),
        )
        .mistake(
            "wrong-end",
            "It was multiplied from x on; begin at y, with grad(y, x3).",
            from_the_other_end,
        )
        .mistake(
            "wrong-end",
            "It was multiplied from x on; begin at y, with grad(y, x3).",
            unreversed,
        )
        .mistake(
            "reversed",
            "The right slopes in reverse order: x3 comes first, x last.",
            want.iter().rev().copied().collect::<Vec<_>>(),
        )
        .mistake(
            "shifted",
            "It begins with 1, the slope of y along itself: the first one wanted is along x3.",
            {
                let mut shifted = vec![1.0];
                shifted.extend(&want[..want.len() - 1]);
                shifted
            },
        )
        .close_all(&got, &want)?;
    }
    super::same_length("the slopes along an empty chain", chain(&[]).len(), 0)
}

pub(super) fn sum_times_gives_the_value_and_three_slopes() -> Verdict {
    let mut draw = Draw::new(4);
    let mut cases = vec![vec![-2.0, 5.0, -4.0]];
    cases.extend(draw.rows(6, 3, -3.0, 3.0));
    for case in cases {
        let [x, y, z] = case[..] else {
            unreachable!("each case has three numbers")
        };
        let (f, slopes) = sum_times(x, y, z);
        let given = format!("(x + y)·z at x, y, z = {}", row(&case));
        expect(given.clone())
            .mistake(
                "missing-parentheses",
                "That is x + y·z: the sum comes first.",
                x + y * z,
            )
            .mistake(
                "product-of-three",
                "x and y are added, not multiplied.",
                x * y * z,
            )
            .close(f, (x + y) * z)?;
        let q = x + y;
        expect(format!("the slopes of {given}, number "))
            .mistake(
                "own-factor",
                "Along z the slope is the other factor, q; and x and y get z.",
                [q, q, z],
            )
            .mistake(
                "upstream-forgotten",
                "Along x and y: the slope of q is 1 along each, times grad(f, q) = z.",
                [1.0, 1.0, q],
            )
            .mistake(
                "upstream-forgotten",
                "Along x: the slope of q is 1, times grad(f, q) = z.",
                [1.0, z, q],
            )
            .mistake(
                "upstream-forgotten",
                "Along y: the slope of q is 1, times grad(f, q) = z.",
                [z, 1.0, q],
            )
            .mistake(
                "wrong-order",
                "The slopes are right, but they stand in another order: along x, along y, along z.",
                [q, z, z],
            )
            .mistake(
                "shared-out",
                "Each addend gets the whole slope, not half of it.",
                [z / 2.0, z / 2.0, q],
            )
            .mistake(
                "as-if-multiplied",
                "x and y are added: the slope of q along x is 1, not y.",
                [y * z, x * z, q],
            )
            .mistake(
                "values-instead-of-slopes",
                "These are x, y and z themselves: how much does f grow when one of them grows by 1?",
                [x, y, z],
            )
            .mistake(
                "product-of-three",
                "Along z the slope is the other factor, and that is the sum of x and y, not their product.",
                [z, z, x * y],
            )
            .mistake(
                "values-instead-of-slopes",
                "Along z the slope is q, not f.",
                [z, z, q * z],
            )
            .close_all(&slopes, &[z, z, q])?;
    }
    Ok(())
}

pub(super) fn slopes_add_up_where_paths_meet() -> Verdict {
    for w in [5.0, 2.0, -1.25, 0.0, 0.7] {
        let (f, slope) = used_twice(w);
        close(&format!("w² + 3w at w = {w}"), f, w * w + 3.0 * w)?;
        expect(format!("the slope of w² + 3w at w = {w}"))
            .mistake("one-path-only", "Only the path through the square has counted; w is used in 3w as well.", 2.0 * w)
            .mistake("one-path-only", "Only the path through 3w has counted; w is used in the square as well.", 3.0)
            .mistake("multiplied-paths", "The slopes of the two paths were multiplied: along a path they multiply, where paths meet they add up.", 6.0 * w)
            .mistake("own-factor", "In 3 · w the slope along w is the other factor, 3.", 2.0 * w + 3.0 * w)
            .mistake("square-used-once", "In w · w each factor is w: the slope of the square is w + w.", w + 3.0)
            .close(slope, 2.0 * w + 3.0)?;
    }
    Ok(())
}
