"""A cellular data connection through ModemManager: on for a session, off for the rest of the day.

ModemManager (its D-Bus API, version 1.20 and later) knows the modems; this asks it for one thing
after another, waits for its signals, and says of every state that leads nowhere what to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.uplink.cellular.bearer import Signal
from edge.uplink.cellular.dbus import Bus, DbusFailed, GivenUp
from edge.uplink.cellular.errors import BearerError, BearerFault
from edge.uplink.cellular.modem_states import (
    Lock,
    ModemState,
    State,
    hopeless,
    technology,
    unregistered,
)
from edge.uplink.cellular.network_time import OnTime, network_time

SERVICE = "org.freedesktop.ModemManager1"
_ROOT = "/org/freedesktop/ModemManager1"
_MODEM = f"{SERVICE}.Modem"
_SIMPLE = f"{SERVICE}.Modem.Simple"
_3GPP = f"{SERVICE}.Modem.Modem3gpp"
_BEARER = f"{SERVICE}.Bearer"
_OBJECTS = "org.freedesktop.DBus.ObjectManager"
_ABSENT = (
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.Spawn.ChildExited",
)
_LOW_POWER = 2
_LOOK_S = 1.0
CONNECT_TIMEOUT_S = 180.0
"""ModemManager itself gives up within this."""
_OFF_S = 25.0
_OFF_WHEN_STOPPING_S = 2.0
"""For each step of switching off, where a station that stops waits for it."""

GiveAddress = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the SIM's plan wants. ``register_s`` is how long a network may be looked for: a modem
    that was off scans all bands of all its technologies, two minutes on a bad antenna."""

    apn: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    pin: str | None = field(default=None, repr=False)
    roaming: bool = True
    register_s: float = 180.0


