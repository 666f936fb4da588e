"""Datasets and pretrained models as the fold keeps them, and as assets.json lists them."""

from typing import Any

import msgpack

from runid import events
from runid.store import inputs, journal
from runid.store.fold import Fold

ARCHIVED = {"saved": True, "fingerprint_kind": "sha256", "fingerprint": "f" * 64, "archive_path": "archive/blobs/ff/f"}
FAST = {"saved": False, "fingerprint": {"size_bytes": 5, "mtime": 1.0}}
FAILED = {"saved": False, "fingerprint": None, "error": "It is gone."}


class Host:
    """What one host has folded, record by record."""

    def __init__(self, name: str = "one") -> None:
        self.fold = Fold(name)
        self.writer = name[0].encode() * 16
        self.asked = 0
        self._apply(journal.WRITER, msgpack.packb({"number": 1, "rank": 0}))

    def ask(self, name: str, when: float = 5.0, kind: str = "dataset", **what: Any) -> str:
        self.asked += 1
        ask = f"{self.asked:016x}"
        entry = {"name": name, "context": "train", "uri": "/data", "description": None, "path": "/data"} | what
        if kind == "pretrained":
            entry = {"name": name, "source_type": "local", "path_or_uri": "/data", "path": "/data"} | what
        self._apply(journal.BATCH, events.pack([events.ASK, when, ask, kind, entry]))
        return ask

    def work(self, ask: str, **said: Any) -> None:
        self._apply(journal.WORK, msgpack.packb({"id": ask, **said}))

    def done(self, name: str, result: dict[str, Any], when: float = 5.0, **what: Any) -> None:
        self.work(self.ask(name, when, **what), result=result)

    def again(self) -> None:
        """As a daemon that comes after this one finds it."""
        self.fold = Fold.of(self.fold.host, self.fold.saved())

    def _apply(self, kind: int, body: bytes) -> None:
        self.fold.apply(journal.Record(self.fold.through + 1, self.fold.offset(self.writer), self.writer, kind, body))


def test_an_entry_is_pending_goes_on_and_is_done() -> None:
    host = Host()
    ask = host.ask("d", description="mine")
    entry = {
        "name": "d", "context": "train", "uri": "/data", "description": "mine", "path": "/data", "saved": False,
        "fingerprint": None,
    }  # fmt: skip
    assert inputs.listed([host.fold], "dataset") == [entry | {"progress": {}}]
    progress = {"files": 1, "bytes": 2, "total_bytes": 3}
    host.work(ask, progress=progress)
    assert inputs.listed([host.fold], "dataset") == [entry | {"progress": progress}]
    host.again()
    host.work(ask, result=ARCHIVED)
    host.again()
    assert inputs.listed([host.fold], "dataset") == [entry | ARCHIVED]
    assert inputs.listed([host.fold], "pretrained") == []


def test_pretrained_models_have_their_own_fields() -> None:
    host = Host()
    host.done("bert", FAST, kind="pretrained", source_type="huggingface", path_or_uri="bert-base")
    assert inputs.listed([host.fold], "dataset") == []
    assert inputs.listed([host.fold], "pretrained") == [
        {"name": "bert", "source_type": "huggingface", "path_or_uri": "bert-base", "description": None, "path": "/data"}
        | FAST
    ]


def test_what_is_logged_again_is_one_entry_however_many_ranks_and_hosts_log_it() -> None:
    hosts = Host("one"), Host("two")
    for host in hosts:
        for when in (5.0, 7.0):
            host.done("d", ARCHIVED, when, description=f"{host.fold.host} at {when}")
        host.done("d", ARCHIVED, 6.0, context="eval")
        host.done("d", ARCHIVED, 6.5, uri={"of": ["x", 1.5]})
    assert len(hosts[0].fold.assets) == 3
    listed = inputs.listed([host.fold for host in hosts], "dataset")
    assert [(entry["context"], entry["uri"]) for entry in listed] == [
        ("eval", "/data"), ("train", {"of": ["x", 1.5]}), ("train", "/data"),
    ]  # fmt: skip
    assert listed[2]["description"] == "two at 7.0"


def test_while_it_is_looked_at_again_what_is_known_stays() -> None:
    host = Host()
    host.done("d", ARCHIVED)
    host.ask("d", 9.0)
    (entry,) = inputs.listed([host.fold], "dataset")
    assert (entry["saved"], entry["progress"]) == (True, {})


def test_a_rank_that_fails_takes_nothing_back() -> None:
    host = Host()
    host.done("d", ARCHIVED, 5.0)
    host.done("d", FAILED, 6.0)
    (entry,) = inputs.listed([host.fold], "dataset")
    assert (entry["saved"], entry["error"]) == (True, "It is gone.")
    host.done("d", ARCHIVED, 7.0)
    assert "error" not in inputs.listed([host.fold], "dataset")[0]
    host.done("other", FAILED, 8.0)
    host.done("other", FAST, 9.0)
    assert "error" not in inputs.listed([host.fold], "dataset")[1]


def test_a_job_that_failed_altogether_is_told() -> None:
    host = Host()
    host.work(host.ask("d"), error="This dataset job is set aside.")
    (entry,) = inputs.listed([host.fold], "dataset")
    assert (entry["saved"], entry["error"]) == (False, "This dataset job is set aside.")


def test_what_makes_no_sense_can_be_read_all_the_same() -> None:
    host = Host()
    host._apply(journal.BATCH, events.pack([events.ASK, 5.0, "0" * 16, "dataset", {"name": [1], "progress": 3}]))
    assert inputs.listed([host.fold], "dataset")[0]["progress"] == {}
    host.work("0" * 16, result={"saved": False, "fingerprint": None})
    host.again()
    assert inputs.listed([host.fold], "dataset")[0]["name"] == [1]


def test_a_fold_that_is_made_again_takes_them_from_assets_json() -> None:
    host = Host()
    host.done("d", ARCHIVED)
    host.done("m", FAST, kind="pretrained")
    host.ask("pending")
    told: dict[str, Any] = {
        "datasets": inputs.listed([host.fold], "dataset"),
        "pretrained": inputs.listed([host.fold], "pretrained"),
    }
    fold = Fold("one")
    inputs.take(fold, told)
    assert inputs.listed([fold], "pretrained") == told["pretrained"]
    assert inputs.listed([fold], "dataset") == [
        {name: value for name, value in entry.items() if name != "progress"} for entry in told["datasets"]
    ]
    for damaged in ({}, {"datasets": 3, "pretrained": [4, {"name": []}]}):
        inputs.take(fold, damaged)
    assert len(fold.assets) == 4
