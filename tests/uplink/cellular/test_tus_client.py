"""The upload client against a tus server that is not ours, killed and cut as the field does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from edge.uplink.cellular.errors import UploadCut
from edge.uplink.cellular.http import Endpoint, Wire
from edge.uplink.cellular.places import UploadPlaces
from edge.uplink.cellular.tus import TusClient
from edge.uplink.errors import LinkError
from tests.basecamp.field import eventually
from tests.basecamp.uploading import no_tls
from tests.kit.cutting import CuttingProxy
from tests.kit.ports import held_port

pytest.importorskip("tuspyserver", reason="tuspyserver, an independent tus server, is not here")

CONTENT = os.urandom(300_000)


class Stranger:
    """The server as a process, which can be killed and started again on what it kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = held_port(self)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = "-m", "tests.uplink.cellular.tus_stranger", self.folder, str(self.port)
        self._process = subprocess.Popen([sys.executable, *words])
        eventually(self._answers, "the tus server listens")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def arrived_bytes(self) -> int:
        return max((path.stat().st_size for path in self._uploads()), default=0)

    def settle(self) -> None:
        """Wait until it has dealt with all that came before a cut: whoever went on at once would
        be told the place before, and what still came would be there twice."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/")  # what it answers is behind that
        connection.getresponse().read()
        connection.close()
        eventually(self.is_at_rest, "it has noted what arrived")

    def is_at_rest(self) -> bool:
        """It appends first and notes how much after: killed in between, it would itself put bytes
        twice. (Basecamp's own server is killed anywhere.)"""
        try:
            noted = [json.loads(path.read_text())["offset"] for path in self.folder.glob("*.info")]
        except ValueError:
            return False
        return noted == [path.stat().st_size for path in self._uploads()]

    def whole(self) -> list[bytes]:
        return [path.read_bytes() for path in self._uploads()]

    def _uploads(self) -> list[Path]:
        return [path for path in self.folder.glob("*") if path.is_file() and not path.suffix]


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Stranger]:
    folder = tmp_path / "files"
    folder.mkdir()
    stranger = Stranger(folder)
    stranger.start()
    yield stranger
    stranger.kill()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[[int], TusClient]]:
    """``connect(port)``: a client as after a reboot, which remembers only what is on the card."""
    made: list[TusClient] = []

    def make(port: int) -> TusClient:
        client = TusClient(
            Wire(Endpoint.parse(f"http://127.0.0.1:{port}/files"), no_tls, timeout_s=20.0),
            UploadPlaces(tmp_path / "places.json"),
            lambda digest: "anybody",
            lambda size_bytes: None,
            chunk_bytes=16_384,
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.mark.parametrize("size_bytes", [1, 4000, 16_384, 16_385, len(CONTENT)])
def test_what_was_uploaded_is_what_arrived(
    stranger: Stranger, connect: Callable[[int], TusClient], size_bytes: int
) -> None:
    connect(stranger.port).upload(CONTENT[:size_bytes])
    assert stranger.whole() == [CONTENT[:size_bytes]]


def test_an_upload_may_go_in_parts_and_is_not_asked_about_between_them(
    stranger: Stranger, connect: Callable[[int], TusClient]
) -> None:
    client = connect(stranger.port)
    for part in range(1, 4):
        assert client.upload_part(CONTENT[:100_000], 25_000) is None
        assert stranger.arrived_bytes() == part * 25_000
    assert client.upload_part(CONTENT[:100_000], 25_000) is not None
    assert stranger.whole() == [CONTENT[:100_000]]


def test_after_cuts_it_goes_on_where_the_server_is(
    stranger: Stranger, connect: Callable[[int], TusClient]
) -> None:
    with CuttingProxy(stranger.port, 90_000) as proxy:
        for _ in range(10):
            try:
                connect(proxy.port).upload(CONTENT)
                break
            except UploadCut:
                stranger.settle()
        assert 4 <= proxy.connections <= 6
        assert proxy.up_bytes < 1.2 * len(CONTENT)
    assert CONTENT in stranger.whole()


def test_a_server_that_is_killed_and_comes_back_gets_the_rest(
    stranger: Stranger, connect: Callable[[int], TusClient]
) -> None:
    with CuttingProxy(stranger.port, 100_000) as proxy, pytest.raises(UploadCut):
        connect(proxy.port).upload(CONTENT)
    stranger.settle()
    stranger.kill()
    with pytest.raises(UploadCut):
        connect(stranger.port).upload(CONTENT)
    arrived = stranger.arrived_bytes()
    stranger.start()
    with CuttingProxy(stranger.port) as proxy:
        connect(proxy.port).upload(CONTENT)
        assert proxy.up_bytes < len(CONTENT) - arrived + 40_000
    assert CONTENT in stranger.whole()


@pytest.mark.parametrize("after_bytes", [1, 50_000, 200_000])
def test_a_station_that_is_killed_goes_on_after_its_reboot(
    stranger: Stranger, tmp_path: Path, after_bytes: int
) -> None:
    file = tmp_path / "content"
    file.write_bytes(CONTENT)
    words = "-m", "tests.uplink.cellular.tus_station"
    url = f"http://127.0.0.1:{stranger.port}/files"
    command = [sys.executable, *words, url, str(tmp_path / "places.json"), str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as first:
        eventually(
            lambda: stranger.arrived_bytes() >= after_bytes or first.poll() is not None,
            "something arrives",
        )
        first.send_signal(signal.SIGKILL)
    stranger.settle()
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout == "uploaded\n"
    assert stranger.whole().count(CONTENT) >= 1


def test_an_upload_that_the_server_forgot_begins_anew(
    stranger: Stranger, connect: Callable[[int], TusClient]
) -> None:
    with CuttingProxy(stranger.port, 100_000) as proxy, pytest.raises(UploadCut):
        connect(proxy.port).upload(CONTENT)
    stranger.settle()
    for path in stranger.folder.iterdir():
        if path.is_file():
            path.unlink()
    connect(stranger.port).upload(CONTENT)
    assert stranger.whole() == [CONTENT]


@pytest.mark.parametrize(
    "url", ["ftp://host/", "https://", "https://user:word@host/", "https://host:port/", "host"]
)
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(LinkError, match="uploads"):
        Endpoint.parse(url)


def test_another_server_is_never_spoken_to() -> None:
    endpoint = Endpoint.parse("https://camp.example/uploads")
    assert endpoint.holds("https://camp.example:443/uploads/1")
    assert not endpoint.holds("http://camp.example/uploads/1")
    assert not endpoint.holds("https://camp.example.evil/uploads/1")
