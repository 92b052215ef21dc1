"""A judgement in the spool: whole, but without a picture."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import FrameJudgement, Identity, ObservationType
from edge.triage.archive import archive, restore
from edge.wire.cbor import dumps, loads
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


def test_a_frame_that_equalled_another_comes_back_so() -> None:
    judgement = a_judgement(ObservationType.BLANK)
    judgement = replace(judgement, frames=(*judgement.frames, FrameJudgement((), 0.0, same_as=0)))
    assert restore(archive(judgement, False))[0].frames[-1].same_as == 0


def test_frames_archived_before_they_could_equal_others_are_read() -> None:
    judgement = a_judgement(ObservationType.BLANK)
    stored = loads(archive(judgement, False))
    stored["frames"] = [row[:4] for row in stored["frames"]]
    assert restore(dumps(stored))[0].frames == judgement.frames


def test_no_picture_is_in_it() -> None:
    assert FLANK.data not in archive(a_judgement(ObservationType.ANIMAL, True, (FLANK,)), False)


@given(st.binary(max_size=200) | st.builds(dumps, st.dictionaries(st.text(), st.integers())))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        restore(data)


def test_a_card_does_not_tell_which_cat_was_here() -> None:
    judgement = replace(
        a_judgement(ObservationType.ANIMAL, target=True),
        identities=(Identity("PU-07", 0.5), Identity("PU-12", 0.25)),
        not_in_catalogue=0.125,
    )
    archived = archive(judgement, audited=False)
    assert b"PU-07" not in archived
    assert restore(archived)[0].identities == ()
