"""A network of random weights learns random numbers, with the tracker that accelerate has for Trackio: a user's script.

It knows Trackio alone. Prints as JSON what it logged.
"""

import json

import torch
import trackio
from accelerate import Accelerator

CONFIG = {"lr": 0.05, "epochs": 3, "batch": 16, "optimizer": "sgd"}


def main() -> None:
    torch.manual_seed(1)
    accelerator = Accelerator(cpu=True, log_with="trackio")
    accelerator.init_trackers("clients", config=CONFIG, init_kwargs={"trackio": {"name": "tiny-mlp"}})
    inputs = torch.randn(160, 8)
    data = torch.utils.data.TensorDataset(inputs, inputs.sum(dim=1, keepdim=True))
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)

    step, losses, images = 0, {}, {}
    for epoch in range(3):
        for batch, wanted in loader:
            loss = torch.nn.functional.mse_loss(model(batch), wanted)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            if step % 4 == 0:
                losses[step] = loss.item()
                accelerator.log({"train_loss": loss.item(), "epoch": epoch}, step=step)
        pixels = [torch.randint(256, (12, 20, 3), dtype=torch.uint8) for _ in range(3)]
        run = accelerator.get_tracker("trackio", unwrap=True)
        run.log({"samples": [trackio.Image(part.numpy()) for part in pixels]}, step=step)
        images[step] = [part.tolist() for part in pixels]
    accelerator.end_training()
    print(json.dumps({"config": CONFIG, "losses": losses, "images": images}))


if __name__ == "__main__":
    main()
