"""A port that stays a test's own, also while no server listens on it."""

from __future__ import annotations

import os
import socket
import weakref


def held_port(owner: object) -> int:
    """A port of this machine that nobody else is given as long as ``owner`` lives.

    The kernel gives a port that was only tried to whoever asks next: to a test beside this one,
    before the server has started or while it is killed. This one stays bound. Nobody answers there
    until a server that sets SO_REUSEADDR, as all of them do, listens on it, as often as it starts.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        weakref.finalize(owner, os.close, holder.detach())
    return port
