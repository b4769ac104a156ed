"""Prints what PyTorch and Keras make of batch normalisation: the tables in src/ops/batch_norm/tests.rs and
src/layers/batch_normalization.rs.

    pip install torch tensorflow-cpu && python batch_norm.py
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import torch


def numbers(count, seed):
    return torch.tensor([np.sin(0.7 * i + seed) + 0.1 * (i % 5) for i in range(count)], dtype=torch.float64)


def show(name, values):
    print(f'    const {name}: [f64; {len(values)}] = [{", ".join(f"{v:.9f}" for v in values)}];')


# Images (2, 3, 2, 2): output and gradients of the weighted sum with the batch's own statistics.
x = numbers(24, 0.3).reshape(2, 3, 2, 2).requires_grad_()
gamma = torch.tensor([0.5, -1.5, 2.0], dtype=torch.float64, requires_grad=True)
beta = torch.tensor([0.1, 0.2, -0.3], dtype=torch.float64, requires_grad=True)
y = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)
(y * numbers(24, 1.1).reshape(2, 3, 2, 2)).sum().backward()
for name, value in (("Y", y), ("DX", x.grad), ("DGAMMA", gamma.grad), ("DBETA", beta.grad)):
    show(name, value.detach().flatten().tolist())

# Keras's layer, three training steps on features (4, 2): the moving figures after each.
layer = keras.layers.BatchNormalization()
for step in range(3):
    batch = numbers(8, 0.5 + step).reshape(4, 2).numpy().astype("float32")
    out = layer(batch, training=True)
    print("    step", step + 1, [f"{v:.7f}" for v in np.concatenate([layer.moving_mean.numpy(), layer.moving_variance.numpy()])])
print("    training output", [f"{v:.6f}" for v in np.asarray(out).ravel()])
print("    inference output", [f"{v:.6f}" for v in np.asarray(layer(batch, training=False)).ravel()])
