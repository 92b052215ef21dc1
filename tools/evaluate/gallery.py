"""A page of the misses: small pictures with boxes and scores, to be looked at and not passed on."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, UnidentifiedImageError

from edge.records import Box
from tools.evaluate.labelled import EvaluationError, LabelledSet, Truth
from tools.evaluate.outcomes import BurstOutcome, FrameOutcome, Report

THUMBNAIL_PX = 320
MOST_EACH = 60
"""Pictures of one group; a page of all groups stays below about 10 MB."""
_JPEG_QUALITY = 72
_OWN_ROOT = Path(__file__).resolve().parents[2]
_FOUND, _FAINT, _DRAWN = "#E69F00", "#F5D27A", "#56B4E9"


class Miss(NamedTuple):
    """A frame to be shown, and what became of it."""

    burst: BurstOutcome
    frame: FrameOutcome
    number: int
    """The frame's place in its burst, from 0."""


class Group(NamedTuple):
    title: str
    pick: Callable[[BurstOutcome], Iterable[Miss]]


Pictures = Mapping[tuple[str, str], Sequence[Path]]
"""The files of each burst, by the names of its set and its own."""


def check_place(path: Path) -> None:
    """Raises EvaluationError for a page inside a checkout: it holds pictures that nobody gave
    leave to share, and what lies in a checkout is sooner or later published."""
    for folder in path.resolve().parents:
        if folder == _OWN_ROOT or (folder / ".git").exists():
            raise EvaluationError(
                f"{path}: lies in the checkout {folder}; a gallery holds pictures that may not be"
                " shared, write it somewhere else"
            )


def pictures_of(sets: Iterable[LabelledSet]) -> dict[tuple[str, str], list[Path]]:
    """Where the pictures of these sets are."""
    return {
        (one.name, burst.name): [frame.path for frame in burst.frames]
        for one in sets
        for burst in one.bursts
    }


def write_gallery(report: Report, pictures: Pictures, path: Path, most: int = MOST_EACH) -> None:
    """Write the page. Raises EvaluationError for a place inside a checkout, OSError."""
    check_place(path)
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        for group in GROUPS:
            misses = [miss for burst in report.bursts for miss in group.pick(burst)]
            file.writelines(_section(group.title, misses, pictures, most))
        file.write("</body></html>\n")


