"""`irbis image keys`: the keys that make updates an owner's own."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tools.image.errors import ImageError

ROOT_KEY, ROOT, KEY, CERTIFICATE = "root.key", "updates.pem", "signing.key", "signing.pem"
_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
"""A trap's clock may be wrong by years; a key that is lost is replaced on the stations' cards."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a new folder, on a stick that stays at home")
    parser.add_argument("--name", default="Irbis updates", help="whose keys they are")


def execute(args: argparse.Namespace) -> int:
    make_keys(args.folder, args.name)
    print(f"{args.folder / ROOT} goes onto every station; it is no secret")
    print(f"{args.folder / KEY} and {args.folder / CERTIFICATE} sign bundles; keep them offline")
    print(f"{args.folder / ROOT_KEY} makes new signing keys; lock it away, and a copy elsewhere")
    return 0


def make_keys(folder: Path, name: str) -> None:
    """A root that stations trust, and a key below it that signs. Raises ImageError."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise ImageError(f"{folder} is there already; keys are made in a new folder") from error
    root, signing = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _named(name)
    top = _certificate(issuer, root.public_key(), issuer, root, is_root=True)
    below = _certificate(
        _named(f"{name}, signing"), signing.public_key(), issuer, root, is_root=False
    )
    _write(folder / ROOT_KEY, _private(root), 0o600)
    _write(folder / KEY, _private(signing), 0o600)
    _write(folder / ROOT, top.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(folder / CERTIFICATE, below.public_bytes(serialization.Encoding.PEM), 0o644)


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name,
    issuing: ec.EllipticCurvePrivateKey, is_root: bool,
) -> x509.Certificate:  # fmt: skip
    usage = x509.KeyUsage(
        digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key())
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(_FROM).not_valid_after(_UNTIL)
    made = made.add_extension(x509.BasicConstraints(is_root, None), critical=True)
    made = made.add_extension(usage, critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    return made.add_extension(by, critical=False).sign(issuing, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _write(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
