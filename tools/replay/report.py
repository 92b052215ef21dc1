"""The report of a replay, schema `irbis.replay/1`: what was found in every burst and frame."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import Any

from edge.capture.listing import BurstFiles
from edge.errors import IrbisError
from edge.records import FrameJudgement, Judgement
from edge.spool.items import JudgedBurst
from edge.triage.archive import restore

SCHEMA = "irbis.replay/1"
MAX_TARGETS_NAMED = 20


class ReportError(IrbisError, OSError):
    """There is no place for the report."""


def build_report(
    judged: Iterable[JudgedBurst], files_of: Mapping[str, list[BurstFiles]], complete: bool
) -> dict[str, Any]:
    """The report of those bursts that are in ``files_of`` (burst id to files).

    ``complete`` says whether these are all that were to be judged.
    """
    bursts: list[dict[str, Any]] = []
    models: dict[str, str] = {}
    for burst in judged:
        if burst.burst_id not in files_of:
            continue
        judgement, audited = restore(burst.judgement)
        models.update(judgement.models)
        for files in files_of[burst.burst_id]:
            bursts.append(_burst_entry(burst, judgement, audited, files))
    bursts.sort(key=lambda entry: str(entry["burst"]))
    summary = {**summarise(bursts), "complete": complete}
    return {"schema": SCHEMA, "models": models, "bursts": bursts, "summary": summary}


def summarise(bursts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts over the entries of a report."""
    counts: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for entry in bursts:
        frames = entry["frames"]
        counts["bursts"] += 1
        counts["frames"] += len(frames)
        counts["frame_errors"] += sum(frame["error"] is not None for frame in frames)
        counts["target"] += entry["target"]
        counts["kept"] += entry["kept"]
        counts["audited"] += entry["audited"]
        types[entry["observation_type"]] += 1
    names = ("bursts", "frames", "target", "kept", "audited", "frame_errors")
    return {
        **{name: counts[name] for name in names},
        "observation_types": dict(sorted(types.items())),
    }


def check_place(path: Path) -> None:
    """Raises ReportError where a report could not be written to ``path``."""
    if path.is_dir():
        raise ReportError(f"--report {path} is a folder; name a file")
    if not path.parent.is_dir():
        raise ReportError(f"--report {path}: there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ReportError(f"--report {path}: {path.parent} may not be written; name another")


def write_report(report: Mapping[str, Any], path: Path) -> None:
    """Write the report whole or not at all. Raises ReportError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ReportError(
            f"--report {path} cannot be written: {error.strerror}; make room or name another"
        ) from error


def _burst_entry(
    burst: JudgedBurst, judgement: Judgement, audited: bool, files: BurstFiles
) -> dict[str, Any]:
    verdict = judgement.verdict
    names = [_printable(name) for name in files.relative_names()]
    frames = [_frame_entry(name, found) for name, found in zip_longest(names, judgement.frames)]
    return {
        "burst": _printable(files.name),
        "burst_id": burst.burst_id,
        "captured_at": burst.captured_at.isoformat(),
        "clock": burst.clock.value,
        "frames": frames,
        "observation_type": verdict.observation_type.value,
        "target": verdict.target,
        "target_score": round(verdict.target_score, 4),
        "species": [[name, round(score, 4)] for name, score in verdict.species],
        "count": verdict.count,
        "side": judgement.side.value,
        "reason": verdict.reason,
        "doubts": list(verdict.doubts),
        "kept": burst.held,
        "audited": audited,
        "timings_ms": {k: round(v, 2) for k, v in asdict(judgement.timings_ms).items()},
    }


def _frame_entry(name: str, frame: FrameJudgement | None) -> dict[str, Any]:
    # A burst whose row was lost with a damaged card was judged without knowing its frames.
    frame = frame or FrameJudgement(error="kept unjudged: the spool lost its description")
    return {
        "file": name,
        "detections": [
            {
                "box": [round(v, 5) for v in asdict(found.box).values()],
                "label": found.label,
                "score": round(found.score, 4),
            }
            for found in frame.detections
        ],
        "target_mass": None if frame.target_mass is None else round(frame.target_mass, 4),
        "skipped": frame.skipped,
        "error": frame.error,
    }


def _printable(name: str) -> str:
    """A file name that need not be UTF-8 as text that is."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def table(summary: Mapping[str, Any]) -> Iterator[str]:
    """The summary as lines for a terminal."""
    rows = [
        ("bursts", summary["bursts"]),
        ("frames", summary["frames"]),
        *((f"  {kind}", count) for kind, count in summary["observation_types"].items()),
        ("target bursts", summary["target"]),
        ("kept", summary["kept"]),
        ("  of these for audit", summary["audited"]),
        ("frames with an error", summary["frame_errors"]),
    ]
    return (f"{label:<24}{value:>8}" for label, value in rows)


def target_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The names of the bursts that hold the target, the first MAX_TARGETS_NAMED of them."""
    names = [entry["burst"] for entry in report["bursts"] if entry["target"]]
    if names:
        yield "target bursts:"
    yield from (f"  {name}" for name in names[:MAX_TARGETS_NAMED])
    if len(names) > MAX_TARGETS_NAMED:
        yield f"  ... and {len(names) - MAX_TARGETS_NAMED} more"
