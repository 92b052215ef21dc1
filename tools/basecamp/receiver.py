"""From a published message to a stored item and its acknowledgement."""

from __future__ import annotations

import logging
import re

from edge.config import STATION_ID
from edge.security.envelope import open_message, sign_acknowledgement
from edge.security.errors import SealError, SignatureError
from edge.security.keys import BasecampKey
from edge.wire.message import acknowledgement_topic, encode_acknowledgement, uplink_topic
from tools.basecamp.broker_link import Publication
from tools.basecamp.content import Received, Unreadable, read_body
from tools.basecamp.errors import NotEnrolled
from tools.basecamp.refusals import Refusals
from tools.basecamp.store import Store

log = logging.getLogger(__name__)

ALL_STATIONS = uplink_topic("+")
_PREFIX, _SUFFIX = ALL_STATIONS.split("+")
_TOPIC = re.compile(f"{re.escape(_PREFIX)}({STATION_ID.strip('^$')}){re.escape(_SUFFIX)}")

_RIGHT_TOKEN = (
    "put the token that `irbis basecamp init --data DIR` prints into the station's"
    " [station] basecamp"
)


class Receiver:
    """Opens, verifies, stores and acknowledges; what is not genuine is counted and let go.

    Safe to share between threads: it holds nothing that changes, and the store and the refusals
    are safe themselves.
    """

    def __init__(self, key: BasecampKey, store: Store, refusals: Refusals) -> None:
        self._key = key
        self._store = store
        self._refusals = refusals

    def receive(self, topic: str, data: bytes) -> Publication | None:
        """Take one message; the acknowledgement once it is durable, None for a refused one.

        Raises StoreError when the item is genuine but could not be kept.
        """
        match = _TOPIC.fullmatch(topic)
        if match is None:
            self._refuse(repr(topic[:80]), "its topic names no station", "check its configuration")
            return None
        station = match[1]
        try:
            received = self._open(station, data)
        except NotEnrolled:
            way_out = f"irbis basecamp enrol {station} TOKEN"
            self._refuse(station, "it is not enrolled", f"if it is yours: {way_out}")
            return None
        except SignatureError as error:
            way_out = f"compare both tokens; irbis basecamp enrol {station} TOKEN --replace"
            self._refuse(station, str(error), way_out)
            return None
        except SealError as error:
            self._refuse(station, str(error), _RIGHT_TOKEN)
            return None
        is_new = self._store.put(received)
        _tell(received, is_new)
        body = encode_acknowledgement([received.item_id])
        return Publication(
            acknowledgement_topic(station), sign_acknowledgement(body, station, self._key)
        )

    def _open(self, station: str, data: bytes) -> Received:
        """The verified item. Raises SealError, SignatureError, NotEnrolled, WrongStation.

        The key is that of the station in the topic, not of the one the body names: a body of a
        later version, whose fields are not known here, can be verified all the same.
        """
        verify_key = self._store.verify_key(station)
        body = open_message(data, self._key, lambda _: verify_key)
        return read_body(body, station, self._key.unseal, len(data))

    def _refuse(self, station: str, reason: str, way_out: str) -> None:
        if self._refusals.add(station, reason, way_out):
            log.warning("refused a message from %s: %s; %s", station, reason, way_out)


def _tell(received: Received, is_new: bool) -> None:
    what = f"{received.station}: {received.kind} {received.item_id.hex()[:8]}"
    if isinstance(received.content, Unreadable) and is_new:
        log.warning("%s is kept but not understood: %s", what, received.content.reason)
    else:
        log.info("%s (%d bytes) %s", what, received.size_bytes, "stored" if is_new else "again")
