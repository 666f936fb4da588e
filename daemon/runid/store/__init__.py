"""The only code that knows bytes on disk.

A run is a folder of plain files: append-only or atomically replaced, one writer per file, safe on NFS.
`FORMAT` is the version of all of them; until the first release it may change, from then on never.
"""

FORMAT = 1
