"""``python -m tests.uplink.cellular.session_station FOLDER TOKEN BROKER UPLOADS KILL_AT``.

One cellular session of the station in FOLDER, composed as on a trap. It kills itself at step
KILL_AT of what it makes durable, hands over, asks of a server and lets go of; 0: it lives, and
prints how the session ended.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.config_uplink import Cellular, Uplink
from edge.listener import Listener
from edge.security.keys import BasecampToken, StationKey
from edge.spool.outbox import Outbox
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.cellular.bearer import AlwaysUp
from edge.uplink.cellular.budget import DataBudget, DataLimits
from edge.uplink.cellular.build import BUDGET_NAME, links_of, uploads_of
from edge.uplink.cellular.durable import DurableJson
from edge.uplink.cellular.flush import SessionTerms
from edge.uplink.cellular.http import Wire
from edge.uplink.cellular.outgoing import Outgoing
from edge.uplink.cellular.session import CellularSession
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.mqtt_link import MqttLink
from edge.wire.sealing import Identity
from tests.uplink.cellular.field import READ_CLOCK, Open


class Steps:
    """Counts steps, before and after each call, and dies at one of them."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at
        self._step = 0

    def watch(self, owner: type, name: str) -> None:
        method: Callable[..., Any] = getattr(owner, name)

        def watched(*args: Any, **words: Any) -> Any:
            self._pass()
            found = method(*args, **words)
            self._pass()
            return found

        setattr(owner, name, watched)

    def _pass(self) -> None:
        self._step += 1
        if self._step == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    folder, token, broker, uploads, kill_at = sys.argv[1:]
    steps = Steps(int(kill_at))
    for owner, name in (
        (DurableJson, "store"),
        (MqttLink, "send"),
        (Wire, "ask"),
        (Outbox, "acknowledge"),
    ):
        steps.watch(owner, name)
    basecamp = BasecampToken.parse(token)
    key = StationKey.load(Path(folder) / "station.key")
    identity = Identity("ridge-2", key, basecamp)
    cellular = Cellular(uploads=uploads, publish_bytes=300)
    config = Uplink(broker=broker, cellular=cellular, backoff_max_s=0.2)
    with Spool(Path(folder) / "spool", basecamp.seal, Budget(min_free_bytes=0)) as spool:
        print(_session(config, spool, Path(folder), identity).run().ended)


def _session(config: Uplink, spool: Spool, folder: Path, identity: Identity) -> CellularSession:

    assert config.broker is not None and config.cellular is not None
    listener = Listener()
    budget = DataBudget(folder / BUDGET_NAME, DataLimits(), READ_CLOCK)
    carrier = Open(None)
    dispatcher = Dispatcher(spool.queue, spool.keepsake("schedule"))
    carrier.outgoing = Outgoing(spool, identity, dispatcher, listener, 20.0)
    dispatcher.join(carrier)
    return CellularSession(
        carrier.outgoing,
        identity,
        AlwaysUp(),
        links_of(config, config.broker, identity, listener, lambda: True),
        uploads_of(config.cellular, folder, identity, lambda: True),
        budget,
        SessionTerms(publish_bytes=300, acknowledge_s=20.0, pause_s=0.1),
        listener,
    )


if __name__ == "__main__":
    main()
