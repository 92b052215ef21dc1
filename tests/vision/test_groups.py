"""The group head on a station: what it changes, and that a station does without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.config import Triage
from edge.records import Box
from edge.vision.decode import Pixels
from edge.vision.eyes import Eyes, open_eyes
from models.registry import Registry, load_registry

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def roles(eyes: Eyes) -> list[str]:
    return [role for role, _ in eyes.models]


def test_it_says_what_each_of_the_two_surest_boxes_shows(eyes: Eyes, spots: Pixels) -> None:
    assert eyes.working is not None
    naming = eyes.working[1].name(spots, [WHOLE, Box(0.2, 0.2, 0.3, 0.3), Box(0, 0, 0.2, 0.2)])
    assert len(naming.boxed) == 2
    for box in naming.boxed:
        assert 0 <= box.person <= box.something <= 1
        assert 0 <= box.vehicle <= box.something


def test_the_same_pixels_give_the_same_answer(eyes: Eyes, spots: Pixels) -> None:
    assert eyes.working is not None
    first, second = (eyes.working[1].name(spots, [WHOLE]) for _ in range(2))
    assert first.boxed == second.boxed and first.species == second.species


def test_the_species_head_can_be_asked_alone(policy: Triage, spots: Pixels) -> None:
    alone = open_eyes(policy.model_copy(update={"groups": "none"}))
    assert "groups" not in roles(alone) and alone.working is not None
    assert alone.working[1].name(spots, [WHOLE]).boxed == ()


def test_a_target_that_the_group_head_does_not_know_is_left_to_the_species_head(
    policy: Triage,
) -> None:
    tigers = open_eyes(policy.model_copy(update={"targets": ("Panthera tigris",)}))
    assert tigers.blindness is None and "groups" not in roles(tigers)
    assert "does not know Panthera tigris" in (tigers.lacking or "")
    assert open_eyes(policy.model_copy(update={"groups": "none"})).lacking is None


def test_a_group_head_that_the_configuration_names_must_be_there(policy: Triage) -> None:
    """A slip of the pen must not make a station see less without a word."""
    eyes = open_eyes(policy.model_copy(update={"groups": "irbis-grops"}))
    assert "irbis-grops" in (eyes.blindness or "")


@pytest.mark.parametrize("damage", ["missing", "changed", "of another species model"])
def test_a_station_without_a_whole_group_head_still_sees(
    policy: Triage, registry: Registry, tmp_path: Path, damage: str
) -> None:
    entry = registry.default("groups")
    if damage == "missing":
        entry = replace(entry, path=tmp_path / "gone.npz")
    elif damage == "changed":
        path = tmp_path / "changed.npz"
        contents = np.frombuffer(entry.read(), np.uint8).copy()
        contents[100] ^= 1
        path.write_bytes(contents.tobytes())
        entry = replace(entry, path=path)
    else:
        entry = replace(entry, reads="another-species-model")
    damaged = replace(registry, entries={**registry.entries, entry.name: entry})
    eyes = open_eyes(policy, damaged)
    assert eyes.blindness is None and "groups" not in roles(eyes)
    assert eyes.lacking


def test_each_profile_names_models_that_fit_together(registry: Registry) -> None:
    assert set(registry.profiles) == {"pi-zero2", "pi5"}
    for profile in registry.profiles:
        eyes = open_eyes(Triage(profile=profile))
        assert eyes.blindness is None and "groups" in roles(eyes)


def test_an_unknown_profile_makes_a_station_blind_and_says_why() -> None:
    eyes = open_eyes(Triage(profile="abacus"))
    assert eyes.blindness is not None
    assert "abacus" in eyes.blindness and "pi-zero2" in eyes.blindness


def test_the_models_of_a_station_take_no_more_than_twelve_megabytes(registry: Registry) -> None:
    for profile in registry.profiles:
        taken = {*registry.defaults, *registry.profiles[profile]}
        size_bytes = sum(registry.default(role, profile).size_bytes for role in taken)
        assert size_bytes <= 12_000_000
