"""What the words in label files mean."""

from __future__ import annotations

from tools.evaluate.labelled import Mode, Truth

_SPOTTED_CATS = (
    *("jaguar", "panthera onca", "cheetah", "acinonyx jubatus", "serval", "leptailurus serval"),
    *("ocelot", "leopardus pardalis", "margay", "leopardus wiedii", "oncilla", "leopard cat"),
    *("prionailurus bengalensis", "fishing cat", "prionailurus viverrinus", "marbled cat"),
    *("pardofelis marmorata", "clouded leopard", "neofelis nebulosa"),
)
_TRUTHS = {
    Truth.TARGET: ("snow leopard", "leopard", "panthera uncia", "panthera pardus"),
    Truth.COUSIN: _SPOTTED_CATS,
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
    return _MEANING.get(plain(label), otherwise)


def plain(label: str) -> str:
    """A label in small letters with spaces between its words."""
    return label.strip().lower().replace("_", " ").replace("-", " ")


def mode_of(text: str | None) -> Mode | None:
    """The light named by a label, None where it names none."""
    return _MODES.get((text or "").strip().lower())
