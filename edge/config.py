"""StationConfig: the one validated schema of a station, TOML on disk.

Every value a technician may set is here with its unit and its default. Relative paths are taken
from the folder of the file they stand in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from edge.config_capture import Capture as Capture
from edge.config_clock import Clock as Clock
from edge.config_daemon import Daemon as Daemon
from edge.config_power import Controller as Controller
from edge.config_power import Power as Power
from edge.config_uplink import Lorawan as Lorawan
from edge.config_uplink import Section
from edge.config_uplink import Uplink as Uplink
from edge.config_wiring import clashes
from edge.errors import ConfigError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

STATION_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"
"""A station id is a name, never a place, and is safe in a file name and an MQTT topic."""

_PLAIN = {
    "extra_forbidden": "unknown key",
    "missing": "missing",
    "path_type": "must be a path",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "string_too_short": "must not be empty",
    # The triggers are the one thing that comes in kinds.
    "union_tag_not_found": 'kind: missing; "gpio", "controller", "schedule" or "test"',
    "union_tag_invalid": 'kind: must be "gpio", "controller", "schedule" or "test"',
    # The station's id is the one value with a pattern.
    "string_pattern_mismatch": "a name of letters, digits, - and _, up to 32, never a place",
}
"""What pydantic calls by its own names."""

LEAST_QUOTA_BYTES = 100_000
"""A quota below this is a slip of the unit: not one picture of a trap is as small."""

Unit = Annotated[float, Field(ge=0.0, le=1.0)]


class Station(Section):
    """Who this station is."""

    id: str = Field(pattern=STATION_ID)
    key_file: Path | None = None
    """The station's signing key, made by ``irbis keys station``."""
    basecamp: str | None = None
    """The public key token of basecamp, printed by ``irbis basecamp init``."""


class Triage(Section):
    """How pictures are judged. Thresholds: docs/accuracy.md."""

    models: Path | None = None
    """Folder with a ``registry.toml`` other than the shipped one (see ``irbis train``)."""
    profile: str | None = None
    """What the board affords: ``pi-zero2`` or ``pi5``; the registry's defaults when absent."""
    detector: str | None = None
    """Name in the registry; what the profile takes when absent."""
    species: str | None = None
    groups: str | None = None
    """Name in the registry, or ``none``: the species head alone tells the target."""
    targets: tuple[str, ...] = Field(default=("Panthera uncia", "Panthera pardus"), min_length=1)
    detect_score: Unit = 0.25
    """From this score on a detection counts as seen."""
    doubt_score: Unit = 0.15
    """From this score on a detection is a reason not to call a frame blank."""
    target_mass: Unit = 0.2
    """From this mass on the target group the species head calls a target."""
    doubt_mass: Unit = 0.05
    """From this mass on, no frame is called blank."""
    doubt_name: Unit = 0.5
    """From this probability of any one species on, no frame is called blank."""
    audit_share: Unit = 0.01
    """Share of the blanks kept for audit."""
    send_audits: bool = False
    """Send them, too, sealed as they are, once nothing more valuable waits."""
    threads: int = Field(default=1, ge=1, le=16)
    timeout_s: float = Field(default=120.0, gt=0)
    """A burst not judged within this time is kept as unknown."""
    crop_frames: int = Field(default=3, ge=1, le=16)
    """Frames of a target burst searched for the best view."""
    catalogue: Path | None = None
    """File of known individuals that basecamp signed, made by ``irbis catalogue build``; absent:
    sightings name nobody."""
    learn_background: bool = True
    """Learn what the empty scene looks like; off where pictures come from many places."""
    send_unknown: bool = True
    """Send a small picture of a burst that could not be judged."""
    send_people: bool = False
    """Send pictures in which a person was found, too; otherwise people are told of, not shown."""

    @model_validator(mode="after")
    def _doubt_lies_below_certainty(self) -> Triage:
        for doubt, sure in (("doubt_score", "detect_score"), ("doubt_mass", "target_mass")):
            if not 0 < getattr(self, doubt) <= getattr(self, sure):
                raise ValueError(f"{doubt} must be above 0 and at most {sure}")
        return self


class Spool(Section):
    """The durable store on the card."""

    path: Path = Path("spool")
    max_bytes: int = Field(default=0, ge=0)
    """Quota for evidence; 0 means as much as the card holds. What one burst takes must fit: where
    it does not, the station raises the alarm ``card-full`` and says so."""
    min_free_bytes: int = Field(default=64_000_000, ge=0)
    """Free space that evidence leaves to the rest of the system."""
    remembered_bursts: int = Field(default=20_000, ge=0)
    """Of bursts older than the last so many, the id alone stays once their evidence is gone and
    nothing of them waits to be sent; 0: everything stays."""

    @field_validator("max_bytes")
    @classmethod
    def _quota_holds_a_picture(cls, value: int) -> int:
        if 0 < value < LEAST_QUOTA_BYTES:
            raise ValueError(
                f"is less than one picture takes; the unit is bytes: 0, or {LEAST_QUOTA_BYTES} and"
                " more"
            )
        return value


