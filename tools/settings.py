"""All settings of a station, as the configuration's own models tell them: `irbis config options`.

Written as TOML to cut from: every section with each of its values, its meaning above it.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from edge.config import StationConfig

_WIDTH = 96
_WORDS = {"Path": "a path", "str": "a text", "int": "a whole number", "float": "a number",
          "bool": "true or false", "time": "a time of day"}  # fmt: skip

_LIMITS = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}


def options(section: str = "") -> str:
    """The settings of ``section`` and of all below it, of every one where it is empty; "" where
    there is no such section."""
    told = [lines for name, lines in _tables(StationConfig, "") if _within(name, section)]
    return "\n\n".join("\n".join(lines) for lines in told)


def _within(name: str, section: str) -> bool:
    return not section or name == section or name.startswith(f"{section}.")


def _tables(
    model: type[BaseModel], name: str, many: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """The table of ``model``, and after it those that lie in it."""
    meant = _meanings(model)
    lines = [f"[[{name}]]" if many else f"[{name}]", *_comment(_first_sentences(model))]
    below = []
    for key, field in model.model_fields.items():
        inner = list(_models(field.annotation))
        if inner:
            below += [(one, f"{name}.{key}" if name else key, _is_many(field)) for one in inner]
        else:
            lines += [*_comment(_about(field, meant.get(key, ""))), _line(key, field)]
    if name:
        yield name, lines
    for one, inside, is_many in below:
        yield from _tables(one, inside, is_many)


def _first_sentences(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").split("\n\n")[0]


def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """The text below each value in the source, its base classes' values too."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not (isinstance(base, type) and issubclass(base, BaseModel)) or base is BaseModel:
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(tree, ast.ClassDef)
        waiting: list[str] = []
        for node in tree.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                waiting.append(node.target.id)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                found |= {waiting[-1]: inspect.cleandoc(str(node.value.value))} if waiting else {}
    return found


def _about(field: FieldInfo, meaning: str) -> str:
    may_be = "; ".join(filter(None, [_kind(field), *_bounds(field)]))
    words = " ".join(meaning.replace("``", "").split())
    return f"{words} ({may_be})" if words else f"({may_be})"


def _kind(field: FieldInfo) -> str:
    choices = [str(json.dumps(one)) for one in _choices(field.annotation)]
    if choices:
        return ", ".join(choices)
    names = [_WORDS[one.__name__] for one in _leaves(field.annotation) if one.__name__ in _WORDS]
    kind = " or ".join(dict.fromkeys(names))
    return f"a list: {kind} each" if _is_many(field) else kind


def _bounds(field: FieldInfo) -> Iterator[str]:
    """``1 to 16``, ``above 0``, ``above 0, to 2``."""
    found = {name: getattr(bound, name) for bound in field.metadata for name in _LIMITS
             if getattr(bound, name, None) is not None}  # fmt: skip
    words = [f"{word} {found[name]:g}" for name, word in _LIMITS.items() if name in found]
    text = ", ".join(words)
    yield text.removeprefix("from ").replace(", to", " to") if {"ge", "le"} <= set(found) else text


def _line(key: str, field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=False)
    if value is PydanticUndefined:
        return f"# {key} =   must be given"
    if value is None:
        return f"# {key} ="
    return f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    plain = list(value) if isinstance(value, tuple) else value
    return json.dumps(plain, default=str)


def _comment(text: str) -> list[str]:
    flat = " ".join(text.replace("``", "").split())
    return [f"# {line}" for line in textwrap.wrap(flat, _WIDTH)]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    return (one for one in _leaves(annotation) if issubclass(one, BaseModel))


def _choices(annotation: Any) -> list[object]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [found for one in get_args(annotation) for found in _choices(one)]


def _leaves(annotation: Any) -> Iterator[type]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin in (Union, UnionType, tuple, list):
        for one in get_args(annotation):
            yield from _leaves(one)
    elif isinstance(annotation, type) and annotation not in (NoneType,):
        yield annotation


def _is_many(field: FieldInfo) -> bool:
    parts = [field.annotation, *get_args(field.annotation)]
    return any(get_origin(one) in (tuple, list) for one in parts)


PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
_HEAD = """\
# Every setting of a station

For technicians and the field team. What most stations need stands in [station.md](station.md) and
[camera.md](camera.md); this is all there is, with its default. The same, for the version that is
installed: `irbis config options`, or of one section `irbis config options capture.burst`. A value
that does not fit is refused with one line that names it.

"""


def page() -> str:
    """docs/settings.md as it should be."""
    return f"{_HEAD}```toml\n{options()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
