"""The catalogue on the card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.errors import IrbisError
from edge.security.keys import BasecampToken
from edge.security.signed_file import CATALOGUE_MAGIC, open_file
from edge.vision.catalogue.errors import CatalogueError
from edge.vision.catalogue.file import LARGEST_BYTES, Catalogue, decode_catalogue
from edge.vision.eyes import Eyes

_SIGNED_BYTES = 72


def load_catalogue(path: Path, basecamp: BasecampToken) -> Catalogue:
    """The catalogue that ``basecamp`` signed. Raises CatalogueError, naming the file."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + _SIGNED_BYTES + 1)
        return decode_catalogue(open_file(data, CATALOGUE_MAGIC, basecamp))
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror or error}") from error
    except IrbisError as error:
        raise CatalogueError(
            f"{path}: {error}; build it anew with: irbis catalogue build"
        ) from error


def with_catalogue(eyes: Eyes, path: Path | None, basecamp: BasecampToken) -> Eyes:
    """``eyes`` that know the individuals in the file at ``path``.

    Never raises: without a catalogue a station sees as well, it only names nobody. The reason then
    stands in ``forgotten``.
    """
    if path is None:
        return eyes
    try:
        return replace(eyes, catalogue=load_catalogue(path, basecamp))
    except CatalogueError as error:
        return replace(eyes, forgotten=str(error))
