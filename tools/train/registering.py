"""Putting a freshly made model into a registry: its file, its card and its entry."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.registry import REGISTRY_PATH, Registry, Source, load_registry
from tools.evaluate.kept_back import FILE as HELD_OUT

NOT_HELD_OUT = (
    "Nothing was held out: how this model does at another station was not measured. To see what",
    "the same pictures teach in the same way, train into another folder with `--hold-out 0/4`.",
)
"""Lines of a card where nothing was measured while training."""

Value = str | int | float | bool | Sequence[int] | Sequence[str]


@dataclass(frozen=True, slots=True)
class NewModel:
    """What a registry must know of a model, and the text of its card.

    ``fields`` are the entry's own keys, ``tables`` its subtables (``thresholds``, ``input``),
    ``outputs`` its output tensors.
    """

    name: str
    role: str
    suffix: str
    contents: bytes
    card: str
    fields: Mapping[str, Value]
    tables: Mapping[str, Mapping[str, Value]]
    outputs: Sequence[Mapping[str, Value]]


def prepare_folder(folder: Path) -> Path:
    """Make ``folder`` a registry: a copy of the shipped one, unless it is one already."""
    registry = folder / REGISTRY_PATH.name
    if not registry.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(REGISTRY_PATH.parent.iterdir()):
            if path.suffix in (".toml", ".tflite", ".npz", ".md") and path.name != HELD_OUT:
                shutil.copyfile(path, folder / path.name)
    return registry


def register(folder: Path, model: NewModel) -> None:
    """Write a model's file, card and entry into ``folder`` and make it its role's default.

    It also becomes the model of every profile that took one of its role with the same input until
    now: a station that names a profile is to run what was trained, too. An entry of the same name
    is replaced. The registry is written last and in one go, so that a power cut leaves the old one.
    """
    registry = prepare_folder(folder)
    file, card = f"{model.name}{model.suffix}", f"{model.name}.md"
    (folder / file).write_bytes(model.contents)
    digest = hashlib.sha256(model.contents).hexdigest()
    (folder / card).write_text(model.card.replace("{sha256}", digest), encoding="utf-8")
    fields = {
        "role": model.role,
        "file": file,
        "sha256": digest,
        "size_bytes": len(model.contents),
        "card": card,
        **model.fields,
    }
    tables = ["defaults", *_profiles_of(load_registry(registry), model)]
    text = _without(registry.read_text(encoding="utf-8"), model.name)
    for table in tables:
        text = _chosen_in(table, text, model.role, model.name)
    text += "\n" + _entry(model, fields)
    part = registry.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    load_registry(part)
    part.replace(registry)


def source_table(source: Source) -> dict[str, Value]:
    """The ``source`` table of a model made from the same published weights as another."""
    return {
        "package": source.package,
        "version": source.version,
        "wheel_sha256": source.wheel_sha256,
        "file": source.file,
        "file_sha256": source.file_sha256,
    }


def _entry(model: NewModel, fields: Mapping[str, Value]) -> str:
    lines = _table(f"[models.{model.name}]", fields)
    for name, table in model.tables.items():
        lines += ["", *_table(f"[models.{model.name}.{name}]", table)]
    for output in model.outputs:
        lines += ["", *_table(f"[[models.{model.name}.outputs]]", output)]
    return "\n".join(lines) + "\n"


def _table(head: str, values: Mapping[str, Value]) -> list[str]:
    # JSON's strings, numbers and arrays are TOML's as well.
    return [head, *(f"{key} = {json.dumps(value)}" for key, value in values.items())]


def _without(text: str, name: str) -> str:
    """The registry without the entry of that name and its subtables."""
    entry = re.compile(rf"^\[\[?models\.{re.escape(name)}[.\]]")
    kept: list[str] = []
    dropping = False
    for line in text.splitlines():
        if line.startswith("["):
            dropping = entry.match(line) is not None
        if not dropping:
            kept.append(line)
    return "\n".join(kept).rstrip() + "\n"


def _profiles_of(registry: Registry, model: NewModel) -> list[str]:
    """The tables of the profiles that have a model of this role and input."""
    shape = model.tables["input"]["shape"]
    return [
        f"profiles.{profile}"
        for profile, taken in registry.profiles.items()
        if model.role in taken and list(registry.get(taken[model.role]).input.shape) == shape
    ]


def _chosen_in(table: str, text: str, role: str, name: str) -> str:
    """The registry with ``name`` as the model of ``role`` in a table of choices."""
    head, mark, rest = text.partition(f"[{table}]\n")
    end = rest.find("\n[")
    lines, rest = (rest[:end], rest[end:]) if end >= 0 else (rest, "")
    line = f"{role} = {json.dumps(name)}"
    lines, found = re.subn(rf"^{re.escape(role)} = .*$", line, lines, flags=re.MULTILINE)
    if not found:
        lines = lines.rstrip("\n") + f"\n{line}\n"
    return head + mark + lines + rest
