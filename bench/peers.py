#!/usr/bin/env python3
"""Times the training workloads of `cargo xtask bench` on PyTorch and Keras, so that dlkit's times can be set beside theirs.

    peers.py torch mlp                          a training step, eager
    peers.py torch-compile attn                 the same through torch.compile
    peers.py keras cnn --steps 60               Keras 3 on TensorFlow, its train_step as one graph
    peers.py keras fit-cnn --data FOLDER        `fit` from the first epoch to the last, on the real MNIST

One call measures one workload in a process of its own and prints one line of JSON. `cargo xtask bench --peers` makes these
calls, in turn with dlkit.

A step is forward, loss, backward and update, on a batch that stays the same, in float32. It ends when the loss has been read,
so that nothing is still under way. The time is the median of many steps after a warm-up. The models are the twins of those in
`crates/dlkit-bench/src/workloads`; each is counted, so that nobody compares models of different sizes.
"""

import argparse
import gzip
import json
import math
import os
import platform
import statistics
import struct
import sys
import time
from pathlib import Path

# The sizes of the workloads.
MLP = dict(batch=128, inputs=784, units=512, classes=10)
CNN = dict(batch=128, side=28, filters=(32, 64), kernel=3, pool=2, dropout=0.5, classes=10)
LSTM = dict(batch=256, steps=120, features=14, units=16)
ATTN = dict(batch=64, tokens=64, width=128, heads=4, blocks=2, vocabulary=65)

LEARNING_RATE = 1e-3
WARM_UP = 10
STEPS = {"mlp": 300, "cnn": 60, "lstm": 60, "attn": 30}

# PyTorch's LSTM has two biases per gate where Keras and dlkit have one: 4 · 16 numbers more, 0.3 % of the work.
PARAMETERS = {"mlp": 407_050, "cnn": 34_826, "lstm": 2_001, "attn": 421_441}
PARAMETERS_OF_TORCH = PARAMETERS | {"lstm": 2_001 + 4 * LSTM["units"]}

# `fit` end to end: Chollet's net of MNIST's first chapter, and the convnet of keras.io/examples/vision/mnist_convnet.
FIT = {"fit-mlp": "mlp", "fit-cnn": "cnn"}
FIT_EPOCHS, FIT_BATCH = 5, 128


def main():
    arguments = parse()
    if arguments.workload in FIT:
        if arguments.framework != "keras":
            sys.exit(f"{arguments.workload} is Keras's `fit`: peers.py keras {arguments.workload}")
        figures = keras_fit(arguments)
    else:
        make = keras_step if arguments.framework == "keras" else torch_step
        step, versions = make(arguments)
        steps = arguments.steps or STEPS[arguments.workload]
        figures = milliseconds(step, steps) | {"steps": steps, "versions": versions}
    line = {"framework": arguments.framework, "workload": arguments.workload, "threads": arguments.threads}
    print(json.dumps(line | figures | {"peak_mib": peak_mebibytes()}))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("framework", choices=["torch", "torch-compile", "keras"])
    parser.add_argument("workload", choices=[*STEPS, *FIT])
    parser.add_argument("--steps", type=int, help="how many steps the median is taken of")
    parser.add_argument("--threads", type=int, default=int(os.environ.get("BENCH_THREADS", "2")), help="2, or as BENCH_THREADS says")
    parser.add_argument("--seed", type=int, default=0, help="which random numbers: another start, another order")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for torch")
    parser.add_argument("--data", type=Path, help="the folder with MNIST's four files, or the one around its folder `mnist`")
    arguments = parser.parse_args()
    if arguments.threads < 1 or (arguments.steps is not None and arguments.steps < 1):
        parser.error("--threads and --steps are numbers from 1")
    return arguments


