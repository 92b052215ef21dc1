"""What the parts network learns from: the species model's maps of many looks at each animal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from edge.records import Box, Side
from edge.vision.parts_net import CELLS, box_plane
from edge.vision.window import cut_window, to_window, window_around
from models.registry import ModelEntry
from tools.train.parts.sets import Animal, picture

Floats = NDArray[np.float32]
_Value = TypeVar("_Value", bound=np.generic)
MAPS = ("map8", "map16", "map32")
LOOKS = {"snow_leopard": 7, "hand_masks": 1, "leopard_identities": 3, "nyala_identities": 2}
"""Looks at each animal, each also mirrored; the first is the box itself in its own light."""
FRAMED = ("leopard_identities", "nyala_identities")
"""Collections whose pictures were cut to the animal: their edges are the box, near enough."""
MASK_PX = 448


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. Maps are int8 as the model gives them; ``coat`` and ``head`` are shares of cells,
    ``known`` of each cell the share that lies in the frame. ``plain`` is the box itself."""

    animal: int
    collection: str
    place: str
    plain: bool
    side: Side | None
    maps: tuple[NDArray[np.int8], ...]
    plane: Floats
    coat: Floats | None
    known: Floats
    head: Floats | None


class MapReader:
    """The species model, asked for its maps alone."""

    def __init__(self, entry: ModelEntry) -> None:
        self._interpreter = Interpreter(model_content=entry.read(), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        details = self._interpreter.get_output_details()
        self._outputs = [details[entry.output(name).index] for name in MAPS]
        self.side_px = entry.input.shape[1]

    @property
    def scales(self) -> list[tuple[float, int]]:
        """Scale and zero point of each map."""
        return [details["quantization"] for details in self._outputs]

    def maps(self, look: NDArray[np.uint8]) -> tuple[NDArray[np.int8], ...]:
        """The maps of an RGB look; the shipped model's input is just pixel - 128."""
        levels = (look.astype(np.int16) - 128).astype(np.int8)
        self._interpreter.set_tensor(self._input, levels[None])
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(d["index"])[0].copy() for d in self._outputs)


def samples(animals: Iterable[Animal], reader: MapReader, seed: int) -> Iterator[Sample]:
    """Every look at every animal, the same for the same seed."""
    random = np.random.default_rng(seed)
    for number, animal in enumerate(animals):
        pixels = picture(animal.path)
        for look in range(LOOKS[animal.collection]):
            box = _shaken(animal, random) if look else animal.box
            yield from _both_ways(number, animal, pixels, box, look == 0, reader, random)


def _both_ways(
    number: int,
    animal: Animal,
    pixels: NDArray[np.uint8],
    box: Box,
    plain: bool,
    reader: MapReader,
    random: np.random.Generator,
) -> Iterator[Sample]:
    height_px, width_px = pixels.shape[:2]
    window = window_around(box, width_px, height_px)
    seen = cut_window(pixels, window, reader.side_px)
    frame = np.ones((height_px, width_px), np.float32)
    known = _cells(frame, window)
    coat = None
    if animal.mask is not None:
        fitted = cv2.resize(animal.mask, (width_px, height_px), interpolation=cv2.INTER_NEAREST)
        coat = _cells((fitted > 127).astype(np.float32), window)
    head = None if animal.head is None else box_plane(to_window(window, animal.head))
    plane = box_plane(to_window(window, box))
    for mirrored in (False, True):
        shown = seen if plain else relit(seen, random)
        turn = _mirrored if mirrored else _same
        yield Sample(
            animal=number,
            collection=animal.collection,
            place=animal.place,
            plain=plain and not mirrored,
            side=_mirrored_side(animal.side) if mirrored else animal.side,
            maps=reader.maps(np.ascontiguousarray(turn(shown))),
            plane=turn(plane),
            coat=None if coat is None else turn(coat),
            known=turn(known),
            head=None if head is None else turn(head),
        )


def relit(seen: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """A look in other light: infrared's grey, exposure, a cast, blur, a vignette, noise."""
    light: NDArray[np.floating[Any]] = seen.astype(np.float32)
    if random.random() < 0.4:
        grey = np.asarray(cv2.cvtColor(light, cv2.COLOR_RGB2GRAY), np.float32)
        light = grey[..., None].repeat(3, 2)
    light = light * random.uniform(0.6, 1.45) + random.uniform(-25, 25)
    if random.random() < 0.3:
        light = light * random.uniform(0.8, 1.2, 3).astype(np.float32)
    if random.random() < 0.3:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), random.uniform(0.5, 1.8)), np.float32)
    if random.random() < 0.25:
        ys, xs = (np.linspace(-1, 1, n) for n in light.shape[:2])
        light = light * (1.25 - 0.5 * (xs[None] ** 2 + ys[:, None] ** 2))[..., None]
    if random.random() < 0.4:
        light = light + random.normal(0, random.uniform(2, 10), light.shape)
    return np.clip(light, 0, 255).astype(np.uint8)


def _shaken(animal: Animal, random: np.random.Generator) -> Box:
    """The box as a detector might draw it."""
    if animal.collection in FRAMED:
        off = random.uniform(-0.08, 0.12, 4)
    else:
        off = random.normal(0, 0.05, 4)
    if random.random() < 0.2:
        off *= 2
    box = animal.box
    return Box(
        box.x + off[0] * box.w, box.y + off[1] * box.h, box.w * (1 + off[2]), box.h * (1 + off[3])
    )


def _cells(plane: Floats, window: Box) -> Floats:
    """The mean of ``plane`` of a frame in each cell of ``window``; zero outside the frame."""
    height_px, width_px = plane.shape
    fit = np.array(
        [
            [MASK_PX / (window.w * width_px), 0, -window.x * MASK_PX / window.w],
            [0, MASK_PX / (window.h * height_px), -window.y * MASK_PX / window.h],
        ],
        np.float32,
    )
    shown = cv2.warpAffine(plane, fit, (MASK_PX, MASK_PX))
    return np.asarray(cv2.resize(shown, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


_MIRROR = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}


def _mirrored_side(side: Side | None) -> Side | None:
    return None if side is None else _MIRROR.get(side, side)


def _same(x: NDArray[_Value]) -> NDArray[_Value]:
    return x


def _mirrored(x: NDArray[_Value]) -> NDArray[_Value]:
    return x[:, ::-1]
