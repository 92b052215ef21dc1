"""The bill of materials of a card: every package, wheel and model, with hash and licence.

CycloneDX 1.5 as JSON (https://cyclonedx.org/docs/1.5/json/). What Debian's copyright files and the
wheels' metadata say is told in their own words; what they do not say is left out.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from edge import __version__
from models.registry import load_registry
from tools.image.manifest import Recipe
from tools.image.wheels import chosen_lines

Component = dict[str, Any]


def bill(recipe: Recipe, root: Path, lists: Path, lock: Path, epoch: int) -> str:
    """The bill of ``root``, as JSON. ``lists`` holds apt's lists, ``lock`` names the wheels."""
    parts = [*debs(root, lists), *wheels(root, recipe, lock), *models(root)]
    parts.sort(key=lambda part: str(part["bom-ref"]))
    text = json.dumps(parts, sort_keys=True)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, text)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "operating-system",
                "name": recipe.compatible,
                "version": __version__,
                "bom-ref": "card",
            },
        },
        "components": parts,
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def debs(root: Path, lists: Path) -> Iterator[Component]:
    """Installed Debian packages; the hash is that of the .deb, as the signed lists have it."""
    known = dict(_listed(lists))
    for entry in _paragraphs((root / "var/lib/dpkg/status").read_text(encoding="utf-8")):
        if not entry.get("Status", "").endswith(" installed"):
            continue
        name, version, architecture = entry["Package"], entry["Version"], entry["Architecture"]
        sha256 = known.get((name, version, architecture))
        reference = f"pkg:deb/debian/{name}@{version}?arch={architecture}"
        yield _component("library", name, version, reference, sha256, _deb_licences(root, name))


def wheels(root: Path, recipe: Recipe, lock: Path) -> Iterator[Component]:
    """Python packages of /opt/irbis. A lock names the hash of each wheel there is, of which one
    went in: all are told as properties, and what lies in RECORD tells the rest."""
    pinned = {}
    for line in chosen_lines(lock.read_text(encoding="utf-8"), recipe.interpreter):
        name, _, hashes = line.partition(" --hash=")
        pinned[_plain(name.partition("==")[0])] = re.findall("sha256:([0-9a-f]{64})", hashes)
    for info in sorted(root.glob("opt/irbis/lib/python3*/site-packages/*.dist-info")):
        told = HeaderParser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
        name, version = told["Name"], told["Version"]
        reference = f"pkg:pypi/{_plain(name)}@{version}"
        part = _component("library", name, version, reference, None, _wheel_licences(told))
        part["properties"] = [
            {"name": "irbis:locked-sha256", "value": value}
            for value in pinned.get(_plain(name), [])
        ]
        yield part


def models(root: Path) -> Iterator[Component]:
    """The networks, from the registry that lies beside them."""
    for path in root.glob("opt/irbis/lib/python3*/site-packages/models/registry.toml"):
        for name, entry in sorted(load_registry(path).entries.items()):
            yield _component(
                "machine-learning-model", name, entry.sha256[:12], f"model:{name}", entry.sha256,
                [entry.licence],
            )  # fmt: skip


def _component(
    kind: str, name: str, version: str, ref: str, sha256: str | None, licences: list[str]
) -> Component:
    part: Component = {"type": kind, "name": name, "version": version, "bom-ref": ref}
    if ref.startswith("pkg:"):
        part["purl"] = ref
    if sha256 is not None:
        part["hashes"] = [{"alg": "SHA-256", "content": sha256}]
    if licences:
        part["licenses"] = [{"license": {"name": licence}} for licence in licences]
    return part


def _listed(lists: Path) -> Iterator[tuple[tuple[str, str, str], str]]:
    for file in sorted(lists.glob("*_Packages")):
        for entry in _paragraphs(file.read_text(encoding="utf-8")):
            key = (entry["Package"], entry["Version"], entry["Architecture"])
            yield key, entry["SHA256"]


def _paragraphs(text: str) -> Iterator[Mapping[str, str]]:
    """Paragraphs of a Debian control file; of a field, its first line."""
    for paragraph in text.split("\n\n"):
        fields = {}
        for line in paragraph.splitlines():
            if line and not line[0].isspace():
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        if "Package" in fields:
            yield fields


def _deb_licences(root: Path, package: str) -> list[str]:
    """The short names in a machine-readable copyright file (DEP 5); of another, where it lies."""
    name = f"usr/share/doc/{package}/copyright"
    try:
        text = (root / name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    named = {line[8:].strip() for line in text.splitlines() if line.startswith("License:")}
    return sorted(named - {""}) or [f"as /{name} says"]


def _wheel_licences(told: Message) -> list[str]:
    expression = told.get("License-Expression")
    if expression:
        return [expression]
    named = [
        value.rpartition("::")[2].strip()
        for key, value in told.items()
        if key == "Classifier" and value.startswith("License ::")
    ]
    short = (told.get("License") or "").strip().splitlines()
    return sorted(set(named)) or short[:1]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower().strip()
