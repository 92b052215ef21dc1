"""Patience that tests need not have."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _prompt_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads of triggers look often whether they are to end."""
    monkeypatch.setattr("edge.capture.trigger.together._LOOK_S", 0.05)
