"""Labels give every class a name, and a taxon to those that show one."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import RegistryError
from models.labels import Labels, load_labels
from models.registry import load_registry


@pytest.fixture(scope="module")
def shipped() -> Labels:
    return load_registry().default("species").load_labels()


def test_every_output_has_a_name_of_its_own(shipped: Labels) -> None:
    entry = load_registry().default("species")
    assert len(shipped.classes) == entry.output("probabilities").shape[1]
    assert len(set(shipped.classes)) == len(shipped.classes)


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (287, "Lynx"),
        (288, "Panthera pardus"),
        (289, "Panthera uncia"),
        (290, "Panthera onca"),
        (291, "Panthera leo"),
        (292, "Panthera tigris"),
        (293, "Acinonyx jubatus"),
        (274, "Cuon alpinus"),
        (350, "Capra ibex"),
    ],
)
def test_a_wild_class_has_its_scientific_name(shipped: Labels, index: int, name: str) -> None:
    taxon = shipped.taxon(index)
    assert taxon is not None
    assert taxon.scientific_name == name


def test_all_breeds_of_dog_are_one_taxon(shipped: Labels) -> None:
    assert shipped.indices("Canis familiaris") == tuple(range(151, 269))


def test_a_thing_has_no_taxon(shipped: Labels) -> None:
    assert shipped.taxon(shipped.classes.index("abacus")) is None


def test_a_vehicle_is_no_animal(shipped: Labels) -> None:
    assert shipped.classes.index("jeep") in shipped.groups["vehicle"]
    assert all(shipped.taxon(index) is None for index in shipped.groups["vehicle"])


def test_a_detector_with_inline_labels_has_names_alone() -> None:
    labels = load_registry().default("detector").load_labels()
    assert labels == Labels(("animal", "human", "vehicle"), (), {})


LABELS = """
schema = "irbis.labels/1"
classes = ["cat", "dog"]
groups = {{pets = [0, {group}]}}
[[taxa]]
scientific_name = "Felis catus"
english_name = "cat"
rank = "species"
classes = [0]
[[taxa]]
scientific_name = "Canis familiaris"
english_name = "dog"
rank = "species"
classes = [{dog}]
"""


@pytest.mark.parametrize(
    ("group", "dog", "said"),
    [(2, 1, "names class 2, there are 2"), (1, 0, "class 0 belongs to two taxa")],
)
def test_labels_that_contradict_themselves_are_refused(
    tmp_path: Path, group: int, dog: int, said: str
) -> None:
    path = tmp_path / "labels.toml"
    path.write_text(LABELS.format(group=group, dog=dog), encoding="utf-8")
    with pytest.raises(RegistryError, match=said):
        load_labels(path)
