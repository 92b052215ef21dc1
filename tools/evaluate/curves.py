"""From scores to curves: what another threshold would do. Numbers alone, nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.evaluate.counts import Share
from tools.evaluate.labelled import Mode, Truth
from tools.evaluate.outcomes import BurstOutcome, FrameOutcome

Floats = NDArray[np.float64]
BINS = 10


class PrecisionRecall(NamedTuple):
    """At each threshold, from the highest to the lowest: of what is called the target, how much is
    one (``precision``), and of the targets, how many are called (``recall``)."""

    thresholds: Floats
    precision: Floats
    recall: Floats
    positives: int
    negatives: int

    @property
    def average_precision(self) -> float:
        """The precision at each step of recall, weighted by the step."""
        steps = np.diff(self.recall, prepend=0.0)
        return float(np.sum(steps * self.precision))


class Sweep(NamedTuple):
    """At each threshold of the keep score: shares of leopard bursts kept, of blanks dropped."""

    thresholds: Floats
    kept: Floats
    dropped: Floats
    leopards: int
    blanks: int

    def dropped_at(self, recall: float) -> float:
        """The largest share of blanks dropped while at least ``recall`` of leopards are kept."""
        enough = self.kept >= recall
        return float(self.dropped[enough].max()) if enough.any() else 0.0


class Bin(NamedTuple):
    """Bursts whose score lies in one tenth: their mean score, and how many were targets."""

    mean_score: float
    targets: Share


class Reliability(NamedTuple):
    """How far a score is the probability it claims to be.

    ``brier`` is the mean squared error (Brier 1950); ``calibration_error`` the mean distance of
    score and share over ten bins of equal width, weighted by their counts (Naeini 2015).
    """

    bins: tuple[Bin, ...]
    brier: float
    calibration_error: float


class DetectorRecall(NamedTuple):
    """At each threshold: the share of frames with a box on the animal."""

    mode: Mode
    thresholds: Floats
    recall: Floats
    frames: int


def precision_recall(bursts: Iterable[BurstOutcome]) -> PrecisionRecall | None:
    """The curve of the target score; None without bursts of both sorts."""
    scores, targets = _scores(bursts)
    positives, negatives = int(targets.sum()), int((~targets).sum())
    if not positives or not negatives:
        return None
    order = np.argsort(-scores, kind="stable")
    scores, targets = scores[order], targets[order]
    # Equal scores fall together: only the last of each run is a threshold that can be chosen.
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    found = np.cumsum(targets)[ends].astype(np.float64)
    return PrecisionRecall(
        scores[ends], found / (ends + 1), found / positives, positives, negatives
    )


def blank_sweep(bursts: Sequence[BurstOutcome]) -> Sweep | None:
    """What dropping every burst whose keep score is below a threshold would do; None without
    leopards or without blanks."""
    leopards = _sorted_keep_scores(bursts, Truth.TARGET)
    blanks = _sorted_keep_scores(bursts, Truth.BLANK)
    if not len(leopards) or not len(blanks):
        return None
    thresholds = np.unique(np.concatenate([[0.0], leopards, blanks, [np.nextafter(1.0, 2.0)]]))
    kept = 1 - np.searchsorted(leopards, thresholds) / len(leopards)
    dropped = np.searchsorted(blanks, thresholds) / len(blanks)
    return Sweep(thresholds, kept, dropped, len(leopards), len(blanks))


def reliability(bursts: Iterable[BurstOutcome]) -> Reliability | None:
    """The target score against what was there, over bins of equal width; None without bursts."""
    scores, targets = _scores(bursts)
    if not len(scores):
        return None
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for place in range(BINS):
        inside = places == place
        count = int(inside.sum())
        share = Share(int(targets[inside].sum()), count)
        mean = float(scores[inside].mean()) if count else (place + 0.5) / BINS
        bins.append(Bin(mean, share))
        error += abs(mean * count - share.count) / len(scores)
    brier = float(np.mean((scores - targets) ** 2))
    return Reliability(tuple(bins), brier, error)


def at_prior(score: float, prior: float, there: float) -> float:
    """What a probability that takes a share ``prior`` of targets for granted means where their
    share is ``there`` (Bayes): its odds, times those of ``there``, by those of ``prior``. All lie
    within 0..1, ``prior`` and ``there`` are neither 0 nor 1."""
    for_it = score * there / prior
    against = (1 - score) * (1 - there) / (1 - prior)
    return for_it / (for_it + against)


def detector_recall(frames: Iterable[FrameOutcome]) -> list[DetectorRecall]:
    """One curve for each light, of the frames on which somebody drew a box."""
    scores: dict[Mode, list[float]] = {}
    least = 1.0
    for frame in frames:
        score = frame.located_score
        if score is not None:
            scores.setdefault(frame.mode, []).append(score)
            least = min([least, *(found.score for found in frame.detections)])
    # Below the least score that a judgement lists nothing is known.
    thresholds = np.linspace(least, 1.0, 101)
    return [
        DetectorRecall(
            mode, thresholds, _share_at_least(scores[mode], thresholds), len(scores[mode])
        )
        for mode in Mode
        if mode in scores
    ]


def _share_at_least(scores: Sequence[float], thresholds: Floats) -> Floats:
    ranked = np.sort(np.asarray(scores))
    return np.asarray(1 - np.searchsorted(ranked, thresholds) / len(ranked))


def _scores(bursts: Iterable[BurstOutcome]) -> tuple[Floats, NDArray[np.bool_]]:
    """Target scores, and whether the target was there; other spotted cats are left out."""
    told = [burst for burst in bursts if burst.truth is not Truth.COUSIN]
    scores = np.array([burst.target_score for burst in told], dtype=np.float64)
    return scores, np.array([burst.truth is Truth.TARGET for burst in told], dtype=np.bool_)


def _sorted_keep_scores(bursts: Iterable[BurstOutcome], truth: Truth) -> Floats:
    return np.sort(np.array([b.keep_score for b in bursts if b.truth is truth], dtype=np.float64))
