"""A template of python-dbusmock: ModemManager with one modem that behaves as its API documents.

Run by the system's Python, not ours. Parameters: state, failed, lock, registration, pin, network
(what registration comes to after Enable: "home", "roaming", "denied", "emergency", "none"),
connect (an error name, or "" for success), modems (0 or 1), hangs ("enable" or "connect": that call
has no answer), time (what the network tells, "" for nothing), zone (minutes from UTC, told
apart).
"""

import dbus
import dbus.service
from dbusmock import mockobject
from gi.repository import GLib

BUS_NAME = "org.freedesktop.ModemManager1"
MAIN_OBJ = "/org/freedesktop/ModemManager1"
MAIN_IFACE = "org.freedesktop.ModemManager1"
SYSTEM_BUS = True
IS_OBJECT_MANAGER = True

MODEM = f"{BUS_NAME}.Modem"
TIME = f"{BUS_NAME}.Modem.Time"
SIMPLE = f"{BUS_NAME}.Modem.Simple"
THREE = f"{BUS_NAME}.Modem.Modem3gpp"
SIM = f"{BUS_NAME}.Sim"
BEARER = f"{BUS_NAME}.Bearer"
MODEM_PATH = f"{MAIN_OBJ}/Modem/0"
SIM_PATH = f"{MAIN_OBJ}/SIM/0"
BEARER_PATH = f"{MAIN_OBJ}/Bearer/0"
LOCKED, DISABLED, ENABLING, SEARCHING, REGISTERED, CONNECTED = 2, 3, 5, 7, 8, 11
REGISTRATIONS = {"home": 1, "roaming": 5, "denied": 3, "emergency": 8, "none": 2}
SCENE = {}


def load(mock, parameters):
    SCENE.update({str(name): value for name, value in parameters.items()})
    mock.AddMethods(MAIN_IFACE, [("ScanDevices", "", "", "")])
    if not int(SCENE.get("modems", 1)):
        return
    lock = int(SCENE.get("lock", 1))
    modem = {
        "State": dbus.Int32(SCENE.get("state", DISABLED)),
        "StateFailedReason": dbus.UInt32(SCENE.get("failed", 0)),
        "UnlockRequired": dbus.UInt32(lock),
        "UnlockRetries": dbus.Dictionary(
            {dbus.UInt32(2): dbus.UInt32(SCENE.get("tries", 3))}, signature="uu"
        ),
        "EquipmentIdentifier": "356938035643809",
        "Device": "/sys/devices/usb1/1-1",
        "SignalQuality": dbus.Struct((dbus.UInt32(62), dbus.Boolean(True)), signature="ub"),
        "AccessTechnologies": dbus.UInt32(1 << 14),
        "PowerState": dbus.UInt32(3),
        "Sim": dbus.ObjectPath(SIM_PATH),
    }
    mock.AddObject(MODEM_PATH, MODEM, modem, [])
    mockobject.objects[MODEM_PATH].AddProperties(
        THREE, {"RegistrationState": dbus.UInt32(SCENE.get("registration", 0))}
    )
    zone = {"offset": dbus.Int32(SCENE["zone"])} if "zone" in SCENE else {}
    mockobject.objects[MODEM_PATH].AddProperties(
        TIME, {"NetworkTimezone": dbus.Dictionary(zone, signature="sv")}
    )
    mock.AddObject(SIM_PATH, SIM, {"Active": True}, [])


def modem_object():
    return mockobject.objects[MODEM_PATH]


def enter(state, registration=None):
    """As ModemManager tells of changes: a signal for each."""
    if registration is not None:
        modem_object().UpdateProperties(THREE, {"RegistrationState": dbus.UInt32(registration)})
    old = modem_object().props[MODEM]["State"]
    modem_object().UpdateProperties(MODEM, {"State": dbus.Int32(state)})
    modem_object().EmitSignal(
        MODEM, "StateChanged", "iiu", [dbus.Int32(old), dbus.Int32(state), dbus.UInt32(0)]
    )
    return False


def search():
    network = str(SCENE.get("network", "home"))
    found = network in ("home", "roaming")
    return enter(REGISTERED if found else SEARCHING, REGISTRATIONS[network])


def error(name, text):
    return dbus.exceptions.DBusException(text, name=f"{BUS_NAME}.Error.{name}")


@dbus.service.method(MODEM, in_signature="b", out_signature="", async_callbacks=("answer", "fail"))
def Enable(self, on, answer, fail):
    if on and SCENE.get("hangs") == "enable":
        enter(ENABLING)
        return
    try:
        enable(on)
    except dbus.exceptions.DBusException as refusal:
        fail(refusal)
    else:
        answer()


def enable(on):
    if modem_object().props[MODEM]["State"] == LOCKED:
        raise error("Core.WrongState", "modem locked")
    if not on:
        enter(DISABLED, 0)
        return
    enter(SEARCHING, 2)
    GLib.timeout_add(30, search)


@dbus.service.method(MODEM, in_signature="u", out_signature="")
def SetPowerState(self, state):
    modem_object().UpdateProperties(MODEM, {"PowerState": dbus.UInt32(state)})


@dbus.service.method(TIME, in_signature="", out_signature="s")
def GetNetworkTime(self):
    if modem_object().props[MODEM]["State"] < REGISTERED:
        raise error("Core.WrongState", "not registered")
    return str(SCENE.get("time", ""))


@dbus.service.method(SIM, in_signature="s", out_signature="")
def SendPin(self, pin):
    if pin != SCENE.get("pin"):
        raise error("MobileEquipment.IncorrectPassword", "incorrect password")
    modem_object().UpdateProperties(MODEM, {"UnlockRequired": dbus.UInt32(1)})
    GLib.timeout_add(30, enter, DISABLED)


@dbus.service.method(
    SIMPLE, in_signature="a{sv}", out_signature="o", async_callbacks=("answer", "fail")
)
def Connect(self, properties, answer, fail):
    if SCENE.get("hangs") == "connect":
        return
    try:
        answer(connect(self, properties))
    except dbus.exceptions.DBusException as refusal:
        fail(refusal)


def connect(self, properties):
    if SCENE.get("connect"):
        raise error(SCENE["connect"], "the network said no")
    stats = {"rx-bytes": dbus.UInt64(1200), "tx-bytes": dbus.UInt64(3400)}
    ip4 = {
        "method": dbus.UInt32(2),
        "address": "10.20.30.41",
        "prefix": dbus.UInt32(30),
        "gateway": "10.20.30.42",
        "mtu": dbus.UInt32(1430),
    }
    bearer = {
        "Ip4Config": dbus.Dictionary(ip4, signature="sv"),
        "Connected": dbus.Boolean(SCENE.get("holds", True)),
        "Interface": "wwan0",
        "Stats": dbus.Dictionary(stats, signature="sv"),
        "Properties": dbus.Dictionary(properties, signature="sv"),
    }
    if BEARER_PATH in mockobject.objects:
        connected = {"Connected": bearer["Connected"]}
        mockobject.objects[BEARER_PATH].UpdateProperties(BEARER, connected)
    else:
        self.AddObject(BEARER_PATH, BEARER, bearer, [])
    enter(CONNECTED)
    return dbus.ObjectPath(BEARER_PATH)


@dbus.service.method(SIMPLE, in_signature="o", out_signature="")
def Disconnect(self, bearer):
    if BEARER_PATH in mockobject.objects:
        mockobject.objects[BEARER_PATH].UpdateProperties(BEARER, {"Connected": False})
    enter(REGISTERED)
