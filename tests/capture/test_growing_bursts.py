"""What is taken becomes durable while the burst goes on, and is one burst in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import edge.capture.stage
from edge.capture.making import BurstTerms
from edge.capture.stage import CaptureStage
from edge.capture.trigger.pacing import PacingTerms
from edge.capture.watch import WatchTerms
from edge.listener import Listener
from edge.security.keys import BasecampKey
from edge.spool.errors import CardFailing
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.capture.watching import Moody, posted

LONG = PacingTerms(debounce_s=0, tail_s=600, longest_s=600, rest_s=0)
QUICK_PICTURES = WatchTerms(BurstTerms(0.0, most_frames=40), ring_frames=2, ring_s=0.03)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    seal = BasecampKey.generate().token.seal
    budget = Budget(min_free_bytes=0)
    with Spool(tmp_path / "spool", seal, budget, tmp_path / "memory") as opened:
        yield opened


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is written at every step."""
    monkeypatch.setattr(edge.capture.stage, "GROW_S", 0.0)
    monkeypatch.setattr(edge.capture.stage, "POLL_S", 0.0)


def growing(folder: Path) -> list[int]:
    """The sizes of the files that grow."""
    return [path.stat().st_size for path in folder.glob("spool/evidence/*/*.growing")]


def test_a_burst_that_is_being_taken_grows_on_the_card_and_is_captured_once(
    spool: Spool, tmp_path: Path, at_once: None
) -> None:
    with posted(Moody(), watch=QUICK_PICTURES, pacing=LONG) as post:
        stage = CaptureStage(post.source, spool, Listener())
        stage.step()
        assert growing(tmp_path) == []
        post.sensor.fire()
        sizes = []
        for _ in range(3):
            post.turn(3)
            stage.step()
            sizes += growing(tmp_path)
        assert sizes == sorted(set(sizes))
        assert len(sizes) == 3
        so_far = post.source.so_far()
        assert so_far is not None
        while not len(post.source.waiting):
            post.turn()
        assert stage.step()
    assert growing(tmp_path) == []
    waiting = spool.next_captured()
    assert waiting is not None
    assert waiting.frames is not None
    assert waiting.burst_id == so_far.burst_id
    assert waiting.captured_at == so_far.captured_at.replace(
        microsecond=so_far.captured_at.microsecond // 1000 * 1000
    )
    assert [frame.fault for frame in waiting.frames] == [None] * 40
    assert spool.unjudged() == 1


def test_a_burst_that_waits_is_stored_before_the_next_one_grows(
    spool: Spool, tmp_path: Path, at_once: None
) -> None:
    with posted(Moody(), watch=QUICK_PICTURES, pacing=LONG) as post:
        stage = CaptureStage(post.source, spool, Listener())
        post.sensor.fire()
        while not len(post.source.waiting):
            post.turn()
        post.sensor.fire()
        post.turn(5)
        assert post.source.so_far() is None
        assert stage.step()
        assert growing(tmp_path) == []
        stage.step()
        assert len(growing(tmp_path)) == 1


def test_a_card_that_fails_while_a_burst_is_taken_is_told_when_it_is_over(
    spool: Spool, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise OSError(5, "the card")

    with posted(Moody(), watch=QUICK_PICTURES, pacing=LONG) as post:
        stage = CaptureStage(post.source, spool, Listener())
        post.sensor.fire()
        post.turn(5)
        with monkeypatch.context() as broken:
            broken.setattr("edge.spool.files.os.fsync", failing)
            assert not stage.step()
            while not len(post.source.waiting):
                post.turn()
            with pytest.raises(CardFailing):
                stage.step()
        assert stage.holds_burst
        assert stage.step()
    assert spool.unjudged() == 1


def test_what_a_burst_has_so_far_is_the_beginning_of_what_it_will_be() -> None:
    with posted(Moody(), watch=QUICK_PICTURES, pacing=LONG) as post:
        assert post.source.so_far() is None
        post.turn(2)
        post.sensor.fire()
        shown = []
        while not len(post.source.waiting):
            post.turn()
            shown.append(post.source.so_far())
        burst = post.source.next_burst(0)
    assert burst is not None
    partly = [one for one in shown if one is not None]
    assert partly
    for one in partly:
        assert one.frames == burst.frames[: len(one.frames)]
        assert (one.burst_id, one.captured_at) == (burst.burst_id, burst.captured_at)
