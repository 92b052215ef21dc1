"""A TCP proxy that counts what passes, and tears connections after so many bytes."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self


class CuttingProxy:
    """Forwards to ``port`` on this machine. Each connection is torn, on both sides, once
    ``cut_after_bytes`` have passed up; None lets it live. The counts are of all connections."""

    def __init__(self, port: int, cut_after_bytes: int | None = None) -> None:
        self._target = port
        self.cut_after_bytes = cut_after_bytes
        self.connections = 0
        self.up_bytes = 0
        self.down_bytes = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for end in self._open:
            _tear(end)
        for thread in self._threads[1:]:
            thread.join()
        for end in self._open:
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.connections += 1
                self._open.append(near)
                self._forward(near)

    def _forward(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            _tear(near)
            return
        self._open.append(far)
        for work, ends in ((self._up, (near, far)), (self._down, (far, near))):
            thread = threading.Thread(target=work, args=ends, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while data := near.recv(512):
                if self.cut_after_bytes is not None:
                    data = data[: self.cut_after_bytes - passed]
                far.sendall(data)
                passed += len(data)
                self.up_bytes += len(data)
                if passed == self.cut_after_bytes:
                    break
        _tear(far)  # first: else a client could be back before the server knows of the cut
        _tear(near)

    def _down(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while data := far.recv(512):
                near.sendall(data)
                self.down_bytes += len(data)
        _tear(near)
        _tear(far)


def _tear(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
