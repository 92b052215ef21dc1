"""What making cards needs and a station does not."""

from __future__ import annotations

import importlib
import sys

from tools.flashing.errors import FlashError

_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
_NEEDED = ("segno", "tomli_w", _ZSTD)


def require_extras() -> None:
    """Raise FlashError, with the way out, where one of them is not installed."""
    for name in _NEEDED:
        try:
            importlib.import_module(name)
        except ImportError:
            raise FlashError(f"making cards needs {name}. In Irbis's folder: make setup") from None
