"""The harness of the promises: it kills whatever can be killed and counts from outside what was kept.

`scripts/chaos` (see harness.chaos) kills trainers and daemons under load; `scripts/long kills` (see harness.kills)
kills a process in a tight loop ten thousand times. Nothing in the product knows of either.
"""
