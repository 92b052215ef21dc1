"""Strangers' connections to the upload server take nothing from the rest of basecamp."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.kit.certificates import make_certificates
from tools.basecamp.certificate import Certificate
from tools.basecamp.http_server import Door, HttpServer
from tools.basecamp.listening import MOST_OPEN, ListenAddress
from tools.basecamp.tus_connection import UploadConnection


def hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


class Impatient(UploadConnection):
    silence_s = 0.3


class InAHurry(UploadConnection):
    head_s = 3.0  # so that a client that was kept waiting by the machine is none that drips


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[str, int]]]:
    """``serve(protocol, **door)``: where a server with such connections listens."""
    with ExitStack() as ending:

        def serve(
            protocol: type[UploadConnection] = UploadConnection,
            most_open: int = MOST_OPEN,
            certificate: Certificate | None = None,
        ) -> tuple[str, int]:
            door = Door(
                "test",
                "--test",
                ListenAddress(port=0),
                certificate,
                keep_alive_s=60,
                most_open=most_open,
                protocol=protocol,
            )
            server = HttpServer(Starlette(routes=[Route("/", hello)]), door)
            ending.callback(server.stop)
            server.start()
            return server.address

        yield serve


def test_one_connection_too_many_is_ended_and_the_others_are_served(
    serve: Callable[..., tuple[str, int]],
) -> None:
    address = serve(most_open=3)
    admitted = [_answered(address) for _ in range(3)]
    with socket.create_connection(address) as turned_away:
        turned_away.settimeout(30)
        assert _is_ended(turned_away)
    admitted.pop().close()
    for connection in admitted:
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
        connection.close()


def test_a_connection_that_says_nothing_is_ended(
    serve: Callable[..., tuple[str, int]],
) -> None:
    with socket.create_connection(serve(Impatient)) as silent:
        silent.settimeout(30)
        silent.sendall(b"GET / HT")
        assert _is_ended(silent)


def test_connections_that_never_speak_tls_are_counted_too(
    serve: Callable[..., tuple[str, int]], tmp_path: Path
) -> None:
    made = make_certificates(tmp_path / "certificates")
    address = serve(most_open=3, certificate=Certificate(made.certificate, made.key))
    with ExitStack() as ending:
        for _ in range(3):
            ending.enter_context(socket.create_connection(address))
        turned_away = ending.enter_context(socket.create_connection(address))
        turned_away.settimeout(30)
        assert _is_ended(turned_away)


def test_one_address_leaves_room_for_others(serve: Callable[..., tuple[str, int]]) -> None:
    address = serve(most_open=4)
    with ExitStack() as ending:

        def come_from(host: str) -> socket.socket:
            connection = socket.create_connection(address, 30, (host, 0))
            return ending.enter_context(connection)

        for _ in range(3):
            come_from("127.0.0.2")
        assert _is_ended(come_from("127.0.0.2"))
        other = come_from("127.0.0.3")
        other.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"


def test_a_head_that_comes_in_drops_is_not_waited_for(
    serve: Callable[..., tuple[str, int]],
) -> None:
    address = serve(InAHurry)
    with closing(_answered(address)) as resting, socket.create_connection(address) as dripping:
        dripping.settimeout(0.05)
        assert any(
            _ended_after(dripping, letter) for letter in b"GET / HTTP/1.1\r\nA: " + 600 * b"a"
        )
        resting.request("GET", "/")  # no request was under way: it was not hurried
        assert resting.getresponse().read() == b"hello"


def _ended_after(connection: socket.socket, letter: int) -> bool:
    """Whether the other end has gone when ``letter`` was sent to it."""
    try:
        connection.sendall(bytes((letter,)))
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def _answered(address: tuple[str, int]) -> HTTPConnection:
    """A connection that is open, for it was answered."""
    connection = HTTPConnection(*address)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    return connection


def _is_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
