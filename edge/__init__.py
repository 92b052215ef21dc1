"""The station daemon: everything that runs on the camera trap."""

__version__ = "0.1.0"
