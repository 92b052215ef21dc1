"""Which places trained models never learnt from, as `irbis train` noted it beside them.

The number of a fold names other stations as soon as other folders are given. A model is judged
fairly at the places that its own training kept back, and their names are what is kept.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tools.evaluate.labelled import EvaluationError

FILE = "held-out.toml"
PART = "the places that training kept back"
"""What a report calls pictures that were chosen by this file."""
_HEAD = "# Places that each model never learnt from. Written by `irbis train`, read by `evaluate`."


def note(folder: Path, model: str, sha256: str, places: Iterable[str]) -> None:
    """Write down that ``model`` in ``folder`` never learnt from ``places`` (none: it learnt from
    all). Raises EvaluationError where the file cannot be read."""
    noted = {**_read(folder), model: {"sha256": sha256, "places": sorted(places)}}
    lines = [_HEAD]
    for name, values in noted.items():
        # JSON's strings are TOML's as well.
        lines += ["", f"[{json.dumps(name)}]", f"sha256 = {json.dumps(values['sha256'])}"]
        lines += ["places = [", *(f"    {json.dumps(one)}," for one in values["places"]), "]"]
    part = folder / f"{FILE}.part"
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(folder / FILE)


def kept_back(folder: Path, models: Mapping[str, str]) -> frozenset[str] | None:
    """Places that none of ``models`` (name@first digits of its SHA-256, by role) learnt from; None
    where nothing is noted of any of them. Raises EvaluationError where the file cannot be read."""
    noted = _read(folder)
    found: frozenset[str] | None = None
    for model in models.values():
        name, _, digits = model.rpartition("@")
        if name in noted and noted[name]["sha256"].startswith(digits):
            places = frozenset(noted[name]["places"])
            found = places if found is None else found & places
    return found


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    """The tables of the file by model, nothing where there is none."""
    path = folder / FILE
    try:
        noted = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    for name, values in noted.items():
        if not _is_whole(values):
            raise _unreadable(path, f"{name}: sha256 and places are needed")
    return noted


def _is_whole(values: object) -> bool:
    if not isinstance(values, dict):
        return False
    sha256, places = values.get("sha256"), values.get("places")
    texts = isinstance(places, list) and all(isinstance(one, str) for one in places)
    return isinstance(sha256, str) and texts


def _unreadable(path: Path, why: str) -> EvaluationError:
    return EvaluationError(
        f"{path}: cannot be read ({why}); without it nobody knows what was held out: train again"
    )
