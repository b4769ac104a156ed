"""Prints the weights that Keras's optimisers reach: the table in src/optimizers/tests.rs.

    pip install tensorflow-cpu && python optimizers.py

Three weights start at (1, -2, 0.5); the loss is 0.5 * (w0^2 + 10 w1^2 + 0.1 w2^2), so the gradient is (w0, 10 w1, 0.1 w2).
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

# In float32 Keras computes 1 - 0.999 with an error of 1e-5, which is larger than what the test is to see.
keras.backend.set_floatx("float64")

OPTIMIZERS = {
    "Sgd::new(0.05)": keras.optimizers.SGD(0.05),
    "Sgd::new(0.05).momentum(0.9)": keras.optimizers.SGD(0.05, momentum=0.9),
    "Sgd::new(0.05).momentum(0.9).nesterov()": keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "Adagrad::default()": keras.optimizers.Adagrad(),
    "Adagrad::new(0.1)": keras.optimizers.Adagrad(0.1),
    "RmsProp::default()": keras.optimizers.RMSprop(),
    "RmsProp::new(0.01).momentum(0.9)": keras.optimizers.RMSprop(0.01, momentum=0.9),
    "Adam::default()": keras.optimizers.Adam(),
    "Adam::new(0.1).betas(0.8, 0.9)": keras.optimizers.Adam(0.1, beta_1=0.8, beta_2=0.9),
    "AdamW::default()": keras.optimizers.AdamW(),
    "AdamW::new(0.1).weight_decay(0.1)": keras.optimizers.AdamW(0.1, weight_decay=0.1),
}
for name, optimizer in OPTIMIZERS.items():
    w = keras.Variable(np.array([1.0, -2.0, 0.5], dtype="float64"))
    reached = {}
    for step in range(1, 11):
        gradient = keras.ops.convert_to_tensor(w.numpy() * np.array([1.0, 10.0, 0.1], dtype="float64"))
        optimizer.apply([gradient], [w])
        reached[step] = w.numpy()
    row = ", ".join(f"[{a:.7}, {b:.7}, {c:.7}]" for a, b, c in (reached[1], reached[2], reached[10]))
    print(f"        ({name}, [{row}]),")
