"""How much memory a station needs while it judges."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.bench.errors import BenchError
from tools.bench.result import Result
from tools.bench.starting import irbis_command

PEAK_RSS_LIMIT_MB = 260.0
FRAMES_A_BURST = 3


def measure_peak_memory(files: Sequence[bytes], folder: Path) -> Result:
    """Peak resident memory of a real ``irbis replay`` over ``files``, in bursts of three."""
    pictures = folder / "pictures"
    for index, data in enumerate(files):
        path = pictures / f"burst-{index // FRAMES_A_BURST:02}" / f"{index:03}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    replay = [*irbis_command(), "replay", str(pictures), "--spool", str(folder / "spool")]
    return Result(
        "peak_rss_mb",
        round(_peak_kib(replay) * 1024 / 1e6, 1),
        "MB",
        PEAK_RSS_LIMIT_MB,
        rule="`irbis replay` with both models, 8-megapixel JPEG",
        details={"frames": len(files)},
    )


def _peak_kib(command: list[str]) -> int:
    launcher = [sys.executable, "-m", "tools.bench.launcher", *command]
    done = subprocess.run(launcher, capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"`irbis replay` failed: {done.stderr.strip() or 'no word'}")
    return int(done.stdout)
