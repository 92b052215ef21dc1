"""The process that a pipeline runs in: whom it hears, and that nothing of it stays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from edge.capture.camera import gstreamer
from edge.capture.camera.gstreamer import PROGRAM, GStreamerCamera
from tests.basecamp.field import eventually
from tests.capture.camera.scene import TERMS

PATIENCE_S = 60.0


def alive(process: int) -> bool:
    """Whether it runs still; one that only waits to be buried does not."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")
def test_a_test_shot_that_is_asked_of_all_processes_does_not_end_the_pipeline() -> None:
    camera = GStreamerCamera("videotestsrc is-live=true ! video/x-raw,framerate=20/1", TERMS)
    camera.start()
    try:
        camera.grab(PATIENCE_S)
        (process,) = _children_of(os.getpid(), PROGRAM)
        os.kill(process, signal.SIGUSR1)
        for _ in range(20):
            camera.grab(PATIENCE_S)
    finally:
        camera.close()


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")
def test_of_a_camera_s_pictures_no_more_are_encoded_than_are_worth_it() -> None:
    thirty_a_second = "videotestsrc is-live=true num-buffers=60 ! video/x-raw,framerate=30/1"
    pipeline = GStreamerCamera(thirty_a_second, TERMS, most_a_second=10)._pipeline()
    stream = subprocess.run([PROGRAM, "-q", *pipeline], stdout=subprocess.PIPE, check=True).stdout
    assert 1 <= stream.count(b"image/jpeg") <= 21


@pytest.mark.parametrize("then", ["trap '' INT; wait", "exit 0"])
def test_what_a_pipeline_has_started_and_left_behind_does_not_hold_the_station(
    then: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / PROGRAM
    program.write_text(f"#!/bin/sh\nsleep 600 &\necho $! >{tmp_path}/helper\n{then}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(gstreamer, "_STOPPING_S", 0.2)
    camera = GStreamerCamera("videotestsrc", TERMS)
    camera.start()
    eventually(lambda: (tmp_path / "helper").exists() and _helper(tmp_path) > 0, "it runs")
    helper = _helper(tmp_path)
    closing = threading.Thread(target=camera.close, daemon=True)
    closing.start()
    closing.join(PATIENCE_S)
    assert not closing.is_alive()
    eventually(lambda: not alive(helper), "nothing of it stays")


def _helper(folder: Path) -> int:
    text = (folder / "helper").read_text().strip()
    return int(text) if text else 0


def _children_of(parent: int, name: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                told = (folder / "stat").read_text()
            except OSError:
                continue
            command, rest = told.rsplit(")", 1)
            is_child = int(rest.split()[1]) == parent
            if is_child and name.startswith(command.split("(", 1)[1]):
                found.append(int(folder.name))
    return found
