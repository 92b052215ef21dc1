"""Strangers' connections to the upload server take nothing from the rest of basecamp."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tools.basecamp.http_server import Door, HttpServer
from tools.basecamp.listening import ListenAddress
from tools.basecamp.tus_connection import UploadConnection


def hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


class Few(UploadConnection):
    most = 3


class Impatient(UploadConnection):
    silence_s = 0.3


@pytest.fixture
def serve() -> Iterator[Callable[[type[UploadConnection]], tuple[str, int]]]:
    """``serve(protocol)``: where a server with such connections listens."""
    with ExitStack() as ending:

        def serve(protocol: type[UploadConnection]) -> tuple[str, int]:
            door = Door("test", "--test", ListenAddress(port=0), protocol=protocol)
            server = HttpServer(Starlette(routes=[Route("/", hello)]), door)
            ending.callback(server.stop)
            server.start()
            return server.address

        yield serve


def test_one_connection_too_many_is_ended_and_the_others_are_served(
    serve: Callable[[type[UploadConnection]], tuple[str, int]],
) -> None:
    address = serve(Few)
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
    serve: Callable[[type[UploadConnection]], tuple[str, int]],
) -> None:
    with socket.create_connection(serve(Impatient)) as silent:
        silent.settimeout(30)
        silent.sendall(b"GET / HT")
        assert _is_ended(silent)


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
