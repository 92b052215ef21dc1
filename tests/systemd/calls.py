"""Which system calls a ``SystemCallFilter=`` allows, by systemd's own sets."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable


def allowed_calls(filters: Iterable[str]) -> set[str]:
    """The names that are left after each line of the unit: ``@set`` adds, ``~@set`` takes."""
    allowed: set[str] = set()
    for line in filters:
        calls = {call for name in line.lstrip("~").split() for call in members(name)}
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def members(name: str) -> set[str]:
    """The calls of a set, those of its sets included; of a plain name, itself."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter", name],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    listed = [line.strip() for line in said.stdout.splitlines()[1:]]
    return {call for item in listed if item and item[0] != "#" for call in members(item)}
