"""One rank of a data-parallel training on the handwritten digits that scikit-learn ships.

demo.py starts it once per rank. Every rank calls the same `rn.init()`, and all of them log into one run.
"""

import logging
import math
import os
from dataclasses import asdict, dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import runicorn as rn
from network import Integers, Network
from ranks import Peers

RANK = int(os.environ["RANK"])
WORLD = int(os.environ["WORLD_SIZE"])

logger = logging.getLogger("digits")


@dataclass(frozen=True)
class Config:
    hidden: tuple[int, int] = (64, 32)
    epochs: int = 60
    batch: int = 32
    lr: float = 0.1
    warmup_steps: int = 60
    momentum: float = 0.9
    seed: int = 1


class Training:
    """A rank's part: its share of the images, its copy of the network."""

    def __init__(self, run: rn.Run, config: Config) -> None:
        self.run = run
        self.config = config
        images, digits = load_digits(return_X_y=True)
        split = train_test_split(images / 16.0, digits, test_size=0.2, stratify=digits, random_state=config.seed)
        train_images, self.test_images, train_digits, self.test_digits = split
        self.images, self.digits = train_images[RANK::WORLD], train_digits[RANK::WORLD]
        # The same for every rank, though their shares differ by one image: all take part in every step.
        self.epoch_steps = len(train_images) // WORLD // config.batch
        self.steps = config.epochs * self.epoch_steps
        self.step = 0
        self.shuffle = np.random.default_rng([config.seed, RANK])
        self.network = Network((train_images.shape[1], *config.hidden, 10), config.seed)
        self.velocity = np.zeros_like(self.network.values)
        self.peers = Peers()
        self.ranks = list(range(WORLD))

    def fit(self) -> None:
        self.run.log_text(f"rank {RANK} has {len(self.images)} images of its own and {self.steps} steps to go")
        accuracy = 0.0
        for _ in range(self.config.epochs):
            order = self.shuffle.permutation(len(self.images))
            for start in range(0, self.epoch_steps * self.config.batch, self.config.batch):
                self.take_step(order[start : start + self.config.batch])
            if self.leads:
                accuracy = self.evaluate()
        if self.leads:
            self.run.summary({"test/accuracy": accuracy, "ranks at the end": len(self.ranks)})

    def take_step(self, chosen: Integers) -> None:
        self.step += 1
        loss, accuracy, gradient = self.network.loss(self.images[chosen], self.digits[chosen])
        mean, ranks = self.peers.mean(gradient)
        self.notice(ranks)
        self.velocity = self.config.momentum * self.velocity - self.lr * mean
        self.network.values += self.velocity
        norms = {f"grad_norm/{layer}": norm for layer, norm in self.network.norms(gradient).items()}
        stage = "warmup" if self.step <= self.config.warmup_steps else "train"
        self.run.log({"loss": loss, "accuracy": accuracy, "lr": self.lr, **norms}, step=self.step, stage=stage)

    @property
    def leads(self) -> bool:
        """All ranks hold the same parameters; the first that is left looks at the test images."""
        return self.ranks[0] == RANK

    @property
    def lr(self) -> float:
        """Linear up to its peak, then half a cosine down to zero."""
        warmup = self.config.warmup_steps
        if self.step <= warmup:
            return self.config.lr * self.step / warmup
        return self.config.lr * (1.0 + math.cos(math.pi * (self.step - warmup) / (self.steps - warmup))) / 2.0

    def notice(self, ranks: list[int]) -> None:
        for lost in set(self.ranks) - set(ranks):
            logger.warning("rank %d is gone at step %d; %d ranks go on", lost, self.step, len(ranks))
        self.ranks = ranks

    def evaluate(self) -> float:
        loss, accuracy, _ = self.network.loss(self.test_images, self.test_digits)
        self.run.log({"test/loss": loss, "test/accuracy": accuracy}, step=self.step, stage="eval")
        logger.info("step %d: test loss %.4f, test accuracy %.4f", self.step, loss, accuracy)
        return accuracy


def main() -> None:
    config = Config()
    with rn.init("digits/mlp", config=asdict(config), tags=["demo", "numpy"], group="digits") as run:
        print(run.id, flush=True)
        logger.setLevel(logging.INFO)
        logger.addHandler(run.get_logging_handler())
        run.set_primary_metric("test/accuracy", "max")
        Training(run, config).fit()


if __name__ == "__main__":
    main()
