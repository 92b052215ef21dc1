"""Telling individuals apart, where the pictures name any.

``tools.evaluate.identity.for_report(data)`` answers with ``lines``, Markdown for the page, and
``cmc``, one curve each with a ``name`` and its ``shares`` (0..1) at rank 1, 2, ...; or with None
where the pictures name no individuals. Everything must be ready for JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.evaluate.labelled import EvaluationError


def check_individuals(data: Sequence[Path]) -> None:
    """Raises EvaluationError for a table that names individuals and cannot be asked about them."""
    from tools.evaluate.identity.sets import find_sets, read_set

    for folder in find_sets(data):
        try:
            read_set(folder)
        except KeyError as error:
            raise EvaluationError(
                f"{folder}: names individuals, but lacks the column {error}; what tells visits"
                " apart is `encounter`, or `station` and `datetime` (as in 2024-05-31T06:12:00)"
            ) from error
        except ValueError as error:
            raise EvaluationError(
                f"{folder}: names individuals, but a time or a box cannot be read: {error}"
            ) from error


def measured_identities(data: Sequence[Path]) -> Mapping[str, Any] | None:
    """What was measured, ready for JSON, or None."""
    from tools.evaluate.identity import for_report

    return for_report(data)
