"""A modem that is not there is one alarm until it answers, so that another link can tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.spool.errors import SpoolFull
from edge.spool.ledger import Ledger
from edge.spool.spool import Spool
from edge.uplink.modem_watch import ModemWatch
from edge.uplink.radio.regions_tables import region
from firmware_bridge.errors import JoinFailed, LinkLost, MustWait, NoReply
from firmware_bridge.join_backoff import JoinBackoff
from firmware_bridge.modem import Modem
from firmware_bridge.port import SerialPort
from firmware_bridge.rak3172 import Rak3172
from tests.uplink.radio.ridge import Ridge as RadioRidge
from tests.uplink.radio.test_stage import DEVICE, EU868, air, fast, nothing_waits, run_until
from tests.uplink.satellite_ridge import Ridge, on_a_ridge


@pytest.fixture
def ridge(tmp_path: Path) -> Iterator[Ridge]:
    with on_a_ridge(tmp_path / "spool") as ridge:
        yield ridge


def test_a_lorawan_modem_that_is_pulled_out_is_an_alarm_until_another_answers(
    tmp_path: Path,
) -> None:
    paths: list[str] = []

    def open_modem(spool: Spool) -> Modem:
        return Rak3172(
            SerialPort(paths[-1]), DEVICE, EU868, JoinBackoff(spool.keepsake("join"), fast)
        )

    radio = RadioRidge(tmp_path / "spool", open_modem, region("EU868"), fast)
    with air() as (_, modem):
        paths.append(modem.path)
        radio.find(1)
        run_until(radio, lambda: nothing_waits(radio), "it is told")
        assert radio.spool.ledger.alarms() == {}
    radio.find(2)
    run_until(radio, lambda: "no-lorawan" in radio.spool.ledger.alarms(), "its loss is an alarm")
    with air() as (_, modem):
        paths.append(modem.path)
        run_until(radio, lambda: not radio.spool.ledger.alarms(), "the other one answers")
    radio.close()


def test_a_satellite_modem_that_is_missing_is_an_alarm_until_it_answers(ridge: Ridge) -> None:
    ridge.modem_is_there = False
    ridge.stage.step()
    assert ridge.spool.ledger.alarms() == {"no-satellite": "no such port"}
    ridge.passes(600)
    ridge.stage.step()
    assert list(ridge.spool.ledger.alarms()) == ["no-satellite"]
    ridge.modem_is_there = True
    ridge.passes(600)
    ridge.stage.step()
    assert ridge.spool.ledger.alarms() == {}


def test_an_alarm_of_the_run_before_goes_when_the_modem_answers(ridge: Ridge) -> None:
    ridge.spool.ledger.raise_alarm("no-satellite", "it was not there")
    ridge.stage.step()
    assert ridge.spool.ledger.alarms() == {}


@pytest.mark.parametrize(
    ("error", "alarms"),
    [
        (NoReply("no answer to AT"), {"no-lorawan"}),
        (LinkLost("the port is gone"), {"no-lorawan"}),
        (JoinFailed("nobody heard it", 60.0), set()),
        (MustWait("not before a minute", 60.0), set()),
    ],
    ids=["silent", "gone", "not heard by a network", "waits"],
)
def test_a_modem_without_a_network_is_no_missing_one(
    ridge: Ridge, error: Exception, alarms: set[str]
) -> None:
    watch = ModemWatch("no-lorawan", ridge.spool.ledger)

    def opens() -> Modem:
        raise error

    with pytest.raises(type(error)):
        watch.connected(opens)
    assert set(ridge.spool.ledger.alarms()) == alarms


def test_an_alarm_that_the_card_refused_is_raised_once_it_takes_it(ridge: Ridge) -> None:
    tries: list[str] = []

    class Full(Ledger):
        def raise_alarm(self, name: str, text: str) -> None:
            tries.append(name)
            if len(tries) < 3:
                raise SpoolFull("no room")
            ridge.spool.ledger.raise_alarm(name, text)

    watch = ModemWatch("no-lorawan", Full(None))  # type: ignore[arg-type]
    for _ in range(5):
        watch.lost("gone")
    assert len(tries) == 3
    assert list(ridge.spool.ledger.alarms()) == ["no-lorawan"]
