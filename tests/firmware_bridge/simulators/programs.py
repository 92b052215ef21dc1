"""A simulator as a program of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Program:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.path = self.line()

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


@contextmanager
def started(name: str, *arguments: str) -> Iterator[Program]:
    """Start ``python -m firmware_bridge.simulators.<name>`` and end it again."""
    command = [sys.executable, "-m", f"firmware_bridge.simulators.{name}", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Program(process)
        finally:
            process.terminate()
