"""The published weights, found where their package is installed and checked before use."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import torch
from torch import Tensor

from edge.errors import IrbisError
from models.registry import Source

WAY_OUT = "install tools/train/requirements-export.txt as its first lines say"


class WeightsError(IrbisError, ValueError):
    """The installed weights are not the registered ones."""


def read_weights(source: Source) -> dict[str, Tensor]:
    """Load a source's state dict onto the CPU, tensors only, after checking its SHA-256.

    Raises:
        WeightsError: the package is missing or its file has other contents.
    """
    path = _locate(source)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != source.file_sha256:
        raise WeightsError(f"{path} has SHA-256 {found}, {source.file_sha256} expected; {WAY_OUT}")
    saved = torch.load(path, map_location="cpu", weights_only=True)
    # A training checkpoint keeps the network's tensors under "model", beside the optimiser's.
    state: dict[str, Tensor] = saved.get("model", saved)
    return state


def _locate(source: Source) -> Path:
    try:
        path = Path(str(distribution(source.package).locate_file(source.file)))
    except PackageNotFoundError:
        raise WeightsError(f"{source.package} is not installed; {WAY_OUT}") from None
    if not path.is_file():
        raise WeightsError(f"{source.package} has no {source.file}; {WAY_OUT}")
    return path
