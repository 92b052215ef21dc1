"""Starts `irbis` again and again without importing it, or loading its models, anew.

A process that has everything imported forks for each JSON line on its standard input: a list of
arguments for `irbis`, with a --config among them. The models that this names are loaded before the
fork; it is the fork that judges with them. The fork leads a process group of its own. Answers, one
a line: the process id at once, and the exit status when it has ended (negative: the signal that
killed it).
"""

from __future__ import annotations

import functools
import json
import os
import sys
from pathlib import Path

from PIL import Image

import edge.board
import edge.health.lens_watch
import edge.health.selftest_here
import edge.health.selftest_radio
import edge.health.selftest_stage
import edge.health.stage
import edge.health.status
import edge.health.telemetry
import edge.links
import edge.station
import edge.triage.known
import edge.triage.stage
import edge.triage.telling
import edge.uplink.mqtt_link
import edge.uplink.stage
import edge.vision.eyes
import edge.vision.triage
from edge.config import load_config
from tools.cli import main
from tools.replay.command import _from_anywhere


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
    Image.init()
    open_eyes = edge.vision.eyes.open_eyes = functools.cache(edge.vision.eyes.open_eyes)
    for line in sys.stdin:
        arguments = json.loads(line)
        config = load_config(Path(arguments[arguments.index("--config") + 1]))
        open_eyes(_from_anywhere(config).triage)
        child = begin(arguments, log)
        print(child, flush=True)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
