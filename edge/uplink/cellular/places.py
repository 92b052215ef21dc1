"""Where uploads stand that were begun, over reboots too."""

from __future__ import annotations

from pathlib import Path

from edge.uplink.cellular.durable import DurableJson

MOST = 64
"""Uploads remembered; of one forgotten, no more is lost than what the server had of it."""


class UploadPlaces:
    """URLs by digest. Basecamp tells its own again when asked; other tus servers do not."""

    def __init__(self, path: Path) -> None:
        self._file = DurableJson(path)
        stored = self._file.load() or {}
        self._urls = {digest: url for digest, url in stored.items() if isinstance(url, str) and url}

    def get(self, digest: str) -> str | None:
        return self._urls.get(digest)

    def remember(self, digest: str, url: str) -> None:
        """Durable when it returns. Raises StateUnwritable."""
        self._urls[digest] = url
        while len(self._urls) > MOST:
            del self._urls[next(iter(self._urls))]
        self._file.store(self._urls)

    def forget(self, digest: str) -> None:
        """Raises StateUnwritable."""
        if self._urls.pop(digest, None) is not None:
            self._file.store(self._urls)
