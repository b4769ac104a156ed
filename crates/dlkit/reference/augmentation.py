"""Prints what Keras's preprocessing layers make of one small image: the tables in src/data/augmentation/tests.rs.

    pip install tensorflow-cpu && python augmentation.py

Each factor is drawn from (f, f), so that nothing is left to chance.
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

HEIGHT, WIDTH = 4, 5
image = np.sin(np.arange(HEIGHT * WIDTH) * 0.7).astype("float32").reshape(1, HEIGHT, WIDTH, 1)

LAYERS = {
    "translation": lambda fill: keras.layers.RandomTranslation((0.3, 0.3), (-0.15, -0.15), fill_mode=fill, fill_value=0.5),
    "rotation": lambda fill: keras.layers.RandomRotation((0.1, 0.1), fill_mode=fill, fill_value=0.5),
    "zoom out": lambda fill: keras.layers.RandomZoom((0.4, 0.4), fill_mode=fill, fill_value=0.5),
    "zoom in": lambda fill: keras.layers.RandomZoom((-0.3, -0.3), (0.2, 0.2), fill_mode=fill, fill_value=0.5),
}
for name, layer in LAYERS.items():
    for fill in ("constant", "nearest", "reflect"):
        new = np.asarray(layer(fill)(image, training=True)).ravel()
        print(f'{name} {fill}: [{", ".join(f"{v:.6f}" for v in new)}]')
