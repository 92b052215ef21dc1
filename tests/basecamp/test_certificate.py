"""What a server's certificate must be, and what is told where it is not."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tools.basecamp.certificate import SOON, Certificate
from tools.basecamp.errors import AddressError

MADE = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = MADE + timedelta(days=365)


def make(
    folder: Path, names: Sequence[str] = ("camp.example",), password: bytes | None = None
) -> Certificate:
    """A certificate for a host name and key in ``folder``; without ``names`` it has no SAN."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camp.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(MADE)
        .not_valid_after(ENDS)
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([*map(_general, names)]), False)
    folder.mkdir(parents=True, exist_ok=True)
    chain, file = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password is not None
        else serialization.NoEncryption()
    )
    private = serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, encryption))
    return Certificate(chain, file)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def test_a_certificate_with_its_key_is_taken_from_two_files_or_one(tmp_path: Path) -> None:
    made = make(tmp_path)
    made.check()
    assert made.key is not None
    both = tmp_path / "both.pem"
    both.write_bytes(made.chain.read_bytes() + made.key.read_bytes())
    Certificate(both).check()


def test_its_hosts_are_names_and_addresses_and_a_wildcard_last(tmp_path: Path) -> None:
    made = make(tmp_path, ["*.example", "camp.example", "192.0.2.7", "2001:db8::7"])
    assert made.hosts() == ["camp.example", "192.0.2.7", "2001:db8::7", "*.example"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    made = make(tmp_path)
    for broken in (
        Certificate(tmp_path / "nowhere.pem", made.key),
        Certificate(made.chain, tmp_path / "nowhere.pem"),
    ):
        with pytest.raises(AddressError, match=r"nowhere\.pem: cannot be read: No such file"):
            broken.check()


def test_another_certificates_key_is_told(tmp_path: Path) -> None:
    made, other = make(tmp_path / "one"), make(tmp_path / "other")
    with pytest.raises(AddressError, match="not the key of the certificate"):
        Certificate(made.chain, other.key).check()


def test_a_missing_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="holds no key; give the key's file"):
        Certificate(make(tmp_path).chain).check()


def test_a_key_with_a_password_is_told_and_nobody_is_asked_for_it(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="the key has a password"):
        make(tmp_path, password=b"open sesame").check()


def test_a_certificate_for_no_host_is_told(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="names no host as subjectAltName"):
        make(tmp_path, names=[]).check()


@pytest.mark.parametrize("content", [b"", b"noise", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_that_is_no_certificate_is_told(tmp_path: Path, content: bytes) -> None:
    made = make(tmp_path)
    made.chain.write_bytes(content)
    with pytest.raises(AddressError, match=r"chain\.pem.*give PEM files"):
        made.check()


def test_dates_that_stations_refuse_or_soon_will_are_told(tmp_path: Path) -> None:
    made = make(tmp_path)
    assert made.doubt(MADE) is None
    assert made.doubt(ENDS - SOON - timedelta(seconds=1)) is None
    for now, told in (
        (MADE - timedelta(seconds=1), "not valid before 2026-01-01"),
        (ENDS - SOON, "expires on 2027-01-01"),
        (ENDS, "expired on 2027-01-01"),
    ):
        assert told in (made.doubt(now) or "")
