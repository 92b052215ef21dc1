"""Numbers of taxa on the radio. A number is never given a new meaning; new taxa are appended."""

from __future__ import annotations

NONE = 0
OTHER = 255
"""A taxon without a number: the full sighting names it."""

TAXA = (
    "Panthera uncia",
    "Panthera pardus",
    "Panthera onca",
    "Panthera leo",
    "Panthera tigris",
    "Acinonyx jubatus",
    "Puma concolor",
    "Lynx",
    "Lynx lynx",
    "Otocolobus manul",
    "Felis catus",
    "Canis lupus",
    "Canis familiaris",
    "Cuon alpinus",
    "Lycaon pictus",
    "Vulpes vulpes",
    "Hyaenidae",
    "Ursus arctos",
    "Ursus thibetanus",
    "Mustela",
    "Martes foina",
    "Gulo gulo",
    "Meles",
    "Capra sibirica",
    "Capra falconeri",
    "Capra ibex",
    "Pseudois nayaur",
    "Ovis ammon",
    "Ovis aries",
    "Hemitragus jemlahicus",
    "Naemorhedus",
    "Moschus",
    "Cervus",
    "Sus scrofa",
    "Bos taurus",
    "Bos grunniens",
    "Equus",
    "Equus caballus",
    "Equus kiang",
    "Camelus",
    "Marmota",
    "Lepus",
    "Ochotona",
    "Tetraogallus",
    "Homo sapiens",
)
"""Scientific names; the first has number 1."""

_NUMBERS = {name: number for number, name in enumerate(TAXA, start=1)}


def species_code(name: str | None) -> int:
    """The number of a taxon; NONE without one, OTHER for one that has none."""
    return NONE if name is None else _NUMBERS.get(name, OTHER)


def species_name(code: int) -> str | None:
    """The taxon with this number; None for none, another, and one that is not known here yet."""
    return TAXA[code - 1] if 1 <= code <= len(TAXA) else None
