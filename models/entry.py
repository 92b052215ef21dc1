"""One registered model: its file, its tensors, where it came from; and reading it, verified."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import (
    ModelFileChangedError,
    ModelFileMissingError,
    ModelFileTruncatedError,
    UnknownModelError,
)
from models.labels import Labels, load_labels

WAY_OUT = "install Irbis again, then run `irbis models verify`"


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How pixels become the input tensor.

    `shape` is `(1, height, width, 3)`. A picture is fitted as `fit` says (`letterbox` keeps its
    shape, sits at the top left and is padded below and to the right with `pad_value`; `stretch`
    does not keep it), channels in the order `colour`. A pixel of 0-255 stands for the real value
    `(pixel - mean) / std`; the int8 tensor holds `round(real / scale) + zero_point`, which for
    shipped detectors and classifiers is simply `pixel - 128`. A model that is fed with another
    model's features and not with pixels has the fit `none`.
    """

    shape: tuple[int, ...]
    dtype: str
    colour: str = "RGB"
    mean: float = 0.0
    std: float = 1.0
    fit: str = "none"
    pad: str = "none"
    pad_value: int = 0
    scale: float = 1.0
    zero_point: int = 0


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output tensor: its place in `get_output_details()`, its tensor name, its meaning."""

    meaning: str
    index: int
    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The published weights a model was made from."""

    package: str
    version: str
    wheel_sha256: str
    file: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One registered model. `thresholds` are scores in 0..1, by name; `calibration` holds the
    coefficients that turn its score into a probability, empty where none were fitted. `reads` is
    the name of the model whose features it takes, None where it takes pixels."""

    name: str
    role: str
    path: Path
    sha256: str
    size_bytes: int
    input: InputSpec
    outputs: tuple[OutputSpec, ...]
    decode: str
    strides: tuple[int, ...]
    labels: tuple[str, ...]
    labels_path: Path | None
    thresholds: Mapping[str, float]
    calibration: Mapping[str, float]
    licence: str
    source: Source
    card_path: Path
    made_by: str
    training_data: str
    reads: str | None = None

    def read(self) -> bytes:
        """Return the model file's bytes after checking their size and SHA-256.

        Raises:
            ModelFileMissingError: there is no such file.
            ModelFileTruncatedError: the size is not the registered one.
            ModelFileChangedError: the hash is not the registered one.
        """
        try:
            contents = self.path.read_bytes()
        except FileNotFoundError:
            raise ModelFileMissingError(
                f"model {self.name}: {self.path} is missing; {WAY_OUT}"
            ) from None
        if len(contents) != self.size_bytes:
            raise ModelFileTruncatedError(
                f"model {self.name}: {self.path} has {len(contents)} bytes, "
                f"{self.size_bytes} expected; {WAY_OUT}"
            )
        found = hashlib.sha256(contents).hexdigest()
        if found != self.sha256:
            raise ModelFileChangedError(
                f"model {self.name}: {self.path} has SHA-256 {found}, "
                f"{self.sha256} expected; {WAY_OUT}"
            )
        return contents

    def output(self, meaning: str) -> OutputSpec:
        """Return the output with that meaning.

        Raises:
            UnknownModelError: the model has no such output.
        """
        for spec in self.outputs:
            if spec.meaning == meaning:
                return spec
        known = ", ".join(spec.meaning for spec in self.outputs)
        raise UnknownModelError(f"model {self.name} has no output {meaning!r}; it has {known}")

    def load_labels(self) -> Labels:
        """Return what the classes mean; a model with inline labels has names alone.

        Raises:
            RegistryError: the labels file is missing or malformed.
        """
        if self.labels_path is None:
            return Labels(self.labels, (), {})
        return load_labels(self.labels_path)
