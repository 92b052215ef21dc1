"""Makes the cellular stage that a configuration asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Protocol

from edge.config_uplink import Cellular, Uplink
from edge.errors import ConfigError
from edge.listener import Listener
from edge.spool.spool import Spool
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.cellular.addressing import give_address
from edge.uplink.cellular.authorization import UploadClaim, authorization
from edge.uplink.cellular.bearer import AlwaysUp, Bearer
from edge.uplink.cellular.budget import CONNECT_BYTES, DataBudget
from edge.uplink.cellular.config import limits_of, subscription_of, terms_of
from edge.uplink.cellular.http import Endpoint, Wire
from edge.uplink.cellular.ledger_clock import Told, machine_reading
from edge.uplink.cellular.modem_manager import ModemManagerBearer
from edge.uplink.cellular.network_time import OnTime
from edge.uplink.cellular.outgoing import Outgoing
from edge.uplink.cellular.pauses import Pauses
from edge.uplink.cellular.places import UploadPlaces
from edge.uplink.cellular.session import CellularSession, MakeUploads
from edge.uplink.cellular.stage import CellularStage, CellularTerms
from edge.uplink.cellular.tus import HEAD_BYTES, TusClient
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.modem_watch import ModemWatch
from edge.uplink.mqtt_link import MqttLink
from edge.wire.sealing import Identity


class StationTime(Told, Protocol):
    """The station's time; ``dates_hold`` where the system's clock shows the right date."""

    @property
    def dates_hold(self) -> bool: ...


BUDGET_NAME = "data-budget.json"
PLACES_NAME = "uploads.json"


def make_cellular(
    config: Uplink,
    spool: Spool,
    folder: Path,
    identity: Identity,
    listener: Listener,
    dispatcher: Dispatcher,
    clock: Callable[[], StationTime],
    stopping: Event,
    on_time: OnTime = lambda _: None,
    watch: ModemWatch | None = None,
) -> CellularStage:
    """The stage of ``[uplink.cellular]``. ``folder`` is the spool's, for what must survive a
    reboot; ``clock`` tells the time, and how good it is; ``watch``, whether there is a modem. Once
    ``stopping`` is set a session ends soon, and no other begins.

    Raises ConfigError, LinkError.
    """
    cellular = config.cellular
    if cellular is None or config.broker is None:
        raise ConfigError("[uplink] cellular: needs a broker to speak to")
    limits, terms = limits_of(cellular), terms_of(cellular, config.ack_timeout_s)
    read_clock = machine_reading(clock)
    budget = DataBudget(folder / BUDGET_NAME, limits, read_clock)
    pauses = Pauses(spool.keepsake("cellular-pauses"), read_clock)

    def knows_date() -> bool:
        return clock().dates_hold

    outgoing = Outgoing(spool, identity, dispatcher, listener, terms.acknowledge_s)
    session = CellularSession(
        outgoing,
        identity,
        _bearer(cellular, stopping, on_time),
        links_of(config, config.broker, identity, listener, knows_date),
        uploads_of(cellular, folder, identity, knows_date),
        budget,
        terms,
        listener,
        stopping,
    )
    stage_terms = CellularTerms(
        cellular.every_s, cellular.apn is not None, cellular.uploads is not None, limits
    )
    return CellularStage(
        session,
        outgoing,
        budget,
        dispatcher,
        spool.ledger,
        listener,
        stage_terms,
        pauses,
        watch=watch,
    )


def _bearer(cellular: Cellular, stopping: Event, on_time: OnTime) -> Bearer:
    subscription = subscription_of(cellular)
    if subscription is None:
        return AlwaysUp()
    address = give_address if cellular.give_address else None
    return ModemManagerBearer(
        subscription,
        cellular.modem,
        give_address=address,
        give_up=stopping.is_set,
        on_time=on_time,
    )


def links_of(
    config: Uplink,
    broker: str,
    identity: Identity,
    listener: Listener,
    knows_date: Callable[[], bool],
) -> Callable[[], MqttLink]:
    """Makes a session's link to ``broker``. Raises LinkError for an address that is none."""
    address = BrokerAddress.parse(broker)
    credentials = Credentials(config.username, config.password_file, config.ca_file, knows_date)

    def make() -> MqttLink:
        return MqttLink(
            address,
            credentials,
            identity.station,
            identity.basecamp,
            listener.link,
            config.backoff_max_s,
        )

    return make


def uploads_of(
    cellular: Cellular, folder: Path, identity: Identity, knows_date: Callable[[], bool]
) -> MakeUploads | None:
    """Makes what uploads in a session; None where ``cellular`` names no server for it. Where an
    upload stands is kept in ``folder``. Raises LinkError for an address that is none."""
    if cellular.uploads is None:
        return None
    endpoint = Endpoint.parse(cellular.uploads)
    trust = Credentials(ca_file=cellular.ca_file, knows_date=knows_date)
    places = UploadPlaces(folder / PLACES_NAME)

    def authorize(digest: str) -> str:
        claim = UploadClaim(identity.station, digest)
        return authorization(claim, identity.key, identity.basecamp)

    def make(spend: Callable[[int], None]) -> TusClient:
        wire = Wire(
            endpoint,
            trust.tls_context,
            on_connect=lambda: spend(CONNECT_BYTES),
            on_repeat=lambda request: spend(len(request.body) + HEAD_BYTES),
        )
        return TusClient(wire, places, authorize, spend)

    return make
