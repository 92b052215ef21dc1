"""How much memory is left, and how much this process takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """Mebibytes; None where the kernel does not tell."""

    total_mb: int | None = None
    available_mb: int | None = None
    own_mb: int | None = None


def read_memory(proc: Path = PROC) -> Memory:
    """As the kernel counts it (proc(5): MemTotal, MemAvailable, VmRSS)."""
    machine, own = _fields(proc / "meminfo"), _fields(proc / "self" / "status")
    return Memory(machine.get("MemTotal"), machine.get("MemAvailable"), own.get("VmRSS"))


def _fields(path: Path) -> dict[str, int]:
    """Fields in kB, as mebibytes."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    words = (line.replace(":", " ").split() for line in lines)
    return {
        word[0]: int(word[1]) // 1024
        for word in words
        if len(word) == 3 and word[2] == "kB" and word[1].isdecimal()
    }
