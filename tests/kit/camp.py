"""A basecamp in a folder: its key, its store, and the real service when it is asked to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.records import Sighting
from edge.security.keys import BasecampKey, StationToken
from edge.uplink.broker import BrokerAddress, Credentials
from tests.basecamp.field import Broker, eventually
from tools.basecamp.listening import ListenAddress
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.service import KEY_NAME, Basecamp
from tools.basecamp.store import Store
from tools.basecamp.tus_service import UploadTerms
from tools.basecamp.views import SightingView


class Camp:
    """Basecamp's data folder. Reading opens the store, also while the service runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = BasecampKey.generate()
        self.key.save(folder / KEY_NAME)

    def enrol(self, station: str, token: StationToken) -> None:
        with Store(self.folder) as store:
            store.enrol(station, token)

    @contextmanager
    def serving(
        self,
        broker: Broker | BrokerAddress,
        credentials: Credentials | None = None,
        uploads: UploadTerms | None = None,
    ) -> Iterator[Basecamp]:
        """The service, connected to ``broker``; it takes ``uploads`` where it is told where."""
        address = broker.address if isinstance(broker, Broker) else broker
        listen = ListenAddress(port=0)
        with Basecamp(
            self.folder, address, credentials, listen=listen, uploads=uploads
        ) as basecamp:
            eventually(lambda: basecamp.link_status.state == "listening", "basecamp listens")
            yield basecamp

    def sightings(self, station: str) -> list[Sighting]:
        """All stored sightings of ``station``; one stored twice stands here twice."""
        with Store(self.folder) as store:
            views = store.views.sightings(limit=10_000)
        return [view.sighting for view in views if view.sighting.station == station]

    def alarms(self, station: str) -> set[str]:
        """Those of the last heartbeat of ``station``."""
        with Store(self.folder) as store:
            found = [view for view in store.views.stations() if view.station == station]
        beat = found[0].heartbeat if found else None
        return set() if beat is None else {text.partition(":")[0] for text in beat.alarms}

    def news(self) -> list[SightingView | RadioSightingView]:
        """The newest hundred entries of the page, whichever way they came."""
        with Store(self.folder) as store:
            return list(store.views.news(100))

    def pictures(self, station: str) -> Counter[str]:
        """How many crops have arrived, by burst."""
        with Store(self.folder) as store:
            views = store.views.sightings(limit=10_000)
        return Counter(
            {
                view.sighting.burst_id: len(view.pictures)
                for view in views
                if view.sighting.station == station
            }
        )

    def evidence(self, station: str) -> dict[str, list[bytes]]:
        """Whole bursts that came sealed and were opened: burst id to the files of its frames."""
        with Store(self.folder) as store:
            found = {}
            for view in store.views.evidence(limit=10_000):
                if view.station == station:
                    paths = [store.media_path(frame.sha256) for frame in view.frames]
                    found[view.burst_id] = [path[0].read_bytes() for path in paths if path]
        return found
