"""`irbis selftest`: whether a station would do its work, told to whoever stands before it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.config import load_config
from edge.health.memory_file import MemoryFile
from edge.health.selftest import Check, Result, State, examine, worst
from edge.health.selftest_stage import RESULTS, as_json
from tools.selftest_devices import device_checks, held_by_station

if TYPE_CHECKING:
    from edge.config import StationConfig


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Take a picture, ask the models about a drawn one, sign and seal, ask modems and controller"
        " for an answer, look through the spool. Nothing goes on the air and nothing is changed."
        " While the station runs, its devices are its own: what it found itself is shown for them."
        " Ends with 1 if a part failed."
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("station.toml"),
        help="the station's configuration (default: station.toml)",
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--store-answers", action="store_true", help=argparse.SUPPRESS)


def execute(args: argparse.Namespace) -> int:
    """Examine and print; 1 if a part failed. Raises IrbisError."""
    if args.store_answers:
        return _store_answers()
    config = load_config(args.config)
    running = _is_running(config.spool.path)
    results = examine(checks_of(config, running))
    own = last_own(config)
    if args.json:
        value = as_json(results, datetime.now(UTC))
        value |= {"station": config.station.id, "running": running, "own": own}
        json.dump(value, sys.stdout, indent=1)
        print()
    else:
        print("\n".join(_table(results)))
        if running:
            print("\n".join(_beside(own, args.config)))
        print(_sum(results))
    return int(worst(results) is State.FAILED)


def checks_of(config: StationConfig, running: bool = False) -> dict[str, Check]:
    """All parts of ``config``'s station, in the order in which a technician works. One that is
    ``running`` is left what it has in use, its models too: a small board does not hold them twice.
    """
    from edge.health.clock import system_clock
    from edge.health.selftest_models import check_models
    from edge.health.selftest_parts import check_clock, check_keys, check_spool
    from edge.health.selftest_room import check_room
    from edge.spool.retention import Budget
    from edge.station import load_identity

    folder = config.spool.path
    budget = Budget(config.spool.max_bytes, config.spool.min_free_bytes)
    in_use = {
        "models": lambda: check_models(config.triage),
        **device_checks(config),
        "spool": lambda: check_spool(folder),
    }
    if running:
        in_use = {part: partial(held_by_station, part) for part in in_use}
    return {
        "keys": lambda: check_keys(load_identity(config)),
        **in_use,
        "room": lambda: check_room(folder, budget),
        "clock": lambda: check_clock(system_clock()),
    }


def last_own(config: StationConfig) -> dict[str, Any] | None:
    """What the running station found in itself last; None where it did not yet."""
    try:
        found = json.loads(MemoryFile(config.spool.path / RESULTS).load() or b"null")
    except ValueError:
        return None
    return found if isinstance(found, dict) and "parts" in found else None


def _is_running(folder: Path) -> bool:
    import fcntl

    try:
        with (folder / "lock").open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _table(results: Sequence[Result]) -> Iterator[str]:
    for one in results:
        yield f"{one.found.state.value:<8} {one.part:<10} {one.found.detail}"
        if one.found.remedy:
            yield f"{'':<19} -> {one.found.remedy}"


def _beside(own: dict[str, Any] | None, config: Path) -> Iterator[str]:
    """What the running station found in itself, and how to test all of it here."""
    yield ""
    if own is None:
        yield "the station has not tested itself yet; it does so 20 s after it was armed"
    else:
        yield f"the station's own test, {own['at']}: {own['state']}"
        for part in own["parts"]:
            if part["state"] != State.PASSED.value:
                yield f"{part['state']:<8} {part['part']:<10} {part['detail']}"
    yield ""
    yield "to test here what it has in use, while it catches nothing:"
    yield f"  systemctl stop irbis; irbis selftest --config {config}; systemctl start irbis"


def _sum(results: Sequence[Result]) -> str:
    failures = sum(one.found.state is State.FAILED for one in results)
    return f"\n{failures} of {len(results)} parts failed" if failures else "\nno part failed"


def _store_answers() -> int:
    """Rewrite the stored answers of the shipped models: after they were made anew."""
    from dataclasses import asdict

    from edge.health.selftest_models import ANSWERS_PATH, answer_of
    from models.registry import load_registry

    entries = [one for one in load_registry().entries.values() if one.path.suffix == ".tflite"]
    values = {one.sha256: [asdict(output) for output in answer_of(one)] for one in entries}
    ANSWERS_PATH.write_text(json.dumps(values, indent=0) + "\n", encoding="ascii")
    print(f"{len(values)} answers are stored in {ANSWERS_PATH}")
    return 0
