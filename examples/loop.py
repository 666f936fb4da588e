"""The smallest honest training loop: softmax regression in NumPy, on the handwritten digits that scikit-learn ships.

python examples/loop.py
runicorn ls
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import runicorn as rn

CONFIG = {"lr": 0.3, "epochs": 30, "warmup_epochs": 3, "batch": 64, "seed": 1}

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def evaluate(weights: Floats, images: Floats, digits: Integers) -> tuple[float, float, Floats]:
    """Mean loss, accuracy, and the gradient of the loss, for images (n, pixels) and digits (n,)."""
    logits = images @ weights
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    right = probabilities[np.arange(len(digits)), digits]
    gradient = images.T @ (probabilities - np.eye(10)[digits]) / len(digits)
    return float(-np.log(right).mean()), float((logits.argmax(axis=1) == digits).mean()), gradient


def train(run: rn.Run) -> None:
    images, digits = load_digits(return_X_y=True)
    split = train_test_split(images / 16.0, digits, test_size=0.2, stratify=digits, random_state=run.config.seed)
    images, test_images, digits, test_digits = split
    run.log_text(f"{len(digits)} images to train with, {len(test_digits)} to test with")

    weights = np.zeros((images.shape[1], 10))
    shuffle = np.random.default_rng(run.config.seed)
    step = 0
    for epoch in range(1, run.config.epochs + 1):
        warm = epoch <= run.config.warmup_epochs
        lr = run.config.lr * (0.1 if warm else 1.0)
        order = shuffle.permutation(len(digits))
        for start in range(0, len(order), run.config.batch):
            step += 1
            chosen = order[start : start + run.config.batch]
            loss, accuracy, gradient = evaluate(weights, images[chosen], digits[chosen])
            weights -= lr * gradient
            values = {"loss": loss, "accuracy": accuracy, "lr": lr, "grad_norm": np.linalg.norm(gradient)}
            run.log(values, step=step, stage="warmup" if warm else "train")
        loss, accuracy, _ = evaluate(weights, test_images, test_digits)
        run.log({"test/loss": loss, "test/accuracy": accuracy}, step=step, stage="eval")
    run.log_text(f"after {step} steps {accuracy:.1%} of the test images are read right")
    run.summary({"steps": step, "test/accuracy": accuracy})


if __name__ == "__main__":
    with rn.init("examples/loop", config=CONFIG, tags=["numpy"]) as run:
        run.set_primary_metric("test/accuracy", mode="max")
        train(run)
