"""Certificates for a broker on this machine, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: an authority, and a certificate and key for 127.0.0.1 under it."""

    authority: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """A new authority, and a server certificate that it signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder.mkdir(parents=True)
    _authority(folder)
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    _openssl(
        folder, "req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=broker"
    )
    _openssl(
        folder,
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial"
        " -days 2 -extfile san -out cert.pem",
    )
    for path in folder.iterdir():
        path.chmod(0o644)  # the broker gives up root before it reads them
    return Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")


def make_authority(folder: Path) -> Path:
    """Only an authority, which has signed nothing."""
    folder.mkdir(parents=True)
    _authority(folder)
    return folder / "ca.pem"


def _authority(folder: Path) -> None:
    _openssl(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority",
    )


def _openssl(folder: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True)
