"""A report as JSON and back, with every burst's outcome, so that folds can be merged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.records import Box, Detection, ObservationType
from tools.evaluate.counts import SHARES, Row, Share, rows_of_report
from tools.evaluate.labelled import EvaluationError, Mode, Truth
from tools.evaluate.outcomes import BurstOutcome, FrameOutcome, Report, Run, SetInfo
from tools.evaluate.promises import Answer, answers
from tools.evaluate.sources import SOURCES

SCHEMA = "irbis.evaluate/2"
"""2: with every burst's outcome and the promises."""
_DIGITS = 5

Json = dict[str, Any]


def as_json(report: Report) -> Json:
    """The report as JSON, its counts included for whoever only wants those."""
    return {
        "schema": SCHEMA,
        "runs": [
            {
                "models": dict(run.models),
                "policy": dict(run.policy),
                "part": run.part,
                "prior": run.prior,
                "left_out": run.left_out,
            }
            for run in report.runs
        ],
        "sets": [
            {"name": one.name, "about": one.about, "trapped": one.trapped} for one in report.sets
        ],
        "promises": [_answer(one) for one in answers(report)],
        "rows": [_row(row) for row in rows_of_report(report)],
        "identities": report.identities,
        "notes": list(report.notes),
        "bursts": [_burst(burst) for burst in report.bursts],
    }


def write_json(report: Report, path: Path) -> None:
    """Write the report, one burst a line. Raises OSError."""
    parts = as_json(report)
    bursts = ",\n".join(json.dumps(burst) for burst in parts.pop("bursts"))
    head = json.dumps(parts, indent=1).removesuffix("\n}")
    path.write_text(f'{head},\n "bursts": [\n{bursts}\n]\n}}\n', encoding="utf-8")


def read_json(path: Path) -> Report:
    """The report that ``write_json`` wrote. Raises EvaluationError."""
    try:
        parts = json.loads(path.read_text(encoding="utf-8"))
        found = parts.get("schema")
    except (OSError, ValueError, AttributeError) as error:
        raise EvaluationError(f"{path}: cannot be read as a report: {error}") from error
    if found != SCHEMA:
        raise EvaluationError(
            f"{path}: the schema is {found!r}, this version reads {SCHEMA!r}; evaluate again"
        )
    try:
        return Report(
            tuple(_read_run(run) for run in parts["runs"]),
            tuple(SetInfo(one["name"], one["about"], one["trapped"]) for one in parts["sets"]),
            tuple(_read_burst(burst) for burst in parts["bursts"]),
            parts["identities"],
            tuple(parts.get("notes", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EvaluationError(f"{path}: is damaged ({error!r}); evaluate again") from error


def merge(reports: Sequence[Report]) -> Report:
    """One report of several, each burst from the one that judged it.

    Raises EvaluationError when two judged the same burst: it would count twice.
    """
    runs: list[Run] = []
    sets: dict[str, SetInfo] = {}
    bursts: dict[tuple[str, str], BurstOutcome] = {}
    for report in reports:
        for one in report.sets:
            sets.setdefault(one.name, one)
        for burst in report.bursts:
            key = (burst.set, burst.name)
            if key in bursts:
                raise EvaluationError(
                    f"burst {burst.name!r} of {burst.set!r} was judged in two of the reports;"
                    " merge folds of one division, each once"
                )
            bursts[key] = replace(burst, run=burst.run + len(runs))
        runs += report.runs
    identities = next((one.identities for one in reports if one.identities is not None), None)
    notes = tuple(dict.fromkeys(note for report in reports for note in report.notes))
    # As a run over all of them would list them: a fold need not hold any of the first set.
    place = {name: number for number, name in enumerate(SOURCES)}
    ordered = sorted(sets.values(), key=lambda one: place.get(one.name, len(place)))
    return Report(tuple(runs), tuple(ordered), tuple(bursts.values()), identities, notes)


def _answer(answer: Answer) -> Json:
    promise = answer.promise
    return {
        "what": promise.what,
        "at_most" if promise.at_most else "at_least": promise.goal,
        "measured": _share(answer.measured, answer.interval),
        "met": answer.met,
        "certain": answer.certain,
    }


def _row(row: Row) -> Json:
    return {
        "set": row.set,
        "truth": row.truth.value,
        "mode": row.mode.value,
        **{name: _share(getattr(row, name)) for name in SHARES},
    }


def _share(counted: Share, interval: tuple[float, float] | None = None) -> Json:
    low, high = interval or counted.interval
    return {
        "count": counted.count,
        "total": counted.total,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _burst(burst: BurstOutcome) -> Json:
    return {
        "set": burst.set,
        "name": burst.name,
        "station": burst.station,
        "truth": burst.truth.value,
        "mode": burst.mode.value,
        "kind": burst.kind.value,
        "target": burst.target,
        "target_score": round(burst.target_score, _DIGITS),
        "keep_score": round(burst.keep_score, _DIGITS),
        "reason": burst.reason,
        "run": burst.run,
        "frames": [_frame(frame) for frame in burst.frames],
    }


def _frame(frame: FrameOutcome) -> Json:
    mass = frame.target_mass
    return {
        "file": frame.file,
        "label": frame.label,
        "truth": frame.truth.value,
        "mode": frame.mode.value,
        "drawn": None if frame.drawn is None else [_box(box) for box in frame.drawn],
        "detections": [[d.label, round(d.score, _DIGITS), *_box(d.box)] for d in frame.detections],
        "counts_from": frame.counts_from,
        "target_mass": None if mass is None else round(mass, _DIGITS),
        "target_score": round(frame.target_score, _DIGITS),
        "kind": frame.kind.value,
        "target": frame.target,
        "error": frame.error,
    }


def _box(box: Box) -> list[float]:
    return [round(value, _DIGITS) for value in (box.x, box.y, box.w, box.h)]


def _read_run(run: Mapping[str, Any]) -> Run:
    # The last two, and a report's notes, came later than the schema: a file may lack them.
    prior, left_out = run.get("prior"), run.get("left_out", 0)
    return Run(run["models"], run["policy"], run["part"], prior, left_out)


def _read_burst(burst: Mapping[str, Any]) -> BurstOutcome:
    return BurstOutcome(
        set=burst["set"],
        name=burst["name"],
        station=burst["station"],
        truth=Truth(burst["truth"]),
        mode=Mode(burst["mode"]),
        kind=ObservationType(burst["kind"]),
        target=burst["target"],
        target_score=burst["target_score"],
        keep_score=burst["keep_score"],
        reason=burst["reason"],
        frames=tuple(_read_frame(frame) for frame in burst["frames"]),
        run=burst["run"],
    )


def _read_frame(frame: Mapping[str, Any]) -> FrameOutcome:
    return FrameOutcome(
        file=frame["file"],
        label=frame["label"],
        truth=Truth(frame["truth"]),
        mode=Mode(frame["mode"]),
        drawn=None if frame["drawn"] is None else _read_boxes(frame["drawn"]),
        detections=tuple(Detection(Box(*box), label, s) for label, s, *box in frame["detections"]),
        counts_from=frame["counts_from"],
        target_mass=frame["target_mass"],
        target_score=frame["target_score"],
        kind=ObservationType(frame["kind"]),
        target=frame["target"],
        error=frame["error"],
    )


def _read_boxes(boxes: Iterable[Sequence[float]]) -> tuple[Box, ...]:
    return tuple(Box(*box) for box in boxes)
