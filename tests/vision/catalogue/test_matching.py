"""A coat is told from others by its points, and only where they lie alike."""

from __future__ import annotations

import numpy as np
import pytest

from edge.records import Side
from edge.vision.catalogue.file import Catalogue, Entry
from edge.vision.catalogue.geometry import agreeing
from edge.vision.catalogue.identify import identify
from edge.vision.catalogue.match import Known, compare
from edge.vision.catalogue.points import CoatPoints, coat_points, pack, unpack
from edge.vision.catalogue.scores import answer, pooled
from edge.vision.decode import Pixels


def coat(seed: int) -> Pixels:
    """Grey fur with dark spots that lie elsewhere for every seed, 200 x 320."""
    rng = np.random.default_rng(seed)
    fur = rng.normal(150, 6, (200, 320))
    rows, columns = np.mgrid[:200, :320]
    for _ in range(120):
        y, x, r = rng.uniform(5, 195), rng.uniform(5, 315), rng.uniform(3, 9)
        fur[(rows - y) ** 2 + (columns - x) ** 2 < r * r] = 60
    return np.repeat(np.clip(fur, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def seen_again(pixels: Pixels) -> Pixels:
    """The same coat, darker and a little larger and shifted."""
    return np.ascontiguousarray((pixels[6:190, 10:300] * 0.7).astype(np.uint8))


@pytest.fixture(scope="module")
def three() -> tuple[Known, ...]:
    return tuple(Known(f"cat-{seed}", (coat_points(coat(seed)).first(150),)) for seed in (1, 2, 3))


def test_a_coat_has_points_and_always_the_same() -> None:
    first, again = coat_points(coat(1)), coat_points(coat(1))
    assert len(first) > 50
    assert (first.codes == again.codes).all() and (first.places == again.places).all()


@pytest.mark.parametrize("shape", [(200, 320, 3), (3, 900, 3), (1, 1, 3)])
def test_what_has_no_marks_has_no_points(shape: tuple[int, ...]) -> None:
    assert len(coat_points(np.full(shape, 128, np.uint8))) == 0


def test_points_lie_on_the_mask() -> None:
    mask = np.zeros((200, 320), np.uint8)
    assert len(coat_points(coat(1), mask)) == 0
    mask[:, :160] = 255
    places = coat_points(coat(1), mask).places
    assert places[:, 0].max() <= coat_points(coat(1)).places[:, 0].max() * 0.55


def test_a_code_stands_for_nearly_the_vector_it_was_made_of() -> None:
    rng = np.random.default_rng(0)
    vectors = np.abs(rng.normal(0, 1, (50, 128))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    codes = pack(vectors)
    assert codes.shape == (50, 32) and codes.dtype == np.uint8
    assert (vectors * unpack(codes)).sum(axis=1).min() > 0.9


def test_the_same_cat_is_supported_and_others_are_not(three: tuple[Known, ...]) -> None:
    support = compare(coat_points(seen_again(coat(2))), three)
    assert support["cat-2"] > 10 * max(support["cat-1"], support["cat-3"], 0.01)


def test_a_stranger_is_supported_less_than_a_resident(three: tuple[Known, ...]) -> None:
    resident = compare(coat_points(seen_again(coat(2))), three)
    stranger = compare(coat_points(seen_again(coat(9))), three)
    assert max(stranger.values()) < 0.3 * resident["cat-2"]


def test_an_animal_without_points_supports_nobody(three: tuple[Known, ...]) -> None:
    nothing = coat_points(np.full((200, 320, 3), 9, np.uint8))
    assert compare(nothing, three) == {"cat-1": 0.0, "cat-2": 0.0, "cat-3": 0.0}


def test_points_that_lie_alike_agree_and_a_stray_one_does_not() -> None:
    rng = np.random.default_rng(1)
    known = rng.integers(10, 60, (20, 4), np.uint8)
    asked = known.copy()
    asked[:, :2] += 3  # the whole flank, shifted
    asked[0, :2] = (200, 5)
    kept = agreeing(asked, known, np.ones(20, np.float32))
    assert not kept[0] and kept[1:].all()


def test_matches_that_would_turn_the_animal_over_never_agree() -> None:
    places = np.random.default_rng(2).integers(10, 60, (9, 4), np.uint8)
    over = places.copy()
    over[:, 3] += 128
    assert not agreeing(places, over, np.ones(9, np.float32)).any()


def test_no_match_is_no_agreement() -> None:
    nothing = np.zeros((0, 4), np.uint8)
    assert agreeing(nothing, nothing, np.zeros(0, np.float32)).shape == (0,)


def test_probabilities_and_none_of_them_make_one() -> None:
    told = answer({"A": 4.0, "B": 0.5})
    assert [one.individual for one in told.identities] == ["A", "B"]
    assert sum(one.score for one in told.identities) + told.not_in_catalogue == pytest.approx(1)


def test_at_most_two_are_named_and_the_rest_keeps_its_share() -> None:
    told = answer({"A": 4.0, "B": 2.0, "C": 1.0})
    assert [one.individual for one in told.identities] == ["A", "B"]
    assert sum(one.score for one in told.identities) + told.not_in_catalogue < 1


def test_more_support_makes_a_stranger_less_likely() -> None:
    shares = [answer({"A": support}).not_in_catalogue for support in (0.0, 1.0, 5.0, 50.0)]
    assert shares == sorted(shares, reverse=True) and len(set(shares)) == 4


def test_the_frames_of_a_burst_speak_together() -> None:
    assert pooled([{"A": 1.0, "B": 0.0}, {"A": 2.0, "B": 1.0}]) == {"A": 1.5, "B": 0.5}


def test_more_frames_alone_make_nobody_likelier() -> None:
    flank = {"A": 1.0, "B": 0.5}
    assert pooled([flank] * 3) == pooled([flank])


def catalogue(known: tuple[Known, ...], side: Side) -> Catalogue:
    return Catalogue(tuple(Entry(side, one) for one in known))


def test_only_the_side_that_was_seen_is_asked(three: tuple[Known, ...]) -> None:
    points = coat_points(seen_again(coat(2)))
    told = identify([(Side.LEFT, points)], catalogue(three, Side.LEFT))
    assert told is not None and told.identities[0].individual == "cat-2"
    assert told.identities[0].score > told.not_in_catalogue
    assert identify([(Side.LEFT, points)], catalogue(three, Side.RIGHT)) is None


def test_without_a_side_or_points_or_catalogue_nothing_is_said(three: tuple[Known, ...]) -> None:
    points, known = coat_points(coat(2)), catalogue(three, Side.LEFT)
    none = CoatPoints(points.places[:0], points.codes[:0])
    assert identify([(Side.UNCLEAR, points)], known) is None
    assert identify([(Side.LEFT, none)], known) is None
    assert identify([], known) is None
    assert identify([(Side.LEFT, points)], None) is None


def test_how_many_are_known_does_not_make_a_stranger_one_of_them() -> None:
    few, many = (answer({str(i): 0.0 for i in range(n)}) for n in (4, 400))
    assert few.not_in_catalogue == pytest.approx(many.not_in_catalogue)
    assert few.not_in_catalogue > 0.9
