"""What `import trackio` finds under `runicorn exec`."""

import sys

try:
    from runicorn.compat.standing_in import stand_in
except ModuleNotFoundError as error:
    raise ImportError(
        f"`runicorn exec` makes trackio Runicorn's, but {sys.executable} has no Runicorn. "
        "Install it there, or call the `runicorn` of that Python."
    ) from error

stand_in("trackio")
