"""Prints what PyTorch and Keras give for small recurrent layers: the tables in src/layers/recurrent/tests.rs.

    pip install torch tensorflow-cpu && python recurrent.py

Two samples of three steps with two features, three units. Input and weights are filled by formula, so that the test can fill its own:
element i (row after row) is sin(a * i + b), the weights halved. The loss is the sum over the output, times cos(i) for its element i.

Keras's order of gates: LSTM i f c o, GRU z r h. PyTorch's: LSTM i f g o, GRU r z n; it has each kernel transposed and two biases: an
LSTM's second one is zero here.
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
import torch

keras.backend.set_floatx("float64")
torch.set_default_dtype(torch.float64)
BATCH, STEPS, FEATURES, UNITS = 2, 3, 2, 3


def fill(shape, a, b, scale=1.0):
    return scale * np.sin(a * np.arange(np.prod(shape)) + b).reshape(shape)


def weights(gates, bias_rows):
    columns = gates * UNITS
    return [
        fill((FEATURES, columns), 0.7, 0.1, 0.5),
        fill((UNITS, columns), 0.9, 0.2, 0.5),
        fill((columns,) if bias_rows == 1 else (bias_rows, columns), 1.1, 0.3, 0.5),
    ]


def rust(name, values):
    print(f"    {name}: &[{', '.join(f'{v:.9f}' for v in np.asarray(values).flatten())}],")


def in_torch(name):
    gates, bias_rows = {"rnn": (1, 1), "lstm": (4, 1), "gru": (3, 2)}[name]
    kernel, recurrent, bias = weights(gates, bias_rows)
    layer = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[name](FEATURES, UNITS, batch_first=True)
    order = [1, 0, 2] if name == "gru" else range(gates)

    def turn(w):
        parts = np.split(w, gates, axis=-1)
        return torch.tensor(np.concatenate([parts[g] for g in order], axis=-1).T.copy())

    two = bias if bias_rows == 2 else np.stack([bias, np.zeros_like(bias)])
    with torch.no_grad():
        for to, value in [
            (layer.weight_ih_l0, turn(kernel)),
            (layer.weight_hh_l0, turn(recurrent)),
            (layer.bias_ih_l0, turn(two[0])),
            (layer.bias_hh_l0, turn(two[1])),
        ]:
            to.copy_(value)
    x = torch.tensor(fill((BATCH, STEPS, FEATURES), 1.3, 0.4), requires_grad=True)
    output, _ = layer(x)
    (output.flatten() * torch.cos(torch.arange(output.numel(), dtype=torch.float64))).sum().backward()

    def back(gradient):
        parts = np.split(gradient.numpy().T, gates, axis=-1)
        return np.concatenate([parts[list(order).index(g)] for g in range(gates)], axis=-1)

    print(f"// torch {torch.__version__}: {name}")
    rust("output", output.detach().numpy())
    rust("x", x.grad.numpy())
    rust("kernel", back(layer.weight_ih_l0.grad))
    rust("recurrent_kernel", back(layer.weight_hh_l0.grad))
    biases = [back(layer.bias_ih_l0.grad), back(layer.bias_hh_l0.grad)]
    rust("bias", biases if bias_rows == 2 else biases[0])


def in_keras(name, layer, gates, bias_rows):
    x = tf.constant(fill((BATCH, STEPS, FEATURES), 1.3, 0.4))
    layer.build(x.shape)
    values = weights(gates, bias_rows)
    layer.set_weights(values * (len(layer.get_weights()) // 3))
    print(f"// keras {keras.__version__}: {name}")
    rust("output", layer(x).numpy())


for name in ("rnn", "lstm", "gru"):
    in_torch(name)
L = keras.layers
in_keras("SimpleRNN, go_backwards, return_sequences", L.SimpleRNN(UNITS, go_backwards=True, return_sequences=True), 1, 1)
in_keras("LSTM", L.LSTM(UNITS), 4, 1)
in_keras("GRU", L.GRU(UNITS), 3, 2)
in_keras("Bidirectional(LSTM), concat", L.Bidirectional(L.LSTM(UNITS)), 4, 1)
in_keras("Bidirectional(GRU, return_sequences), ave", L.Bidirectional(L.GRU(UNITS, return_sequences=True), merge_mode="ave"), 3, 2)
