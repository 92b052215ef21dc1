"""Side, head and coat of an animal: a small network on the species model's inner maps.

Of a square look around the animal (``window``) the species model computes maps at strides 8, 16
and 32. Pooled, as for naming, they no longer know left from right; unpooled they do. Two
convolutions join them from coarse to fine into a coat mask and a head mask of 28 x 28 cells; two
layers on the middle map tell the side. About 4 million multiplications, in plain numpy: a
hundredth of what the look itself takes.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.records import Box, Side
from edge.vision.errors import InferenceError
from models.registry import ModelEntry

Floats = NDArray[np.float32]
Maps = tuple[Floats, Floats, Floats]
"""What the species model saw: ``(28, 28, A)``, ``(14, 14, B)``, ``(7, 7, C)``."""

SIDES = (Side.LEFT, Side.RIGHT, Side.FRONT, Side.REAR, Side.UNCLEAR)
CELLS = 28
_LAYERS = ("fine", "middle", "coarse", "joined", "lifted", "refined", "masks", "reduced", "hidden")
_ARRAYS = tuple(f"{layer}_{kind}" for layer in (*_LAYERS, "sides") for kind in ("w", "b"))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look tells. ``sides`` are probabilities in the order of ``SIDES``; ``coat`` and
    ``head``, ``(28, 28)`` over the look's window, the probability of each cell to show it."""

    sides: Floats
    coat: Floats = field(repr=False)
    head: Floats = field(repr=False)


class PartsNet:
    """The network; weights by name as ``_ARRAYS``, a dense layer's as ``(inputs, outputs)`` and a
    3 x 3 convolution's as ``(9 x inputs, outputs)``, rows in the order of the taps."""

    def __init__(self, entry: ModelEntry, contents: bytes) -> None:
        """``contents`` is what ``entry.read()`` returned, an ``.npz``.

        Raises InferenceError where it is no such file or its shapes disagree.
        """
        try:
            with np.load(io.BytesIO(contents), allow_pickle=False) as arrays:
                self._w = {name: np.asarray(arrays[name], np.float32) for name in _ARRAYS}
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InferenceError(f"{entry.name}: not a parts network: {error}") from error
        if not all(np.isfinite(array).all() for array in self._w.values()):
            raise InferenceError(f"{entry.name}: holds numbers that are none; install it again")
        widths = [len(self._w[f"{name}_w"]) - extra for name, extra in _TAKES]
        try:
            blank = (np.zeros((cells, cells, n), np.float32) for (cells, n) in _sizes(widths))
            fine, middle, coarse = blank
            self.see((fine, middle, coarse), Box(0.0, 0.0, 1.0, 1.0))
        except (ValueError, IndexError) as error:
            raise InferenceError(
                f"{entry.name}: its layers do not fit together: {error}"
            ) from error
        self.channels = tuple(widths)

    def see(self, maps: Maps, box: Box) -> Seen:
        """What ``maps`` of a window tell of the animal in ``box``, normalised to the window.

        Raises ValueError for maps of other shapes than this network was fitted to.
        """
        fine, middle, coarse = maps
        plane = box_plane(box)[:, :, None]
        half = _halved(plane)
        x = _doubled(self._dense("coarse", coarse))
        x = _relu(x + self._dense("middle", np.concatenate([middle, half], axis=2)))
        x = _relu(self._convolved("joined", x))
        y = _doubled(self._dense("lifted", x))
        y = _relu(y + self._dense("fine", np.concatenate([fine, plane], axis=2)))
        masks = _sigmoid(self._dense("masks", _relu(self._convolved("refined", y))))
        z = _halved(_relu(self._dense("reduced", x))).reshape(-1)
        logits = self._dense("sides", _relu(self._dense("hidden", z)))
        sides = np.exp(logits - logits.max())
        return Seen((sides / sides.sum()).astype(np.float32), masks[:, :, 0], masks[:, :, 1])

    def _dense(self, name: str, x: Floats) -> Floats:
        result: Floats = x @ self._w[f"{name}_w"] + self._w[f"{name}_b"]
        return result

    def _convolved(self, name: str, x: Floats) -> Floats:
        """3 x 3, zeros outside."""
        lines, columns = x.shape[:2]
        padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        taps = [padded[i : i + lines, j : j + columns] for i in range(3) for j in range(3)]
        return self._dense(name, np.concatenate(taps, axis=2))


_TAKES = (("fine", 1), ("middle", 1), ("coarse", 0))
"""Layers that take a map, and how many planes they take beside it."""


def _sizes(widths: list[int]) -> list[tuple[int, int]]:
    return [(CELLS // 2**step, width) for step, width in enumerate(widths)]


def box_plane(box: Box, cells: int = CELLS) -> Floats:
    """``(cells, cells)``: how much of each cell of the window lies in ``box``, 0..1."""

    def covered(start: float, length: float) -> Floats:
        edges = np.arange(cells, dtype=np.float32)
        low = np.maximum(edges, start * cells)
        high = np.minimum(edges + 1, (start + length) * cells)
        inside: Floats = np.maximum(high - low, np.float32(0))
        return inside

    return np.outer(covered(box.y, box.h), covered(box.x, box.w)).astype(np.float32)


def _doubled(x: Floats) -> Floats:
    return x.repeat(2, axis=0).repeat(2, axis=1)


def _halved(x: Floats) -> Floats:
    lines, columns, width = x.shape
    result: Floats = x.reshape(lines // 2, 2, columns // 2, 2, width).mean(axis=(1, 3))
    return result


def _relu(x: Floats) -> Floats:
    return np.maximum(x, np.float32(0))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))), np.float32)
