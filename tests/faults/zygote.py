"""Starts `irbis` again and again without importing it anew.

A process that has everything imported forks for each JSON line on its standard input: a list of
arguments for `irbis`. The fork leads a process group of its own. Answers, one a line: the process
id at once, and the exit status when it has ended (negative: the signal that killed it).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import edge.station
import edge.uplink.mqtt_link
import edge.uplink.stage
import edge.vision.eyes
import edge.vision.triage  # noqa: F401
import tools.replay.command  # noqa: F401
from tools.cli import main


def begin(arguments: list[str], log: Path) -> int:
    child = os.fork()
    os.setpgid(child, child)  # by both, so that it is done when either goes on
    if child:
        return child
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(words, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = main(arguments)
    sys.stdout.flush()
    os._exit(code)


def serve(log: Path) -> None:
    for line in sys.stdin:
        child = begin(json.loads(line), log)
        print(child, flush=True)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
