"""The kept connection of uploads, against a server that lets go of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from edge.uplink.cellular.http import Endpoint, Request, Wire
from tests.basecamp.uploading import no_tls

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def forgetful() -> Iterator[int]:
    """The port of a server that answers one request on each of two connections, and closes them."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(2):
                connection, _address = server.accept()
                with connection:
                    while b"\r\n\r\n" not in connection.recv(4096):
                        pass
                    connection.sendall(_ANSWER)

        thread = Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_what_goes_a_second_time_is_paid_a_second_time(forgetful: int) -> None:
    paid: list[str] = []
    endpoint = Endpoint.parse(f"http://127.0.0.1:{forgetful}/uploads")
    wire = Wire(
        endpoint,
        no_tls,
        on_connect=lambda: paid.append("connection"),
        on_repeat=lambda request: paid.append(request.method),
    )
    request = Request("POST", endpoint.url, {}, b"")
    assert wire.ask(request).status == 200
    assert wire.ask(request).status == 200
    wire.close()
    assert paid == ["connection", "POST", "connection"]
