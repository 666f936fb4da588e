"""Which columns there are where nobody has chosen any."""

from runicorn.viewer.usual import usual

SOME = {"train/loss": 9, "val/acc": 9, "val/rare": 1, "sys/gpu": 9}


def test_what_tells_how_good_a_run_is_comes_first() -> None:
    keys = {"metric": SOME, "config": {"lr": 9, "seed": 8}, "summary": {"best": 9}, "field": {"tags": 0}}
    assert usual(keys, 4) == ["metric.val/acc", "spark.val/acc", "config.lr", "metric.train/loss"]
    assert usual(keys, 20) == [
        "metric.val/acc",
        "spark.val/acc",
        "config.lr",
        "metric.train/loss",
        "metric.val/rare",
        "config.seed",
    ]
    assert usual(keys, 1) == ["metric.val/acc"]
    assert usual(keys | {"field": {"tags": 2}}, 6)[4:] == ["metric.val/rare", "tags"]


def test_runs_without_metrics_have_their_settings() -> None:
    assert usual({"metric": {"sys/gpu": 1}, "config": {"lr": 1}, "summary": {}, "field": {"tags": 0}}, 8) == [
        "config.lr"
    ]
    assert usual({"metric": {}, "config": {}, "summary": {}, "field": {"tags": 0}}, 8) == []