class ModemManagerBearer:
    """The first modem that ModemManager knows, or the one whose device path or equipment number
    (IMEI) is ``modem``. For one thread.

    ``give_address`` is called with the interface and the bearer's Ip4Config once it is connected,
    where nobody else looks after the interface. ``give_up`` is asked while the modem or its network
    is waited for: then neither is any longer. ``on_time`` takes what the network says of the time,
    as a session begins and as it ends: some tell it a while after they took the modem.
    """

    def __init__(
        self,
        subscription: Subscription,
        modem: str | None = None,
        bus: str = "SYSTEM",
        interfaces: Path = Path("/sys/class/net"),
        give_address: GiveAddress | None = None,
        give_up: Callable[[], bool] = lambda: False,
        on_time: OnTime = lambda _: None,
    ) -> None:
        self._on_time = on_time
        self._subscription = subscription
        self._modem = modem
        self._bus_name = bus
        self._interfaces = interfaces
        self._give_address = give_address
        self._give_up = give_up
        self._bus: Bus | None = None
        self._path = ""
        self._bearer = ""
        self._counting: str | None = None
        self._counted_before = 0

    def up(self) -> None:
        """See Bearer. Raises BearerError."""
        try:
            self._bus = self._bus or Bus(SERVICE, self._bus_name)
            self._path = self._found(self._bus)
            self._register(self._bus)
            self._bearer = self._connected(self._bus)
            self._address()
            self._ask_time(self._bus, self._path)
        except DbusFailed as error:
            self.down()
            raise _explained(error) from error
        except BearerError:
            self.down()
            raise
        self._counting = self.interface
        self._counted_before = self._interface_bytes() or 0

    def signal(self) -> Signal | None:
        """See Bearer."""
        if self._bus is None or not self._path:
            return None
        try:
            found = self._bus.properties(self._path, _MODEM)
            percent, _recent = found["SignalQuality"]
            return Signal(percent / 100, technology(found.get("AccessTechnologies", 0)))
        except (DbusFailed, KeyError, TypeError, ValueError):
            return None

    def used_bytes(self) -> int | None:
        """See Bearer: by the interface's counters. ModemManager's own are no proof: it asks the
        modem every 30 s, and tells 0 of one that does not count."""
        counted = self._interface_bytes()
        if counted is None or counted < self._counted_before:
            return None  # the modem fell off its bus, or came back and counts anew
        return counted - self._counted_before

    @property
    def interface(self) -> str | None:
        """The network interface of the connection, ``wwan0``."""
        return self._bearer_properties().get("Interface") or None

    def is_connected(self) -> bool:
        """Whether it still is."""
        return bool(self._bearer_properties().get("Connected"))

    def down(self) -> bool:
        """See Bearer. The modem goes to low power."""
        bus, path, bearer = self._bus, self._path, self._bearer
        self._bus, self._path, self._bearer = None, "", ""
        if bus is not None:
            with suppress(DbusFailed), closing(bus):
                if path and not self._give_up():
                    self._ask_time(bus, path)
                return not path or self._switched_off(bus, path, bearer)
        # The bus is gone, or a process before this one was killed and may have left it on.
        try:
            with closing(Bus(SERVICE, self._bus_name)) as bus:
                return self._switched_off(bus, self._found(bus), bearer)
        except BearerError:
            return True  # there is none
        except DbusFailed:
            return False

    def _ask_time(self, bus: Bus, path: str) -> None:
        at = network_time(bus, path)
        if at is not None:
            self._on_time(at)

    def _switched_off(self, bus: Bus, path: str, bearer: str) -> bool:
        """Whether it is. Raises DbusFailed."""
        timeout_s = _OFF_WHEN_STOPPING_S if self._give_up() else _OFF_S
        if bus.properties(path, _MODEM).get("State", State.UNKNOWN) > State.DISABLED:
            with suppress(DbusFailed):
                bus.call(path, _SIMPLE, "Disconnect", "o", (bearer or "/",), timeout_s)
            with suppress(DbusFailed):
                bus.call(path, _MODEM, "Enable", "b", (False,), timeout_s)
        with suppress(DbusFailed):
            bus.call(path, _MODEM, "SetPowerState", "u", (_LOW_POWER,), timeout_s)
        return bool(bus.properties(path, _MODEM).get("State", State.UNKNOWN) <= State.DISABLED)

    def _found(self, bus: Bus) -> str:
        (objects,) = bus.call(_ROOT, _OBJECTS, "GetManagedObjects")
        for path, interfaces in sorted(objects.items()):
            modem = interfaces.get(_MODEM)
            if modem is not None and self._is_ours(modem):
                return str(path)
        named = f" that is {self._modem}" if self._modem else ""
        raise BearerError(
            BearerFault.NO_MODEM,
            f"cellular: ModemManager knows no modem{named}; is it plugged in and powered"
            " (mmcli --list-modems)?",
        )

    def _is_ours(self, modem: dict[str, Any]) -> bool:
        names = (modem.get(name, ("s", ""))[1] for name in ("EquipmentIdentifier", "Device"))
        return self._modem is None or self._modem in names

    def _register(self, bus: Bus) -> None:
        """Until a network has taken the modem."""
        subscription = self._subscription
        began_s = time.monotonic()
        if self._checked(bus).is_pin_wanted:
            self._unlock(bus)
        bus.call(self._path, _MODEM, "Enable", "b", (True,), CONNECT_TIMEOUT_S, self._give_up)
        end_s = began_s + subscription.register_s
        while not bus.wait_until(self._path, lambda: self._checked(bus).is_registered, _LOOK_S):
            if self._give_up() or time.monotonic() > end_s:
                raise unregistered(self._state(bus), subscription.register_s)

    def _unlock(self, bus: Bus) -> None:
        (sim,) = (bus.properties(self._path, _MODEM)["Sim"],)
        try:
            bus.call(sim, f"{SERVICE}.Sim", "SendPin", "s", (self._subscription.pin,))
        except DbusFailed as error:
            raise BearerError(
                BearerFault.SIM_LOCKED,
                f"cellular: the SIM refuses the PIN of [uplink.cellular] pin_file ({error});"
                " correct it before its last try is gone",
                lasting=True,
            ) from error
        locked = (State.LOCKED, State.INITIALIZING, State.UNKNOWN)
        bus.wait_until(self._path, lambda: self._checked(bus).state not in locked, 30.0)

    def _connected(self, bus: Bus) -> str:
        """The path of a bearer that is connected."""
        plan = self._subscription
        wanted: dict[str, tuple[str, Any]] = {
            "apn": ("s", plan.apn),
            "allow-roaming": ("b", plan.roaming),
        }
        if plan.user is not None:
            wanted["user"] = ("s", plan.user)
        if plan.password is not None:
            wanted["password"] = ("s", plan.password)
        try:
            (bearer,) = bus.call(
                self._path,
                _SIMPLE,
                "Connect",
                "a{sv}",
                (wanted,),
                CONNECT_TIMEOUT_S,
                self._give_up,
            )
        except GivenUp:
            raise
        except DbusFailed as error:
            raise BearerError(
                BearerFault.NOT_CONNECTED,
                f"cellular: the network gave no data connection ({error}); check the APN"
                f" {plan.apn!r}, its user and password, and that the plan has data and roaming",
            ) from error
        if not bus.properties(bearer, _BEARER).get("Connected"):
            raise BearerError(
                BearerFault.LOST, "cellular: the data connection was lost as soon as it was made"
            )
        return str(bearer)

    def _address(self) -> None:
        """Make the interface usable, where that is ours to do."""
        bearer = self._bearer_properties()
        interface = bearer.get("Interface")
        if self._give_address is not None and interface:
            self._give_address(interface, bearer.get("Ip4Config", {}))

    def _checked(self, bus: Bus) -> ModemState:
        """The modem's state. Raises BearerError for one that leads nowhere."""
        state = self._state(bus)
        problem = hopeless(state, self._subscription.pin is not None)
        if problem is not None:
            raise problem
        return state

    def _state(self, bus: Bus) -> ModemState:
        modem = bus.properties(self._path, _MODEM)
        try:
            registration = bus.properties(self._path, _3GPP).get("RegistrationState", 0)
        except DbusFailed:
            registration = 0  # not there before the SIM is unlocked
        return ModemState(
            modem.get("State", State.UNKNOWN),
            modem.get("StateFailedReason", 0),
            modem.get("UnlockRequired", Lock.UNKNOWN),
            registration,
            modem.get("UnlockRetries", {}).get(Lock.SIM_PIN),
        )

    def _bearer_properties(self) -> dict[str, Any]:
        if self._bus is None or not self._bearer:
            return {}
        try:
            return self._bus.properties(self._bearer, _BEARER)
        except DbusFailed:
            return {}

    def _interface_bytes(self) -> int | None:
        name = self._counting
        if name is None or "/" in name:
            return None
        folder = self._interfaces / name / "statistics"
        try:
            return sum(int((folder / f"{way}_bytes").read_text()) for way in ("rx", "tx"))
        except (OSError, ValueError):
            return None


def _explained(error: DbusFailed) -> BearerError:
    if isinstance(error, GivenUp):
        return BearerError(BearerFault.NOT_CONNECTED, f"cellular: {error}")
    if error.name in _ABSENT or not error.name:
        return BearerError(
            BearerFault.NO_SERVICE,
            f"cellular: ModemManager does not answer ({error}); install it and start it"
            " (systemctl enable --now ModemManager)",
        )
    return BearerError(BearerFault.FAILED, f"cellular: ModemManager: {error}")
