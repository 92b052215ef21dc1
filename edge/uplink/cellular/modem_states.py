"""ModemManager's numbers (ModemManager-Flags-and-Enumerations of its API), and the way out of each
state in which there is no data connection."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from edge.uplink.cellular.errors import BearerError, BearerFault


class State(IntEnum):
    """MMModemState."""

    FAILED = -1
    UNKNOWN = 0
    INITIALIZING = 1
    LOCKED = 2
    DISABLED = 3
    DISABLING = 4
    ENABLING = 5
    ENABLED = 6
    SEARCHING = 7
    REGISTERED = 8
    DISCONNECTING = 9
    CONNECTING = 10
    CONNECTED = 11


class Failed(IntEnum):
    """MMModemStateFailedReason."""

    NONE = 0
    UNKNOWN = 1
    SIM_MISSING = 2
    SIM_ERROR = 3
    UNKNOWN_CAPABILITIES = 4
    ESIM_WITHOUT_PROFILES = 5


class Lock(IntEnum):
    """MMModemLock, as far as a station can do something about it."""

    UNKNOWN = 0
    NONE = 1
    SIM_PIN = 2
    SIM_PIN2 = 3
    SIM_PUK = 4
    SIM_PUK2 = 5


class Registration(IntEnum):
    """MMModem3gppRegistrationState."""

    IDLE = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    UNKNOWN = 4
    ROAMING = 5
    HOME_SMS_ONLY = 6
    ROAMING_SMS_ONLY = 7
    EMERGENCY_ONLY = 8
    HOME_CSFB_NOT_PREFERRED = 9
    ROAMING_CSFB_NOT_PREFERRED = 10
    ATTACHED_RLOS = 11


_TECHNOLOGIES = (
    (1 << 15, "5G"),
    (1 << 17, "NB-IoT"),
    (1 << 16, "LTE-M"),
    (1 << 14, "LTE"),
    (0b11_1110_0000, "3G"),
    (0b01_1110, "2G"),
)
"""Bits of MMModemAccessTechnology, best first."""


def technology(bits: int) -> str:
    """What people call it."""
    return next((name for mask, name in _TECHNOLOGIES if bits & mask), "unknown")


@dataclass(frozen=True, slots=True)
class ModemState:
    """What a modem says of itself. ``pin_tries`` are left, None where it does not say."""

    state: int
    failed: int
    lock: int
    registration: int
    pin_tries: int | None = None

    @property
    def is_registered(self) -> bool:
        return self.state >= State.REGISTERED

    @property
    def is_pin_wanted(self) -> bool:
        return self.state == State.LOCKED and self.lock == Lock.SIM_PIN


_FAILED = {
    Failed.SIM_MISSING: (BearerFault.NO_SIM, "there is no SIM in the modem; put one in"),
    Failed.SIM_ERROR: (BearerFault.SIM_REFUSED, "the SIM does not work; clean or change it"),
    Failed.ESIM_WITHOUT_PROFILES: (
        BearerFault.NO_SIM,
        "the eSIM holds no profile; load one, or put a SIM in",
    ),
    Failed.UNKNOWN_CAPABILITIES: (
        BearerFault.FAILED,
        "the modem does not say what it can; update its firmware or ModemManager",
    ),
}


def hopeless(modem: ModemState, pin_known: bool) -> BearerError | None:
    """What no waiting mends, with the way out; None where there is hope."""
    if modem.state == State.FAILED:
        fault, text = _FAILED.get(
            Failed(modem.failed) if modem.failed in set(Failed) else Failed.UNKNOWN,
            (BearerFault.FAILED, "the modem has failed; switch it off and on"),
        )
        lasting = fault is not BearerFault.FAILED
        return BearerError(fault, f"cellular: {text}", lasting=lasting)
    if modem.state == State.LOCKED:
        return _locked(modem, pin_known)
    if modem.registration == Registration.DENIED:
        return BearerError(
            BearerFault.DENIED,
            "cellular: the network denies this SIM: is its plan paid, activated, and allowed to"
            " roam here? Ask its operator",
        )
    return None


def _locked(modem: ModemState, pin_known: bool) -> BearerError | None:
    if modem.lock in (Lock.UNKNOWN, Lock.NONE):
        return None  # it is still finding out
    if modem.lock != Lock.SIM_PIN:
        text = (
            "the SIM wants its PUK; put it into a telephone and unlock it"
            if modem.lock in (Lock.SIM_PUK, Lock.SIM_PUK2)
            else f"the modem or SIM is locked (kind {modem.lock}); ask who sold it"
        )
    elif not pin_known:
        text = "the SIM wants its PIN: [uplink.cellular] pin_file, or switch the PIN off"
    elif modem.pin_tries is not None and modem.pin_tries <= 1:
        text = (
            "the PIN was wrong, and one try is left, which is yours: unlock the SIM in a telephone"
            " and correct [uplink.cellular] pin_file"
        )
    else:
        return None
    return BearerError(BearerFault.SIM_LOCKED, f"cellular: {text}", lasting=True)


def unregistered(modem: ModemState, waited_s: float) -> BearerError:
    """No network took the modem in the time that it had."""
    if modem.registration == Registration.EMERGENCY_ONLY:
        return BearerError(
            BearerFault.DENIED,
            "cellular: the network takes emergency calls only: is the SIM's plan active here?",
        )
    if modem.state < State.ENABLED:
        name = State(modem.state).name.lower() if modem.state in set(State) else modem.state
        return BearerError(
            BearerFault.FAILED,
            f"cellular: the modem is still {name} after {waited_s:.0f} s; switch it off and on",
        )
    return BearerError(
        BearerFault.NO_NETWORK,
        f"cellular: no network within {waited_s:.0f} s; is the antenna connected, and is there"
        " coverage?",
    )
