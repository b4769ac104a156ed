"""Prints what Keras's gradient clipping and regularisers give: the tables in src/optimizers/clipping.rs and src/regularizers.rs.

    pip install tensorflow-cpu && python training_tools.py
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

GRADIENTS = [np.array([0.3, -4, 2], "float32"), np.array([0.05, -0.01], "float32")]

# One step of plain gradient descent with the rate 1 from zero: minus the gradient that the optimiser saw.
for clip in ({"clipvalue": 1.5}, {"clipnorm": 1.5}, {"global_clipnorm": 1.5}):
    optimizer = keras.optimizers.SGD(1.0, **clip)
    weights = [keras.Variable(np.zeros_like(g)) for g in GRADIENTS]
    optimizer.apply([keras.ops.convert_to_tensor(g) for g in GRADIENTS], weights)
    print(clip, [[f"{-w:.8g}" for w in weight.numpy()] for weight in weights])

w = keras.ops.convert_to_tensor(np.array([[1, -2], [0.5, 0], [3, -0.25]], "float32"))
for regularizer in (keras.regularizers.L1(0.3), keras.regularizers.L2(0.7), keras.regularizers.L1L2(0.2, 0.5)):
    print(type(regularizer).__name__, f"{float(regularizer(w)):.7g}")