def milliseconds(step, steps):
    """The median time of `step`, which trains once and gives the loss; and the shortest."""
    for _ in range(WARM_UP):
        step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        loss = step()
        times.append(time.perf_counter() - start)
    if not math.isfinite(loss):
        sys.exit(f"the loss is {loss}: nothing to time")
    return {"ms_per_step": round(statistics.median(times) * 1e3, 3), "fastest_ms": round(min(times) * 1e3, 3)}


def peak_mebibytes():
    """The largest amount of memory that this process has had in use."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024**2 if platform.system() == "Darwin" else 1024), 1)


def check_count(workload, found, wanted):
    if found != wanted:
        sys.exit(f"the model of {workload} has {found} parameters instead of {wanted}: the times would not compare")


def load(name):
    """Imports a framework, or says in one line that it is not there."""
    try:
        return __import__(name)
    except ImportError as error:
        sys.exit(f"{name} cannot be imported ({error}); install what bench/requirements.txt lists")


# ---------------------------------------------------------------------------------------------------------------- PyTorch


def torch_step(arguments):
    """One training step as a function, and the versions in use."""
    torch = load("torch")
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    model, inputs, targets, loss_of = torch_workload(torch, arguments.workload)
    check_count(arguments.workload, sum(p.numel() for p in model.parameters()), PARAMETERS_OF_TORCH[arguments.workload])
    model, inputs, targets = (thing.to(arguments.device) for thing in (model, inputs, targets))
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    forward = torch.compile(model) if arguments.framework == "torch-compile" else model

    def step():
        optimizer.zero_grad()
        loss = loss_of(forward(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, {"torch": torch.__version__, "instructions": torch.backends.cpu.get_cpu_capability()}


def torch_workload(torch, name):
    """Model, batch, targets and loss."""
    nn, functional = torch.nn, torch.nn.functional

    class LastState(nn.Module):
        """An LSTM that gives the state after the last step."""

        def __init__(self):
            super().__init__()
            self.cell = nn.LSTM(LSTM["features"], LSTM["units"], batch_first=True)

        def forward(self, x):
            states, _ = self.cell(x)
            return states[:, -1]

    class CausalAttention(nn.Module):
        """Queries, keys and values from one product, as PyTorch's own models do it."""

        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.project = nn.Linear(width, 3 * width)
            self.mix = nn.Linear(width, width)

        def forward(self, x):
            batch, tokens, width = x.shape
            split = self.project(x).view(batch, tokens, 3, self.heads, width // self.heads)
            query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
            seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            return self.mix(seen.transpose(1, 2).reshape(batch, tokens, width))

    class Residual(nn.Module):
        """x + f(norm(x))"""

        def __init__(self, width, inner):
            super().__init__()
            self.norm, self.inner = nn.LayerNorm(width), inner

        def forward(self, x):
            return x + self.inner(self.norm(x))

    class Embedded(nn.Module):
        """Each token's vector plus that of its place."""

        def __init__(self):
            super().__init__()
            self.token = nn.Embedding(ATTN["vocabulary"], ATTN["width"])
            self.place = nn.Embedding(ATTN["tokens"], ATTN["width"])
            self.register_buffer("places", torch.arange(ATTN["tokens"]))

        def forward(self, ids):
            return self.token(ids) + self.place(self.places)

    def classes(batch, count):
        return torch.randint(0, count, (batch,))

    if name == "mlp":
        model = nn.Sequential(nn.Linear(MLP["inputs"], MLP["units"]), nn.ReLU(), nn.Linear(MLP["units"], MLP["classes"]))
        return model, torch.rand(MLP["batch"], MLP["inputs"]), classes(MLP["batch"], MLP["classes"]), functional.cross_entropy
    if name == "cnn":
        first, second = CNN["filters"]
        model = nn.Sequential(
            nn.Conv2d(1, first, CNN["kernel"]), nn.ReLU(), nn.MaxPool2d(CNN["pool"]),
            nn.Conv2d(first, second, CNN["kernel"]), nn.ReLU(), nn.MaxPool2d(CNN["pool"]),
            nn.Flatten(), nn.Dropout(CNN["dropout"]), nn.Linear(second * 5 * 5, CNN["classes"]),
        )  # fmt: skip
        images = torch.rand(CNN["batch"], 1, CNN["side"], CNN["side"])
        return model, images, classes(CNN["batch"], CNN["classes"]), functional.cross_entropy
    if name == "lstm":
        model = nn.Sequential(LastState(), nn.Linear(LSTM["units"], 1))
        return model, torch.rand(LSTM["batch"], LSTM["steps"], LSTM["features"]), torch.rand(LSTM["batch"], 1), functional.mse_loss
    width = ATTN["width"]
    blocks = []
    for _ in range(ATTN["blocks"]):
        feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))
        blocks += [Residual(width, CausalAttention(width, ATTN["heads"])), Residual(width, feed_forward)]
    # Cross-entropy wants one row for each token.
    model = nn.Sequential(Embedded(), *blocks, nn.Linear(width, ATTN["vocabulary"]), nn.Flatten(0, 1))
    ids = torch.randint(0, ATTN["vocabulary"], (ATTN["batch"], ATTN["tokens"]))
    return model, ids, ids.flatten(), functional.cross_entropy


