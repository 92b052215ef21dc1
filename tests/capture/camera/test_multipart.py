from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.camera.errors import CameraError
from edge.capture.camera.multipart import LARGEST_PART_BYTES, MultipartDamaged, Part, read_part

WHOLE = b"--irbis\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n\r\nabc\r\n"


def written(parts: list[Part]) -> bytes:
    return b"".join(
        f"--irbis\r\nContent-Type: {part.media_type}\r\n".encode()
        + f"Content-Length: {len(part.data)}\r\n\r\n".encode()
        + part.data
        + b"\r\n"
        for part in parts
    )


def test_a_part_is_read() -> None:
    assert read_part(BytesIO(WHOLE), "irbis") == Part("image/jpeg", b"abc")


def test_the_end_of_the_stream_is_no_part() -> None:
    stream = BytesIO(WHOLE)
    read_part(stream, "irbis")

    assert read_part(stream, "irbis") is None


@given(st.lists(st.builds(Part, st.sampled_from(["image/jpeg", "video/x-raw"]), st.binary())))
def test_all_parts_come_out_as_they_went_in_whatever_they_hold(parts: list[Part]) -> None:
    stream = BytesIO(written(parts))

    assert [read_part(stream, "irbis") for _ in parts] == parts
    assert read_part(stream, "irbis") is None


def test_a_picture_may_hold_the_boundary() -> None:
    part = Part("image/jpeg", b"\r\n--irbis\r\nContent-Length: 1\r\n\r\n")

    assert read_part(BytesIO(written([part])), "irbis") == part


@pytest.mark.parametrize("end", range(1, len(WHOLE) - 2))
def test_a_stream_that_ends_within_a_part_is_damaged(end: int) -> None:
    with pytest.raises(MultipartDamaged):
        read_part(BytesIO(WHOLE[:end]), "irbis")


@pytest.mark.parametrize(
    "length", [b"", b"-1", b"1e3", b"9" * 5000, str(LARGEST_PART_BYTES + 1).encode()]
)
def test_a_length_that_cannot_be_is_refused(length: bytes) -> None:
    with pytest.raises(MultipartDamaged):
        read_part(BytesIO(b"--irbis\r\nContent-Length: " + length + b"\r\n\r\nabc"), "irbis")


def test_headers_without_end_are_refused() -> None:
    with pytest.raises(MultipartDamaged, match="headers"):
        read_part(BytesIO(b"--irbis\r\n" + b"A: b\r\n" * 100), "irbis")


@given(st.binary() | st.binary().map(lambda noise: WHOLE[:20] + noise))
def test_noise_is_damage_and_nothing_worse(noise: bytes) -> None:
    try:
        part = read_part(BytesIO(noise), "irbis")
    except CameraError:
        return
    assert part is None or len(part.data) <= len(noise)
