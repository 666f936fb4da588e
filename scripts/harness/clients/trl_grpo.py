"""A language model of random weights learns to say one word, with the GRPOTrainer of TRL: a user's script.

It knows Trackio alone. Prints as JSON what the trainer itself says it logged, and the completions it saved.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from datasets import Dataset
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

WORDS = ["<pad>", "<eos>", *(f"word{number}" for number in range(14))]


def says_it(completions: list[str], **_: object) -> list[float]:
    return [float(completion.split().count("word3")) for completion in completions]


def main(folder: str) -> None:
    words = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<pad>"))
    words.pre_tokenizer = WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<eos>")
    shape = {"vocab_size": len(WORDS), "n_positions": 32, "n_embd": 32, "n_layer": 1, "n_head": 2}
    model = GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=1, eos_token_id=1, pad_token_id=0))
    arguments = GRPOConfig(
        output_dir=folder,
        report_to="trackio",
        project="clients",
        run_name="tiny-grpo",
        max_steps=4,
        per_device_train_batch_size=8,
        num_generations=4,
        max_completion_length=8,
        logging_steps=1,
        log_completions=True,
        save_strategy="no",
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
    )
    prompts = Dataset.from_dict({"prompt": [f"word{number % 7} word{number % 5}" for number in range(16)]})
    trainer = GRPOTrainer(model, says_it, arguments, train_dataset=prompts, processing_class=tokenizer)
    trainer.train()
    saved = [pd.read_parquet(path) for path in sorted(Path(folder, "completions").glob("*.parquet"))]
    completions = [frame.to_dict("list") for frame in saved]
    print(json.dumps({"history": trainer.state.log_history, "completions": completions}))


if __name__ == "__main__":
    main(sys.argv[1])
