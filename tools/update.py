"""`irbis update`: new software into the spare slot of a card; the old one stays until the new one
has proved itself."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from edge import __version__
from edge.errors import IrbisError
from edge.health.root import CMDLINE, TRIAL
from tools.image.programs import call, need
from tools.slots.here import BOOT, Bootloader, booted, bootloader
from tools.slots.proving import (
    Trial,
    TrialFailed,
    alarms_of,
    prove,
    show,
    wrong_with_cycle,
)
from tools.slots.state import BAD, GOOD, SLOTS


class UpdateRefused(IrbisError, RuntimeError):
    """The bundle is not installed; everything is as it was."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, nargs="?", help="the bundle: on a stick, or copied")
    parser.add_argument("--restart", action="store_true", help="start the new slot at once")
    parser.add_argument("--downgrade", action="store_true", help="take an older version")
    parser.add_argument("--status", action="store_true", help="which slot runs, which one is next")
    parser.add_argument("--prove", action="store_true", help="for irbis-prove.service")
    parser.add_argument("--prove-cycle", action="store_true", help="for woken.conf")


def execute(args: argparse.Namespace) -> int:
    slot = booted(CMDLINE.read_text(encoding="ascii"))
    if args.prove:
        return _prove(slot)
    if args.prove_cycle:
        return prove_cycle(slot, bootloader(BOOT), TRIAL, show)
    slots = bootloader(BOOT)
    if args.bundle is not None:
        install(args.bundle, slots, slot, args.downgrade)
    elif args.status or not args.restart:
        print("\n".join(told(slots, slot)))
        return 0
    if args.restart:
        restart(slots)
    else:
        print("it starts with: irbis update --restart (a plain reboot keeps the old one on a Pi)")
    return 0


def install(bundle: Path, slots: Bootloader, slot: str, downgrade: bool) -> None:
    """Check ``bundle`` and write it into the slot that does not run. Raises UpdateRefused,
    ImageError."""
    if not bundle.is_file():
        raise UpdateRefused(f"{bundle} is not there; is the stick mounted?")
    if obstacle := slots.obstacle():
        raise UpdateRefused(obstacle)
    if slots.on_trial(slot):
        raise UpdateRefused(f"slot {slot} is itself on trial; wait until it has proved itself")
    need("rauc")
    version = version_of(bundle)
    if not downgrade and older(version, __version__):
        raise UpdateRefused(
            f"{bundle.name} has version {version} and {__version__} runs; to go back: --downgrade"
        )
    spare = SLOTS[1 - SLOTS.index(slot)]
    Trial(spare, version, alarms_of(show())).save(TRIAL)
    print(f"writing version {version} into slot {spare} ...", flush=True)
    try:
        call(["rauc", "install", str(bundle)], f"installing {bundle.name}")
    except IrbisError:
        TRIAL.unlink(missing_ok=True)
        raise
    print(f"slot {spare} is tried at the next start; slot {slot} stays as it is")


def version_of(bundle: Path) -> str:
    """The version of a bundle whose signature holds. Raises ImageError, UpdateRefused."""
    said = call(["rauc", "info", "--output-format=json", str(bundle)], f"checking {bundle.name}")
    try:
        return str(json.loads(said)["version"])
    except (ValueError, KeyError) as error:
        raise UpdateRefused(f"{bundle} has no version that can be read") from error


def older(one: str, other: str) -> bool:
    """Whether version ``one`` comes before ``other``, by their numbers: 0.9 before 0.10."""
    return _numbers(one) < _numbers(other)


def told(slots: Bootloader, slot: str) -> list[str]:
    """A line for each slot."""
    primary = slots.primary()
    lines = []
    for name in SLOTS:
        notes = ["runs"] if name == slot else []
        notes += ["on trial"] if name == slot and slots.on_trial(slot) else []
        notes += ["starts next"] if name == primary else []
        lines.append(f"slot {name}: {slots.verdict(name)}{', ' if notes else ''}{', '.join(notes)}")
    return lines


def restart(slots: Bootloader) -> None:
    """Reboot into what was installed. Raises ImageError."""
    argument = slots.reboot_argument()
    extra = [f"--reboot-argument={argument}"] if argument else []
    call(["systemctl", "reboot", *extra], "restarting")


def prove_cycle(
    slot: str, slots: Bootloader, path: Path, look: Callable[[], Mapping[str, str]]
) -> int:
    """Judge ``slot``, which runs, by the cycle of a woken station that has just ended in order;
    the machine is about to be switched off. One that proves nothing costs one of its starts."""
    trial = Trial.load(path)
    if trial is None or trial.slot != slot or not slots.on_trial(slot):
        return 0
    if why := wrong_with_cycle(look(), trial.alarms):
        print(f"slot {slot} has not proved itself: {why}", file=sys.stderr)
        return 1
    _proved(slot, slots, path)
    return 0


def _proved(slot: str, slots: Bootloader, path: Path) -> None:
    slots.mark(slot, GOOD)
    with suppress(OSError):
        path.unlink(missing_ok=True)
    print(f"slot {slot} has proved itself")


def _prove(slot: str) -> int:
    """Judge the slot that runs. A failure ends in a reboot: irbis-prove.service."""
    trial = Trial.load(TRIAL)
    if trial is not None and trial.slot != slot:
        _back(trial, slot)
        return 0
    slots = bootloader(BOOT)
    if not slots.on_trial(slot):
        return 0
    try:
        prove(trial or Trial(slot, "?", ()), show, time.monotonic, time.sleep)
    except TrialFailed:
        slots.mark(slot, BAD)
        raise
    _proved(slot, slots, TRIAL)
    return 0


def _back(trial: Trial, slot: str) -> None:
    """The old slot runs, with the new one given up or not tried yet. Nothing may fail here: the
    machine would start anew, and run the same slot again."""
    with suppress(OSError, IrbisError):
        if bootloader(BOOT).primary() == slot:
            print(f"version {trial.version} did not prove itself; slot {slot} runs again")
            TRIAL.unlink(missing_ok=True)


def _numbers(version: str) -> tuple[int, ...]:
    """The release's numbers: ``0.2.0+20260501`` has one more than ``0.2.0`` and comes after it."""
    return tuple(int(number) for number in re.findall(r"\d+", version))
