"""What a station reaches over cellular: messages and uploads over TLS with a pinned authority,
mosquitto and basecamp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edge.records import Heartbeat
from edge.uplink.broker import Credentials
from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.certificates import Certificates
from tests.kit.cutting import CuttingProxy
from tools.basecamp.certificate import Certificate
from tools.basecamp.listening import ListenAddress
from tools.basecamp.service import Basecamp
from tools.basecamp.tus_service import UploadTerms


@dataclass(frozen=True, slots=True)
class Reached:
    """What a station reaches, each behind a proxy that counts and tears."""

    basecamp: Basecamp
    messages: CuttingProxy
    uploads: CuttingProxy
    authority: Path

    @property
    def sections(self) -> dict[str, dict[str, object]]:
        """The station's configuration."""
        ca_file = str(self.authority)
        broker = f"mqtts://127.0.0.1:{self.messages.port}"
        url = f"https://127.0.0.1:{self.uploads.port}/uploads"
        return {
            "uplink": {"broker": broker, "ca_file": ca_file},
            "uplink.cellular": {"uploads": url, "ca_file": ca_file, "every_s": 0.5},
        }

    @property
    def passed_bytes(self) -> int:
        """What went over the network, both ways."""
        proxies = self.messages, self.uploads
        return sum(proxy.up_bytes + proxy.down_bytes for proxy in proxies)

    def heartbeat(self, station: str) -> Heartbeat | None:
        views = self.basecamp.store.views.stations()
        return next((view.heartbeat for view in views if view.station == station), None)


@dataclass(frozen=True, slots=True)
class Internet:
    """A broker that is there whether or not basecamp is."""

    broker: Broker
    certificates: Certificates

    @contextmanager
    def listening(self, camp: Camp) -> Iterator[Reached]:
        """With basecamp, and a proxy before each of the two."""
        trust = Credentials(ca_file=self.certificates.authority)
        shown = Certificate(self.certificates.certificate, self.certificates.key)
        terms = UploadTerms(ListenAddress(port=0), shown)
        with ExitStack() as open_now:
            basecamp = open_now.enter_context(camp.serving(self.broker, trust, terms))
            assert basecamp.uploads_url is not None
            port = urlsplit(basecamp.uploads_url).port
            assert port is not None
            messages = open_now.enter_context(CuttingProxy(self.broker.port))
            uploads = open_now.enter_context(CuttingProxy(port))
            yield Reached(basecamp, messages, uploads, self.certificates.authority)


@contextmanager
def over_the_internet(certificates: Certificates, folder: Path) -> Iterator[Internet]:
    folder.mkdir()
    files = f"certfile {certificates.certificate}\nkeyfile {certificates.key}\n"
    broker = Broker(folder, f"allow_anonymous true\n{files}", tls=True)
    broker.start()
    try:
        yield Internet(broker, certificates)
    finally:
        broker.kill()
