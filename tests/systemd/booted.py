"""A machine with systemd as PID 1, in a container of nspawn, on which Irbis is installed.

Its root is a kept Debian under an overlay, so nothing of it changes. The project and the packages
of this environment are there to be read; the station's state is a folder of the test.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.systemd.machine import SYSTEMD
from tools.image.units import placed

PROJECT = Path(__file__).parents[2]
SHIM = """#!/usr/bin/python3
import sys
sys.pycache_prefix = "/opt/irbis/pycache"
sys.path[:0] = ["/opt/irbis/src", "/opt/irbis/packages"]
from tools.cli import main
sys.exit(main())
"""
SYSTEMD_VERSION = 252
"""Bookworm's; what later ones have beside is how soon they restart."""
OF_CARDS = ("system.conf.d/irbis.conf", "journald.conf.d/irbis.conf")
"""What a card has beside what every system gets, from /usr/lib/systemd."""
UNWANTED = ("console-getty.service", "systemd-networkd.service", "apt-daily.timer",
            "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer")  # fmt: skip
OVERLAY = "mount -t overlay overlay -o lowerdir={base},upperdir={upper},workdir={work} {root}"

LET_GO = (
    'for at in $(awk \'$1 ~ "^/dev/loop" && $2 != "{state}" {{print $2}}\' /proc/mounts);'
    " do umount --lazy $at; done;"
)
"""The cards of other tests, which this machine would keep mounted when they are done with them."""

STARTS_ANEW = 133
"""What nspawn ends with, told to keep to its unit, when its machine reboots."""
PATIENCE_S = 150.0
_LOOK_S = 0.2
FOLLOW = ("journalctl", "--follow", "--lines=all", "--unit=irbis", "--output=cat", "--quiet")


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until ``condition`` holds; fail with ``what`` when it never does."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end_s:
            pytest.fail(f"never happened: {what}")
        time.sleep(_LOOK_S)


