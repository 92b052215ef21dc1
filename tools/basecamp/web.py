"""The page, its JSON and its pictures. Read-only, and without any place on a map."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from edge.uplink.status import LinkState, LinkStatus
from tools.basecamp import wording
from tools.basecamp.as_json import sighting_json, station_json
from tools.basecamp.guard import Guard
from tools.basecamp.pictures import UNKNOWN
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.radio_wording import FILTERS as RADIO_FILTERS
from tools.basecamp.radio_wording import RadioWording
from tools.basecamp.refusals import Refusals
from tools.basecamp.store import Store
from tools.basecamp.views import SightingView

_HERE = Path(__file__).parent
_SHA256 = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile("[0-9]{1,9}")
_SHOWN = 60
"""Sightings on the page; the JSON gives more on request."""
_LARGEST_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Links:
    """Where the connections stand; ``lorawan`` gives None where no network is listened to,
    ``uploads`` the URL where stations upload, None where they cannot."""

    broker: Callable[[], LinkStatus]
    lorawan: Callable[[], LinkStatus | None]
    uploads: Callable[[], str | None]


def make_app(
    store: Store, refusals: Refusals, links: Links, radio: RadioWording, loopback_only: bool
) -> Starlette:
    """The ASGI application over a store."""
    pages = _Pages(store, refusals, links, radio)
    return Starlette(
        routes=[
            Route("/", pages.whole),
            Route("/live", pages.live),
            Route("/api/sightings.json", pages.sightings_json),
            Route("/api/stations.json", pages.stations_json),
            Route("/media/{sha256}", pages.media),
            Route("/healthz", pages.healthz),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[Middleware(Guard, loopback_only=loopback_only)],
    )


class _Pages:
    """The handlers. They are plain functions, which Starlette runs off the event loop."""

    def __init__(self, store: Store, refusals: Refusals, links: Links, radio: RadioWording) -> None:
        self._store = store
        self._refusals = refusals
        self._links = links
        self._radio = radio
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(wording.FILTERS)
        self._templates.filters.update(RADIO_FILTERS, radio_likeness=radio.likeness)

    def whole(self, _request: Request) -> Response:
        return self._render("page.html")

    def live(self, _request: Request) -> Response:
        """The part of the page that changes."""
        return self._render("live.html")

    def sightings_json(self, request: Request) -> Response:
        text = request.query_params.get("limit", str(_SHOWN))
        if _NUMBER.fullmatch(text) is None or not 1 <= int(text) <= _LARGEST_LIMIT:
            problem = f"limit must be a number from 1 to {_LARGEST_LIMIT}"
            return JSONResponse({"error": problem}, status_code=400)
        return JSONResponse([self._as_json(view) for view in self._store.views.news(int(text))])

    def stations_json(self, _request: Request) -> Response:
        return JSONResponse([station_json(view) for view in self._store.views.stations()])

    def media(self, request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        # Only a hash that the store knows becomes a path; whatever else was asked for does not.
        found = self._store.media_path(sha256) if _SHA256.fullmatch(sha256) else None
        if found is None or not found[0].is_file():
            return PlainTextResponse("no such picture", status_code=404)
        path, media_type = found
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        if media_type == UNKNOWN:
            headers["Content-Disposition"] = "attachment"
        return FileResponse(path, media_type=media_type, headers=headers)

    def healthz(self, _request: Request) -> Response:
        """200 while messages can come in, 503 with the reason otherwise."""
        status, lorawan = self._links.broker(), self._links.lorawan()
        content = {"broker": status.state, "reason": status.setback, "detail": status.detail}
        if lorawan is not None:
            content["lorawan"] = lorawan.state
            content["lorawan_reason"] = lorawan.setback
        if (uploads := self._links.uploads()) is not None:
            content["uploads"] = uploads
        listening = all(
            one is None or one.state is LinkState.LISTENING for one in (status, lorawan)
        )
        return JSONResponse(content, status_code=200 if listening else 503)

    def _as_json(self, view: SightingView | RadioSightingView) -> dict[str, Any]:
        if isinstance(view, RadioSightingView):
            return self._radio.sighting_json(view)
        return sighting_json(view)

    def _render(self, template: str) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(self._facts()))

    def _facts(self) -> dict[str, Any]:
        views = self._store.views
        return {
            "sightings": views.news(_SHOWN),
            "sighting_count": views.sighting_count(),
            "stations": views.stations(),
            "evidence": views.evidence(_SHOWN),
            "unread": views.unread(_SHOWN),
            "refusals": self._refusals.newest(5),
            "link": self._links.broker(),
            "lorawan": self._links.lorawan(),
            "uploads": self._links.uploads(),
        }
