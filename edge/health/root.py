"""Which of a card's roots this station runs from, and whether that has yet to prove itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

from edge.health.memory_file import MemoryFile

CMDLINE = Path("/proc/cmdline")
TRIAL = Path("/data/rauc/trial")
"""There while an update is on trial (docs/updates.md)."""
SLOTS = ("A", "B")
_ROOT = re.compile(r"(?:^|\s)(?:rauc\.slot=|root=LABEL=ROOT)([AB])(?:\s|$)")


def slot(cmdline: Path = CMDLINE) -> str:
    """``A`` or ``B``; "" where there are no slots."""
    try:
        return slot_of(cmdline.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""


def slot_of(cmdline: str) -> str:
    """The slot that a kernel was started from with this command line; "" for none."""
    found = _ROOT.search(cmdline)
    return "" if found is None else found[1]


def on_trial(trial: Path = TRIAL, cmdline: Path = CMDLINE) -> bool:
    """Whether the root that runs has yet to prove itself; the other one's trial is none of ours."""
    try:
        tried = json.loads(MemoryFile(trial).load() or b"null")
    except (OSError, ValueError):
        return False
    return isinstance(tried, dict) and tried.get("slot") in SLOTS and tried["slot"] == slot(cmdline)
