"""What came by radio, as a person reads it and as a program does."""

from __future__ import annotations

from typing import Any

from edge.records import ObservationType
from edge.wire.air.beacon import Beacon
from edge.wire.air.heartbeat import RadioHeartbeat
from edge.wire.air.sighting import RadioSighting
from edge.wire.air.species import NONE, OTHER
from tools.basecamp.picture_views import picture_json
from tools.basecamp.radio_rosters import Named, Rosters
from tools.basecamp.radio_views import (
    AskedPicture,
    BeaconView,
    RadioHeartbeatView,
    RadioSightingView,
)
from tools.basecamp.radio_wishes import Wish

_MOST_PICTURES = 15


class RadioWording:
    """Words and JSON for radio records; ``rosters`` name the individuals."""

    def __init__(self, rosters: Rosters) -> None:
        self._rosters = rosters

    def likeness(self, sighting: RadioSighting) -> str:
        """Whom the station takes it for, by number where the catalogue was not given."""
        answer = sighting.answer
        if answer is None:
            return ""
        if not answer.likenesses:
            return "nobody is in the station's catalogue from this side"
        told = [f"{_name(one)} ({one.score:.2f})" for one in self._rosters.named(answer)]
        rest = "" if answer.nobody is None else f"; none of these {answer.nobody:.2f}"
        return f"most like {', '.join(told)}{rest}"

    def sighting_json(self, view: RadioSightingView) -> dict[str, Any]:
        """As a full sighting's, with null for what the radio does not tell."""
        sighting = view.sighting
        return {
            "station": view.station,
            "by_radio": True,
            "burst_id": None,
            "reference": sighting.reference.hex(),
            "captured_at": None if view.captured_at is None else view.captured_at.isoformat(),
            "received_at": view.received_at.isoformat(),
            "clock": sighting.clock.value,
            "captured_between": None
            if view.between is None
            else [None if at is None else at.isoformat() for at in view.between.ends],
            "frame_count": sighting.frame_count,
            "observation_type": sighting.observation_type.value,
            "target": sighting.target,
            "people": sighting.people,
            "alert": sighting.alert,
            "doubtful": sighting.doubtful,
            "target_score": sighting.target_score,
            "species": _species_json(sighting),
            "count": sighting.count,
            "side": sighting.side.value,
            "quality": sighting.quality,
            "pictures": [picture_json(picture) for picture in view.pictures],
            "pictures_at_station": sighting.pictures,
            "asked_picture": None if view.asked is None else _asked_json(view.asked),
            **self._answer_json(sighting),
            "battery_mv": sighting.vitals.battery_mv,
            "temperature_c": sighting.vitals.temperature_c,
            "received_bytes": view.received_bytes,
        }

    def _answer_json(self, sighting: RadioSighting) -> dict[str, Any]:
        answer = sighting.answer
        if answer is None:
            return {"identities": [], "not_in_catalogue": None, "catalogue_check": None}
        return {
            "identities": [
                {"individual": one.individual, "number": one.number, "score": one.score}
                for one in self._rosters.named(answer)
            ],
            "not_in_catalogue": answer.nobody,
            "catalogue_check": answer.catalogue,
        }


def heartbeat_json(view: RadioHeartbeatView) -> dict[str, Any]:
    """What only a radio heartbeat tells."""
    beat: RadioHeartbeat = view.heartbeat
    return {
        "boot": beat.boot,
        "solar_mv": beat.solar_mv,
        "models_check": beat.models,
        "catalogue_check": beat.catalogue,
    }


def beacon_json(view: BeaconView) -> dict[str, Any]:
    """A beacon; ``age_s`` is how old the news was when it was sent, rounded down."""
    beacon = view.beacon
    return {
        "heard_at": view.heard_at.isoformat(),
        "alert": beacon.alert,
        "target": beacon.target,
        "observation_type": beacon.observation_type.value,
        "count": beacon.count,
        "age_s": beacon.age_s,
        "waiting": beacon.waiting,
    }


def verdict_by_radio(sighting: RadioSighting) -> str:
    """The verdict in a few words."""
    if sighting.target:
        return "target, with people" if sighting.people else "target"
    return sighting.observation_type.value


def species_by_radio(sighting: RadioSighting) -> str:
    """The likeliest taxon; nothing where none is told."""
    if sighting.species == NONE:
        return ""
    if sighting.species == OTHER:
        return "a taxon that the full record names"
    return sighting.species_name or f"taxon {sighting.species}, which needs an update here"


def asked_picture(asked: AskedPicture) -> str:
    """How the picture fares that was asked for: "12 of 66 pieces of a picture have come"."""
    if asked.wish is Wish.WANTED and asked.of:
        return f"{asked.pieces} of {asked.of} pieces of a picture have come"
    return _FARES[asked.wish]


_FARES = {
    Wish.WANTED: "a picture is asked for",
    Wish.HERE: "",
    Wish.ENOUGH: "",
    Wish.ABSENT: "the station has no picture for the radio",
    Wish.SPOILT: "a picture came by radio and could not be opened",
}


def waiting(sighting: RadioSighting) -> str:
    """What the station still has of it: "by radio; 2 pictures wait at the station"."""
    count = sighting.pictures
    if not count:
        return "by radio; no picture waits"
    number = f"{count} or more" if count == _MOST_PICTURES else str(count)
    return f"by radio; {number} {_plural('picture', count)} {_wait(count)} at the station"


def has_news(beacon: Beacon) -> str:
    """What a beacon says: "has news: a target, 2 individuals; 4 or more sightings wait"."""
    what = "a target" if beacon.target else _KINDS[beacon.observation_type]
    alert = "alert, " if beacon.alert else ""
    many = f", {beacon.count}{' or more' if beacon.count == 3 else ''} of them"
    several = many if beacon.count > 1 else ""
    waits = f"{beacon.waiting}{'' if beacon.waiting < 2 else ' or more'}"
    noun = _plural("sighting", beacon.waiting)
    return f"has news: {alert}{what}{several}; {waits} {noun} {_wait(beacon.waiting)}"


_KINDS = {
    ObservationType.BLANK: "nothing was seen",
    ObservationType.ANIMAL: "an animal",
    ObservationType.HUMAN: "a person",
    ObservationType.VEHICLE: "a vehicle",
    ObservationType.UNKNOWN: "something it could not judge",
}


def _name(one: Named) -> str:
    if one.individual is not None:
        return one.individual
    return "one without a number" if one.number is None else f"number {one.number}"


def _species_json(sighting: RadioSighting) -> list[dict[str, Any]]:
    if sighting.species == NONE:
        return []
    name, score = sighting.species_name, sighting.species_score
    return [{"name": name, "code": sighting.species, "score": score}]


def _asked_json(asked: AskedPicture) -> dict[str, Any]:
    return {"state": asked.wish.value, "pieces": asked.pieces, "of": asked.of}


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"


FILTERS = {
    "verdict_by_radio": verdict_by_radio,
    "species_by_radio": species_by_radio,
    "waiting": waiting,
    "asked_picture": asked_picture,
    "has_news": has_news,
}
