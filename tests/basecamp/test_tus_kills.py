"""Basecamp's upload server may be killed at any time: what it confirmed is there afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.security.envelope import seal_message
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.cellular.errors import UploadCut
from edge.uplink.cellular.tus import HEAD_BYTES
from edge.wire.message import encode_message
from tools.basecamp.store import Store

from . import samples
from .uploading import make_client

CHUNK = 8192


class Program:
    """The server as a process on one data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        words = ["-m", "tests.basecamp.uploads_program", str(self._data), "0"]
        self._process = subprocess.Popen(
            [sys.executable, *words], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None


@pytest.fixture
def program(data: Path) -> Iterator[Program]:
    program = Program(data)
    yield program
    program.kill()


@pytest.mark.parametrize("after_requests", [1, 2, 5])
def test_a_server_that_was_killed_goes_on_where_it_was(
    program: Program,
    data: Path,
    tmp_path: Path,
    station_key: StationKey,
    basecamp_key: BasecampKey,
    after_requests: int,
) -> None:
    picture = samples.picture(1, "image/jpeg") + os.urandom(60_000)
    message = samples.evidence_message(samples.burst(7, picture), basecamp_key)
    sealed = seal_message(encode_message(message), station_key, basecamp_key.token)
    places = tmp_path / "places.json"
    asked: list[int] = []

    def upload(url: str, spend: Callable[[int], None]) -> None:
        client = make_client(
            url, places, station_key, basecamp_key.token, spend=spend, chunk_bytes=CHUNK
        )
        try:
            client.upload(sealed)
        finally:
            client.close()

    def kill_after(size_bytes: int) -> None:
        asked.append(size_bytes)
        if len(asked) > after_requests:
            program.kill()

    with pytest.raises(UploadCut):
        upload(program.start(), kill_after)
    confirmed = (after_requests - 1) * CHUNK
    (part,) = (data / "uploads").glob("*/*.part")
    assert part.stat().st_size >= confirmed
    again: list[int] = []
    places.unlink(missing_ok=True)  # it listens on another port now
    upload(program.start(), again.append)
    assert sum(again) - HEAD_BYTES * len(again) <= len(sealed) - confirmed
    program.kill()
    with Store(data) as store:
        assert store.views.count("evidence") == 1
