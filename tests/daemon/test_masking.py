"""Secrets are masked by name and by shape; what is none is left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid.masking import MASK, masked, masked_arguments, names_secret

SECRET = "Zq8" * 6


@pytest.mark.parametrize(
    "name",
    ["HF_TOKEN", "WANDB_API_KEY", "apiKey", "AWS_SECRET_ACCESS_KEY", "--db-password", "dbPassword", "auth", "passwd",
     "my.api.key", "SSH_KEY", "--pat", "DSN", "client_secret", "AuthToken", "credentials"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)
    assert masked(name, "x") == MASK


@pytest.mark.parametrize(
    "name",
    ["max_tokens", "tokenizer", "TOKENIZERS_PARALLELISM", "author", "monkey", "path", "PYTHONPATH", "compass",
     "sort_key", "pattern", "NCCL_DEBUG", "secretary"],
)  # fmt: skip
def test_names_of_what_is_no_secret(name: str) -> None:
    assert not names_secret(name)
    assert masked(name, "text") == "text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://me:pw@host/x", f"https://{MASK}@host/x"),
        ("https://ghp_abc@github.com/a/b", f"https://{MASK}@github.com/a/b"),
        ("postgres://u:p@db:5432/x?y", f"postgres://{MASK}@db:5432/x?y"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {MASK}"),
        (f"see sk-proj-{SECRET} there", f"see {MASK} there"),
        (f"hf_{SECRET}", MASK),
        (f"ghp_{SECRET}", MASK),
        (f"github_pat_11_{SECRET}", MASK),
        (f"glpat-{SECRET}", MASK),
        (f"xoxb-{SECRET}", MASK),
        ("AKIAIOSFODNN7EXAMPLE", MASK),
        (f"AIza{SECRET * 2}", MASK),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-d", MASK),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", MASK),
        (f"a={SECRET * 2}==", f"a={MASK}"),
    ],
)
def test_shapes_of_secrets(text: str, expected: str) -> None:
    assert masked("", text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "train.py", "/data/Imagenet-1K/train_2024_Version2_Final_Copy_Of_It",
     "9a04b312524a3ffc2a40715ffea17e4356f1f1d4",
     "git@github.com:me/it.git", "ssh://git@github.com/me/it.git", "resnet50.a1_in1k", "s3://bucket/key",
     "GPU-5d1d7e27-9b3a-4f4e-8f3e-1c2b3a4d5e6f"],
)  # fmt: skip
def test_what_has_no_secret_stays(text: str) -> None:
    assert masked("", text) == text


def test_a_value_that_looks_random_behind_a_name_that_ends_in_key() -> None:
    assert masked("DATADOG_KEY", "0123456789abcdef0123456789abcdef") == MASK
    assert masked("sort_key", "val/accuracy") == "val/accuracy"


def test_command_lines() -> None:
    given = ["python", "t.py", "--token", "abc", "--lr", "0.1", "--password=x", "db.password=y", "--auth", "--fast",
             "--max_tokens", "5", f"--url=https://{SECRET}@h", f"hf_{SECRET}"]  # fmt: skip
    assert masked_arguments(given) == [
        "python", "t.py", "--token", MASK, "--lr", "0.1", f"--password={MASK}", f"db.password={MASK}", "--auth",
        "--fast", "--max_tokens", "5", f"--url=https://{MASK}@h", MASK,
    ]  # fmt: skip


@given(st.lists(st.text(max_size=30), max_size=6))
def test_no_command_line_is_too_odd(arguments: list[str]) -> None:
    assert len(masked_arguments(arguments)) == len(arguments)
