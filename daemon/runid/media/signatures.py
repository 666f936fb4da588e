"""What a file of video or audio is, by its first bytes: names lie, and large files are not read within a call."""

from __future__ import annotations

from pathlib import Path

HEAD = 64
"""So many bytes tell."""

_MATROSKA = b"\x1a\x45\xdf\xa3"


def container(head: bytes) -> str | None:
    """gif, mp4, mov, webm, mkv, avi, wav, mp3, flac or ogg; None for anything else."""
    if head[4:8] == b"ftyp":
        return "mov" if head[8:12] == b"qt  " else "mp4"
    if head.startswith(_MATROSKA):
        return "webm" if b"webm" in head[:HEAD] else "mkv"
    if head.startswith(b"RIFF"):
        return {b"WAVE": "wav", b"AVI ": "avi"}.get(head[8:12])
    if head.startswith(b"ID3") or (head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE6 == 0xE2):
        return "mp3"  # a tag, or the first frame: eleven set bits, layer III
    return next((name for start, name in _STARTS.items() if head.startswith(start)), None)


def container_of(path: Path) -> str:
    """The same of a file, "unknown" for anything else. Raises OSError."""
    with open(path, "rb") as file:
        return container(file.read(HEAD)) or "unknown"


_STARTS = {b"GIF87a": "gif", b"GIF89a": "gif", b"fLaC": "flac", b"OggS": "ogg"}
