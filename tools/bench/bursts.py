"""What a burst costs, in frames: looking ends where the first frames have told everything."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from edge.records import Judgement
from edge.vision.background import Background
from edge.vision.eyes import Eyes
from edge.vision.triage import judge
from tools.bench.judging import POLICY, Sample
from tools.bench.pairs import interleaved, ratio_of
from tools.bench.pictures import retakes
from tools.bench.result import Result

FRAMES = 3
CAT_LIMIT = 2.2
BLANK_LIMIT = 1.5


def measure_bursts(samples: Sequence[Sample], eyes: Eyes, repetitions: int) -> list[Result]:
    """The cost of a burst of three over that of its first frame, decoding included.

    The burst is one scene that the camera took three times: a sample with a target, or a blank
    one. Of a target, encoding crops and coat codes is left out, as in ``triage_ratio``. A kind
    that is not among ``samples`` has no result.
    """
    kinds = (
        ("burst_cat_ratio", "target", CAT_LIMIT, "burst of three with a clear cat"),
        ("burst_blank_ratio", "blank", BLANK_LIMIT, "burst of three of a still, empty scene"),
    )
    made = []
    for name, kind, limit, words in kinds:
        chosen = [sample.data for sample in samples if sample.kind == kind]
        if chosen:
            made.append(_measured(name, limit, words, chosen, eyes, repetitions))
    return made


def _measured(
    name: str, limit: float, words: str, files: Sequence[bytes], eyes: Eyes, repetitions: int
) -> Result:
    ratios, spared, example = [], [], {}
    for data in files:
        burst = retakes(data, FRAMES)
        whole, single, judgement = _paired(burst, eyes, repetitions)
        ratios.append(ratio_of(whole, single))
        spared.append(sum(frame.same_as is not None for frame in judgement.frames))
        example = {
            "burst_ms": round(1000 * median(whole), 2),
            "frame_ms": round(1000 * median(single), 2),
        }
    return Result(
        name,
        round(median(ratios), 3),
        "x",
        limit,
        rule=f"judging a {words} / judging its first frame",
        details={"each": [round(ratio, 3) for ratio in ratios], "spared": spared, **example},
    )


def _paired(
    burst: Sequence[bytes], eyes: Eyes, repetitions: int
) -> tuple[list[float], list[float], Judgement]:
    """Seconds of judging the burst, and its first frame; the judgement on the burst."""
    spent_s: tuple[list[float], list[float]] = ([], [])
    found: list[Judgement] = []
    background = Background()

    def judged(files: Sequence[bytes], spent: list[float]) -> Judgement:
        begun = time.perf_counter()
        judgement = judge(files, eyes, POLICY, time.perf_counter, background)
        total_s = time.perf_counter() - begun
        if judgement.verdict.target:
            timings = judgement.timings_ms
            total_s -= (timings.crops + timings.descriptor) / 1000
        spent.append(total_s)
        return judgement

    interleaved(
        [
            lambda: found.append(judged(burst, spent_s[0])),
            lambda: judged(burst[:1], spent_s[1]),
        ],
        repetitions,
    )
    return spent_s[0][-repetitions:], spent_s[1][-repetitions:], found[-1]
