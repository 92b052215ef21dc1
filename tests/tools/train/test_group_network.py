"""The group head's small network learns, and its file says the same as the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.vision.errors import InferenceError
from edge.vision.groups import load_group_head
from models.registry import ModelEntry, load_registry
from tools.train.groups.features import Looked
from tools.train.groups.making import (
    CALLED,
    TARGET_GROUPS,
    Fitted,
    as_model,
    fit_head,
)
from tools.train.groups.network import Recipe
from tools.train.groups.operating import LEAST_LOOKS, MOST_MOVED, at, operating_point
from tools.train.material.samples import GROUPS
from tools.train.registering import register

FEATURES = 1280


@pytest.fixture(scope="module")
def clouds() -> tuple[np.ndarray, np.ndarray]:
    """Points around one centre a group, in few of many directions."""
    random = np.random.default_rng(3)
    groups = random.integers(len(GROUPS), size=1500)
    centres = random.normal(0, 1, (len(GROUPS), FEATURES))
    points = centres[groups] * 0.25 + random.normal(0, 1, (1500, FEATURES))
    return points.astype(np.float32), groups.astype(np.int64)


@pytest.fixture(scope="module")
def head(clouds: tuple[np.ndarray, np.ndarray]) -> Fitted:
    points, groups = clouds
    return fit_head(
        points[:1000], groups[:1000], Recipe(hidden=16, steps=150, batch=256), lambda *_: None
    )


def test_it_tells_apart_what_it_has_not_seen(
    head: Fitted, clouds: tuple[np.ndarray, np.ndarray]
) -> None:
    points, groups = clouds
    right = head.probabilities(points[1000:]).argmax(axis=1) == groups[1000:]
    assert right.mean() > 0.9


def test_two_fits_of_one_seed_are_equal(clouds: tuple[np.ndarray, np.ndarray]) -> None:
    recipe = Recipe(hidden=8, steps=5, batch=64)
    first, second = (fit_head(*clouds, recipe, lambda *_: None) for _ in range(2))
    assert np.array_equal(first.layers.hidden, second.layers.hidden)


def looks(points: np.ndarray, groups: np.ndarray, masses: np.ndarray | None = None) -> Looked:
    """One look at each of as many samples."""
    count = len(points)
    said = np.full(count, 0.3, np.float32) if masses is None else masses
    return Looked(points, groups, said, np.arange(count), np.zeros(count, bool))


@pytest.fixture
def seen(clouds: tuple[np.ndarray, np.ndarray]) -> Looked:
    return looks(*clouds)


PLACES = [f"S{n % 5}" for n in range(1500)]


def called(head: Fitted, seen: Looked, target: bool) -> float:
    """Share of the looks with, or without, a target that are called one."""
    chosen = np.isin(seen.groups, TARGET_GROUPS) == target
    return float((head.target_masses(seen)[chosen] >= CALLED).mean())


def test_its_operating_point_lets_few_others_be_called_a_target(head: Fitted, seen: Looked) -> None:
    before = replace(head, offset=4.0)
    point = operating_point(seen, PLACES, lambda _: before)
    after = at(before, point)
    assert point.chosen and point.places == 5
    assert before.offset - MOST_MOVED <= after.offset < before.offset
    assert called(after, seen, target=False) < called(before, seen, target=False)
    assert "Nothing that was kept back" in point.line


def test_its_operating_point_loses_no_leopards_for_that(head: Fitted, seen: Looked) -> None:
    """Where leopards are as doubtful as the rest, the rest is let through."""
    half = np.random.default_rng(5).random(len(seen.groups)) < 0.5
    mixed = replace(seen, groups=np.where(half, 0, seen.groups))
    before = replace(head, offset=4.0)
    after = at(before, operating_point(mixed, PLACES, lambda _: before))
    kept = called(after, mixed, target=True) / called(before, mixed, target=True)
    assert kept >= 0.985 and called(after, mixed, target=False) > 0.005


def test_no_look_has_a_say_in_the_head_that_judges_it(
    head: Fitted, clouds: tuple[np.ndarray, np.ndarray]
) -> None:
    places = [f"S{n % 5}" for n in range(1500)]
    fitted_to: list[set[str]] = []

    def fitted(part: Looked) -> Fitted:
        fitted_to.append({places[index] for index in part.samples})
        return head

    operating_point(looks(*clouds), places, fitted)
    assert len(fitted_to) == 3
    left_out = [set(places) - learnt for learnt in fitted_to]
    assert sorted(place for part in left_out for place in part) == sorted(set(places))


def test_few_looks_or_a_single_place_choose_nothing(
    head: Fitted, clouds: tuple[np.ndarray, np.ndarray]
) -> None:
    points, groups = clouds
    few = looks(points[: LEAST_LOOKS // 2], groups[: LEAST_LOOKS // 2])
    for seen, places in ((few, ["A", "B"] * 1000), (looks(points, groups), ["A"] * 1500)):
        point = operating_point(seen, places, lambda _: replace(head, offset=9.0))
        assert not point.chosen and at(head, point).offset == head.offset


def test_what_the_species_model_says_counts_too(
    head: Fitted, clouds: tuple[np.ndarray, np.ndarray]
) -> None:
    points, groups = clouds
    doubtful, sure = (
        head.target_masses(looks(points, groups, np.full(len(points), mass, np.float32)))
        for mass in (0.001, 0.9)
    )
    assert (sure > doubtful).all()


def test_a_few_pictures_more_do_not_wipe_out_what_was_known(
    head: Fitted, clouds: tuple[np.ndarray, np.ndarray]
) -> None:
    points, groups = clouds
    only_cats = groups[:1000] == 0
    recipe = Recipe(hidden=16, steps=20, batch=64, rate=1e-4)
    again = fit_head(
        points[:1000][only_cats], groups[:1000][only_cats], recipe, lambda *_: None, head
    )
    right = again.probabilities(points[1000:]).argmax(axis=1) == groups[1000:]
    assert right.mean() > 0.85
    assert np.abs(again.layers.hidden - head.layers.hidden).max() > 0, "nothing was learnt"


@pytest.fixture
def entry(head: Fitted, tmp_path: Path) -> ModelEntry:
    species = load_registry().default("species")
    register(tmp_path, as_model("valley-groups", head, species, "no photographs", ["nothing"]))
    return load_registry(tmp_path / "registry.toml").default("groups")


def test_a_registered_head_answers_as_it_did_when_it_was_fitted(
    entry: ModelEntry, head: Fitted, clouds: tuple[np.ndarray, np.ndarray]
) -> None:
    loaded = load_group_head(entry, entry.read(), FEATURES)
    for point in clouds[0][:20]:
        answer = loaded.probabilities(point)
        assert tuple(answer) == GROUPS
        assert sum(answer.values()) == pytest.approx(1)
        assert list(answer.values()) == pytest.approx(
            head.probabilities(point[None])[0].tolist(), abs=0.01
        )


def test_a_station_puts_both_models_together_as_training_does(
    entry: ModelEntry, head: Fitted, clouds: tuple[np.ndarray, np.ndarray]
) -> None:
    loaded = load_group_head(entry, entry.read(), FEATURES)
    points, groups = clouds
    held = looks(points[:20], groups[:20], np.linspace(0, 1, 20, dtype=np.float32))
    for point, species, wanted in zip(
        points, held.species_masses, head.target_masses(held), strict=False
    ):
        named = loaded.probabilities(point)
        own = sum(mass for name, mass in named.items() if name.startswith("Panthera"))
        assert loaded.target_mass(own, float(species)) == pytest.approx(wanted, abs=0.02)


def test_the_registry_keeps_what_it_held_before(entry: ModelEntry) -> None:
    registry = load_registry(entry.path.with_name("registry.toml"))
    shipped = load_registry()
    assert registry.defaults == {**shipped.defaults, "groups": "valley-groups"}
    assert shipped.entries.keys() <= registry.entries.keys()
    assert registry.default("detector").read() == shipped.default("detector").read()
    assert entry.sha256 in entry.card_path.read_text(encoding="utf-8")


def test_registering_again_replaces_the_entry(
    entry: ModelEntry, head: Fitted, tmp_path: Path
) -> None:
    species = load_registry().default("species")
    register(tmp_path, as_model("valley-groups", head, species, "other photographs", ["more"]))
    again = load_registry(tmp_path / "registry.toml").default("groups")
    assert again.training_data == "other photographs"


@pytest.mark.parametrize("contents", [b"", b"PK\x03\x04 not a file", bytes(4000)])
def test_a_damaged_file_is_an_error_that_names_the_model(
    entry: ModelEntry, contents: bytes
) -> None:
    with pytest.raises(InferenceError, match="valley-groups"):
        load_group_head(entry, contents, FEATURES)


def test_a_head_of_another_species_model_is_refused(entry: ModelEntry) -> None:
    with pytest.raises(InferenceError, match="another species model"):
        load_group_head(entry, entry.read(), FEATURES + 1)


def test_a_head_without_a_group_for_nothing_is_refused(entry: ModelEntry) -> None:
    other = replace(entry, labels=(*entry.labels[:-1], "rock"))
    with pytest.raises(InferenceError, match="blank"):
        load_group_head(other, entry.read(), FEATURES)