_ARMED_BEFORE = "armed before"


class StationConfig(Section):
    """All of one station's configuration."""

    station: Station
    capture: Capture = Capture()
    triage: Triage = Triage()
    spool: Spool = Spool()
    uplink: Uplink = Uplink()
    power: Power | None = None
    controller: Controller | None = None
    daemon: Daemon = Daemon()
    clock: Clock = Clock()

    @model_validator(mode="after")
    def _who_is_woken_has_a_controller(self) -> StationConfig:
        if self.power is not None and self.power.mode == "woken" and self.controller is None:
            raise ValueError('[power] mode = "woken" needs a [controller] that wakes the station')
        return self

    @model_validator(mode="after")
    def _what_wakes_it_gets_its_burst(self, info: ValidationInfo) -> StationConfig:
        if info.context == _ARMED_BEFORE:
            return self
        is_woken = self.power is not None and self.power.mode == "woken"
        hears = any(trigger.kind == "controller" for trigger in self.capture.triggers)
        if is_woken and self.capture.camera != "folder" and not hears:
            raise ValueError(
                '[power] mode = "woken": the controller\'s motion sensor wakes the station, and'
                ' without a [[capture.triggers]] kind = "controller" nothing is taken of what woke'
                " it; add one"
            )
        return self

    @model_validator(mode="after")
    def _nothing_is_wired_twice(self, info: ValidationInfo) -> StationConfig:
        if info.context == _ARMED_BEFORE:
            return self
        twice = list(clashes(self.capture, self.uplink, self.clock, self.controller))
        if twice:
            raise ValueError("; ".join(twice))
        return self


def load_config(path: Path) -> StationConfig:
    """Read and validate a station's TOML file.

    Raises ConfigError, with one line per problem, when the file is missing, is not TOML, or holds
    a value that does not fit.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; write one with: irbis config new --out {path}"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        hint = '; a word stands in quotes: camera = "pi"' if "Invalid value" in str(error) else ""
        raise ConfigError(f"{path}: cannot be read as TOML: {error}{hint}") from error
    return parse_config(values, base=path.parent, origin=str(path))


def parse_config(
    values: object, base: Path, origin: str = "configuration", armed_before: bool = False
) -> StationConfig:
    """Validate ``values`` (the parsed TOML) and resolve relative paths against ``base``.

    ``armed_before``: a station has run with it, so what it could live with is let pass: rules for
    who writes a file, of a later version perhaps, are no reason to catch nothing.

    Raises ConfigError.
    """
    try:
        config = StationConfig.model_validate(
            values, context=_ARMED_BEFORE if armed_before else None
        )
    except ValidationError as error:
        problems = "; ".join(_problem(item) for item in error.errors(include_url=False))
        raise ConfigError(f"{origin}: {problems}") from None
    return _resolve(config, base)


def _problem(item: ErrorDetails) -> str:
    """One of pydantic's findings in a technician's words: ``[section] key: what is wrong``."""
    place = _place(item["loc"] or ("configuration",))
    plain = item["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    meant = _meant(item["loc"]) if item["type"] == "extra_forbidden" else ""
    return f"{place}: {_PLAIN.get(item['type'], plain)}{meant}"


def _meant(loc: Sequence[int | str]) -> str:
    """The setting whose name is nearest to a mistyped one; nothing where none is near."""
    schema = StationConfig.model_json_schema()
    tables = [schema, *schema["$defs"].values()]
    known = {name for table in tables for name in table.get("properties", ())}
    near = get_close_matches(str(loc[-1]), sorted(known), n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else ""


def _place(keys: Sequence[int | str]) -> str:
    """As in the file: ``[uplink.lorawan] port``, ``[triage] targets.0``."""
    tables = 2 if len(keys) > 2 and isinstance(keys[2], str) else 1
    section, rest = keys[:tables], keys[tables:]
    return f"[{'.'.join(map(str, section))}] {'.'.join(map(str, rest))}".rstrip()


def _resolve(config: StationConfig, base: Path) -> StationConfig:
    def at(path: Path | None) -> Path | None:
        return None if path is None else base / path

    station = config.station.model_copy(update={"key_file": at(config.station.key_file)})
    capture = config.capture.model_copy(update={"path": at(config.capture.path)})
    spool = config.spool.model_copy(update={"path": base / config.spool.path})
    triage = config.triage.model_copy(
        update={"models": at(config.triage.models), "catalogue": at(config.triage.catalogue)}
    )
    return config.model_copy(
        update={
            "station": station,
            "capture": capture,
            "triage": triage,
            "spool": spool,
            "uplink": config.uplink.based(base),
        }
    )
