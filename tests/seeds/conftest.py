"""The home, root and daemon that the tests of a module share, and an open run, are those of the SDK's tests."""

from tests.sdk.conftest import _clear, root, run, shared_home

__all__ = ["_clear", "root", "run", "shared_home"]
