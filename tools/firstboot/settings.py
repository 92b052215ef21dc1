"""What the operating system reads, made of ``system.toml``."""

from __future__ import annotations

import re
from pathlib import Path

from edge.errors import ConfigError
from tools.handover import Wifi

_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_PASSPHRASE = re.compile(r"[ -~]{8,63}")
"""IEEE 802.11: 8 to 63 printable ASCII letters."""

_SSH_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/=]+( .*)?")


def ssh_lines(text: str) -> str:
    """The public keys in ``text``, a line each. Raises ConfigError for anything else."""
    lines = [line.strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith("#")]
    wrong = next((line for line in kept if _SSH_KEY.fullmatch(line) is None), None)
    if not kept or wrong is not None:
        raise ConfigError(
            "ssh_keys_file: a line is no public key (ssh-ed25519 AAAA...); was the private one"
            " copied instead?"
        )
    return "".join(f"{line}\n" for line in kept)


def updates_certificate(text: str) -> str:
    """The certificate in ``text``. Raises ConfigError for anything else, a key above all."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        found = []
    if not found or "PRIVATE KEY" in text:
        raise ConfigError(
            "updates_file: is no certificate; give the updates.pem that `irbis image keys` made"
        )
    return text


def wifi_profile(wifi: Wifi, password: str | None, place: Path) -> str:
    """``wifi`` for whoever reads ``place``. Raises ConfigError for a password that none has."""
    if password is not None and not (
        _PASSPHRASE.fullmatch(password) or _HEX_KEY.fullmatch(password)
    ):
        raise ConfigError(
            f"{wifi.password_file}: a WiFi password has 8 to 63 letters of ASCII, in the first line"
        )
    if place.suffix == ".nmconnection":
        return _network_manager(wifi, password)
    return _wpa_supplicant(wifi, password)


def _wpa_supplicant(wifi: Wifi, password: str | None) -> str:
    """The name as hexadecimal digits, for it may hold quotes and letters of any tongue."""
    lines = ["ctrl_interface=/run/wpa_supplicant"]
    if wifi.country is not None:
        lines.append(f"country={wifi.country}")
    lines += ["network={", f"    ssid={wifi.ssid.encode().hex()}"]
    if password is None:
        lines.append("    key_mgmt=NONE")
    else:
        raw = _HEX_KEY.fullmatch(password)
        lines.append(f"    psk={password}" if raw else f'    psk="{password}"')
    return "\n".join([*lines, "}", ""])


def _network_manager(wifi: Wifi, password: str | None) -> str:
    """The name as a list of bytes, which is one of the forms of a key file."""
    name = "".join(f"{byte};" for byte in wifi.ssid.encode())
    lines = [
        "[connection]", "id=irbis", "type=wifi", "", "[wifi]", "mode=infrastructure",
        f"ssid={name}", "",
    ]  # fmt: skip
    if password is not None:
        escaped = password.replace("\\", "\\\\")
        escaped = re.sub(r"^ +", lambda spaces: "\\s" * len(spaces.group()), escaped)
        lines += ["[wifi-security]", "key-mgmt=wpa-psk", f"psk={escaped}", ""]
    return "\n".join([*lines, "[ipv4]", "method=auto", "", "[ipv6]", "method=auto", ""])
