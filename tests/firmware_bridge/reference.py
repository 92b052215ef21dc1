"""The controller's core in C, built by this machine's compiler, and a process of it to talk to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

import pytest

from firmware_bridge.mcu import Controller
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.pty_line import PtyLine

SOURCES = Path(__file__).parents[2] / "firmware_bridge" / "reference"
CHECKED = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
"""What makes a wrong step in C end the program and say so."""


def build(folder: Path, target: str = "all", flags: str = CHECKED) -> Path:
    """Make ``target`` in ``folder``; warnings are errors."""
    for tool in ("make", "gcc"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: apt-get install {tool}")
    subprocess.run(
        ["make", "-C", SOURCES, f"BUILD={folder}", "CC=gcc", target],
        env={**os.environ, "CFLAGS": flags},
        check=True,
        capture_output=True,
        text=True,
    )
    return folder


class ReferenceController:
    """The hosted program on a pty, which outlives the program as a UART outlives its controller."""

    def __init__(self, program: Path, memory: Path) -> None:
        self._program = program
        self._memory = memory
        self._line = PtyLine()
        self._process: subprocess.Popen[str] | None = None

    @property
    def path(self) -> str:
        """What a driver opens."""
        return self._line.path

    def __enter__(self) -> ReferenceController:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        self._line.close()

    def start(self, *options: str) -> None:
        """Give it power."""
        line = self._line.fileno()
        self._process = subprocess.Popen(
            [self._program, self._memory, "--line", str(line), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            pass_fds=[line],
        )

    def kill(self) -> None:
        """Take its power away at whatever it does. Fails where it had ended on a wrong step."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        self._end(process)
        assert process.returncode in (-9, 3), "it died by itself: see what it wrote to stderr"

    def wait_for_end(self) -> int:
        """Wait until it dies by itself; its exit status."""
        process, self._process = self._process, None
        assert process is not None
        process.wait()
        self._end(process)
        return process.returncode

    def tell(self, *happenings: str) -> None:
        """Let things happen, one after the other: see hosted/main.c."""
        assert self._process is not None
        assert self._process.stdin is not None
        for happening in happenings:
            self._process.stdin.write(happening + "\n")

    def wait_for(self, line: str) -> None:
        """Wait until it tells ``line``."""
        assert self._process is not None
        assert self._process.stdout is not None
        while (told := self._process.stdout.readline()) != line + "\n":
            assert told, f"it ended without telling {line!r}"

    def host(self) -> Controller:
        """A host on its line, which asks again soon, and for long: machines are busy."""
        return Controller(SerialPort(self.path), resend_s=0.05, tries=600)

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
