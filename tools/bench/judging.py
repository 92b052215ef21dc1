"""What judging costs beyond the networks themselves, and what decoding adds."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from edge.config import Triage
from edge.records import Judgement
from edge.vision.eyes import Eyes, open_eyes
from edge.vision.triage import judge
from tools.bench.errors import BenchError
from tools.bench.pairs import interleaved, ratio_of
from tools.bench.result import Result

TRIAGE_LIMIT = 1.15
# Without thumbnails of unknown bursts: they are evidence, made after the verdict.
POLICY = Triage(send_unknown=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame to measure with: what it was judged as, and the invocations that took."""

    kind: str
    data: bytes
    detector_runs: int
    species_runs: int
    parts_runs: tuple[tuple[Any, ...], ...] = ()


def open_models() -> Eyes:
    """The shipped models. Raises BenchError."""
    eyes = open_eyes(POLICY)
    if eyes.working is None:
        raise BenchError(f"{eyes.blindness}; see what is missing with: irbis doctor")
    return eyes


def choose(files: Sequence[bytes], eyes: Eyes, most: int) -> list[Sample]:
    """Up to ``most`` frames of each kind (blank, animal, target, ...) in ``files``.

    The kind is what the models say; frames with an error are left out.
    """
    chosen: list[Sample] = []
    detector, species = _networks(eyes)
    for data in files:
        with (
            _counted(detector) as detector_runs,
            _counted(species) as species_runs,
            _noted(eyes.anatomist) as parts_runs,
        ):
            judgement = judge([data], eyes, POLICY)
        kind = _kind(judgement)
        if any(frame.error for frame in judgement.frames):
            continue
        if sum(sample.kind == kind for sample in chosen) < most:
            runs = len(detector_runs), len(species_runs)
            chosen.append(Sample(kind, data, *runs, tuple(parts_runs)))
    return chosen


def measure_triage(samples: Sequence[Sample], eyes: Eyes, repetitions: int) -> Result:
    """Judging from decoded pixels to the verdict, over the bare time of its invocations.

    Judging is the whole of ``edge.vision.triage.judge`` without decoding; of a target also without
    encoding crops and coat codes, which is what is sent and no longer judging. Finding the target
    in the frame is in it, with its invocations. The same interpreters run both ways, in turns.
    The worst kind of frame is the result.
    """
    kinds: dict[str, list[float]] = {}
    details: dict[str, object] = {}
    for sample in samples:
        whole, bare = _paired(sample, eyes, repetitions)
        kinds.setdefault(sample.kind, []).append(ratio_of(whole, bare))
        details.setdefault(
            sample.kind,
            {
                "whole_ms": round(1000 * median(whole), 2),
                "invoke_ms": round(1000 * median(bare), 2),
                "detector_invocations": sample.detector_runs,
                "species_invocations": sample.species_runs,
                "parts_invocations": len(sample.parts_runs),
            },
        )
    ratios = {kind: round(median(found), 3) for kind, found in kinds.items()}
    return Result(
        "triage_ratio",
        max(ratios.values()),
        "x",
        TRIAGE_LIMIT,
        rule="judging a frame / its bare invocations, worst kind of frame",
        details={"by_kind": ratios, "example": details},
        notes=tuple(f"{kind} frames {ratio:.3f}" for kind, ratio in ratios.items()),
    )


def measure_decode_share(camera_files: Sequence[bytes], eyes: Eyes, repetitions: int) -> Result:
    """Decoding's share of judging frames as an eight-megapixel camera writes them."""
    shares = []
    for _ in range(repetitions):
        for data in camera_files:
            _, total_s, decode_s = _timed(data, eyes)
            shares.append(decode_s / total_s)
    return Result(
        "decode_share",
        round(median(shares), 3),
        "",
        rule="decoding / (decoding + judging), 8-megapixel JPEG",
        details={"frames": len(camera_files)},
    )


def _paired(sample: Sample, eyes: Eyes, repetitions: int) -> tuple[list[float], list[float]]:
    """Seconds of judging without decoding, and of the same invocations alone."""
    detector, species = (network._interpreter for network in _networks(eyes))
    judging: list[float] = []

    def whole() -> None:
        _, total_s, decode_s = _timed(sample.data, eyes)
        judging.append(total_s - decode_s)

    def bare() -> None:
        for _ in range(sample.detector_runs):
            detector.invoke()
        for _ in range(sample.species_runs):
            species.invoke()
        for seen in sample.parts_runs:
            eyes.anatomist._network.see(*seen)  # type: ignore[union-attr]

    _, invoking = interleaved([whole, bare], repetitions)
    return judging[-repetitions:], invoking


def _timed(data: bytes, eyes: Eyes) -> tuple[Judgement, float, float]:
    """The judgement; its seconds without the making of evidence; the decoder's share of them."""
    begun = time.perf_counter()
    judgement = judge([data], eyes, POLICY, time.perf_counter)
    total_s = time.perf_counter() - begun
    spent = judgement.timings_ms
    if judgement.verdict.target:
        total_s -= (spent.crops + spent.descriptor) / 1000
    return judgement, total_s, spent.decode / 1000


def _kind(judgement: Judgement) -> str:
    verdict = judgement.verdict
    return "target" if verdict.target else verdict.observation_type.value


def _networks(eyes: Eyes) -> tuple[Any, Any]:
    """The networks inside the models: a bare invocation has no place in their interface."""
    finder, namer = eyes.finder, eyes.namer
    return finder.network, namer.network  # type: ignore[union-attr]


class _CountingInterpreter:
    """Stands before an interpreter and notes each invocation."""

    def __init__(self, interpreter: Any, runs: list[None]) -> None:
        self._interpreter = interpreter
        self._runs = runs

    def invoke(self) -> None:
        self._runs.append(None)
        self._interpreter.invoke()


@contextmanager
def _counted(network: Any) -> Iterator[list[None]]:
    """A list that grows by one at each invocation of ``network``."""
    runs: list[None] = []
    interpreter = network._interpreter
    network._interpreter = _CountingInterpreter(interpreter, runs)
    try:
        yield runs
    finally:
        network._interpreter = interpreter


class _NotingParts:
    """Stands before the parts network and notes what it is shown."""

    def __init__(self, network: Any, runs: list[tuple[Any, ...]]) -> None:
        self._network = network
        self._runs = runs

    def see(self, *shown: Any) -> Any:
        self._runs.append(shown)
        return self._network.see(*shown)


@contextmanager
def _noted(anatomist: Any) -> Iterator[list[tuple[Any, ...]]]:
    """A list that grows by what the parts network is shown; it stays empty without one."""
    runs: list[tuple[Any, ...]] = []
    if anatomist is None:
        yield runs
        return
    network = anatomist._network
    anatomist._network = _NotingParts(network, runs)
    try:
        yield runs
    finally:
        anatomist._network = network
