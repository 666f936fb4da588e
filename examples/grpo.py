"""GRPO in NumPy: a policy learns from rewards alone to add two digits.

Each question gets a group of answers. By how much an answer's reward is above the mean of its group, in standard
deviations, is its advantage, and says how much likelier the answer is to become; a clip and a pull towards the policy
of the start keep the steps small (Shao et al., DeepSeekMath, 2024).
Logged are curves, rollouts with their rewards, a table of answers, and how advantages are distributed; kept are this
folder's code and what the run ran on, so that two runs can be told apart.

python examples/grpo.py
runicorn ls
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import runicorn as rn

CONFIG = {"steps": 150, "questions": 24, "group": 16, "updates": 2, "lr": 1.0, "clip": 0.2, "beta": 0.002, "seed": 1}
SHOWN_EVERY, TESTED_EVERY, GROUPS_SHOWN = 25, 50, 4

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

QUESTIONS: Integers = np.array([(a, b) for a in range(10) for b in range(10)])
START = -np.log(10)
"""The log-probability of each token in the policy of the start, to which all are alike."""


def log_probabilities(policy: Floats, questions: Integers) -> Floats:
    """(n, 2, 10): of each digit that an answer to questions (n, 2) may have at its two places.

    `policy` holds the logits: (2, 10, 10, 10), by place, first digit of the question, second, and digit.
    """
    logits = policy[:, questions[:, 0], questions[:, 1]].swapaxes(0, 1)
    logits = logits - logits.max(axis=2, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=2, keepdims=True)))


def rewards(questions: Integers, answers: Integers) -> dict[str, Floats]:
    """Two for each answer (n, 2): 1 for the right sum, and up to 1 for being near to it."""
    missed = np.abs(questions.sum(axis=1) - answers @ (10, 1))
    return {"correct": (missed == 0).astype(float), "near": np.maximum(0.0, 1 - missed / 10)}


def update(
    policy: Floats, config: rn.hparams.Config, questions: Integers, answers: Integers, advantages: Floats
) -> dict[str, float]:
    """Makes answers (n, 2) with advantages (n,) above 0 likelier, and others less likely; gives what to log of it."""
    chosen = answers[:, :, None] == np.arange(10)
    gain = advantages[:, None]
    old = log_probabilities(policy, questions)[chosen].reshape(-1, 2)
    for _ in range(config.updates):
        scores = log_probabilities(policy, questions)
        new = scores[chosen].reshape(-1, 2)
        ratio = np.exp(new - old)
        clipped = np.where(gain > 0, ratio > 1 + config.clip, ratio < 1 - config.clip)
        pull = np.exp(START - new) - 1
        weight = np.where(clipped, 0.0, ratio * gain) + config.beta * pull
        gradient = np.zeros_like(policy)
        for place in (0, 1):
            slope = weight[:, place, None] * (chosen[:, place] - np.exp(scores[:, place]))
            np.add.at(gradient[place], (questions[:, 0], questions[:, 1]), slope / config.group)
        policy += config.lr * gradient
    return {
        "kl": (pull - START + new).mean(),
        "clipped": clipped.mean(),
        "entropy": -(np.exp(scores) * scores).sum(axis=2).mean(),
        "grad_norm": np.linalg.norm(gradient),
    }


def train_step(run: rn.Run, policy: Floats, dice: np.random.Generator, step: int) -> None:
    config = run.config
    questions = dice.choice(QUESTIONS, config.questions, replace=False).repeat(config.group, axis=0)
    scores = log_probabilities(policy, questions)
    answers = (scores + dice.gumbel(size=scores.shape)).argmax(axis=2)
    given = rewards(questions, answers)

    groups = (given["correct"] + given["near"]).reshape(-1, config.group)
    advantages = groups - groups.mean(axis=1, keepdims=True)
    advantages = (advantages / (groups.std(axis=1, keepdims=True) + 1e-6)).ravel()
    found = update(policy, config, questions, answers, advantages)

    means = {f"reward/{name}": values.mean() for name, values in given.items()}
    run.log(means | found, step=step, stage="train")
    if step % SHOWN_EVERY == 0:
        columns = {"question": map(asked, questions), "answer": map(said, answers), **given, "advantage": advantages}
        table = rn.Table(columns=[*columns], data=[[*row] for row in zip(*columns.values(), strict=True)])
        run.log({"answers": table, "advantages": rn.Histogram(advantages)}, step=step, stage="train")
        some = slice(GROUPS_SHOWN * config.group)
        shown = {name: of[some] for name, of in given.items()}
        log_rollouts(run, questions[some], answers[some], shown, step, "train", advantages)


def test(run: rn.Run, policy: Floats, step: int) -> float:
    """Logs and gives how many of all questions the policy answers rightly with the likeliest digits."""
    answers = log_probabilities(policy, QUESTIONS).argmax(axis=2)
    given = rewards(QUESTIONS, answers)
    accuracy = float(given["correct"].mean())
    run.log({"eval/accuracy": accuracy, "eval/near": given["near"].mean()}, step=step, stage="eval")
    some = slice(None, None, 25)
    log_rollouts(run, QUESTIONS[some], answers[some], {name: of[some] for name, of in given.items()}, step, "eval")
    return accuracy


def log_rollouts(
    run: rn.Run,
    questions: Integers,
    answers: Integers,
    given: dict[str, Floats],
    step: int,
    mode: str,
    advantages: Floats | None = None,
) -> None:
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        messages = [{"role": "assistant", "content": said(answer)}]
        its = {name: float(values[number]) for name, values in given.items()}
        advantage = None if advantages is None else float(advantages[number])
        run.log_rollout(asked(question), messages, its, step=step, mode=mode, advantage=advantage)


def asked(question: Integers) -> str:
    return f"{question[0]} + {question[1]} = ?"


def said(answer: Integers) -> str:
    return f"{answer[0]}{answer[1]}"


if __name__ == "__main__":
    here, tags = Path(__file__).parent, ["numpy"]
    with rn.init(
        "examples/grpo", capture_env=True, snapshot_code=True, workspace_root=here, config=CONFIG, tags=tags
    ) as run:
        run.set_primary_metric("eval/accuracy", mode="max")
        policy, dice = np.zeros((2, 10, 10, 10)), np.random.default_rng(run.config.seed)
        for step in range(1, run.config.steps + 1):
            train_step(run, policy, dice, step)
            if step % TESTED_EVERY == 0:
                accuracy = test(run, policy, step)
        run.summary({"eval/accuracy": accuracy})
