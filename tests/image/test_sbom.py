"""The bill of materials names every package, wheel and model, with its hash and licence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from models.registry import REGISTRY_PATH, load_registry
from tools.image.manifest import read_manifest, resolve
from tools.image.sbom import bill

STATUS = """\
Package: zstd
Status: install ok installed
Architecture: arm64
Version: 1.5.4+dfsg2-5
Description: fast compressor
 Status: this is no field

Package: gone
Status: deinstall ok config-files
Architecture: arm64
Version: 1
"""
PACKAGES = """\
Package: zstd
Architecture: arm64
Version: 1.5.4+dfsg2-5
SHA256: 4444444444444444444444444444444444444444444444444444444444444444

Package: zstd
Architecture: arm64
Version: 1.5.2-1
SHA256: 2222222222222222222222222222222222222222222222222222222222222222
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: BSD-3-clause and GPL-2

License: GPL-2
 On Debian systems ...
"""
LOCK = """\
cbor2==6.2.1 \\
    --hash=sha256:6666666666666666666666666666666666666666666666666666666666666666
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:7777777777777777777777777777777777777777777777777777777777777777
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    packages = root / "opt/irbis/lib/python3.11/site-packages"
    laid = {
        root / "var/lib/dpkg/status": STATUS,
        root / "usr/share/doc/zstd/copyright": COPYRIGHT,
        packages / "cbor2-6.2.1.dist-info/METADATA": (
            "Metadata-Version: 2.4\nName: cbor2\nVersion: 6.2.1\nLicense-Expression: MIT\n\nText\n"
        ),
        packages / "old-1.0.dist-info/METADATA": (
            "Name: old\nVersion: 1.0\nLicense: UNKNOWN\n"
            "Classifier: License :: OSI Approved :: BSD License\n"
        ),
        tmp_path / "lists/main_Packages": PACKAGES,
        tmp_path / "lock": LOCK,
    }
    for path, text in laid.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (packages / "models").mkdir()
    shutil.copy(REGISTRY_PATH, packages / "models")
    return root


def told(root: Path) -> dict[str, dict[str, object]]:
    recipe = resolve(read_manifest(), "qemu", "bookworm")
    lists, lock = root.parent / "lists", root.parent / "lock"
    document = json.loads(bill(recipe, root, lists, lock, 1_790_000_000))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    assert document["metadata"]["component"]["name"] == "irbis-qemu-bookworm"
    return {part["name"]: part for part in document["components"]}


def test_a_package_has_the_hash_of_its_own_version_and_its_licences(root: Path) -> None:
    zstd = told(root)["zstd"]
    assert zstd["purl"] == "pkg:deb/debian/zstd@1.5.4+dfsg2-5?arch=arm64"
    assert zstd["hashes"] == [{"alg": "SHA-256", "content": "4" * 64}]
    names = [entry["license"]["name"] for entry in zstd["licenses"]]  # type: ignore[attr-defined]
    assert names == ["BSD-3-clause and GPL-2", "GPL-2"]


def test_a_copyright_file_that_no_machine_reads_is_pointed_at(root: Path) -> None:
    (root / "usr/share/doc/zstd/copyright").write_text("This is free software.\n")
    assert told(root)["zstd"]["licenses"] == [
        {"license": {"name": "as /usr/share/doc/zstd/copyright says"}}
    ]


def test_what_was_removed_is_not_on_the_card(root: Path) -> None:
    assert "gone" not in told(root)


def test_a_wheel_has_its_locked_hashes_and_what_it_says_of_its_licence(root: Path) -> None:
    parts = told(root)
    assert parts["cbor2"]["licenses"] == [{"license": {"name": "MIT"}}]
    assert parts["cbor2"]["properties"] == [{"name": "irbis:locked-sha256", "value": "6" * 64}]
    assert parts["old"]["licenses"] == [{"license": {"name": "BSD License"}}]


def test_every_model_is_told_with_its_hash(root: Path) -> None:
    parts = told(root)
    for name, entry in load_registry().entries.items():
        assert parts[name]["type"] == "machine-learning-model"
        assert parts[name]["hashes"] == [{"alg": "SHA-256", "content": entry.sha256}]
        assert parts[name]["licenses"]


def test_the_same_card_has_the_same_bill(root: Path) -> None:
    assert told(root) == told(root)
