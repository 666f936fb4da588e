"""The errors of expt_logger, so that whoever catches them still can. None is raised: there is no server to fail."""

from __future__ import annotations


class ExptLoggerError(Exception):
    """All of them."""


class APIError(ExptLoggerError):
    """A server refused; `status_code` is that of its answer."""

    def __init__(self, message: str = "", status_code: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code


class AuthenticationError(APIError):
    """A server did not know the key."""

    def __init__(self, message: str = "", status_code: int | None = 401) -> None:
        super().__init__(message, status_code)


class ConfigurationError(ExptLoggerError):
    """No key was given."""


class ValidationError(ExptLoggerError):
    """A value cannot be logged."""
