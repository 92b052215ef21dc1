"""Opening evidence that was fetched on a card."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey

from edge.records import Burst
from tools.basecamp.content import open_evidence
from tools.basecamp.errors import OutputExists, StoreError
from tools.basecamp.pictures import SUFFIXES, media_type_of


def open_file(file: Path, unseal: PrivateKey, out: Path) -> Path:
    """Write a sealed burst's frames and ``description.json`` to a new folder under ``out``.

    The folder bears the burst's id; it is there whole or not at all, never replaced, and for its
    owner's eyes alone.
    Raises SealError, SpoolError, OutputExists, StoreError.
    """
    try:
        burst = open_evidence(file.read_bytes(), unseal)
        folder = out / burst.burst_id
        if folder.exists():
            raise OutputExists(f"{folder}: there already; nothing was written")
        _write(burst, folder)
    except OutputExists:
        raise
    except OSError as error:
        where = error.filename or file
        raise StoreError(f"{where}: {error.strerror or error}") from error
    return folder


def _write(burst: Burst, folder: Path) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    names = []
    for number, frame in enumerate(burst.frames, start=1):
        name = f"frame-{number:03}{SUFFIXES[media_type_of(frame.data)]}"
        _write_private(partial / name, frame.data)
        names.append(name)
    text = json.dumps(_description(burst, names), indent=2, default=repr)
    _write_private(partial / "description.json", f"{text}\n".encode())
    partial.rename(folder)


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)


def _description(burst: Burst, names: list[str]) -> dict[str, Any]:
    return {
        "burst_id": burst.burst_id,
        "captured_at": burst.captured_at.isoformat(),
        "clock": burst.clock.value,
        "frames": [
            {
                "file": name,
                "captured_at": frame.captured_at.isoformat(),
                "size_bytes": len(frame.data),
                **asdict(frame.exposure),
            }
            for name, frame in zip(names, burst.frames, strict=True)
        ],
    }
