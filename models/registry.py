"""The registry of shipped models: which file, what goes in, what comes out, where it came from.

Reading is pure standard library, so that a health check or an installer can verify the files
without loading an inference runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.entry import InputSpec, ModelEntry, OutputSpec, Source
from models.errors import (
    ModelError,
    ModelFileChangedError,
    ModelFileError,
    ModelFileMissingError,
    ModelFileTruncatedError,
    RegistryError,
    UnknownModelError,
)
from models.toml_table import Table, read_table

__all__ = [
    "InputSpec",
    "ModelEntry",
    "ModelError",
    "ModelFileChangedError",
    "ModelFileError",
    "ModelFileMissingError",
    "ModelFileTruncatedError",
    "OutputSpec",
    "Registry",
    "RegistryError",
    "Source",
    "UnknownModelError",
    "load_registry",
]

SCHEMA = "irbis.models/1"
REGISTRY_PATH = Path(__file__).with_name("registry.toml")
COLOURS = ("BGR", "RGB")
PADS = ("bottom-right", "none")
FITS = ("letterbox", "stretch", "none")


@dataclass(frozen=True, slots=True)
class Registry:
    """All registered models, the default one of each role, and what a profile takes instead.

    A profile is named after the board it suits (``pi-zero2``, ``pi5``).
    """

    entries: Mapping[str, ModelEntry]
    defaults: Mapping[str, str]
    profiles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def get(self, name: str) -> ModelEntry:
        """Return a model by name.

        Raises:
            UnknownModelError: no model has that name.
        """
        try:
            return self.entries[name]
        except KeyError:
            known = ", ".join(self.entries)
            raise UnknownModelError(f"no model is named {name!r}; known are {known}") from None

    def default(self, role: str, profile: str | None = None) -> ModelEntry:
        """Return the model that a profile takes for a role, or else the role's default.

        Raises:
            UnknownModelError: the role has no default, or there is no such profile.
        """
        if profile is not None and profile not in self.profiles:
            known = ", ".join(self.profiles) or "none"
            raise UnknownModelError(f"no profile is named {profile!r}; known are {known}")
        taken = self.defaults if profile is None else {**self.defaults, **self.profiles[profile]}
        try:
            return self.get(taken[role])
        except KeyError:
            known = ", ".join(self.defaults)
            raise UnknownModelError(
                f"no default model has the role {role!r}; known are {known}"
            ) from None


def load_registry(path: Path | None = None) -> Registry:
    """Read a registry; without `path` the one shipped beside this module.

    Files are looked for beside the registry and are not opened before `ModelEntry.read`.

    Raises:
        RegistryError: the registry is missing, is not TOML or breaks its schema.
    """
    path = path or REGISTRY_PATH
    table = read_table(path, SCHEMA)
    models = table.table("models")
    entries = {name: _entry(name, models.table(name), path.parent) for name in models}
    profiles = table.table("profiles") if table.has("profiles") else None
    return Registry(
        entries,
        _chosen(table.table("defaults"), entries),
        {name: _chosen(profiles.table(name), entries) for name in profiles} if profiles else {},
    )


def _chosen(table: Table, entries: Mapping[str, ModelEntry]) -> dict[str, str]:
    """A model's name for each role."""
    chosen = {role: table.text(role) for role in table}
    for role, name in chosen.items():
        if name not in entries:
            raise table.error(f"{role!r} names {name!r}, which is not under [models]")
        if entries[name].role != role:
            raise table.error(f"{name!r} has the role {entries[name].role!r}, not {role!r}")
    return chosen


def _entry(name: str, table: Table, folder: Path) -> ModelEntry:
    labels_path = folder / table.text("labels_file") if table.has("labels_file") else None
    thresholds = table.table("thresholds")
    calibration = table.table("calibration") if table.has("calibration") else None
    return ModelEntry(
        name=name,
        role=table.text("role"),
        path=folder / table.text("file"),
        sha256=_sha256(table, "sha256"),
        size_bytes=table.integer("size_bytes"),
        input=_input(table.table("input")),
        outputs=tuple(_output(entry) for entry in table.tables("outputs")),
        decode=table.text("decode"),
        strides=table.integers("strides") if table.has("strides") else (),
        labels=table.texts("labels") if labels_path is None else (),
        labels_path=labels_path,
        thresholds={key: thresholds.number(key) for key in thresholds},
        calibration={key: calibration.number(key) for key in calibration} if calibration else {},
        licence=table.text("licence"),
        source=_source(table.table("source")),
        card_path=folder / table.text("card"),
        made_by=table.text("made_by"),
        training_data=table.text("training_data"),
        reads=table.text("reads") if table.has("reads") else None,
    )


def _input(table: Table) -> InputSpec:
    if _one_of(table, "fit", FITS) == "none":
        return InputSpec(table.integers("shape"), table.text("dtype"))
    return InputSpec(
        shape=table.integers("shape"),
        dtype=table.text("dtype"),
        colour=_one_of(table, "colour", COLOURS),
        mean=table.number("mean"),
        std=table.number("std"),
        fit=_one_of(table, "fit", FITS),
        pad=_one_of(table, "pad", PADS),
        pad_value=table.integer("pad_value"),
        scale=table.number("scale"),
        zero_point=table.integer("zero_point"),
    )


def _output(table: Table) -> OutputSpec:
    return OutputSpec(
        meaning=table.text("meaning"),
        index=table.integer("index"),
        name=table.text("name"),
        shape=table.integers("shape"),
    )


def _source(table: Table) -> Source:
    return Source(
        package=table.text("package"),
        version=table.text("version"),
        wheel_sha256=_sha256(table, "wheel_sha256"),
        file=table.text("file"),
        file_sha256=_sha256(table, "file_sha256"),
    )


def _sha256(table: Table, key: str) -> str:
    digest = table.text(key)
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise table.error(f"{key!r} must be 64 lower-case hex digits, found {digest!r:.70}")
    return digest


def _one_of(table: Table, key: str, allowed: tuple[str, ...]) -> str:
    value = table.text(key)
    if value not in allowed:
        raise table.error(f"{key!r} must be one of {', '.join(allowed)}, found {value!r}")
    return value
