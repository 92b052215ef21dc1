"""Work done in forks of this process, several at once, each with a network of its own."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Label = TypeVar("Label")

_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def in_turn(
    tasks: Iterable[tuple[Label, Callable[[], Any]]], at_once: int
) -> Iterator[tuple[Label, Any]]:
    """Each label with what its task returned, in order; ``at_once`` tasks at a time.

    A task whose process ends without an answer is answered for with how it ended.
    """
    running: deque[tuple[Label, int, int]] = deque()
    for label, work in tasks:
        if len(running) == at_once:
            yield _answer(*running.popleft())
        running.append((label, *forked(work)))
    while running:
        yield _answer(*running.popleft())


def forked(work: Callable[[], Any]) -> tuple[int, int]:
    """A fork that does ``work``: its process id, and where its answer can be read as JSON."""
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        answer = json.dumps(work())
        with os.fdopen(writing, "w") as stream:
            stream.write(answer)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _answer(label: Label, child: int, reading: int) -> tuple[Label, Any]:
    with os.fdopen(reading) as stream:
        text = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return label, json.loads(text) if code == 0 else [f"the judge itself ended with {code}"]


def take_own_network() -> None:
    """From now on this process has a loopback of its own: its ports are nobody else's."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot have a network of its own")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        wish = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, wish), 16)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))
