"""What an outcome puts into the outbox: who is known, and what that changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.records import Identity as Likeness
from edge.records import ItemKind
from edge.security.keys import BasecampKey, StationKey
from edge.triage.dispatch import is_known, outbox_items
from edge.triage.outcome import Outcome
from edge.wire.sealing import Identity
from tests.basecamp.samples import sighting
from tests.triage.makers import FLANK

ASEL, TUMAN = "Asel", "Tuman"


@pytest.mark.parametrize(
    ("scores", "none_of_these", "known"),
    [
        ((0.7, 0.1), 0.15, True),
        ((0.5, 0.3), 0.2, True),
        ((0.49, 0.3), 0.2, False),
        ((0.5,), 0.5, False),
        ((0.3, 0.2), 0.5, False),
        ((), 0.99, False),
        ((0.9,), None, False),
    ],
)
def test_known_is_who_is_more_probable_than_all_else_together(
    scores: tuple[float, ...], none_of_these: float | None, known: bool
) -> None:
    identities = tuple(map(Likeness, (TUMAN, ASEL), scores))
    seen = replace(sighting(), identities=identities, not_in_catalogue=none_of_these)
    assert is_known(seen) is known


def test_without_a_catalogue_nobody_is_known() -> None:
    assert not is_known(replace(sighting(), identities=(), not_in_catalogue=None))


def test_only_the_sighting_of_a_known_cat_is_marked() -> None:
    identity = Identity("ridge-1", StationKey.generate(), BasecampKey.generate().token)
    seen = replace(sighting(), identities=(Likeness(TUMAN, 0.8),), not_in_catalogue=0.1)
    outcome = Outcome(keep=True, sighting=seen, crops=(FLANK, FLANK), send_evidence=True)
    items = list(outbox_items(seen.burst_id, outcome, identity))
    assert [item.kind for item in items if item.known] == [ItemKind.SIGHTING]
    assert len(items) == 4
