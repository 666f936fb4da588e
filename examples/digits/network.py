"""A multilayer perceptron in plain NumPy: ReLU, softmax, cross entropy."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Network:
    """All parameters lie in one vector, `values`, so that averaging gradients over ranks is one message."""

    def __init__(self, sizes: Sequence[int], seed: int) -> None:
        self.sizes = tuple(sizes)
        self.values: Floats = np.zeros(sum(inputs * outputs + outputs for inputs, outputs in pairwise(self.sizes)))
        self.layers = self.split(self.values)
        generator = np.random.default_rng(seed)
        for weights, _ in self.layers:
            weights[:] = generator.normal(0.0, np.sqrt(2.0 / len(weights)), weights.shape)

    def split(self, vector: Floats) -> list[tuple[Floats, Floats]]:
        """Weights (inputs, outputs) and biases (outputs,) of each layer, as views into a vector like `values`."""
        layers = []
        start = 0
        for inputs, outputs in pairwise(self.sizes):
            middle = start + inputs * outputs
            end = middle + outputs
            layers.append((vector[start:middle].reshape(inputs, outputs), vector[middle:end]))
            start = end
        return layers

    def loss(self, images: Floats, labels: Integers) -> tuple[float, float, Floats]:
        """Mean loss, accuracy and the gradient of the loss for images (n, pixels) and labels (n,)."""
        activations = self._forward(images)
        logits = activations.pop()
        probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        rows = np.arange(len(labels))
        loss = -np.log(probabilities[rows, labels] + 1e-12).mean()
        accuracy = (logits.argmax(axis=1) == labels).mean()

        delta = probabilities
        delta[rows, labels] -= 1.0
        delta /= len(labels)
        return float(loss), float(accuracy), self._backward(activations, delta)

    def norms(self, gradient: Floats) -> dict[str, float]:
        """The length of each layer's part of a gradient."""
        names = [f"hidden{n}" for n in range(1, len(self.layers))] + ["output"]
        parts = zip(names, self.split(gradient), strict=True)
        return {name: math.hypot(np.linalg.norm(weights), np.linalg.norm(biases)) for name, (weights, biases) in parts}

    def _forward(self, images: Floats) -> list[Floats]:
        activations = [images]
        for weights, biases in self.layers[:-1]:
            activations.append(np.maximum(activations[-1] @ weights + biases, 0.0))
        weights, biases = self.layers[-1]
        activations.append(activations[-1] @ weights + biases)
        return activations

    def _backward(self, activations: list[Floats], delta: Floats) -> Floats:
        gradient = np.empty_like(self.values)
        parts = zip(self.layers, self.split(gradient), activations, strict=True)
        for (weights, _), (weight_gradient, bias_gradient), inputs in reversed(list(parts)):
            weight_gradient[:] = inputs.T @ delta
            bias_gradient[:] = delta.sum(axis=0)
            delta = (delta @ weights.T) * (inputs > 0.0)
        return gradient
