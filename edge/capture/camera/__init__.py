"""Cameras: one protocol, a backend for each way to a lens, and the ring before the trigger."""
