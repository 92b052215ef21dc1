"""Cuts the power at many moments of a whole station's life; one JSON line of what was found.

    python -m tests.power_cuts.whole.campaign FOLDER POINTS [--seed N] [--weakness W] [--at-once N]

FOLDER is on a fast file system. Everything runs in namespaces of its own and ends with them.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# All that stations and basecamps load late is loaded now: the forks need not.
import edge.board
import edge.health.stage
import edge.links
import edge.triage.known
import edge.triage.stage
import edge.uplink.mqtt_link
import edge.uplink.stage
import edge.vision.background
import edge.vision.triage  # noqa: F401
from tests.kit.camp import Camp
from tests.kit.card import counters
from tests.power_cuts.recorder import RecordedCard, mounted, stand_apart
from tests.power_cuts.replay import CrashPoint, crash_images, crash_points
from tests.power_cuts.weakness import WEAKNESSES
from tests.power_cuts.whole.diary import Diary
from tests.power_cuts.whole.field import Field, equip, lay, learn, moved, spool_on
from tests.power_cuts.whole.forks import in_turn, take_own_network
from tests.power_cuts.whole.life import live
from tests.power_cuts.whole.verdict import Judge
from tests.power_cuts.write_log import Entry, parse
from tools.basecamp.receiver import Receiver
from tools.basecamp.refusals import Refusals
from tools.basecamp.store import Store

SHOWN = 20
PROGRAM = "tests.power_cuts.whole.campaign"


@dataclass(frozen=True, slots=True)
class Story:
    """A recorded life: the card before, its log, where in it the station was first armed, the
    messages that basecamp took with where the log was then, and what was counted at the end."""

    base: bytes
    entries: list[Entry]
    armed_at: int
    diary: Diary
    messages: list[tuple[int, str, bytes]]
    counters: dict[str, int]


def record(field: Field, weakness: str) -> Story:
    with RecordedCard(field.folder) as card:
        equip(card.mounted, field.camp)
        subprocess.run(["sync", "-f", card.mounted], check=True)
        armed_at = card.position()
        # What basecamp hears is kept apart: each crash has a basecamp that knows no more than that.
        living = Field(field.folder, moved(field.camp, field.folder / "living"), field.bursts)
        live(living, card.mounted, card.position, weakness)
        counted = counters(spool_on(card.mounted))
        log = card.log.read_bytes()
    lines = [json.loads(line) for line in (field.folder / "messages").read_text().splitlines()]
    messages = [(at, topic, base64.b64decode(data)) for at, topic, data in lines]
    diary = Diary.read(field.folder / "deeds")
    return Story(card.base.read_bytes(), parse(log), armed_at, diary, messages, counted)


class Heard:
    """Basecamp as it had come by a point of the log; points come in order."""

    def __init__(self, camp: Camp, messages: Sequence[tuple[int, str, bytes]]) -> None:
        self._camp = camp
        self._waiting = list(messages)

    def by(self, cut: int) -> Camp:
        """Basecamp with all that it had taken by then."""
        due = [message for message in self._waiting if message[0] <= cut]
        if due:
            self._waiting = [message for message in self._waiting if message[0] > cut]
            with Store(self._camp.folder) as store:
                receiver = Receiver(self._camp.key, store, Refusals())
                for _, topic, data in due:
                    assert receiver.receive(topic, data) is not None
        return self._camp


def judgements(
    field: Field, story: Story, points: Sequence[CrashPoint]
) -> Iterator[tuple[CrashPoint, Callable[[], list[str]]]]:
    """Those crash points that leave different cards, with what judges each."""
    heard = Heard(field.camp, story.messages)
    seen: set[bytes] = set()
    for point, content in crash_images(story.base, story.entries, points):
        card = hashlib.blake2b(content, digest_size=16).digest()
        if card in seen:
            continue
        seen.add(card)
        folder = field.folder / f"crash-{len(seen)}"
        folder.mkdir()
        (folder / "card.img").write_bytes(content)
        camp = moved(heard.by(point.cut), folder / "camp")
        yield point, lambda p=point, f=folder, c=camp: judged(field, story.diary, p.cut, c, f)


def judged(field: Field, diary: Diary, cut: int, camp: Camp, folder: Path) -> list[str]:
    """What is wrong after this crash; its ``folder`` is removed. For a fork of its own."""
    take_own_network()
    try:
        with mounted(folder / "card.img", folder / "mounted") as card:
            return Judge(field, diary, cut, camp, folder).complaints(card)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(folder: Path, points: int, seed: int, weakness: str, at_once: int) -> None:
    began = time.monotonic()
    field = lay(folder)
    learn(field)
    story = record(field, weakness)
    lived = time.monotonic()
    chosen = crash_points(story.entries, points, seed, story.armed_at)
    tasks = judgements(field, story, chosen)
    verdicts = list(in_turn(tasks, at_once))
    found = [
        {"cut": point.cut, "seed": point.seed, "complaints": wrong}
        for point, wrong in verdicts
        if wrong
    ]
    summary: dict[str, Any] = {
        "points": points,
        "cards": len(verdicts),
        "entries": len(story.entries) - story.armed_at,
        "flushes": sum(entry.flush for entry in story.entries[story.armed_at :]),
        "deeds": {what: len(spans) for what, spans in sorted(story.diary.spans.items())},
        "messages": len(story.messages),
        "counters": story.counters,
        "lived_s": round(lived - began),
        "judged_s": round(time.monotonic() - lived),
        "wrong": len(found),
        "found": found[:SHOWN],
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("points", type=int)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--weakness", choices=WEAKNESSES, default="none")
    arguments.add_argument("--at-once", type=int, default=2 * (os.cpu_count() or 1))
    given = arguments.parse_args()
    stand_apart([sys.executable, "-m", PROGRAM, *sys.argv[1:]])
    main(**vars(given))
