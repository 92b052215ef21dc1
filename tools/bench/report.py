"""The results for a person and for a program."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from edge import __version__
from tools.bench.result import Result

SCHEMA = "irbis.bench/1"
_VERDICTS = {True: "met", False: "MISSED", None: "-"}


def as_json(results: Sequence[Result], pictures: str, quick: bool) -> dict[str, Any]:
    """Each result by its name, as a number or numbers; targets and details beside them."""
    return {
        "schema": SCHEMA,
        **{result.name: result.value for result in results},
        "targets": {
            result.name: {"limit": result.limit, "met": result.met, "rule": result.rule}
            for result in results
        },
        "details": {result.name: dict(result.details) for result in results},
        "pictures": pictures,
        "quick": quick,
        "machine": machine(),
    }


def machine() -> dict[str, object]:
    """What the numbers were measured on."""
    return {
        "irbis": __version__,
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "runtime": runtime(),
    }


def runtime() -> str:
    """Name and version of the inference runtime, or "none"."""
    for package in ("ai-edge-litert", "tflite-runtime"):
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
    return "none"


def table(results: Sequence[Result], pictures: str) -> Iterator[str]:
    """The results as lines for a terminal."""
    facts = machine()
    yield (
        f"irbis {facts['irbis']} on {facts['machine']}, {facts['cpus']} cpus, Python"
        f" {facts['python']}, {facts['runtime']}; load {facts['load_1min']}; {pictures}"
    )
    yield ""
    yield f"{'measure':<18}{'value':>12}  {'target':<10}{'verdict':<9}what it is"
    for result in results:
        yield (
            f"{result.name:<18}{_shown(result):>12}  {_limit(result):<10}"
            f"{_VERDICTS[result.met]:<9}{result.rule}"
        )
        yield from (f"{'':<18}{'':>12}  {note}" for note in result.notes)


def _shown(result: Result) -> str:
    value = result.judged if isinstance(result.value, Mapping) else result.value
    unit = "x" if isinstance(result.value, Mapping) else result.unit
    return f"{value:g} {unit}".strip()


def _limit(result: Result) -> str:
    return "none" if result.limit is None else f"<= {result.limit:g}"
