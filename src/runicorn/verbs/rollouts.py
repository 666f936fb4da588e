"""Rollouts of reinforcement learning: what was said, and what it was worth."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runicorn.verbs.media import Media

KEY = "rollouts"


class Rollouts(Media):
    """The verb `log_rollout`."""

    @abstractmethod
    def _stage(self, given: Any) -> str | None:
        """A stage as it is kept."""

    def log_rollout(
        self,
        prompt: str | Mapping[str, Any],
        messages: Sequence[Mapping[str, Any]],
        rewards: Mapping[str, float] | Iterable[Mapping[str, Any]],
        step: int | None = None,
        mode: str = "train",
        *,
        id: str | None = None,
        advantage: float | None = None,
        truncated: bool | None = None,
    ) -> None:
        """Keeps a rollout: a trace under the key "rollouts", of the stage `mode`.

        `prompt`: a text, or a mapping with `content`. `messages`: mappings {role, content, …}. `rewards`: numbers by
        name, or mappings {name, value}. `step` is the run's current one by default, and does not set it. `id`: what
        else the rollout is known by. `advantage`: by how much it was better than others, as the training has it.
        `truncated`: whether it hit the limit of length. What cannot be kept is a notice.
        """
        from runicorn.media.trace import Rollout  # it is loaded only where it is used

        if not self._is_late():
            where = {"key": KEY, "step": self._given_step(step), "stage": self._stage(mode)}
            self._put_medium(Rollout(prompt, messages, rewards, id, advantage, truncated), where)
