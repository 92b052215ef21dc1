"""What the words in label files mean."""

from __future__ import annotations

from tools.evaluate.labelled import Mode, Truth

_TRUTHS = {
    Truth.TARGET: ("snow leopard", "leopard", "panthera uncia", "panthera pardus"),
    Truth.COUSIN: ("jaguar", "panthera onca"),
    Truth.HUMAN: ("human", "person", "people", "homo sapiens"),
    Truth.VEHICLE: ("vehicle", "car", "truck"),
    Truth.BLANK: ("empty", "blank", "nothing", "none"),
    # Labels that say that nobody checked; also those that name a group with other things in it.
    Truth.OTHER: ("", "unknown", "unverified", "owl or other", "insect spider"),
}
_MEANING = {word: truth for truth, words in _TRUTHS.items() for word in words}
_MODES = {"day": Mode.DAY, "ir": Mode.INFRARED, "infrared": Mode.INFRARED, "flash": Mode.FLASH}


def truth_of(label: str, otherwise: Truth = Truth.ANIMAL) -> Truth:
    """The meaning of a label, ``otherwise`` for any word that is not listed."""
    return _MEANING.get(label.strip().lower().replace("_", " ").replace("-", " "), otherwise)


def mode_of(text: str | None) -> Mode | None:
    """The light named by a label, None where it names none."""
    return _MODES.get((text or "").strip().lower())
