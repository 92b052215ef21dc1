"""A data connection for one session, against ModemManager's API on a real private D-Bus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from edge.uplink.cellular.addressing import Addresses
from edge.uplink.cellular.bearer import Signal
from edge.uplink.cellular.dbus import Bus
from edge.uplink.cellular.errors import BearerError, BearerFault
from edge.uplink.cellular.modem_manager import SERVICE, ModemManagerBearer, Subscription
from edge.uplink.cellular.modem_states import ModemState, hopeless, technology, unregistered
from tests.uplink.cellular.modem_service import modem_properties, modem_service, private_bus

PLAN = Subscription("internet", register_s=20.0)

Serve = Callable[..., str]


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    """A bus of this module's own."""
    with private_bus() as address:
        yield address


@pytest.fixture
def serve(bus: str) -> Iterator[Serve]:
    """``serve(state=2, ...)``: ModemManager in that scene; the address of its bus."""
    with ExitStack() as running:

        def start(**scene: Any) -> str:
            running.enter_context(modem_service(bus, **scene))
            return bus

        yield start


def fault_of(bearer: ModemManagerBearer) -> BearerError:
    with pytest.raises(BearerError) as caught:
        bearer.up()
    return caught.value


@pytest.mark.parametrize("network", ["home", "roaming"])
def test_it_comes_up_is_counted_and_goes_to_low_power(serve: Serve, network: str) -> None:
    bus = serve(network=network)
    bearer = ModemManagerBearer(PLAN, bus=bus)
    bearer.up()
    assert bearer.is_connected()
    assert bearer.interface == "wwan0"
    assert bearer.signal() == Signal(0.62, "LTE")
    assert bearer.down()
    assert not bearer.is_connected()
    after = modem_properties(bus)
    assert (after["State"], after["PowerState"]) == (3, 2)
    bearer.down()


def test_it_comes_up_again_for_the_next_session(serve: Serve) -> None:
    bearer = ModemManagerBearer(PLAN, bus=serve())
    for _ in range(2):
        bearer.up()
        assert bearer.is_connected()
        assert bearer.down()


def test_the_interfaces_own_counters_count_first(serve: Serve, tmp_path: Path) -> None:
    counters = tmp_path / "wwan0" / "statistics"
    counters.mkdir(parents=True)
    (counters / "rx_bytes").write_text("1000\n")
    (counters / "tx_bytes").write_text("500\n")
    bearer = ModemManagerBearer(PLAN, bus=serve(), interfaces=tmp_path)
    bearer.up()
    assert bearer.used_bytes() == 0
    (counters / "tx_bytes").write_text("8000\n")
    assert bearer.used_bytes() == 7500
    # A modem that falls off its bus comes back with counters that begin anew.
    (counters / "tx_bytes").write_text("0\n")
    assert bearer.used_bytes() is None
    bearer.down()


def test_what_modemmanager_counts_is_no_proof_of_what_was_used(
    serve: Serve, tmp_path: Path
) -> None:
    bearer = ModemManagerBearer(PLAN, bus=serve(), interfaces=tmp_path)
    bearer.up()
    assert bearer.used_bytes() is None
    bearer.down()


def test_a_modem_that_a_killed_process_left_on_is_switched_off(serve: Serve) -> None:
    bus = serve()
    killed = ModemManagerBearer(PLAN, bus=bus)
    killed.up()
    assert killed._bus is not None
    killed._bus.close()
    assert ModemManagerBearer(PLAN, bus=bus).down()
    after = modem_properties(bus)
    assert (after["State"], after["PowerState"]) == (3, 2)


def test_a_bus_that_broke_in_a_session_leaves_no_modem_on(serve: Serve) -> None:
    bus = serve()
    bearer = ModemManagerBearer(PLAN, bus=bus)
    bearer.up()
    assert bearer._bus is not None
    bearer._bus.close()
    assert bearer.down()
    assert modem_properties(bus)["State"] == 3


def test_a_modem_that_cannot_be_reached_is_not_called_off(serve: Serve) -> None:
    assert not ModemManagerBearer(PLAN, bus="unix:path=/nowhere").down()
    assert ModemManagerBearer(PLAN, bus=serve(modems=0)).down()


@pytest.mark.parametrize("step", ["enable", "connect"])
def test_a_station_that_stops_waits_for_no_modem(serve: Serve, step: str) -> None:
    bus = serve(hangs=step)
    stopping = Event()

    def asked() -> bool:
        stopping.set()  # as soon as it waits
        return stopping.is_set()

    error = fault_of(ModemManagerBearer(PLAN, bus=bus, give_up=asked))
    assert "the station stops" in str(error)
    assert modem_properties(bus)["State"] == 3


def test_no_secret_shows_where_a_plan_is_printed() -> None:
    assert "word" not in repr(Subscription("m2m", "trap", password="word", pin="word"))


def test_the_plan_is_told_to_the_network(serve: Serve) -> None:
    bus = serve()
    plan = Subscription("m2m", user="trap", password="word", roaming=False)
    bearer = ModemManagerBearer(plan, bus=bus)
    bearer.up()
    connection = Bus(SERVICE, bus)
    path = "/org/freedesktop/ModemManager1/Bearer/0"
    told = connection.properties(path, f"{SERVICE}.Bearer")["Properties"]
    connection.close()
    bearer.down()
    assert {name: value for name, (_, value) in told.items()} == {
        "apn": "m2m",
        "user": "trap",
        "password": "word",
        "allow-roaming": False,
    }


