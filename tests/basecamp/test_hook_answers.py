"""Answers through the carriers' interfaces, and what goes wrong with them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from firmware_bridge.simulators.notehub import Notehub
from firmware_bridge.simulators.rockblock_gateway import RockblockGateway
from tools.basecamp.errors import AddressError
from tools.basecamp.hook_answers import MOST_WAITING, HookAnswers, Way
from tools.basecamp.hook_client import SendError
from tools.basecamp.hook_service import HookTerms
from tools.basecamp.listening import ListenAddress
from tools.basecamp.notehub_client import NotehubSender, NotehubTerms
from tools.basecamp.radio_inbox import Heard
from tools.basecamp.refusals import Refusals
from tools.basecamp.rockblock_client import RockblockSender, RockblockTerms
from tools.basecamp.store import Store

from . import hooked
from . import lorawan as air
from .field import Broker, eventually
from .lorawan import RadioStation

FRAME = bytes(range(40))
DEVICE = f"imei:{hooked.IMEI}"


@pytest.fixture
def hub() -> Iterator[Notehub]:
    with Notehub(hooked.TOKEN) as hub:
        yield hub


@pytest.fixture
def gateway() -> Iterator[RockblockGateway]:
    with RockblockGateway(hooked.USER, hooked.PASSWORD, credits_left=3) as gateway:
        yield gateway


@pytest.fixture
def notehub(hub: Notehub, tmp_path: Path) -> NotehubTerms:
    return hooked.notehub_terms(tmp_path, hub)


@pytest.fixture
def rockblock(gateway: RockblockGateway, tmp_path: Path) -> RockblockTerms:
    return hooked.rockblock_terms(tmp_path, gateway)


def test_a_note_is_queued_for_the_card_and_no_other(hub: Notehub, notehub: NotehubTerms) -> None:
    got: list[bytes] = []
    hub.connect(hooked.NOTECARD, got.append)
    sender = NotehubSender(notehub)
    sender.send(hooked.NOTECARD, FRAME)
    with pytest.raises(SendError, match="404"):
        sender.send("dev:another", FRAME)
    assert got == [FRAME]


def test_a_note_for_another_queue_does_not_reach_the_station(
    hub: Notehub, notehub: NotehubTerms
) -> None:
    got: list[bytes] = []
    hub.connect(hooked.NOTECARD, got.append)
    NotehubSender(replace(notehub, inbox="data.qi")).send(hooked.NOTECARD, FRAME)
    with pytest.raises(SendError, match="400"):
        NotehubSender(replace(notehub, inbox="up.qo")).send(hooked.NOTECARD, FRAME)
    assert got == []


def test_a_cloud_with_trouble_of_its_own_is_told_in_its_words(tmp_path: Path) -> None:
    with Notehub(hooked.TOKEN, api_failure=1.0) as hub:
        sender = NotehubSender(hooked.notehub_terms(tmp_path, hub))
        with pytest.raises(SendError, match=r"500: .*try again later"):
            sender.send(hooked.NOTECARD, FRAME)


def test_a_wrong_token_is_told_with_its_file_and_without_itself(
    hub: Notehub, notehub: NotehubTerms
) -> None:
    notehub.token_file.write_text("a-wrong-one\n")
    with pytest.raises(SendError, match="notehub-token") as refused:
        NotehubSender(notehub).send(hooked.NOTECARD, FRAME)
    assert "a-wrong-one" not in str(refused.value)


def test_a_token_that_is_mended_is_taken_up(hub: Notehub, notehub: NotehubTerms) -> None:
    hub.connect(hooked.NOTECARD, lambda frame: None)
    sender = NotehubSender(notehub)
    for text in ("", "two\twords", "schlüssel"):
        notehub.token_file.write_text(text)
        with pytest.raises(SendError, match="notehub-token"):
            sender.send(hooked.NOTECARD, FRAME)
    notehub.token_file.unlink()
    with pytest.raises(SendError, match="cannot be read"):
        sender.send(hooked.NOTECARD, FRAME)
    notehub.token_file.write_text(hooked.TOKEN)
    sender.send(hooked.NOTECARD, FRAME)


def test_messages_down_cost_credits_until_there_are_none(
    gateway: RockblockGateway, rockblock: RockblockTerms
) -> None:
    got: list[bytes] = []
    gateway.connect(hooked.IMEI, got.append)
    sender = RockblockSender(rockblock)
    sender.send(DEVICE, bytes(51))
    sender.send(DEVICE, FRAME)
    with pytest.raises(SendError, match="no credit"):
        sender.send(DEVICE, FRAME)
    assert got == [bytes(51), FRAME]


def test_what_the_gateway_refuses_is_told_in_words(
    gateway: RockblockGateway, rockblock: RockblockTerms
) -> None:
    with pytest.raises(SendError, match="no such IMEI"):
        RockblockSender(rockblock).send(DEVICE, FRAME)
    gateway.connect(hooked.IMEI, lambda frame: None)
    with pytest.raises(SendError, match="Data too long"):
        RockblockSender(rockblock).send(DEVICE, bytes(271))
    rockblock.password_file.write_text("wrong")
    with pytest.raises(SendError, match="user name or password") as refused:
        RockblockSender(rockblock).send(DEVICE, FRAME)
    assert "wrong" not in str(refused.value)


def test_an_interface_that_is_down_or_not_trusted_is_told(
    notehub: NotehubTerms, tmp_path: Path
) -> None:
    with pytest.raises(SendError, match="connection broke"):
        NotehubSender(replace(notehub, url="http://127.0.0.1:9")).send(hooked.NOTECARD, FRAME)
    (tmp_path / "tls").mkdir()
    broker, _ = Broker.with_certificate(tmp_path / "tls")
    broker.start()
    try:
        terms = replace(notehub, url=f"https://127.0.0.1:{broker.port}")
        with pytest.raises(SendError, match="no trusted TLS"):
            NotehubSender(terms).send(hooked.NOTECARD, FRAME)
    finally:
        broker.kill()


@pytest.mark.parametrize("url", ["http://api.example.org", "ftp://127.0.0.1", "api.example.org"])
def test_no_secret_leaves_without_tls(notehub: NotehubTerms, url: str) -> None:
    with pytest.raises(AddressError, match="https://"):
        NotehubSender(replace(notehub, url=url))


def test_what_is_no_project_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="ProjectUID"):
        NotehubTerms("my project", tmp_path / "token")


def test_hooks_that_others_can_reach_need_a_certificate() -> None:
    everywhere = ListenAddress("0.0.0.0", 8410)
    with pytest.raises(AddressError, match="--hooks-certificate"):
        HookTerms(everywhere)
    HookTerms(everywhere, plain=True)


class Telling:
    """A sender that notes what it is given, and may fail or take its time."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.failing = False
        self.busy = threading.Event()
        self.going = threading.Event()
        self.going.set()

    def send(self, device: str, frame: bytes) -> None:
        self.busy.set()
        self.going.wait(20)
        if self.failing:
            raise SendError("the carrier is down")
        self.sent.append((device, frame))


