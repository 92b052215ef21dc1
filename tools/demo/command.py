"""`irbis demo`: watch a leopard arrive."""

from __future__ import annotations

import argparse
import signal
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from edge.capture.listing import BurstFiles, list_bursts
from edge.capture.replay import ReplaySource
from edge.config import StationConfig, parse_config
from edge.errors import IrbisError
from edge.records import Burst
from edge.security.keys import BasecampKey, StationKey
from edge.station import Station
from tools.demo.broker import find_mosquitto, local_broker
from tools.demo.narrator import Narrator, Tally

if TYPE_CHECKING:
    from tools.basecamp.listening import ListenAddress

STATION = "demo-1"
PHOTOS = Path(__file__).with_name("photos")
PATIENCE_S = 120.0
PAGE = "127.0.0.1:8400"


class DemoFailed(IrbisError, RuntimeError):
    """The demo did not come to its end."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep-open", action="store_true", help="leave basecamp's page up until Ctrl-C"
    )
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help=f"where the page is (default: {PAGE}, or a free port if that one is taken)",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="pictures of your own")


def execute(args: argparse.Namespace) -> int:
    """Run everything; the exit code is 0 only when basecamp has every sighting and crop."""
    from edge.uplink.broker import BrokerAddress
    from tools.basecamp.service import KEY_NAME, Basecamp

    bursts = [burst for path in args.paths or [PHOTOS] for burst in list_bursts(path)]
    with tempfile.TemporaryDirectory(prefix="irbis-demo-") as name:
        folder = Path(name)
        basecamp_key = BasecampKey.generate()
        basecamp_key.save(folder / "basecamp" / KEY_NAME)
        station_key = StationKey.generate()
        station_key.save(folder / "station.key")
        with (
            local_broker(folder, find_mosquitto()) as broker,
            Basecamp(
                folder / "basecamp",
                BrokerAddress.parse(broker.url),
                listen=_page_address(args.listen),
            ) as basecamp,
        ):
            basecamp.store.enrol(STATION, station_key.token)
            print("Irbis, all of it on this machine:")
            print(f"  broker    {broker.what}, {broker.url}")
            print(f"  basecamp  {basecamp.url}")
            print(f"  station   {STATION}, replays {len(bursts)} bursts of photographs")
            if not args.paths:
                print("  No free photograph of a wild leopard ships here: a jaguar stands in.")
            print()
            config = _config(folder, broker.url, str(basecamp_key.token))
            tally = _replay(config, bursts)
            _summary(tally, basecamp.url)
            if args.keep_open:
                print("The page stays up until you press Ctrl-C.", flush=True)
                _wait_for_interrupt()
    return 0


def _page_address(asked: str | None) -> ListenAddress:
    from tools.basecamp.listening import ListenAddress

    usual = ListenAddress.parse(asked or PAGE)
    if asked is None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((usual.host, usual.port))
            except OSError:
                return ListenAddress(usual.host, 0)
    return usual


def _config(folder: Path, broker_url: str, token: str) -> StationConfig:
    values = {
        "station": {"id": STATION, "key_file": "station.key", "basecamp": token},
        "spool": {"path": "spool", "min_free_bytes": 16_000_000},
        "uplink": {"broker": broker_url},
    }
    return parse_config(values, base=folder, origin="demo")


class _NamingSource(ReplaySource):
    """Remembers the name of each burst before the station hears of it."""

    def __init__(self, bursts: list[BurstFiles]) -> None:
        super().__init__(bursts)
        self.name_of: dict[str, str] = {}

    def next_burst(self, timeout_s: float) -> Burst | None:
        burst = super().next_burst(timeout_s)
        if burst is not None:
            self.name_of[burst.burst_id] = self.seen[burst.burst_id][-1].name
        return burst


def _replay(config: StationConfig, bursts: list[BurstFiles]) -> Tally:
    source = _NamingSource(bursts)
    narrator = Narrator(source.name_of)
    deadline = time.monotonic() + PATIENCE_S
    with Station(config, narrator, source, max_waiting=2) as station:
        while not station.all_judged:
            _pause(deadline)
        station.beat()  # the last word: how the station is after the last burst
        while not station.spool.outbox.is_empty():
            _pause(deadline)
    return narrator.tally


def _pause(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise DemoFailed(f"not done after {PATIENCE_S:.0f} s; `irbis doctor` looks for the cause")
    time.sleep(0.05)


def _summary(tally: Tally, url: str) -> None:
    ratio = tally.picture_bytes / max(1, tally.sent_bytes)
    print()
    print(f"  {tally.frames} frames, {tally.picture_bytes / 1e6:.1f} MB of pictures taken")
    for fate, count in sorted(tally.fates.items()):
        print(f"  {count:>3}  {fate}")
    print(
        f"  {tally.items['sighting']} sightings and {tally.items['crop']} crops at basecamp:"
        f" {tally.sent_bytes:,} bytes on air, 1/{ratio:.0f} of the pictures"
    )
    print(f"  the page: {url}")


def _wait_for_interrupt() -> None:
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()
