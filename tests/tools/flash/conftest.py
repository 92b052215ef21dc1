"""What the tests of cards stand on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey
from tests.tools.flash.cards import make_image
from tools import cli


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``irbis.img.zst``, with its hash and its block map beside it. Not to be changed."""
    return make_image(tmp_path_factory.mktemp("image"))


@pytest.fixture
def token() -> str:
    """A basecamp's."""
    return str(BasecampKey.generate().token)


@pytest.fixture
def irbis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str) -> Callable[..., int]:
    """``irbis("flash", ...)`` in a folder of this test's own: the exit code."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: cli.main([str(word) for word in words])
