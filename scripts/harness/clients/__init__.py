"""Programs that know Trackio, and what `runicorn exec` makes of them."""
