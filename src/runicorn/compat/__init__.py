"""Stand-ins for other trackers: change an import line, or call `runicorn exec`, and everything else stays as it is.

import runicorn.compat.trackio as trackio
import runicorn.compat.expt_logger as expt_logger
"""