def _section(title: str, misses: Sequence[Miss], pictures: Pictures, most: int) -> Iterator[str]:
    shown = (
        misses if len(misses) <= most else [misses[i * len(misses) // most] for i in range(most)]
    )
    count = f"{len(misses)}" if len(shown) == len(misses) else f"{len(shown)} of {len(misses)}"
    yield f"<h2>{escape(title)} ({count})</h2>\n<div class=row>\n"
    for miss in shown:
        files = pictures.get((miss.burst.set, miss.burst.name))
        yield _figure(miss, None if files is None else files[miss.number])
    yield "</div>\n"


def _figure(miss: Miss, path: Path | None) -> str:
    frame, burst = miss.frame, miss.burst
    mass = "not asked" if frame.target_mass is None else f"{frame.target_mass:.2f}"
    best = max((found.score for found in frame.detections), default=0.0)
    words = [
        f"<b>{escape(burst.set)}</b> {escape(frame.file)}",
        f"{escape(frame.label or frame.truth.value)}, {frame.mode.value}"
        + (f", station {escape(burst.station)}" if burst.station else ""),
        f"detection {best:.2f}, target mass {mass}",
        f"burst of {len(burst.frames)}: {burst.kind.value}, target score {burst.target_score:.2f}",
        escape(burst.reason),
    ]
    thumbnail = None if path is None else _thumbnail(path, frame)
    picture = (
        "<p>no picture at hand</p>"
        if thumbnail is None
        else f'<img src="data:image/jpeg;base64,{base64.b64encode(thumbnail).decode()}">'
    )
    return f"<figure>{picture}<figcaption>{'<br>'.join(words)}</figcaption></figure>\n"


def _thumbnail(path: Path, frame: FrameOutcome) -> bytes | None:
    """A small JPEG with the boxes on it; None for a file that is no picture."""
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
            picture = opened.convert("RGB")
    except (OSError, UnidentifiedImageError):
        return None
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    draw = ImageDraw.Draw(picture)
    for box in frame.drawn or ():
        _outline(draw, picture, box, _DRAWN)
    for found in reversed(frame.detections):
        colour = _FOUND if found.score >= frame.counts_from else _FAINT
        corner = _outline(draw, picture, found.box, colour)
        draw.text(corner, f"{found.label} {found.score:.2f}", fill=colour)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _outline(
    draw: ImageDraw.ImageDraw, picture: Image.Image, box: Box, colour: str
) -> tuple[float, float]:
    """Draw a box; where a line of text fits into its corner."""
    x0, y0 = box.x * picture.width, box.y * picture.height
    x1, y1 = x0 + box.w * picture.width - 1, y0 + box.h * picture.height - 1
    draw.rectangle((x0, y0, max(x0, x1), max(y0, y1)), outline=colour, width=2)
    return x0 + 4, y0 + 2


def _all_frames(burst: BurstOutcome) -> Iterator[Miss]:
    for number, frame in enumerate(burst.frames):
        yield Miss(burst, frame, number)


def _leopard_frames(burst: BurstOutcome) -> Iterator[Miss]:
    return (miss for miss in _all_frames(burst) if miss.frame.truth is Truth.TARGET)


def _first(misses: Iterable[Miss]) -> list[Miss]:
    """One frame stands for a burst: the one that speaks most for its verdict."""
    return sorted(misses, key=lambda miss: -(miss.frame.target_mass or 0.0))[:1]


def _dropped(burst: BurstOutcome) -> Iterable[Miss]:
    lost = burst.truth is Truth.TARGET and burst.blank
    return _leopard_frames(burst) if lost else ()


def _not_called(burst: BurstOutcome) -> Iterable[Miss]:
    missed = burst.truth is Truth.TARGET and not burst.target and not burst.blank
    return _leopard_frames(burst) if missed else ()


def _not_called_alone(burst: BurstOutcome) -> Iterable[Miss]:
    """Frames that only the rest of their burst made a leopard."""
    return (miss for miss in _leopard_frames(burst) if burst.target and not miss.frame.target)


def _not_boxed(burst: BurstOutcome) -> Iterable[Miss]:
    return (miss for miss in _leopard_frames(burst) if miss.frame.located is False)


def _blank_kept(burst: BurstOutcome) -> Iterable[Miss]:
    return _first(_all_frames(burst)) if burst.truth is Truth.BLANK and not burst.blank else ()


def _called(burst: BurstOutcome) -> Iterable[Miss]:
    wrong = (miss for miss in _all_frames(burst) if miss.frame.target)
    return (miss for miss in wrong if miss.frame.truth not in (Truth.TARGET, Truth.COUSIN))


def _cousins_called(burst: BurstOutcome) -> Iterable[Miss]:
    return (m for m in _all_frames(burst) if m.frame.truth is Truth.COUSIN and m.frame.target)


def _person_missed(burst: BurstOutcome) -> Iterable[Miss]:
    people = (miss for miss in _all_frames(burst) if miss.frame.truth is Truth.HUMAN)
    return (miss for miss in people if not miss.frame.found)


GROUPS = (
    Group("Leopards that were dropped", _dropped),
    Group("Leopards that were kept, but not called target", _not_called),
    Group("Frames of a leopard that are none when judged alone", _not_called_alone),
    Group("Leopards without a box on them", _not_boxed),
    Group("Blanks that were kept", _blank_kept),
    Group("Other things called target", _called),
    Group("Other spotted cats called target", _cousins_called),
    Group("Persons who were missed", _person_missed),
)

_HEAD = f"""\
<!doctype html>
<html lang=en><head><meta charset=utf-8><title>What the models missed</title><style>
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; background: #fafafa; color: #222 }}
.row {{ display: flex; flex-wrap: wrap; gap: 12px }}
figure {{ margin: 0; width: {THUMBNAIL_PX}px; background: #fff; border: 1px solid #ddd }}
figcaption {{ padding: 6px; font-size: 12px; overflow-wrap: anywhere }}
img {{ display: block; max-width: 100% }}
</style></head><body>
<h1>What the models missed</h1>
<p>Boxes: <b style="color:{_FOUND}">found</b> (pale: too faint to count) and
<b style="color:{_DRAWN}">drawn by hand</b>. Scores are those of the frame judged alone; the last
two lines are of its whole burst.</p>
<p><b>Not to be shared:</b> nobody gave leave to pass these pictures on.</p>
"""
