"""Whether the models still say what they said when they were made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import Triage
from edge.health.selftest import Found, doubt, failed, passed
from edge.health.selftest_picture import TOLERANCE, Answer, answers
from edge.vision.interpreter import Network
from models.registry import REGISTRY_PATH, ModelEntry, load_registry

if TYPE_CHECKING:
    from edge.vision.eyes import Eyes

ANSWERS_PATH = Path(__file__).parent / "selftest_answers.json"
"""Stored answers by the SHA-256 of the model; made by ``irbis selftest --store-answers``."""
BLIND = "blind"
REINSTALL = "install Irbis anew, or the models that [triage] models names"


def check_models(
    policy: Triage,
    stored: Mapping[str, tuple[Answer, ...]] | None = None,
    eyes: Eyes | None = None,
) -> Found:
    """Compare the answer of each network that ``policy`` names with the stored one.

    ``eyes`` are those that are loaded already, and judge nothing meanwhile: a board of 512 MB must
    not hold everything twice. Their files are read all the same, for the next start needs them.
    Models that somebody trained have no stored answer: they are only asked whether they answer at
    all. Eyes that are ``blind`` have told so themselves.

    Raises ModelError, InferenceError, RuntimeMissing.
    """
    from edge.vision.eyes import open_eyes

    registry = load_registry(policy.models and policy.models / REGISTRY_PATH.name)
    eyes = open_eyes(policy, registry) if eyes is None else eyes
    if eyes.blindness is not None:
        return failed(eyes.blindness, REINSTALL, BLIND)
    stored = stored_answers() if stored is None else stored
    told = []
    for name, network in eyes.networks:
        entry = registry.get(name)
        entry.read()
        wrong = _wrong(answers(network), stored.get(entry.sha256))
        if wrong:
            return failed(f"{name}: {wrong}", REINSTALL)
        told.append(name if entry.sha256 in stored else f"{name} (no stored answer)")
    if eyes.lacking is not None:
        return doubt(eyes.lacking, REINSTALL)
    return passed("as stored: " + ", ".join(told))


def stored_answers(path: Path = ANSWERS_PATH) -> dict[str, tuple[Answer, ...]]:
    """By the SHA-256 of the model. Raises OSError, ValueError."""
    values = json.loads(path.read_text(encoding="ascii"))
    return {
        sha256: tuple(Answer(one["spread"], tuple(one["means"])) for one in outputs)
        for sha256, outputs in values.items()
    }


def answer_of(entry: ModelEntry, threads: int = 1) -> tuple[Answer, ...]:
    """What ``entry`` says of the drawn picture here. Raises ModelError, InferenceError."""
    return answers(Network(entry.read(), entry.input, threads))


def _wrong(found: tuple[Answer, ...], stored: tuple[Answer, ...] | None) -> str | None:
    """What is wrong with a model's answer, None where nothing is."""
    if stored is None:
        dead = [index for index, one in enumerate(found) if not 0 < one.spread < float("inf")]
        return f"output {dead[0]} says nothing" if dead else None
    if len(stored) != len(found):
        return f"{len(found)} outputs where {len(stored)} are stored"
    off = max(mine.off(theirs) for mine, theirs in zip(stored, found, strict=True))
    if off > TOLERANCE:
        return f"the answer is off by {off:.2f} spreads, {TOLERANCE} are allowed"
    return None
