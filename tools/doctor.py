"""`irbis doctor`: what this machine has and lacks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tools.checks.finding import Finding, State, missing

if TYPE_CHECKING:
    from edge.config import StationConfig

    Check = Callable[[StationConfig | None], Iterable[Finding]]

SCHEMA = "irbis.doctor/1"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Look for everything that a station needs, and say how to get what is missing. Ends with 0"
        " if a station could run here, with 1 if not."
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--config", type=Path, help="check this station's file too")


def execute(args: argparse.Namespace) -> int:
    """Check and print; 0 if a station could run here."""
    findings = examine(args.config)
    can_run = all(finding.state is not State.MISSING for finding in findings)
    if args.json:
        found = [asdict(finding) for finding in findings]
        json.dump({"schema": SCHEMA, "can_run": can_run, "findings": found}, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(report(findings, can_run)))
    return int(not can_run)


def examine(config_file: Path | None) -> list[Finding]:
    """All findings, in a fixed order."""
    config, findings = _read_config(config_file)
    for check in _checks():
        try:
            findings += check(config)
        except Exception as error:  # one broken part must not hide what else is wrong
            name = check.__name__.removeprefix("check_")
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            findings.append(missing(name, reason, "mend what stands above first"))
    return findings


def report(findings: Sequence[Finding], can_run: bool) -> Iterator[str]:
    """Findings as lines for a terminal."""
    for finding in findings:
        yield f"{finding.state.value:<8} {finding.name:<10} {finding.detail}"
        if finding.remedy:
            yield f"{'':<19} -> {finding.remedy}"
    lacking = sum(finding.state is State.MISSING for finding in findings)
    yield ""
    yield "a station can run here" if can_run else f"a station cannot run here: {lacking} missing"


def _checks() -> list[Check]:
    from tools.checks import board, network, serial_lines, software, station, storage

    return [
        software.check_python,
        software.check_packages,
        software.check_runtime,
        software.check_models,
        software.check_encoders,
        station.check_keys,
        station.check_source,
        storage.check_disk,
        storage.check_memory_folder,
        board.check_clock,
        board.check_camera,
        board.check_gpio,
        network.check_broker_here,
        network.check_uplink,
        serial_lines.check_lines,
    ]


def _read_config(path: Path | None) -> tuple[StationConfig | None, list[Finding]]:
    """The configuration, or a finding that says why there is none."""
    if path is None:
        return None, []
    try:
        from edge.config import load_config
        from edge.errors import ConfigError
    except ImportError:
        return None, []  # the packages' own check says what is missing
    try:
        return load_config(path), []
    except ConfigError as error:
        return None, [missing("config", str(error))]