# ------------------------------------------------------------------------------------------------------------------ Keras


def start_keras(threads, seed):
    """TensorFlow and Keras with this many threads, and their versions."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tensorflow = load("tensorflow")
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    keras = load("keras")
    keras.utils.set_random_seed(seed)
    return tensorflow, keras, {"keras": keras.__version__, "tensorflow": tensorflow.__version__}


def keras_step(arguments):
    """One training step as a function, and the versions in use."""
    tensorflow, keras, versions = start_keras(arguments.threads, arguments.seed)
    model, inputs, targets, loss = keras_workload(keras, arguments.workload)
    check_count(arguments.workload, model.count_params(), PARAMETERS[arguments.workload])
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=loss)
    batch = tensorflow.constant(inputs), tensorflow.constant(targets)
    # What `fit` calls for each batch, without its loop around it.
    train = tensorflow.function(lambda: model.train_step(batch))
    return lambda: float(train()["loss"]), versions


def keras_cnn(keras, inputs):
    layers, (first, second) = keras.layers, CNN["filters"]
    return keras.Sequential([
        layers.Input(inputs),
        layers.Conv2D(first, CNN["kernel"], activation="relu"), layers.MaxPooling2D(CNN["pool"]),
        layers.Conv2D(second, CNN["kernel"], activation="relu"), layers.MaxPooling2D(CNN["pool"]),
        layers.Flatten(), layers.Dropout(CNN["dropout"]), layers.Dense(CNN["classes"], activation="softmax"),
    ])  # fmt: skip


def keras_mlp(keras):
    layers = keras.layers
    return keras.Sequential([
        layers.Input((MLP["inputs"],)),
        layers.Dense(MLP["units"], activation="relu"), layers.Dense(MLP["classes"], activation="softmax"),
    ])  # fmt: skip


def keras_workload(keras, name):
    """Model, batch, targets and loss."""
    import numpy

    random = numpy.random.default_rng(0)
    layers, cross_entropy = keras.layers, "sparse_categorical_crossentropy"

    def uniform(*shape):
        return random.random(shape, dtype="float32")

    if name == "mlp":
        return keras_mlp(keras), uniform(MLP["batch"], MLP["inputs"]), random.integers(0, MLP["classes"], MLP["batch"]), cross_entropy
    if name == "cnn":
        shape = (CNN["side"], CNN["side"], 1)
        return keras_cnn(keras, shape), uniform(CNN["batch"], *shape), random.integers(0, CNN["classes"], CNN["batch"]), cross_entropy
    if name == "lstm":
        shape = (LSTM["steps"], LSTM["features"])
        model = keras.Sequential([layers.Input(shape), layers.LSTM(LSTM["units"]), layers.Dense(1)])
        return model, uniform(LSTM["batch"], *shape), uniform(LSTM["batch"], 1), "mse"

    width, heads = ATTN["width"], ATTN["heads"]

    def gelu(x):
        return keras.activations.gelu(x, approximate=True)

    class Embedded(layers.Layer):
        """Each token's vector plus that of its place. As a layer: outside of one, the places' vectors would be a constant."""

        def __init__(self):
            super().__init__()
            self.token = layers.Embedding(ATTN["vocabulary"], width)
            self.place = layers.Embedding(ATTN["tokens"], width)

        def call(self, ids):
            return self.token(ids) + self.place(keras.ops.arange(ATTN["tokens"]))

    ids = layers.Input((ATTN["tokens"],), dtype="int32")
    x = Embedded()(ids)
    for _ in range(ATTN["blocks"]):
        normal = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(heads, width // heads)(normal, normal, use_causal_mask=True)
        normal = layers.LayerNormalization()(x)
        x = x + layers.Dense(width)(layers.Dense(4 * width, activation=gelu)(normal))
    model = keras.Model(ids, layers.Dense(ATTN["vocabulary"], activation="softmax")(x))
    batch = random.integers(0, ATTN["vocabulary"], (ATTN["batch"], ATTN["tokens"])).astype("int32")
    return model, batch, batch, cross_entropy


# ------------------------------------------------------------------------------------------- `fit` from beginning to end


def keras_fit(arguments):
    """The seconds of `fit` and the test accuracy. Reading the files is not part of the time."""
    folder = find_mnist(arguments.data)
    _, keras, versions = start_keras(arguments.threads, arguments.seed)
    train, test = (read_idx(folder, f"{half}-images-idx3-ubyte").astype("float32") / 255 for half in ("train", "t10k"))
    train_labels, test_labels = (read_idx(folder, f"{half}-labels-idx1-ubyte").astype("int64") for half in ("train", "t10k"))
    if FIT[arguments.workload] == "mlp":
        model, optimizer, validation = keras_mlp(keras), "rmsprop", 0.0
        train, test = train.reshape(-1, MLP["inputs"]), test.reshape(-1, MLP["inputs"])
    else:
        train, test = train[..., None], test[..., None]
        model, optimizer, validation = keras_cnn(keras, train.shape[1:]), "adam", 0.1
    check_count(arguments.workload, model.count_params(), PARAMETERS[FIT[arguments.workload]])
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    model.fit(train, train_labels, epochs=FIT_EPOCHS, batch_size=FIT_BATCH, validation_split=validation, verbose=0)
    seconds = time.perf_counter() - start
    _, accuracy = model.evaluate(test, test_labels, verbose=0)
    return {"seconds": round(seconds, 3), "epochs": FIT_EPOCHS, "test_accuracy": round(accuracy, 4), "versions": versions}


def find_mnist(folder):
    """The folder that holds MNIST's files."""
    asked = folder or os.environ.get("DLKIT_DATA")
    if not asked:
        sys.exit("name the folder with MNIST's files: --data FOLDER")
    for candidate in (Path(asked) / "mnist", Path(asked)):
        if any(candidate.glob("train-images-idx3-ubyte*")):
            return candidate
    sys.exit(f"{asked} holds no train-images-idx3-ubyte, with or without .gz, nor does its folder mnist")


def read_idx(folder, name):
    """An array from a file in MNIST's format: the sizes of its axes, then bytes."""
    import numpy

    plain, packed = folder / name, folder / f"{name}.gz"
    if not plain.exists() and not packed.exists():
        sys.exit(f"{folder} has no file {name}, with or without .gz")
    content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
    axes = content[3]
    shape = struct.unpack(f">{axes}I", content[4 : 4 + 4 * axes])
    return numpy.frombuffer(content, dtype=numpy.uint8, offset=4 + 4 * axes).reshape(shape)


if __name__ == "__main__":
    main()
