"""Slow work, done in worker processes so that it never delays an acknowledgement."""
