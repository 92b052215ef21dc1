"""Whatever happens in whatever order, the spool agrees with a simple model of it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from edge.records import ItemKind
from edge.security.keys import BasecampKey
from edge.spool import past
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.kit.card import evidence_ids
from tests.spool.makers import a_blank, a_burst, a_goat, a_target, an_item, burst_id

NUMBERS = st.integers(0, 7)
KEY = BasecampKey.generate()


class SpoolMachine(RuleBasedStateMachine):
    """Admits, judges and acknowledges, closes and crashes; remembers in sets what must be."""

    remembered = 0

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="irbis-spool-"))
        self.lives = 0
        self.waiting: list[int] = []
        self.judged: dict[int, bytes] = {}
        self.held: set[int] = set()
        self.outbox: set[bytes] = set()
        self.acknowledged = 0
        self.spool = self.open()

    def open(self) -> Spool:
        folder = self.root / str(self.lives)
        budget, memory = Budget(min_free_bytes=0), self.root / "memory"
        return Spool(folder, KEY.token.seal, budget, memory, self.remembered)

    @rule(number=NUMBERS)
    def admit(self, number: int) -> None:
        new = number not in self.waiting and number not in self.judged
        assert self.spool.admit(a_burst(number)) == new
        if new:
            self.waiting.append(number)
            self.held.add(number)

    @precondition(lambda self: self.waiting)
    @rule(verdict=st.sampled_from(["target", "goat", "blank", "audited"]))
    def judge(self, verdict: str) -> None:
        captured = self.spool.next_captured()
        number = self.waiting.pop(0)
        assert captured is not None
        assert captured.burst_id == burst_id(number)
        assert captured.frames == a_burst(number).frames
        items = [an_item(number), an_item(number, ItemKind.CROP)]
        settlement = {
            "target": lambda: a_target(number, *items),
            "goat": lambda: a_goat(number),
            "blank": lambda: a_blank(number),
            "audited": lambda: a_blank(number, audited=True),
        }[verdict]()
        assert self.spool.settle(settlement)
        self.judged[number] = settlement.judgement
        self.outbox |= {item.item_id for item in settlement.items}
        if not settlement.keep:
            self.held.remove(number)

    @precondition(lambda self: self.judged)
    @rule(data=st.data())
    def judge_again(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.judged)))
        assert not self.spool.settle(a_target(number))

    @rule(number=NUMBERS, kind=st.sampled_from([ItemKind.SIGHTING, ItemKind.CROP]))
    def acknowledge(self, number: int, kind: ItemKind) -> None:
        item_id = an_item(number, kind).item_id
        released = self.spool.outbox.acknowledge([item_id])
        assert len(released) == (item_id in self.outbox)
        self.acknowledged += len(released)
        self.outbox.discard(item_id)

    @rule()
    def close_and_open(self) -> None:
        self.spool.close()
        self.spool = self.open()

    @rule()
    def crash(self) -> None:
        """The next life begins with the files as they lie at this moment."""
        before, self.lives = self.lives, self.lives + 1
        shutil.copytree(self.root / str(before), self.root / str(self.lives))
        dead, self.spool = self.spool, self.open()
        dead._release()

    @invariant()
    def all_is_where_it_must_be(self) -> None:
        spool = self.spool
        assert spool.unjudged() == len(self.waiting)
        self.all_is_known({j.burst_id: j.judgement for j in spool.judged()})
        assert {item.item_id for item in spool.outbox.next_items(100)} == self.outbox
        assert evidence_ids(self.root / str(self.lives)) == set(map(burst_id, self.held))
        counters = spool.ledger.counters()
        assert counters.get("bursts", 0) == len(self.waiting) + len(self.judged)
        assert counters.get("acknowledged", 0) == self.acknowledged

    def all_is_known(self, found: dict[str, bytes]) -> None:
        assert found == {burst_id(number): text for number, text in self.judged.items()}

    def teardown(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()
            shutil.rmtree(self.root)


class ForgetfulMachine(SpoolMachine):
    """The same with a spool that remembers its last two bursts alone."""

    remembered = 2

    def all_is_known(self, found: dict[str, bytes]) -> None:
        known = {burst_id(number): text for number, text in self.judged.items()}
        assert found.items() <= known.items()
        assert {burst_id(number) for number in self.held - set(self.waiting)} <= found.keys()
        assert all(self.spool.knows(name) for name in known)


TestAnyOrder = SpoolMachine.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


class TestAnyOrderForgetting(ForgetfulMachine.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

    def setUp(self) -> None:
        self.enterContext(mock.patch.object(past, "BATCH", 1))
