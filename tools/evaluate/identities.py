"""Telling individuals apart, where there is something to measure it with and pictures to do it on.

``tools.evaluate.identity.for_report(data)`` answers with ``lines``, Markdown for the page, and
``cmc``, one curve each with a ``name`` and its ``shares`` (0..1) at rank 1, 2, ...; or with None
where the pictures name no individuals. Everything must be ready for JSON.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MEASURE = "tools.evaluate.identity"


def measured_identities(data: Sequence[Path]) -> Mapping[str, Any] | None:
    """What was measured, ready for JSON, or None."""
    if find_spec(MEASURE) is None:
        return None
    for_report = getattr(importlib.import_module(MEASURE), "for_report", None)
    return None if for_report is None else for_report(data)
