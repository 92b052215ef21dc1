"""The contest as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from tools.evaluate.counts import share_of
from tools.evaluate.labelled import Truth
from tools.evaluate.page_tables import share
from tools.evaluate.peers.contest import Result
from tools.evaluate.peers.contestants import Contestant

_HEAD = """\
# Beside other pipelines

Made by `python -m tools.evaluate.peers DATA --out FILE`; do not edit by hand. Everyone was handed
the same {frames} pictures from camera traps in turn, as bytes of a file, each on one thread of the
same machine in one run. Time is that of the processor, which is the clock's where nothing else
runs. *Times as fast* is the median over the pictures of how often that contestant's time goes into
the time of the first. *Kept*: for Irbis's whole judgement every verdict but blank, for a detector
any box of its own threshold.
{part}"""


def table(
    contestants: Sequence[Contestant], results: Sequence[Sequence[Result]], part: str | None
) -> str:
    """The whole page; ``part`` names a fold where only one was looked at."""
    said = f"Only these pictures were taken: {part}.\n" if part else ""
    head = _HEAD.format(frames=len(results[0]), part=said)
    return "\n".join([head, *_lines(contestants, results)]) + "\n"


def _lines(contestants: Sequence[Contestant], results: Sequence[Sequence[Result]]) -> Iterator[str]:
    yield "| | what it does | frames a second | times as fast |"
    yield "|---|---|---|---|"
    for contestant, own in zip(contestants, results, strict=True):
        speed = len(own) / sum(result.duration_s for result in own)
        ratios = [a.duration_s / b.duration_s for a, b in zip(results[0], own, strict=True)]
        yield f"| {contestant.name} | {contestant.about} | {speed:.1f} | {median(ratios):.1f} |"
    yield ""
    yield (
        "| | leopard frames kept | leopards boxed | leopards called target"
        " | other animals kept | people kept | empty frames dropped | others called target |"
    )
    yield "|" + "---|" * 8
    for contestant, own in zip(contestants, results, strict=True):
        leopards = [result for result in own if result.truth is Truth.TARGET]
        cells = [
            share_of(result.kept for result in leopards),
            share_of(result.boxed for result in leopards),
            share_of(result.target for result in leopards),
            share_of(result.kept for result in own if result.truth is Truth.ANIMAL),
            share_of(result.kept for result in own if result.truth is Truth.HUMAN),
            share_of(not result.kept for result in own if result.truth is Truth.BLANK),
            share_of(result.target for result in own if result.truth is not Truth.TARGET),
        ]
        yield f"| {contestant.name} | {' | '.join(map(share, cells))} |"
