//! What lesson 5 looks at in each step, and what it says when something is not right.
