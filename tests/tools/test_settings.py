"""`irbis config options`: every setting, its default and meaning, as the models have it."""

from __future__ import annotations

import re
import tomllib

import pytest
from pydantic import BaseModel

from edge.config import StationConfig, Triage
from edge.config_capture import Gpio
from tests.kit.station import irbis
from tools.settings import PAGE, options, page


def test_the_page_is_as_the_models_have_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make it anew: python -m tools.settings"


def test_what_is_printed_is_toml_with_the_defaults() -> None:
    told = tomllib.loads(options("triage"))["triage"]
    defaults = Triage().model_dump(mode="json")
    assert told == {name: value for name, value in defaults.items() if value is not None}


def test_no_setting_of_any_section_is_left_out() -> None:
    text = options()
    for model in (StationConfig, *_sections(StationConfig)):
        plain = [
            name
            for name, field in model.model_fields.items()
            if "edge.config" not in str(field.annotation)
        ]
        assert all(re.search(rf"^(# )?{name} =", text, re.MULTILINE) for name in plain), model
    assert "[[capture.triggers]]" in text
    assert Gpio.__name__ in {model.__name__ for model in _sections(StationConfig)}


def test_meanings_choices_and_bounds_are_told() -> None:
    text = options("capture.triggers")
    assert '("rising", "falling")' in text
    assert "# Times of day, UTC. (a list: a time of day each)" in text
    assert "(a whole number; -90 to 90)" in text


@pytest.mark.parametrize("section", ["capture.burst", "[capture.burst]"])
def test_one_section_is_asked_for_by_name(section: str) -> None:
    said = irbis("config", "options", section).stdout
    assert said.startswith("[capture.burst]\n")
    assert "[capture.ring]" not in said


def test_a_section_that_is_none_is_told() -> None:
    run = irbis("config", "options", "captuer")
    assert run.returncode == 1
    assert "no section captuer" in run.stderr


def _sections(model: type[BaseModel]) -> set[type[BaseModel]]:
    """By another way than the tool's: pydantic's own list of what lies in a model."""
    named = model.model_json_schema()["$defs"]
    found: set[type[BaseModel]] = set()
    waiting = list(BaseModel.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__name__ in named and one.__module__.startswith("edge.config"):
            found.add(one)
    return found
