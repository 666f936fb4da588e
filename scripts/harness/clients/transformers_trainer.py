"""A language model of random weights learns random text, with the Trainer of transformers: a user's script.

It knows Trackio alone. Prints as JSON what the Trainer itself says it logged, and the pixels of the images.
"""

import json
import sys
from typing import Any

import torch
import trackio
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments

STEPS = 30


class Images(TrainerCallback):  # type: ignore[misc]  # transformers is not installed where types are checked
    """Logs two images at each evaluation: the first rows of two matrices of weights."""

    def __init__(self) -> None:
        self.logged: dict[int, list[Any]] = {}

    def on_evaluate(self, _: Any, state: Any, control: Any, model: Any, **__: Any) -> None:  # noqa: ARG002
        if state.global_step not in self.logged:
            block = model.transformer.h[0]
            weights = [block.attn.c_attn.weight[:16, :24], block.mlp.c_fc.weight[:16, :24]]
            pixels = [torch.sigmoid(20 * part).mul(255).byte()[:, :, None].expand(-1, -1, 3) for part in weights]
            images = [trackio.Image(part.numpy(), caption=f"matrix {i}") for i, part in enumerate(pixels)]
            trackio.log({"weights": images}, step=state.global_step)
            self.logged[state.global_step] = [part.tolist() for part in pixels]


def main(folder: str) -> None:
    torch.manual_seed(1)
    texts = [dict.fromkeys(("input_ids", "labels"), torch.randint(64, (16,))) for _ in range(80)]
    model = GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=16, n_embd=32, n_layer=1, n_head=2))
    arguments = TrainingArguments(
        output_dir=folder,
        report_to="trackio",
        project="clients",
        run_name="tiny-gpt2",
        max_steps=STEPS,
        per_device_train_batch_size=8,
        learning_rate=1e-2,
        logging_steps=5,
        eval_strategy="steps",
        eval_steps=10,
        save_strategy="no",
        use_cpu=True,
        disable_tqdm=True,
    )
    images = Images()
    trainer = Trainer(model, arguments, train_dataset=texts[:64], eval_dataset=texts[64:], callbacks=[images])
    trainer.train()
    trainer.evaluate()
    print(json.dumps({"history": trainer.state.log_history, "images": images.logged}))


if __name__ == "__main__":
    main(sys.argv[1])
