"""A root for all tests of a module, and a run in the tests' own process."""

from tests.shared import clear, root, run, shared_home

__all__ = ["clear", "root", "run", "shared_home"]
