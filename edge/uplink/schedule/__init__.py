"""The one scheduler: what goes next, over which link, and why."""
