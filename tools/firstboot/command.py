"""`irbis firstboot`: take in what a technician laid on the boot partition.

systemd runs it before the station, only when something lies there or an earlier take-in was cut
off (systemd/irbis-firstboot.service), and in two parts: what reads the boot partition is confined,
what follows is not. A hand-over that is not good changes nothing: the station
stays as it was, and ``irbis/PROBLEM.txt`` on the boot partition says what is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from edge.config import load_config
from edge.errors import ConfigError
from tools.firstboot import durable
from tools.firstboot.errors import HandoverError, TakeInError
from tools.firstboot.growing import grow
from tools.firstboot.places import Places, find_places
from tools.firstboot.reading import identity_of, is_waiting, read_handover
from tools.firstboot.rights import reload_systemd, settle_rights
from tools.firstboot.selftest import self_test
from tools.firstboot.taking import TakeIn
from tools.handover import CONFIG, PROBLEM

_NEWS_TO = ("wpa_supplicant@wlan0.service", "ssh.service")
"""What may have read its settings before they were there; at boot both wait for this."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--boot", metavar="DIR", type=Path, default=Path("/boot/firmware"),
        help="where the boot partition is mounted (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--etc", metavar="DIR", type=Path, default=Path("/etc/irbis"),
        help="where configuration and keys live (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--root", metavar="DIR", type=Path, default=Path("/"), help="of another system"
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--take-in", action="store_true", help="only this, which reads the boot partition"
    )
    part.add_argument(
        "--settle", action="store_true", help="only what follows, which needs the machine"
    )


def execute(args: argparse.Namespace) -> int:
    """Take in, grow, look at itself, tell. Raises HandoverError for what cannot be taken in."""
    places = find_places(args.boot, args.etc, args.root)
    try:
        if args.settle:
            is_new = TakeIn(places).unfinished
        elif not (is_new := take_in(places)):
            print(f"{places.folder}: nothing lies there to be taken in")
        if is_new and not args.take_in:
            for line in _settle(places, running=args.root == Path("/")):
                print(line)
    except HandoverError as error:
        tell_problem(places, str(error))
        raise
    except OSError as error:
        reason = f"{error.filename or places.etc}: {error.strerror or error}"
        raise TakeInError(f"{reason}; the next start goes on") from error
    return 0


def take_in(places: Places) -> bool:
    """Go on with what was cut off, then take in what lies there; whether there was anything.

    Raises HandoverError, and OSError.
    """
    steps = TakeIn(places)
    if not steps.unfinished and not is_waiting(places.folder):
        return False
    steps.install()
    if is_waiting(places.folder):
        _require_writable(places)
        steps.lay_down(read_handover(places))
        steps.install()
    steps.clear_boot()
    return True


def _settle(places: Places, *, running: bool) -> list[str]:
    """What follows a take-in; the lines about it. None of it stands in the way of arming."""
    lines = [f"taken in: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC by its clock"]
    if running:
        apply(places)
    lines += _allowed(places, running)
    lines += _grown(places.data)
    tested = self_test(places.etc / CONFIG) if running else None
    lines += [tested] if tested else []
    end(places, lines)
    return lines


def end(places: Places, lines: list[str]) -> None:
    """Say on the boot partition who the station is, and that nothing is left to do."""
    steps = TakeIn(places)
    try:
        identity = identity_of(places.etc)
    except HandoverError:
        identity = None  # settings of the system alone make no station
    steps.tell(identity, lines)
    steps.finish()


def apply(places: Places) -> None:
    """Let the running system know what is new; what fails, the next start has."""
    with contextlib.suppress(OSError):
        socket.sethostname(places.hostname.read_text(encoding="ascii").strip())
    for command in (
        ["systemctl", "--no-block", "try-restart", *_NEWS_TO],
        ["nmcli", "connection", "reload"],
    ):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=30, check=False)


def tell_problem(places: Places, problem: str) -> None:
    """Lay ``PROBLEM.txt`` where a technician finds it, if the boot partition takes it."""
    lines = (
        "Irbis could not take in what lies in this folder:",
        "",
        f"  {problem}",
        "",
        "The station stays as it was before: where it had a configuration, that one is in force.",
        "Mend the files here and start the station once more, or stamp the card again with:",
        "  irbis image stamp",
        "Until then these files, a key among them perhaps, stay on this card.",
    )
    content = "".join(f"{line}\r\n" for line in lines).encode("ascii", "backslashreplace")
    with contextlib.suppress(OSError):
        _remount_writable(places.boot)
        durable.write(places.folder / PROBLEM, content, mode=None)


def _allowed(places: Places, running: bool) -> list[str]:
    try:
        changed = settle_rights(load_config(places.etc / CONFIG), places.drop_ins)
        if changed and running:
            reload_systemd()
    except ConfigError:
        return []  # the self-test says what is wrong with it
    except (OSError, subprocess.SubprocessError) as error:
        return [f"rights of the service: {error}"]
    return []


def _grown(data: Path) -> list[str]:
    try:
        size = grow(data)
    except TakeInError as error:
        return [f"data partition: {error}"]
    return [] if size is None else [f"data partition: {size / 1e9:.1f} GB"]


def _require_writable(places: Places) -> None:
    _remount_writable(places.boot)
    if not os.access(places.folder, os.W_OK):
        raise HandoverError(
            f"{places.boot}: cannot be written, so the key on it could not be taken away; is the"
            " card write-protected?"
        )


def _remount_writable(boot: Path) -> None:
    if not os.access(boot, os.W_OK) and os.path.ismount(boot):
        command = ["mount", "-o", "remount,rw", str(boot)]
        subprocess.run(command, capture_output=True, timeout=60, check=False)
