"""A secret that this user's processes on this machine have in common: by it a program knows what it gave out before.

<runtime dir>/secret.json     {secret}; 0600, made once, and gone with that folder when the machine starts anew
"""

from __future__ import annotations

import base64
import hmac
import secrets
from pathlib import Path
from typing import Any

from runid.store import files


def token(runtime: Path, purpose: str) -> str:
    """What nobody can guess and is the same each time, another one for each purpose. Raises OSError."""
    path = runtime / "secret.json"
    made = {"secret": secrets.token_hex(32)}
    if not files.create_json(path, made, mode=0o600) and not _whole(files.read_json(path)):
        files.replace_json(path, made, mode=0o600)
    found = files.read_json(path) or made
    digest = hmac.digest(found["secret"].encode(), purpose.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:18]).decode()


def _whole(found: dict[str, Any] | None) -> bool:
    return isinstance((found or {}).get("secret"), str)
