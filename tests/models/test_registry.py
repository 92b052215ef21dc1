"""The registry names each shipped file exactly and says plainly when a file is not that one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.registry import (
    REGISTRY_PATH,
    ModelError,
    ModelFileChangedError,
    ModelFileMissingError,
    ModelFileTruncatedError,
    Registry,
    RegistryError,
    UnknownModelError,
    load_registry,
)

ROLES = ("detector", "species")
Edit = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return load_registry()


@pytest.fixture
def copied(tmp_path: Path) -> Registry:
    """The shipped registry and its files, in a folder that a test may spoil."""
    for entry in load_registry().entries.values():
        shutil.copy(entry.path, tmp_path)
    shutil.copy(REGISTRY_PATH, tmp_path)
    return load_registry(tmp_path / REGISTRY_PATH.name)


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Writes the shipped registry with one piece of text replaced and returns its path."""

    def edit(old: str, new: str) -> Path:
        text = REGISTRY_PATH.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / REGISTRY_PATH.name
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return edit


@pytest.mark.parametrize("role", ROLES)
def test_each_shipped_file_has_its_registered_size_and_hash(shipped: Registry, role: str) -> None:
    entry = shipped.default(role)
    contents = entry.read()
    assert len(contents) == entry.size_bytes
    assert contents[4:8] == b"TFL3"


@pytest.mark.parametrize("role", ROLES)
def test_each_shipped_model_has_a_card_that_quotes_its_hash(shipped: Registry, role: str) -> None:
    entry = shipped.default(role)
    assert entry.sha256 in entry.card_path.read_text(encoding="utf-8")


@pytest.mark.parametrize("role", ROLES)
def test_input_levels_are_pixels_less_128(shipped: Registry, role: str) -> None:
    spec = shipped.default(role).input
    for pixel in (0, 1, 127, 254, 255):
        real = (pixel - spec.mean) / spec.std
        assert round(real / spec.scale) + spec.zero_point == pixel - 128


def test_a_missing_file_is_named_with_the_way_out(copied: Registry) -> None:
    entry = copied.default("detector")
    entry.path.unlink()
    with pytest.raises(ModelFileMissingError, match="irbis models verify") as caught:
        entry.read()
    assert str(entry.path) in str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)
    assert isinstance(caught.value, ModelError)


def test_a_truncated_file_is_told_by_both_sizes(copied: Registry) -> None:
    entry = copied.default("species")
    entry.path.write_bytes(entry.path.read_bytes()[:1000])
    with pytest.raises(ModelFileTruncatedError, match=f"1000 bytes, {entry.size_bytes} expected"):
        entry.read()


def test_an_empty_file_is_truncated(copied: Registry) -> None:
    entry = copied.default("species")
    entry.path.write_bytes(b"")
    with pytest.raises(ModelFileTruncatedError, match="0 bytes"):
        entry.read()


def test_one_flipped_bit_is_told_by_both_hashes(copied: Registry) -> None:
    entry = copied.default("detector")
    contents = bytearray(entry.path.read_bytes())
    contents[len(contents) // 2] ^= 1
    entry.path.write_bytes(contents)
    with pytest.raises(ModelFileChangedError, match=f"{entry.sha256} expected") as caught:
        entry.read()
    assert isinstance(caught.value, ValueError)


def test_an_unknown_name_lists_the_known_ones(shipped: Registry) -> None:
    with pytest.raises(UnknownModelError, match="megadetector-lite-320-int8"):
        shipped.get("no-such-model")


def test_an_unknown_role_lists_the_known_ones(shipped: Registry) -> None:
    with pytest.raises(UnknownModelError, match="detector, species"):
        shipped.default("oracle")


def test_an_unknown_output_lists_the_known_ones(shipped: Registry) -> None:
    with pytest.raises(UnknownModelError, match="probabilities, embedding"):
        shipped.default("species").output("boxes")


def test_a_missing_registry_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="is missing"):
        load_registry(tmp_path / "registry.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("irbis.models/1", "irbis.models/9", "this version reads 'irbis.models/1'"),
        ('schema = "', "schema = ", "is not TOML"),
        ("role = ", "rule = ", "'role' is missing"),
        ("strides = [8, 16, 32]", 'strides = "8"', "'strides' must be a list of integers"),
        ("size_bytes = ", "size_bytes = -0.5 # ", "'size_bytes' must be an integer"),
        ('colour = "BGR"', 'colour = "GRB"', "'colour' must be one of BGR, RGB"),
        ('fit = "letterbox"', 'fit = "crop"', "'fit' must be one of letterbox, stretch"),
        ('sha256 = "', 'sha256 = "XY', "64 lower-case hex digits"),
        ("detection = 0.25", "detection = true", "'detection' must be a number"),
        ('detector = "', 'detector = "old-', "which is not under .models."),
        ('species = "efficientnet', 'oracle = "efficientnet', "has the role 'species'"),
    ],
)
def test_a_broken_registry_says_what_is_wrong(edited: Edit, old: str, new: str, said: str) -> None:
    with pytest.raises(RegistryError, match=said) as caught:
        load_registry(edited(old, new))
    assert "registry.toml" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_schema_error_names_the_model_and_the_key(edited: Edit) -> None:
    with pytest.raises(RegistryError, match="megadetector-lite-320-int8, input: 'colour'"):
        load_registry(edited('colour = "BGR"', "colour = 3"))
