"""Burst ids: the same pictures keep theirs, other pictures have others."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from edge.capture.identity import new_burst_id, replayed_burst_id

ID = re.compile("[0-9a-f]{32}")
frames = st.lists(st.tuples(st.text(max_size=10), st.binary(max_size=10)), max_size=4)


@given(frames)
def test_the_same_pictures_have_the_same_id(burst):
    assert replayed_burst_id(burst) == replayed_burst_id(iter(burst))
    assert ID.fullmatch(replayed_burst_id(burst))


@given(frames, frames)
def test_other_pictures_have_another_id(one, other):
    assert (replayed_burst_id(one) == replayed_burst_id(other)) == (one == other)


def test_bytes_cannot_move_between_name_and_content_or_between_frames():
    splits = [
        [("ab", b"cd")],
        [("abc", b"d")],
        [("a", b"bcd")],
        [("ab", b"c"), ("", b"d")],
        [("ab", b""), ("", b"cd")],
        [("", b"abcd")],
    ]
    assert len({replayed_burst_id(split) for split in splits}) == len(splits)


def test_the_id_of_known_pictures_stays_what_it_was():
    """A change here would judge every card again that was replayed before."""
    known = [("100RECNX/RCNX0001.JPG", b"one"), ("100RECNX/RCNX0002.JPG", b"two")]
    assert replayed_burst_id(known) == "df719fd014baf6dfcebf1576358c129c"


def test_a_name_that_is_not_unicode_has_an_id_too():
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    assert ID.fullmatch(replayed_burst_id([(name, b"x")]))


def test_bursts_of_a_lens_never_share_an_id():
    made = {new_burst_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(ID.fullmatch(one) for one in made)
