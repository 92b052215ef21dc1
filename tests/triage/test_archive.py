"""A judgement in the spool: whole, but without a picture."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import ObservationType
from edge.triage.archive import archive, restore
from edge.wire.cbor import dumps
from edge.wire.errors import WireError
from tests.triage.makers import FLANK, a_judgement


@pytest.mark.parametrize("kind", ObservationType)
@pytest.mark.parametrize("audited", [True, False])
def test_a_judgement_comes_back_without_crops_and_codes(
    kind: ObservationType, audited: bool
) -> None:
    judgement = a_judgement(kind, crops=(FLANK,), doubts=("dark", "small"))
    assert restore(archive(judgement, audited)) == (
        replace(judgement, crops=(), descriptors=()),
        audited,
    )


def test_no_picture_is_in_it() -> None:
    assert FLANK.data not in archive(a_judgement(ObservationType.ANIMAL, True, (FLANK,)), False)


@given(st.binary(max_size=200) | st.builds(dumps, st.dictionaries(st.text(), st.integers())))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        restore(data)