class Desk:
    """Answers of one station over a real store."""

    def __init__(self, folder: Path, gather_s: float, daily_limit: int | None = None) -> None:
        key, station = BasecampKey.generate(), StationKey.generate()
        self.store = Store(folder)
        self.store.enrol("ridge-2", station.token)
        self._inbox = self.store.radio_inbox(key)
        self.radio = RadioStation(station, key.token)
        self.sender = Telling()
        self.refusals = Refusals()
        self.answers = HookAnswers(
            {"RockBLOCK": Way(self.sender, self.store.radio_answers(daily_limit))},
            self.refusals,
            gather_s,
        )

    def hear(self, number: int) -> Heard:
        return self._inbox.take("ridge-2", self.radio.sealer.seal(air.sighting_record(number)))

    def __enter__(self) -> Desk:
        self.answers.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.sender.going.set()
        self.answers.stop()
        self.store.close()


def test_an_answer_that_could_not_be_sent_is_made_up_for_by_the_next(tmp_path: Path) -> None:
    with Desk(tmp_path, gather_s=0.0) as desk:
        desk.sender.failing = True
        desk.answers.ask("RockBLOCK", DEVICE, desk.hear(1))
        eventually(lambda: bool(desk.refusals.newest(1)), "the failure is told")
        (told,) = desk.refusals.newest(10)
        assert told.reason == "its answer could not be sent through RockBLOCK"
        assert (told.station, told.way_out) == ("ridge-2", "the carrier is down")
        desk.sender.failing = False
        desk.answers.ask("RockBLOCK", DEVICE, desk.hear(2))
        eventually(lambda: len(desk.sender.sent) == 1, "the next is sent")
        desk.radio.hear(desk.sender.sent[0][1])
        assert desk.radio.acknowledged == {1, 2}


def test_the_days_limit_is_kept(tmp_path: Path) -> None:
    with Desk(tmp_path, gather_s=0.0, daily_limit=1) as desk:
        for number in (1, 2, 3):
            desk.answers.ask("RockBLOCK", DEVICE, desk.hear(number))
        eventually(lambda: not desk.answers.waiting, "all calls are dealt with")
    assert len(desk.sender.sent) == 1


def test_posts_are_taken_while_the_carriers_interface_is_slow_and_few_wait(tmp_path: Path) -> None:
    with Desk(tmp_path, gather_s=0.0) as desk:
        desk.sender.going.clear()
        heard = desk.hear(1)
        desk.answers.ask("RockBLOCK", DEVICE, heard)
        assert desk.sender.busy.wait(20)
        for number in range(2 * MOST_WAITING):
            desk.answers.ask("RockBLOCK", f"imei:{number:015}", heard)
        assert desk.answers.waiting == MOST_WAITING


def test_stopping_does_not_wait_for_those_who_are_to_be_answered(tmp_path: Path) -> None:
    with Desk(tmp_path, gather_s=3600.0) as desk:
        desk.answers.ask("RockBLOCK", DEVICE, desk.hear(1))
    assert desk.sender.sent == []


def test_stopping_does_not_wait_for_a_carrier_that_does_not_answer(tmp_path: Path) -> None:
    with Desk(tmp_path, gather_s=0.0) as desk:
        desk.sender.going.clear()
        desk.answers.ask("RockBLOCK", DEVICE, desk.hear(1))
        assert desk.sender.busy.wait(20)
        desk.answers.stop()
        assert desk.sender.sent == []


def test_a_carrier_without_an_account_is_not_answered(tmp_path: Path) -> None:
    with Desk(tmp_path, gather_s=0.0) as desk:
        desk.answers.ask("Notehub", hooked.NOTECARD, desk.hear(1))
        assert not desk.answers.waiting


def test_no_secret_is_ever_logged(
    hub: Notehub,
    gateway: RockblockGateway,
    notehub: NotehubTerms,
    rockblock: RockblockTerms,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.connect(hooked.IMEI, lambda frame: None)
    for sender, device in ((NotehubSender(notehub), "dev:x"), (RockblockSender(rockblock), DEVICE)):
        try:
            sender.send(device, FRAME)
        except SendError as error:
            logging.warning("%s %r", error, error)
    said = caplog.text + repr((notehub, rockblock))
    assert hooked.TOKEN not in said
    assert hooked.PASSWORD not in said
