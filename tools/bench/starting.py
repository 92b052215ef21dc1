"""From nothing to armed: how long a station is blind after power comes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from edge.security.keys import BasecampKey, StationKey
from tools.bench.errors import BenchError
from tools.bench.pairs import interleaved
from tools.bench.result import Result

COLD_START_LIMIT = 1.6
IMPORTS = "import numpy, cv2, ai_edge_litert.interpreter"
"""The yardstick: what any program that judges pictures in Python must at least import."""

_CONFIG = """\
[station]
id = "bench"
key_file = "station.key"
basecamp = "{basecamp}"

[capture]
path = "incoming"

[spool]
path = "spool"
"""


def irbis_command() -> list[str]:
    """How this installation's ``irbis`` is started."""
    script = Path(sys.executable).with_name("irbis")
    return [str(script)] if script.exists() else [sys.executable, "-m", "tools.cli"]


def measure_cold_start(folder: Path, pairs: int) -> Result:
    """``irbis run`` from spawning the process to its line "armed", over the bare imports."""
    config = _station(folder)
    starts: list[float] = []
    actions = (lambda: starts.append(_arm(config)), _import)
    _, imports = interleaved(actions, pairs)
    starts = starts[-pairs:]
    return Result(
        "cold_start_ratio",
        round(median(starts) / median(imports), 3),
        "x",
        COLD_START_LIMIT,
        rule=f"`irbis run` until armed / python -c '{IMPORTS}'",
        details={
            "pairs": pairs,
            "armed_after_s": round(median(starts), 3),
            "imports_s": round(median(imports), 3),
        },
        notes=(f"armed {median(starts):.2f} s after the process was started",),
    )


def _station(folder: Path) -> Path:
    (folder / "incoming").mkdir()
    StationKey.generate().save(folder / "station.key")
    config = folder / "station.toml"
    config.write_text(_CONFIG.format(basecamp=BasecampKey.generate().token), encoding="utf-8")
    return config


def _arm(config: Path) -> float:
    """Seconds from spawning the station to its line "armed"; it is stopped again.

    Raises BenchError when it ends before.
    """
    begun = time.perf_counter()
    command = [*irbis_command(), "run", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as station:
        assert station.stderr is not None
        said = []
        try:
            for line in station.stderr:
                said.append(line.strip())
                if line.rstrip().endswith("armed"):
                    return time.perf_counter() - begun
        finally:
            station.terminate()
    raise BenchError(f"`irbis run` ended before it was armed: {' '.join(said) or 'no word'}")


def _import() -> None:
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, capture_output=True)
