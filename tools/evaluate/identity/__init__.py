"""How well individuals are told apart, asked as a station asks its catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def for_report(data: Sequence[Path]) -> dict[str, Any] | None:
    """``lines`` (Markdown), ``cmc`` (curves) and ``rows`` (the lines' values) for the sets in
    ``data`` that name individuals. Minutes for some hundred pictures.

    ``data`` are sets or folders of sets. None where nobody is named.
    """
    # Deferred: who does not ask must not wait for the models.
    from tools.evaluate.identity.report import report_on

    return report_on(data)
