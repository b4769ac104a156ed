"""Prints what Keras and PyTorch make of a small image: the tables in src/ops/conv/tests.rs.

    pip install tensorflow-cpu torch && python conv.py

All numbers come from one rule, so that no random generator has to agree: the i-th number of a tensor is ((7 i + shift) mod 11 - 5) / 4. The loss is the
sum of all outputs, each times its index modulo 3 plus 1; printed are the sum of the outputs, that loss, and the gradients' sums weighted the same way.
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
import torch


def numbers(shape, shift):
    i = np.arange(np.prod(shape))
    return (((7 * i + shift) % 11 - 5) / 4).reshape(shape)


def weighted(values):
    values = np.asarray(values).ravel()
    return float((values * (np.arange(values.size) % 3 + 1)).sum())


def first(nhwc):
    return np.transpose(nhwc, (0, 3, 1, 2))


def row(name, y, loss, gradients):
    print(f"        ({name}, {list(y.shape)}, [{', '.join(f'{v:.9}' for v in [float(y.sum()), loss] + [weighted(g) for g in gradients])}]),")


print("Keras's rules (TensorFlow): 2 images of 3 x 7 x 6, kernel 4 x 3 x 3 x 2")
for padding in ("VALID", "SAME"):
    for stride in (1, 2, 3):
        x = tf.Variable(np.transpose(numbers((2, 3, 7, 6), 0), (0, 2, 3, 1)))
        k = tf.Variable(np.transpose(numbers((4, 3, 3, 2), 1), (2, 3, 1, 0)))
        b = tf.Variable(numbers((4,), 2))
        with tf.GradientTape() as tape:
            z = tf.transpose(tf.nn.conv2d(x, k, stride, padding) + b, (0, 3, 1, 2))
            n = tf.size(z)
            loss = tf.reduce_sum(tf.reshape(z, [-1]) * tf.cast(tf.range(n) % 3 + 1, tf.float64))
        gx, gk, gb = tape.gradient(loss, (x, k, b))
        row(f"Padding::{padding.title()}, {stride}", z.numpy(), float(loss),
            (first(gx.numpy()), np.transpose(gk.numpy(), (3, 2, 0, 1)), gb.numpy()))

print("groups and dilation (PyTorch): 2 images of 4 x 7 x 6, kernel 6 x 4 / groups x 3 x 2")
for groups, dilation in ((2, 1), (1, 2), (2, 3)):
    x = torch.tensor(numbers((2, 4, 7, 6), 0), requires_grad=True)
    k = torch.tensor(numbers((6, 4 // groups, 3, 2), 1), requires_grad=True)
    b = torch.tensor(numbers((6,), 2), requires_grad=True)
    z = torch.nn.functional.conv2d(x, k, b, groups=groups, dilation=dilation)
    loss = (z.flatten() * (torch.arange(z.numel()) % 3 + 1)).sum()
    loss.backward()
    row(f"{groups}, {dilation}", z.detach().numpy(), loss.item(), (x.grad, k.grad, b.grad))

print("pooling (TensorFlow): 2 images of 3 x 7 x 6 with many equal maxima")
for kind in ("MAX", "AVG"):
    for padding in ("VALID", "SAME"):
        for size, stride in ((2, 2), (3, 2), (3, 1), (3, 3)):
            x = tf.Variable(np.transpose(numbers((2, 3, 7, 6), 0), (0, 2, 3, 1)))
            with tf.GradientTape() as tape:
                y = tf.transpose(tf.nn.pool(x, (size, size), kind, (stride, stride), padding), (0, 3, 1, 2))
                n = tf.size(y)
                loss = tf.reduce_sum(tf.reshape(y, [-1]) * tf.cast(tf.range(n) % 3 + 1, tf.float64))
            row(f"\"{kind.lower()}\", Padding::{padding.title()}, {size}, {stride}", y.numpy(), float(loss),
                (first(tape.gradient(loss, x).numpy()),))
