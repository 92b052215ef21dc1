"""A station in a folder: key, configuration file, spool; run in this process or as `irbis`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.capture.listing import list_bursts
from edge.capture.replay import ReplaySource
from edge.config import StationConfig, load_config
from edge.listener import Listener
from edge.records import Burst, ItemKind, Judgement
from edge.security.keys import BasecampToken, StationKey
from edge.station import Station
from tests.kit.pictures import TARGET, TARGET_MASS

Sections = Mapping[str, Mapping[str, Any]]


class StationFolder:
    """What a technician prepares. ``sections`` add to and replace the configuration's values."""

    def __init__(
        self,
        folder: Path,
        basecamp: BasecampToken,
        station: str = "ridge-1",
        sections: Sections | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.id = station
        self.key = StationKey.generate()
        self.key.save(folder / "station.key")
        self.spool_path = folder / "spool"
        values: dict[str, dict[str, Any]] = {
            "station": {"id": station, "key_file": "station.key", "basecamp": str(basecamp)},
            "triage": {
                "targets": [TARGET],
                "target_mass": TARGET_MASS,
                "doubt_mass": 0.03,
                "groups": "none",
            },
            "spool": {"path": str(self.spool_path), "min_free_bytes": 1_000_000},
            "uplink": {"ack_timeout_s": 5.0, "backoff_max_s": 0.2},
        }
        for name, section in (sections or {}).items():
            values.setdefault(name, {}).update(section)
        self.config_path = folder / "station.toml"
        self.config_path.write_text(_toml(values), encoding="utf-8")

    @property
    def config(self) -> StationConfig:
        return load_config(self.config_path)

    @contextmanager
    def replaying(self, card: Path) -> Iterator[tuple[Station, Notes]]:
        """The armed station in this process, with ``card`` in place of a camera."""
        notes = Notes()
        source = ReplaySource(list_bursts(card))
        with Station(self.config, notes, source, max_waiting=8) as station:
            yield station, notes

    def replay(
        self, *paths: Path, options: tuple[str, ...] = (), cwd: Path | None = None
    ) -> Replayed:
        """`irbis replay` as a process of its own, to its end."""
        report = self.folder / "report.json"
        run = irbis(
            "replay", *map(str, paths), "--config", str(self.config_path),
            "--report", str(report), "--json", *options, cwd=cwd,
        )  # fmt: skip
        return Replayed(run, report)


class Replayed:
    """What a replay left: how it ended, its summary and its report."""

    def __init__(self, run: subprocess.CompletedProcess[str], report: Path) -> None:
        self.code = run.returncode
        self.stdout = run.stdout
        self.stderr = run.stderr
        self._report = report

    @property
    def summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads(self.stdout)
        return summary

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self._report.read_text(encoding="utf-8"))
        return report

    @property
    def bursts(self) -> dict[str, dict[str, Any]]:
        """The report's entries by the name of the burst."""
        return {entry["burst"]: entry for entry in self.report["bursts"]}


class Notes(Listener):
    """Writes down what a station tells, from whichever of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.links: list[str] = []
        self.troubles: list[str] = []
        self.captures: list[str] = []
        self.verdicts: dict[str, Judgement] = {}
        self.sends: list[ItemKind] = []
        self.acknowledgements: list[tuple[ItemKind, str | None]] = []

    def captured(self, burst: Burst) -> None:
        with self._lock:
            self.captures.append(burst.burst_id)

    def settled(
        self, burst_id: str, judgement: Judgement, kept: bool, audited: bool, items: int
    ) -> None:
        with self._lock:
            self.verdicts[burst_id] = judgement

    def link(self, state: str) -> None:
        with self._lock:
            self.links.append(state)

    def sent(self, kind: ItemKind, burst_id: str | None, size_bytes: int) -> None:
        with self._lock:
            self.sends.append(kind)

    def acknowledged(self, kind: ItemKind, burst_id: str | None) -> None:
        with self._lock:
            self.acknowledgements.append((kind, burst_id))

    def trouble(self, text: str) -> None:
        with self._lock:
            self.troubles.append(text)

    @property
    def targets(self) -> set[str]:
        """The bursts that were judged to hold the target."""
        with self._lock:
            return {name for name, found in self.verdicts.items() if found.verdict.target}


def irbis(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The `irbis` command, to its end; packages that lie in ``cwd`` are found first."""
    return subprocess.run(
        [sys.executable, "-m", "tools.cli", *arguments],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        cwd=cwd,
        timeout=240,
        check=False,
    )


def _toml(values: Mapping[str, Mapping[str, Any]]) -> str:
    lines = []
    for name, section in values.items():
        lines.append(f"[{name}]")
        # JSON's strings, numbers, booleans and arrays are TOML's too.
        lines += [f"{key} = {json.dumps(value)}" for key, value in section.items()]
    return "\n".join(lines) + "\n"
