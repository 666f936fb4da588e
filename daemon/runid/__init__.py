"""runid: the daemon that keeps what training processes log, and the formats it keeps it in."""

__version__ = "1.0.0.dev0"
