"""`irbis queue`: the real decision, repeated for a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.security.bootkey import find_memory_dir
from edge.security.keys import BasecampKey, BasecampToken
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.dispatcher import SHOWN
from edge.uplink.schedule.choose import TURN_EVERY
from edge.uplink.schedule.situation import Situation
from edge.uplink.schedule.snapshot import Snapshot, snapshot_path, write_snapshot
from edge.uplink.schedule.values import ValueClass
from tests.spool.makers import a_burst, a_target, an_item
from tests.uplink.schedule import makers
from tests.uplink.schedule.makers import airtime, lorawan, slow_lorawan, the_situation, wifi
from tools.cli import main

TOKEN = str(BasecampKey.generate().token)
HOUR_S = 3600.0


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "")
    found = find_memory_dir({})
    if found is None:
        pytest.skip("this machine has no RAM file system of its own")
    return found


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    assert main(["config", "new", "--out", str(path), "--basecamp", TOKEN]) == 0
    return path


class Desk:
    """A person at the station, and what its scheduler left behind."""

    def __init__(self, config: Path, memory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._config, self._capsys = config, capsys
        self._left = snapshot_path(memory, config.parent / "spool")

    def leave(self, situation: Situation) -> None:
        write_snapshot(self._left, Snapshot(datetime(2031, 2, 3, 12, tzinfo=UTC), situation))

    def clear(self) -> None:
        self._left.unlink(missing_ok=True)

    def asks(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        assert main(["queue", *words, "--config", str(self._config)]) == code
        told = self._capsys.readouterr()
        return told.err if code else told.out

    def reads(self, *words: str) -> Any:
        return json.loads(self.asks(*words, "--json"))


@pytest.fixture
def desk(config: Path, memory: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    desk = Desk(config, memory, capsys)
    yield desk
    desk.clear()


def test_what_goes_next_says_over_which_link_and_why(desk: Desk) -> None:
    cat = makers.an_item(1)
    desk.leave(the_situation(cat, links=(lorawan(), wifi(down="no broker answers")), now_s=60))
    told = desk.asks("why", cat.item_id.hex()[:8])
    assert "new-looking cat" in told
    assert "goes next over lorawan: its bytes are worth most" in told
    assert "down: no broker answers" in told
    assert "36.00 s in 60 min" in told
    assert len(told.splitlines()) < 24
    assert max(map(len, told.splitlines())) <= 120


def test_an_item_behind_others_names_them(desk: Desk) -> None:
    cat, beat = makers.an_item(1), makers.an_item(2, ValueClass.TELEMETRY)
    desk.leave(the_situation(cat, beat, links=(lorawan(),)))
    standing = desk.reads("why", beat.item_id.hex())
    assert standing["verdict"] == "waits its turn behind 1 new-looking cat"
    assert (standing["place"], standing["of"]) == (2, 2)
    assert standing["ahead"] == [cat.item_id.hex()]


def test_an_item_short_of_airtime_names_the_budget_and_when_to_look_again(desk: Desk) -> None:
    cat = makers.an_item(1)
    budget = airtime(left_ms=7_000, refill_in_s=1_500)
    desk.leave(the_situation(cat, links=(slow_lorawan(budgets=(budget,)),)))
    told = desk.asks("why", cat.item_id.hex())
    assert "takes 2.79 s, and of airtime 1.00 s are left" in told
    assert "6.00 s kept for alerts; look again in 25 min" in told
    over = desk.reads("why", cat.item_id.hex())["links"][0]
    assert (over["obstacle"], over["ready_in_s"]) == ("budget", 1_500)


def test_an_item_that_no_link_carries_says_so(desk: Desk) -> None:
    crop = makers.an_item(1, ValueClass.CROP)
    desk.leave(the_situation(crop, links=(slow_lorawan(),)))
    told = desk.asks("why", crop.item_id.hex())
    assert "cannot go: no link carries it" in told
    assert "2.2 kB and 12 B of frame are more than the 51 B that it carries now" in told


def test_a_link_that_is_kept_for_more_urgent_things_opens_by_itself(desk: Desk) -> None:
    crop = makers.an_item(1, ValueClass.CROP)
    desk.leave(the_situation(crop, links=(wifi(takes=ValueClass.NEW_CAT),)))
    assert "waits: " in (told := desk.asks("why", crop.item_id.hex()))
    assert "the link is kept for more urgent things now" in told


def test_a_turn_is_told_as_one(desk: Desk) -> None:
    beat = makers.an_item(2, ValueClass.TELEMETRY, waiting_since_s=-HOUR_S)
    links = (lorawan(since_turn=TURN_EVERY - 1),)
    desk.leave(the_situation(makers.an_item(1), beat, links=links))
    assert "it has waited longest" in desk.asks("why")


def test_an_item_waiting_for_an_answer_says_how_often_it_was_sent(desk: Desk) -> None:
    cat = makers.an_item(1, tries={"lorawan": 2}, not_before_s=600)
    desk.leave(the_situation(cat, links=(lorawan(),)))
    assert "sent 2 times without an answer; again in 10 min" in desk.asks("why")


def test_the_list_is_in_the_order_of_going_and_short(desk: Desk) -> None:
    crops = [makers.an_item(number, ValueClass.CROP) for number in range(2, 40)]
    desk.leave(the_situation(*crops, makers.an_item(1, ValueClass.ALERT), links=(wifi(),)))
    told = desk.asks()
    assert "39 items wait; as of 2031-02-03 12:00:00 UTC" in told
    first = next(line for line in told.splitlines() if line.startswith("   1"))
    assert "alert" in first and "goes next over wifi" in first
    assert "and 19 more: irbis queue --all" in told
    assert len(desk.asks("--all").splitlines()) > len(told.splitlines())
    listed = desk.reads()["items"]
    assert [one["place"] for one in listed] == list(range(1, 40))


def test_a_burst_id_stands_for_its_most_valuable_item(desk: Desk) -> None:
    burst = "ab" * 16
    crop = makers.an_item(1, ValueClass.CROP, burst_id=burst)
    cat = makers.an_item(2, burst_id=burst)
    desk.leave(the_situation(crop, cat, links=(wifi(),)))
    assert desk.reads("why", "abab")["item_id"] == cat.item_id.hex()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("why", "ffff"), "ffff: does not wait here"),
        (("why", ""), "several ids begin so"),
        (("list", "ffff"), "ask: irbis queue why ffff"),
    ],
)
def test_an_id_that_names_no_item_is_one_line(
    desk: Desk, words: tuple[str, ...], told: str
) -> None:
    desk.leave(the_situation(makers.an_item(1), makers.an_item(2), links=(wifi(),)))
    assert told in desk.asks(*words, code=1)


def test_of_a_queue_that_is_longer_than_what_is_shown_nobody_says_what_does_not_wait(
    desk: Desk,
) -> None:
    desk.leave(the_situation(*map(makers.an_item, range(SHOWN)), links=(wifi(),)))
    assert f"not among the first {SHOWN} items of a longer queue" in desk.asks("why", "zz", code=1)


def test_an_empty_queue_says_so(desk: Desk) -> None:
    desk.leave(the_situation(links=(wifi(),)))
    assert desk.asks() == "nothing waits to be sent\n"
    assert "nothing waits" in desk.asks("why", code=1)


def test_a_station_that_does_not_run_shows_its_outbox(desk: Desk, config: Path) -> None:
    recipient = BasecampToken.parse(TOKEN).seal
    with Spool(config.parent / "spool", recipient, Budget(min_free_bytes=0)) as spool:
        spool.admit(a_burst(1))
        spool.settle(a_target(1))
        told = desk.asks(code=1)
        assert "the station runs, but it has decided nothing" in told
    told = desk.asks()
    assert "1 item waits; the station does not run" in told
    assert an_item(1).item_id.hex()[:12] in told
    assert "waits: the station has no link" in desk.asks("why")


def test_no_spool_is_one_line(desk: Desk) -> None:
    assert "no spool; has this station ever run?" in desk.asks(code=1)


def test_a_snapshot_that_is_damaged_is_not_believed(desk: Desk) -> None:
    desk.leave(the_situation(links=(wifi(),)))
    desk._left.write_text("{")
    assert "no spool" in desk.asks(code=1)
