"""Other experiment trackers' names: change one import line, and what a script logs becomes a run of Runicorn.

import runicorn.compat.trackio as trackio
"""
