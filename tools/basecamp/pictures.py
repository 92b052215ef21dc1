"""Telling a picture's type from its first bytes, whatever its sender called it."""

from __future__ import annotations

SUFFIXES = {
    "image/avif": ".avif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/octet-stream": ".bin",
}
"""File name suffix by media type; only these are ever stored or served."""

UNKNOWN = "application/octet-stream"


def media_type_of(data: bytes) -> str:
    """The media type by magic number, or ``application/octet-stream``.

    Signatures: ITU-T T.81 (JPEG SOI marker), PNG 3rd edition section 5.2, RFC 9649 (WebP),
    AV1 Image File Format section 6 (brands ``avif`` and ``avis``).
    """
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis"):
        return "image/avif"
    return UNKNOWN
