"""What a classifier's outputs mean: class names, the taxa behind them, and groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.toml_table import Table, read_table

SCHEMA = "irbis.labels/1"


@dataclass(frozen=True, slots=True)
class Taxon:
    """A taxon and the class indices that show it (several breeds may be one species)."""

    scientific_name: str
    english_name: str
    rank: str
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """Names for every class index, taxa for those that are wildlife or livestock, and groups."""

    classes: tuple[str, ...]
    taxa: tuple[Taxon, ...]
    groups: Mapping[str, tuple[int, ...]]

    def taxon(self, index: int) -> Taxon | None:
        """The taxon that class `index` shows, or None where no taxon is registered."""
        return next((taxon for taxon in self.taxa if index in taxon.classes), None)

    def indices(self, scientific_name: str) -> tuple[int, ...]:
        """The class indices of a taxon by its scientific name, empty if it has none."""
        for taxon in self.taxa:
            if taxon.scientific_name == scientific_name:
                return taxon.classes
        return ()


def load_labels(path: Path) -> Labels:
    """Read a labels file.

    Raises:
        models.errors.RegistryError: the file is missing, does not follow its schema, names an
            index beyond the classes, or gives one index to two taxa.
    """
    table = read_table(path, SCHEMA)
    classes = table.texts("classes")
    taxa = tuple(_taxon(entry, len(classes)) for entry in table.tables("taxa"))
    claimed = [index for taxon in taxa for index in taxon.classes]
    twice = sorted({index for index in claimed if claimed.count(index) > 1})
    if twice:
        raise table.error(f"class {twice[0]} belongs to two taxa; keep one")
    groups = table.table("groups")
    return Labels(
        classes,
        taxa,
        {name: _indices(groups, name, len(classes)) for name in groups},
    )


def _taxon(entry: Table, count: int) -> Taxon:
    return Taxon(
        scientific_name=entry.text("scientific_name"),
        english_name=entry.text("english_name"),
        rank=entry.text("rank"),
        classes=_indices(entry, "classes", count),
    )


def _indices(table: Table, key: str, count: int) -> tuple[int, ...]:
    indices = table.integers(key)
    for index in indices:
        if not 0 <= index < count:
            raise table.error(f"{key!r} names class {index}, there are {count}")
    return indices
