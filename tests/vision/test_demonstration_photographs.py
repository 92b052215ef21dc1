"""The shipped models judge the shipped photographs as a person would, and lose nothing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from edge.config import Triage
from edge.records import Judgement, ObservationType
from edge.vision.decode import decode
from edge.vision.errors import DecodeError
from edge.vision.eyes import Eyes
from edge.vision.look import LONG_SIDE_PX
from edge.vision.targets import target_group
from edge.vision.triage import judge

PHOTOS = Path(__file__).resolve().parents[2] / "tools" / "demo" / "photos"


def judged(name: str, eyes: Eyes, policy: Triage) -> Judgement:
    """The judgement on the one burst whose folder ends in ``name``."""
    folders = list(PHOTOS.glob(f"*-{name}"))
    if not folders:
        pytest.skip(f"no demonstration photographs of {name} here")
    files = sorted(path for path in folders[0].iterdir() if path.is_file())
    return judge([path.read_bytes() for path in files], eyes, policy)


@pytest.mark.parametrize("name", ["jaguar", "two-jaguars", "jaguar-by-night"])
def test_a_spotted_cat_is_a_target_with_crops_and_codes(
    name: str, eyes: Eyes, policy: Triage
) -> None:
    judgement = judged(name, eyes, policy)
    assert judgement.verdict.target
    assert judgement.crops and judgement.descriptors
    assert judgement.quality > 0.5


@pytest.mark.parametrize("name", ["ibex", "horse", "polar-bear"])
def test_another_animal_is_no_target(name: str, eyes: Eyes, policy: Triage) -> None:
    verdict = judged(name, eyes, policy).verdict
    assert verdict.observation_type is ObservationType.ANIMAL and not verdict.target


def test_a_cheetah_is_neither_a_target_nor_blank(eyes: Eyes, policy: Triage) -> None:
    verdict = judged("cheetah", eyes, policy).verdict
    assert not verdict.target and verdict.observation_type is not ObservationType.BLANK


@pytest.mark.parametrize("name", ["thorn-bush", "plain", "plateau", "sand"])
def test_an_empty_scene_is_blank(name: str, eyes: Eyes, policy: Triage) -> None:
    assert judged(name, eyes, policy).verdict.observation_type is ObservationType.BLANK


def test_a_burst_from_a_damaged_card_is_kept_with_a_small_picture(
    eyes: Eyes, policy: Triage
) -> None:
    judgement = judged("damaged-card", eyes, policy)
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert len(judgement.crops) == 1 and len(judgement.crops[0].data) <= 2048


@pytest.mark.parametrize("photo", sorted(PHOTOS.glob("*/*.jpg")), ids=lambda p: p.parent.name)
def test_the_species_of_the_target_share_what_both_heads_agreed_on(photo: Path, eyes: Eyes) -> None:
    """One of them likelier than the whole group would raise a doubt that nothing supports."""
    assert eyes.working is not None
    with suppress(DecodeError):
        naming = eyes.working[1].name(decode(photo.read_bytes(), LONG_SIDE_PX).pixels, [])
        group = target_group(Triage().targets)
        listed = sum(share for name, share in naming.species if name in group)
        assert listed <= naming.target_mass + 1e-6
