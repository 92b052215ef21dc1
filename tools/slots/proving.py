"""Whether a new root is as good as the one before: judged by what systemd says of the station."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.errors import IrbisError
from edge.health.memory_file import MemoryFile

SETTLED_S = 660.0
"""Armed for so long without a restart: longer than what counts as a start that failed
(`edge/health/boot_loop.py`), and than the self-test takes."""
GIVEN_UP_S = 1680.0
"""A spool of years is checked at arming: up to 15 minutes (`TimeoutStartSec=` of irbis.service);
systemd itself gives up after 30 (irbis-prove.service)."""
LOOKED_EVERY_S = 10.0
COUNTED = (
    "safe-mode", "config-refused", "no-camera", "blind", "models", "sensor-failed", "controller",
    "no-lorawan", "no-satellite", "no-notecard", "no-modem",
)  # fmt: skip
"""Alarms that a new root can bring about, beside those of the self-test: a driver, a model or a key
of the configuration that it has no more."""
_SHOWN = ("ActiveState", "SubState", "NRestarts", "MainPID", "StatusText")


class TrialFailed(IrbisError, RuntimeError):
    """The new root did not prove itself."""


@dataclass(frozen=True)
class Trial:
    """What was installed where, and what was wrong with the station already."""

    slot: str
    version: str
    alarms: tuple[str, ...]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        MemoryFile(path).save(json.dumps(asdict(self)).encode())

    @classmethod
    def load(cls, path: Path) -> Trial | None:
        raw = MemoryFile(path).load()
        try:
            values = json.loads(raw or b"")
            return cls(str(values["slot"]), str(values["version"]), tuple(values["alarms"]))
        except (ValueError, KeyError, TypeError):
            return None


def show() -> dict[str, str]:
    """What systemd says of the station now; nothing where it cannot be asked."""
    asked = ["systemctl", "show", "irbis.service", f"--property={','.join(_SHOWN)}"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (line.partition("=") for line in said.stdout.splitlines())
    return {name: value for name, _, value in pairs}


def alarms_of(shown: Mapping[str, str]) -> tuple[str, ...]:
    """The alarms in the status line: ``armed; ...; alarms: card-full, no-lorawan``."""
    for part in shown.get("StatusText", "").split("; "):
        if part.startswith("alarms: "):
            return tuple(part.removeprefix("alarms: ").split(", "))
    return ()


def wrong_with(shown: Mapping[str, str], before: tuple[str, ...]) -> str:
    """What is wrong with the station that was not before; "" where it is armed and well. A radio
    that was broken already is no reason to take the old root again."""
    if (shown.get("ActiveState"), shown.get("SubState")) != ("active", "running"):
        return f"the station is {shown.get('ActiveState') or 'not known'}, not armed"
    return wrong_with_cycle(shown, before)


def wrong_with_cycle(shown: Mapping[str, str], before: tuple[str, ...]) -> str:
    """The same of a station that its controller wakes for each event, and whose cycle has come to
    its end in order: its last line, which systemd keeps, tells. No more can be asked of it: it is
    switched off within seconds, long before `SETTLED_S`."""  # fmt: skip
    if not shown.get("StatusText", "").startswith("armed"):
        return f"the station says: {shown.get('StatusText') or 'nothing'}"
    new = [alarm for alarm in alarms_of(shown) if alarm not in before and _counts(alarm)]
    return f"new alarms: {', '.join(new)}" if new else ""


def prove(
    trial: Trial,
    look: Callable[[], Mapping[str, str]],
    now: Callable[[], float],
    wait: Callable[[float], object],
) -> None:
    """Returns once the station was armed and well without a break for `SETTLED_S`. Raises
    TrialFailed when that did not come about within `GIVEN_UP_S`."""  # fmt: skip
    begun, well_since, process, why = now(), None, "", "nobody was asked"
    while now() - begun < GIVEN_UP_S:
        shown = look()
        why = wrong_with(shown, trial.alarms)
        this = f"{shown.get('MainPID')} {shown.get('NRestarts')}"
        if why or this != process or well_since is None:
            well_since, process = (None if why else now()), this
        elif now() - well_since >= SETTLED_S:
            return
        wait(LOOKED_EVERY_S)
    raise TrialFailed(f"version {trial.version} in slot {trial.slot} was given up: {why}")


def _counts(alarm: str) -> bool:
    return alarm in COUNTED or alarm.startswith("selftest-")
