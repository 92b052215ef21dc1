"""Whether what judged a report had to be somewhere it had never learnt from, in words."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from tools.evaluate.kept_back import PART
from tools.evaluate.outcomes import Run
from tools.evaluate.selection import Fold, parse_fold

LEARNT = ("detector", "groups")
"""The roles that `irbis train` teaches: each fold needs its own."""

_ALL_SEEN = (
    "**All pictures were judged by the same models.** Where a model was trained on some of them"
    " (its card says so), its numbers on those say nothing about another valley."
)
_ONE_PART = (
    "**Only a part of the pictures was judged** ({part}). What that part says about another valley"
    " depends on whether the models were trained without it; the command cannot know."
)
_KEPT_BACK = (
    "**Held out.** Judged at those places alone that the training of these models kept back, as it"
    " noted itself. Models that it went on from may have learnt other pictures."
)
_HELD_OUT = (
    "**Held out.** The pictures were divided by station, where no station is known by source, and"
    " web photographs one by one; each part was judged by a {own} model of its own, meant to be"
    " trained on the other parts alone. The command cannot know what a model was trained on; its"
    " card says it."
)
_NOT_HELD_OUT = "**Put together from several runs, and not held out as a whole:** {why}."
_SHARED = (
    "In these roles the same model judged every part: {named}. Whatever it learnt of these pictures"
    " was not held out."
)
_LEFT_OUT = (
    "Pictures left out: {count}. The same picture, or nearly the same, lies in another part, and"
    " the models of their own part may have learnt that one."
)
_WIDTH = 100


def provenance(runs: Sequence[Run]) -> Iterator[str]:
    """Paragraphs (Markdown) on what these runs may be believed about another valley."""
    for paragraph in _paragraphs(runs):
        yield textwrap.fill(paragraph, _WIDTH, break_on_hyphens=False)
        yield ""


def _paragraphs(runs: Sequence[Run]) -> Iterator[str]:
    if len(runs) > 1:
        why = list(_doubts(runs))
        own = " and a ".join(role for role in LEARNT if any(role in run.models for run in runs))
        yield _NOT_HELD_OUT.format(why="; ".join(why)) if why else _HELD_OUT.format(own=own)
        named = ", ".join(f"{role} `{name}`" for role, name in _shared_by_all(runs))
        if named:
            yield _SHARED.format(named=named)
    elif runs and runs[0].part == PART:
        yield _KEPT_BACK
    elif runs and runs[0].part is not None:
        yield _ONE_PART.format(part=runs[0].part)
    else:
        yield _ALL_SEEN
    left_out = sum(run.left_out for run in runs)
    if left_out:
        yield _LEFT_OUT.format(count=left_out)


def _doubts(runs: Sequence[Run]) -> Iterator[str]:
    """Why several runs are no whole that was held out."""
    folds = [_fold(run) for run in runs]
    known = [fold for fold in folds if fold is not None]
    if len(known) < len(folds) or len({fold.folds for fold in known}) > 1:
        yield "the parts are not folds of one division"
    else:
        wanted = range(known[0].folds)
        missing = [str(Fold(n, len(wanted))) for n in wanted if n not in {f.number for f in known}]
        if missing:
            yield f"{', '.join(missing)} missing"
    for role in LEARNT:
        judged = Counter(_weights(run, role) for run in runs if role in run.models)
        if judged and (max(judged.values()) > 1 or judged.total() < len(runs)):
            yield f"not every part was judged by a {role} of its own"
    if not any(role in run.models for run in runs for role in LEARNT):
        yield "no part names the models that judged it"


def _fold(run: Run) -> Fold | None:
    try:
        return parse_fold((run.part or "").removeprefix("fold "))
    except ValueError:
        return None


def _weights(run: Run, role: str) -> str:
    """The weights behind a name: the same ones stay the same under another name."""
    name, _, digest = run.models[role].rpartition("@")
    return digest if name else run.models[role]


def _shared_by_all(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """Roles for which one and the same model judged every part, and its name."""
    for role, name in runs[0].models.items():
        if all(role in run.models for run in runs[1:]) and (
            len({_weights(run, role) for run in runs}) == 1
        ):
            yield role, name