def test_the_interface_is_given_what_the_network_told(serve: Serve) -> None:
    given: list[tuple[str, Addresses | None]] = []

    def give(interface: str, ip4_config: Mapping[str, Any]) -> None:
        given.append((interface, Addresses.of_bearer(ip4_config)))

    bearer = ModemManagerBearer(PLAN, bus=serve(), give_address=give)
    bearer.up()
    bearer.down()
    address = IPv4Interface("10.20.30.41/30")
    assert given == [("wwan0", Addresses(address, IPv4Address("10.20.30.42"), 1430))]


def test_a_pin_unlocks_the_sim(serve: Serve) -> None:
    plan = Subscription("internet", pin="0000", register_s=20.0)
    bearer = ModemManagerBearer(plan, bus=serve(state=2, lock=2, pin="0000"))
    bearer.up()
    assert bearer.is_connected()
    bearer.down()


def test_a_wrong_pin_is_told_and_the_last_try_is_left_to_a_person(serve: Serve) -> None:
    plan = Subscription("internet", pin="9999")
    error = fault_of(ModemManagerBearer(plan, bus=serve(state=2, lock=2, pin="0000")))
    assert error.fault is BearerFault.SIM_LOCKED
    assert error.lasting


@pytest.mark.parametrize(
    ("scene", "fault", "way_out"),
    [
        ({"modems": 0}, BearerFault.NO_MODEM, "mmcli --list-modems"),
        ({"state": -1, "failed": 2}, BearerFault.NO_SIM, "put one in"),
        ({"state": -1, "failed": 3}, BearerFault.SIM_REFUSED, "clean or change"),
        ({"state": -1, "failed": 5}, BearerFault.NO_SIM, "load one"),
        ({"state": -1, "failed": 1}, BearerFault.FAILED, "off and on"),
        ({"state": 2, "lock": 2}, BearerFault.SIM_LOCKED, "pin_file"),
        ({"state": 2, "lock": 4}, BearerFault.SIM_LOCKED, "PUK"),
        ({"state": 2, "lock": 7}, BearerFault.SIM_LOCKED, "ask who sold it"),
        ({"network": "denied"}, BearerFault.DENIED, "Ask its operator"),
        (
            {"connect": "MobileEquipment.GprsServiceOptionNotSubscribed"},
            BearerFault.NOT_CONNECTED,
            "APN",
        ),
        ({"connect": "Core.Timeout"}, BearerFault.NOT_CONNECTED, "APN 'internet'"),
        ({"holds": False}, BearerFault.LOST, "lost as soon"),
    ],
)
def test_every_state_that_leads_nowhere_says_the_way_out(
    serve: Serve, scene: dict[str, Any], fault: BearerFault, way_out: str
) -> None:
    error = fault_of(ModemManagerBearer(PLAN, bus=serve(**scene)))
    assert error.fault is fault
    assert way_out in str(error)


@pytest.mark.parametrize(
    ("network", "fault"),
    [("none", BearerFault.NO_NETWORK), ("emergency", BearerFault.DENIED)],
)
def test_no_network_ends_the_search_after_its_time(
    serve: Serve, network: str, fault: BearerFault
) -> None:
    plan = Subscription("internet", register_s=3.0)  # a busy machine's service needs some of it
    bus = serve(network=network)
    assert fault_of(ModemManagerBearer(plan, bus=bus)).fault is fault
    assert modem_properties(bus)["PowerState"] == 2


def test_another_modem_than_the_one_that_is_named_is_left_alone(serve: Serve) -> None:
    bus = serve()
    assert fault_of(ModemManagerBearer(PLAN, "another", bus)).fault is BearerFault.NO_MODEM
    named = ModemManagerBearer(PLAN, "356938035643809", bus)
    named.up()
    named.down()


def test_without_modemmanager_or_a_bus_a_person_is_told(bus: str) -> None:
    error = fault_of(ModemManagerBearer(PLAN, bus=bus))
    assert error.fault is BearerFault.NO_SERVICE
    assert "systemctl enable --now ModemManager" in str(error)
    nowhere = fault_of(ModemManagerBearer(PLAN, bus="unix:path=/nowhere"))
    assert nowhere.fault is BearerFault.NO_SERVICE


def test_the_last_try_of_a_pin_is_never_taken() -> None:
    two = ModemState(state=2, failed=0, lock=2, registration=0, pin_tries=2)
    one = ModemState(state=2, failed=0, lock=2, registration=0, pin_tries=1)
    assert hopeless(two, pin_known=True) is None
    error = hopeless(one, pin_known=True)
    assert error is not None
    assert error.fault is BearerFault.SIM_LOCKED


def test_a_modem_that_never_wakes_is_told_apart_from_a_network_that_is_not_there() -> None:
    asleep = ModemState(state=3, failed=0, lock=1, registration=0)
    assert unregistered(asleep, 60).fault is BearerFault.FAILED
    searching = ModemState(state=7, failed=0, lock=1, registration=2)
    assert unregistered(searching, 60).fault is BearerFault.NO_NETWORK


def test_technologies_have_the_names_that_people_use() -> None:
    names = [technology(1 << bit) for bit in (1, 5, 14, 15, 16, 17, 30)]
    assert names == ["2G", "3G", "LTE", "5G", "LTE-M", "NB-IoT", "unknown"]