class Booted:
    """``folder`` holds what the machine changes, and ``state`` is its /var/lib/irbis."""

    def __init__(self, base: Path, folder: Path) -> None:
        self._base, self._folder = base, folder
        self.state = folder / "state"
        self.etc = folder / "upper" / "etc"
        for part in ("upper", "work", "root", "state"):
            (folder / part).mkdir(parents=True)
        self._install()
        self._process: subprocess.Popen[bytes] | None = None
        self._console: int | None = None
        self._follower: subprocess.Popen[str] | None = None
        self._pid = 0
        self._said = bytearray()
        self._journal: list[str] = []

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """A file of the machine, before it boots."""
        file = self._folder / "upper" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def boot(self) -> None:
        """Switch it on, until systemd answers."""
        parts = {name: self._folder / name for name in ("upper", "work", "root")}
        packages = sysconfig.get_path("platlib")
        script = (
            f"{LET_GO.format(state=self.state)} {OVERLAY.format(base=self._base, **parts)}"
            " && exec systemd-nspawn --quiet"
            f" -D {parts['root']} -M irbis-test-{os.getpid()} --register=no --keep-unit --boot"
            f" --bind={self.state}:/var/lib/irbis --bind-ro={PROJECT}:/opt/irbis/src"
            f" --bind-ro={packages}:/opt/irbis/packages {_compiled()}"
        )
        self._console, theirs = pty.openpty()
        self._process = subprocess.Popen(
            ["unshare", "--mount", "--propagation=private", "sh", "-c", script],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_LOG_TARGET": ""},
        )  # fmt: skip
        os.close(theirs)
        threading.Thread(target=self._drain, args=(self._console,), daemon=True).start()
        eventually(self._answers, "systemd is PID 1")
        self._journal.clear()
        threading.Thread(target=self._follow, args=(self._inside(*FOLLOW),), daemon=True).start()

    def run(self, *command: str) -> str:
        """What a command on the machine says, as root."""
        done = subprocess.run(
            self._inside(*command), capture_output=True, text=True, timeout=120, check=False
        )
        return done.stdout + done.stderr

    def show(self, name: str, unit: str = "irbis.service") -> str:
        """One property of a unit, or of systemd itself where that is empty."""
        return self.run(
            "systemctl", "show", "--value", f"--property={name}", *filter(None, [unit])
        ).strip()

    def journal(self) -> str:
        """What the station said, and systemd of it, since its first start."""
        return "".join(self._journal)

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the station's process alone."""
        self.run("systemctl", "kill", "--kill-whom=main", f"--signal={number.name}", "irbis")

    def outer_pid(self, pid: int) -> int:
        """By what number this machine out here knows a process of that one."""
        inside = Path(f"/proc/{self._pid}/ns/pid").readlink()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "ns/pid").readlink() != inside:
                    continue
                status = (process / "status").read_text(encoding="utf-8", errors="replace")
                numbers = re.search(r"^NSpid:(.*)$", status, re.MULTILINE)
                if numbers is not None and int(numbers[1].split()[-1]) == pid:
                    return int(process.name)
        pytest.fail(f"process {pid} is not to be found")

    def asked_to_start_anew(self) -> bool:
        """Whether the machine has rebooted; it stays off then."""
        assert self._process is not None
        self._let_go_on()
        return self._process.poll() == STARTS_ANEW

    def goes_off(self) -> bool:
        """Whether the machine is switching itself off, or is off."""
        self._let_go_on()
        jobs = self.run("systemctl", "list-jobs", "--no-legend")
        return "poweroff.target" in jobs or (self._process is None or self._process.poll() == 0)

    def cut(self) -> None:
        """Take the power away: everything dies at once."""
        if self._process is None:
            return
        if self._pid and self._process.poll() is None:
            os.kill(self._pid, signal.SIGKILL)
        elif self._process.poll() is None:
            self._process.kill()
        self._process.wait(60)
        if self._console is not None:
            os.close(self._console)
        self._process, self._console, self._pid = None, None, 0

    def _let_go_on(self) -> None:
        """systemd stops every process before it ends them, and with its child nsenter has stopped
        itself, out here where nobody else lets it go on."""
        if self._follower is not None and self._follower.poll() is None:
            self._follower.send_signal(signal.SIGCONT)

    def _install(self) -> None:
        of_cards = ((SYSTEMD / name, f"/usr/lib/systemd/{name}") for name in OF_CARDS)
        for file, path in (*placed(SYSTEMD, SYSTEMD_VERSION), *of_cards):
            to = self._folder / "upper" / path.lstrip("/")
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, to)
        self.write("/opt/irbis/bin/irbis", SHIM, 0o755)
        self.write("/etc/machine-id", "")
        wants = self.etc / "systemd/system/multi-user.target.wants"
        wants.mkdir(parents=True)
        for unit in ("irbis.service", "irbis-reboot.path"):
            (wants / unit).symlink_to(f"/usr/lib/systemd/system/{unit}")
        for unit in UNWANTED:
            (self.etc / "systemd/system" / unit).symlink_to("/dev/null")

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            said = self._said.decode("utf-8", "replace").strip().splitlines()
            pytest.skip(f"no machine starts here: {said[-1] if said else 'nspawn says nothing'}")
        self._pid = self._pid or _child(self._process.pid)
        if not self._pid:
            return False
        return self.run("systemctl", "is-system-running").strip() in ("running", "degraded")

    def _inside(self, *command: str) -> list[str]:
        return ["nsenter", f"--target={self._pid}", "--mount", "--uts", "--ipc", "--pid",
                "--cgroup", "--root", "env", "--chdir=/", "-i", "PATH=/usr/bin:/usr/sbin",
                *command]  # fmt: skip

    def _follow(self, command: list[str]) -> None:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as journal:
            self._follower = journal
            assert journal.stdout is not None
            for line in journal.stdout:
                self._journal.append(line)

    def _drain(self, console: int) -> None:
        while True:
            try:
                said = os.read(console, 65_536)
            except OSError:
                return
            if not said:
                return
            self._said += said
            del self._said[:-65_536]


def _compiled() -> str:
    """What is compiled already need not be compiled on each machine anew."""
    compiled = Path(f"{sys.pycache_prefix}{PROJECT}")
    if not compiled.is_dir():
        return ""
    return f"--bind-ro={compiled}:/opt/irbis/pycache/opt/irbis/src"


def _child(parent: int) -> int:
    """The process that ``parent`` started and that is systemd; 0 while there is none."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text(encoding="ascii", errors="replace").rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) == parent and name.endswith("(systemd"):
            return int(stat.parent.name)
    return 0
