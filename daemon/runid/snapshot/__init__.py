"""The code snapshot: which files of a workspace are its code, and the archive they are kept in.

It is used by the worker, for `init(snapshot_code=True)`, and in the caller's process by `snapshot_workspace`.
"""
