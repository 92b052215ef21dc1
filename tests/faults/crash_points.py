"""Runs a station and a basecamp in one thread and ends the process at each durable step in turn.

Every fsync, rename, removal and commit on either side is a step; the process can end just before
it and just after it, and amid the writing of evidence. A child is forked for each, then a second
child brings the same card once more and goes on to the end. One JSON line a crash: the step, and
what was wrong afterwards.

    python -m tests.faults.crash_points FOLDER CARD [PAIRS SEED]

With PAIRS, each of so many lives is ended at two random steps, the second within the recovery.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from edge.capture.listing import list_bursts
from edge.capture.replay import ReplaySource
from edge.capture.stage import CaptureStage
from edge.config import Triage
from edge.listener import Listener
from edge.records import Vitals
from edge.security.envelope import open_acknowledgement
from edge.security.evidence import Seal
from edge.security.keys import BasecampKey, StationKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.triage.attempts import Attempts
from edge.triage.stage import TriageStage
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.stage import UplinkStage
from edge.vision.eyes import Eyes, open_eyes
from edge.wire.message import decode_acknowledgement, uplink_topic
from edge.wire.sealing import Identity
from tests.kit.card import counters, disorder
from tests.kit.pictures import TARGET, TARGET_MASS
from tests.kit.remembering import Remembering, remember_evidence
from tools.basecamp.receiver import Receiver
from tools.basecamp.refusals import Refusals
from tools.basecamp.store import Store

ENDED_HERE = 77
STATION = "ridge-1"
POLICY = Triage(targets=(TARGET,), target_mass=TARGET_MASS, doubt_mass=0.03, groups="none")


class Cable:
    """A link that ends in basecamp's own receiver: what is sent is stored and acknowledged."""

    generation = 1
    is_up = True

    def __init__(self, receiver: Receiver, identity: Identity) -> None:
        self._receiver = receiver
        self._identity = identity
        self._acknowledged: list[bytes] = []

    def send(self, data: bytes) -> bool:
        answer = self._receiver.receive(uplink_topic(STATION), data)
        assert answer is not None
        body = open_acknowledgement(answer.payload, STATION, self._identity.basecamp)
        self._acknowledged += decode_acknowledgement(body)
        return True

    def poll(self, timeout_s: float) -> list[bytes]:
        acknowledged, self._acknowledged = self._acknowledged, []
        return acknowledged

    def close(self) -> None:
        pass


class Field:
    """One folder with a station's spool and basecamp's data, and the keys of both."""

    def __init__(self, folder: Path, card: Path, eyes: Eyes) -> None:
        self.folder = folder
        self.card = card
        self._eyes = eyes
        self._basecamp = BasecampKey.generate()
        self._identity = Identity(STATION, StationKey.generate(), self._basecamp.token)

    def live(self) -> None:
        """From arming until all is judged and acknowledged."""
        with Store(self.folder / "camp") as store:
            store.enrol(STATION, self._identity.key.token)
            receiver = Receiver(self._basecamp, store, Refusals())
            memory = self.folder / "memory"
            budget = Budget(min_free_bytes=0)
            recipient = self._identity.basecamp.seal
            with Spool(self.folder / "spool", recipient, budget, memory) as spool:
                self._work(spool, memory, Cable(receiver, self._identity))

    def _work(self, spool: Spool, memory: Path, cable: Cable) -> None:
        listener = Listener()
        capture = CaptureStage(ReplaySource(list_bursts(self.card)), spool, listener)
        triage = TriageStage(
            spool, lambda: self._eyes, POLICY, self._identity,
            Attempts(memory, spool.name), listener, Vitals, 24,
        )  # fmt: skip
        dispatcher = Dispatcher(spool.queue, spool.keepsake("schedule"))
        uplink = UplinkStage(
            spool, cable, self._identity, listener, dispatcher, window=2, ack_timeout_s=60
        )
        while not capture.finished or spool.unjudged() or not spool.outbox.is_empty():
            capture.step()
            triage.step()
            uplink.step()

    def verdicts(self) -> dict[str, Any]:
        """What is at rest in both stores: counts that must not depend on any crash."""
        with Store(self.folder / "camp") as store:
            sightings = store.views.sightings(limit=100)
            return {
                "counters": counters(self.folder / "spool"),
                "sightings": sorted(view.sighting.burst_id for view in sightings),
                "pictures": sorted(len(view.pictures) for view in sightings),
                "evidence": sorted(view.burst_id for view in store.views.evidence(limit=100)),
            }

    def complaints(self, expected: dict[str, Any]) -> list[str]:
        found = self.verdicts()
        return disorder(self.folder / "spool") + [
            f"{name} is {found[name]}, expected {expected[name]}"
            for name in expected
            if found[name] != expected[name]
        ]


def end_at(step: int) -> list[str]:
    """From now on the process ends at the ``step``-th durable step; the steps taken so far."""
    taken: list[str] = []

    def around(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            note(f"before {name}")
            result = call(*arguments, **options)
            note(f"after {name}")
            return result

        return watched

    def note(name: str) -> None:
        taken.append(name)
        if len(taken) == step:
            os.write(1, json.dumps({"step": step, "name": name}).encode() + b"\n")
            os._exit(ENDED_HERE)

    class WatchedConnection(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            plain = super().execute
            return (around("commit", plain) if sql == "COMMIT" else plain)(sql, *arguments)

    chunk = Seal.chunk

    def piece_by_piece(*arguments: Any, **options: Any) -> Iterator[bytes]:
        for piece in chunk(*arguments, **options):
            note("amid writing")
            yield piece

    Seal.chunk = piece_by_piece
    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **o: connect(*a, factory=WatchedConnection, **o)
    for name in ("fsync", "rename", "unlink"):
        setattr(os, name, around(name, getattr(os, name)))
    return taken


def in_child(work: Callable[[], None]) -> int:
    """Run ``work`` in a fork of this process; its exit code."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            os.write(1, json.dumps({"died": repr(error)}).encode() + b"\n")
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(folder: Path, card: Path, pairs: int, seed: int) -> None:
    eyes = Remembering(open_eyes(POLICY)).eyes
    remember_evidence()

    def fresh(name: str) -> Field:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
        return Field(folder / name, card, eyes)

    def ended(field: Field, step: int) -> bool:
        def work() -> None:
            end_at(step)
            field.live()

        return in_child(work) == ENDED_HERE

    def finish(field: Field, expected: dict[str, Any]) -> None:
        code = in_child(field.live)
        complaints = field.complaints(expected) if code == 0 else [f"ended with {code}"]
        print(json.dumps({"complaints": complaints}), flush=True)

    calm = fresh("calm")
    calm.live()
    expected = calm.verdicts()
    print(json.dumps({"expected": expected}), flush=True)
    if not pairs:
        step = 1
        while ended(field := fresh("crashed"), step):
            finish(field, expected)
            step += 1
        return
    chance = random.Random(seed)
    for _ in range(pairs):
        field = fresh("crashed")
        ended(field, chance.randint(1, 150))
        ended(field, chance.randint(1, 40))
        finish(field, expected)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[3:]] or [0, 0]
    main(Path(sys.argv[1]), Path(sys.argv[2]), *numbers)
