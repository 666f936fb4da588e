"""DistributedDataParallel on the handwritten digits: every rank calls the same `rn.init()`, and all log into one run.

    torchrun --nproc-per-node 4 examples/torchrun_ddp.py
    TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 torchrun --nproc-per-node 4 --max-restarts 1 examples/torchrun_ddp.py

The second command starts all ranks again when one dies: they join the same run, and go on from the checkpoint in its
folder. (Without that variable the ranks of PyTorch 2.13 look for those that have died, see PyTorch's issue 167288.)
Ranks wait for each other in every step, so all are as slow as the slowest: which one that is shows in `time/own`.
It runs on CPUs, over gloo, and needs torch and scikit-learn: see tests/torch.txt.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

import runicorn as rn


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=16, help="images of one rank in one step")
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class Training:
    """A rank's part: its share of the images, its copy of the network."""

    def __init__(self, run: rn.Run, config: argparse.Namespace) -> None:
        torch.manual_seed(config.seed)
        self.run = run
        self.epochs = config.epochs
        train, self.test = digits(config.seed)
        self.sampler = DistributedSampler(train, seed=config.seed)
        self.batches = DataLoader(train, config.batch, sampler=self.sampler)
        self.network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        self.parallel = DistributedDataParallel(self.network)
        self.optimizer = torch.optim.SGD(self.network.parameters(), config.lr, momentum=0.9)
        # Its owner's own files may lie in a run's folder, and a rank that is started again finds the same folder.
        self.checkpoint = Path(run.run_dir) / "checkpoint.pt"

    def fit(self) -> None:
        for epoch in range(self.resume(), self.epochs):
            self.sampler.set_epoch(epoch)
            self.began = time.perf_counter()
            for step, batch in enumerate(self.batches, 1 + epoch * len(self.batches)):
                self.run.log(self.take_step(*batch), step=step, stage="train")
            if self.run.rank == 0:
                self.run.log({"test/accuracy": self.accuracy()}, step=step, stage="eval")
                self.save(epoch + 1)

    def take_step(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        loss = nn.functional.cross_entropy(self.parallel(images), labels)
        own = time.perf_counter() - self.began  # behind it begins the exchange with the other ranks
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.began = time.perf_counter()
        return {"loss": float(loss.detach()), "time/own": own}

    def accuracy(self) -> float:
        images, labels = self.test
        with torch.no_grad():
            return float((self.network(images).argmax(dim=1) == labels).double().mean())

    def resume(self) -> int:
        """How many epochs are done; their parameters are loaded."""
        if not self.checkpoint.exists():
            return 0
        saved = torch.load(self.checkpoint)
        self.network.load_state_dict(saved["network"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.run.log_text(f"goes on after epoch {saved['epochs']}")
        return int(saved["epochs"])

    def save(self, epochs: int) -> None:
        state = {"epochs": epochs, "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        whole = self.checkpoint.with_suffix(".new")  # a rank that is killed here leaves the old one as it was
        torch.save(state, whole)
        os.replace(whole, self.checkpoint)


def digits(seed: int) -> tuple[Any, tuple[torch.Tensor, torch.Tensor]]:
    """The images to train with, as a data set, and those to test with."""
    images, labels = load_digits(return_X_y=True)
    split = train_test_split(images / 16.0, labels, test_size=0.2, stratify=labels, random_state=seed)
    train_images, test_images = (torch.tensor(part, dtype=torch.float32) for part in split[:2])
    train_labels, test_labels = map(torch.tensor, split[2:])
    return TensorDataset(train_images, train_labels), (test_images, test_labels)


def main() -> None:
    config = options()
    here, tags = Path(__file__).parent, ["torch", "ddp"]
    with rn.init(
        "examples/ddp", capture_env=True, snapshot_code=True, workspace_root=here, config=config, tags=tags
    ) as run:
        run.set_primary_metric("test/accuracy", "max")
        dist.init_process_group("gloo")
        Training(run, config).fit()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
