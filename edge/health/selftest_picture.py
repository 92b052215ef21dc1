"""The picture of the self-test: drawn with whole numbers, so that it is the same on every board.

A board that computes wrongly, a model that was swapped for another one of the same shape, or an
interpreter that is broken answers otherwise than what was stored. The answer is a short one: of
each output of a network, the means of sixteen stretches and the spread, for kernels of other
processors round otherwise in the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.vision.decode import Pixels
from edge.vision.interpreter import Network

STRETCHES = 16
TOLERANCE = 0.12
"""Largest difference of a mean, in spreads of its output. LiteRT's plain kernels differ from its
fast ones by up to 0.044 on the shipped networks; another detector in a detector's place differs by
0.99 and more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one output said: its spread (standard deviation), and the means of its stretches."""

    spread: float
    means: tuple[float, ...]

    def off(self, other: Answer) -> float:
        """How far ``other`` lies from this stored answer, in spreads; endless where it is none."""
        if not np.all(np.isfinite((other.spread, *other.means))) or not self.spread:
            return float("inf")
        means = np.abs(np.subtract(self.means, other.means)).max()
        return float(max(means, abs(self.spread - other.spread)) / self.spread)


def drawn(width_px: int, height_px: int) -> Pixels:
    """A striped body on a slope with some texture, ``(height_px, width_px, 3)``, uint8, RGB."""
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.int64)
    red = x * 200 // width_px + y * 40 // height_px + 10
    green = y * 180 // height_px + 30
    blue = ((x // 9 + y // 7) % 2) * 70 + (x * y // (width_px + height_px)) % 90 + 20
    picture = np.stack([red, green, blue], axis=-1)
    across, down = 2 * x - width_px, 2 * y - height_px
    body = 9 * across * across + 25 * down * down < width_px * width_px * 9 // 4
    stripes = (x * 3 + y) // 8 % 2 * 215 + 20
    picture[body] = stripes[body][:, None]
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def answers(network: Network) -> tuple[Answer, ...]:
    """What ``network`` says of the drawn picture, output by output. Raises InferenceError."""
    network.run(drawn(network.width_px, network.height_px))
    return tuple(_answer(network, index) for index in range(len(network.output_shapes)))


def _answer(network: Network, index: int) -> Answer:
    values = network.output(index).astype(np.float64).ravel()
    means = (float(part.mean()) for part in np.array_split(values, STRETCHES))
    return Answer(round(float(values.std()), 5), tuple(round(mean, 5) for mean in means))
