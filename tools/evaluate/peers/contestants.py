"""Who takes part: each is handed the bytes of one picture and says what it found."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np

from edge.config import Triage
from edge.records import Box, ObservationType
from edge.vision.boxes import clip
from edge.vision.decode import decode
from edge.vision.eyes import Eyes
from edge.vision.look import LONG_SIDE_PX
from edge.vision.triage import judge
from tools.evaluate.labelled import EvaluationError
from tools.evaluate.peers import torchvision_standin


class Found(NamedTuple):
    """``kept`` tells whether the picture would be kept; ``target`` whether the target was called,
    None from one who knows animals only."""

    kept: bool
    boxes: tuple[Box, ...]
    target: bool | None = None


class Contestant(Protocol):
    """One way to look at a picture. ``about`` says in a line what is done."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> str: ...

    def look(self, data: bytes) -> Found: ...


class Zamba:
    """zamba's ``MegadetectorLiteYoloX.detect_image`` with its own configuration, on one thread.

    What it does to a picture (zamba 2.7.2): bicubic resize with padding at the right and bottom to
    640 x 640 with Pillow, float32, channels as they come, YOLOX-tiny in torch, boxes of at least
    0.25. Its videos come as RGB; the weights were trained on BGR, so both orders take part.
    """

    def __init__(self, order: str) -> None:
        """``order`` is RGB or BGR. Raises EvaluationError where zamba is not installed."""
        self._rgb = order == "RGB"
        try:
            torchvision_standin.provide()
            importlib.import_module("torch").set_num_threads(1)
            lite = importlib.import_module("zamba.object_detection.yolox.megadetector_lite_yolox")
        except ImportError as error:
            raise EvaluationError(
                f"zamba cannot be loaded ({error}): install tools/evaluate/peers/requirements.txt"
                " as its first lines say"
            ) from error
        self._model: Any = lite.MegadetectorLiteYoloX(config={"device": "cpu"})
        self.name = f"zamba MegaDetector-lite, {order}"
        config = self._model.config
        self.about = (
            f"torch float32, {config.image_width} x {config.image_height}, threshold"
            f" {config.confidence:g}, channels {order}"
        )

    def look(self, data: bytes) -> Found:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            return Found(False, ())
        if self._rgb:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        corners, _ = self._model.detect_image(np.asarray(pixels))
        boxes = tuple(clip(*(float(value) for value in row)) for row in corners)
        return Found(bool(boxes), boxes)


class IrbisDetector:
    """Irbis's detector alone: the same job as zamba's."""

    name = "Irbis, detector alone"

    def __init__(self, eyes: Eyes, policy: Triage) -> None:
        assert eyes.working is not None
        self._finder, self._least = eyes.working[0], policy.detect_score
        self.about = f"{dict(eyes.models)['detector']}, threshold {policy.detect_score:g}"

    def look(self, data: bytes) -> Found:
        pixels = decode(data, LONG_SIDE_PX).pixels
        boxes = tuple(found.box for found in self._finder.find(pixels, self._least))
        return Found(bool(boxes), boxes)


class IrbisJudge:
    """Everything a station does to a burst of this one picture, species and crops included."""

    name = "Irbis, whole judgement"

    def __init__(self, eyes: Eyes, policy: Triage) -> None:
        self._eyes, self._policy = eyes, policy
        self.about = "detector, species head, verdict, crops"

    def look(self, data: bytes) -> Found:
        judgement = judge([data], self._eyes, self._policy)
        verdict = judgement.verdict
        boxes = tuple(
            found.box
            for found in judgement.frames[0].detections
            if found.score >= self._policy.detect_score
            and found.label == ObservationType.ANIMAL.value
        )
        kept = verdict.observation_type is not ObservationType.BLANK
        return Found(kept, boxes, verdict.target)
