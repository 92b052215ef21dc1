"""A picture is decoded as far as it is there, and no larger than it need be."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.vision.decode import FULL_DECODE_LIMIT_PX, Pixels, decode
from edge.vision.errors import DecodeError

Scene = Callable[[int, int], Pixels]
Encoded = Callable[..., bytes]


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("asked_px", "got_px"),
    [(100, 150), (150, 150), (151, 300), (301, 600), (601, 1200), (5000, 1200)],
)
def test_a_jpeg_is_reduced_as_far_as_its_long_side_allows(
    scene: Scene, encoded: Encoded, asked_px: int, got_px: int
) -> None:
    picture = decode(encoded(scene(1200, 800)), asked_px)
    assert picture.pixels.shape == (got_px * 2 // 3, got_px, 3)
    assert (picture.full_width_px, picture.full_height_px) == (1200, 800)
    assert picture.damage is None


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}])
@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
def test_a_jpeg_has_the_pixels_that_pillow_reads(
    scene: Scene, mode: str, options: dict[str, object], reduction: int
) -> None:
    data = saved(Image.fromarray(scene(407, 301)).convert(mode), "JPEG", **options)
    image = Image.open(BytesIO(data))
    image.draft(None, (407 // reduction, 301 // reduction))
    pixels = decode(data, -(-407 // reduction)).pixels
    assert np.array_equal(pixels, np.asarray(image.convert("RGB")))


def test_what_opencv_refuses_is_left_to_pillow(
    scene: Scene, encoded: Encoded, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(scene(64, 48))
    expected = decode(data, 64).pixels

    def refuse(*_: object) -> None:
        raise cv2.error("too large")

    monkeypatch.setattr(cv2, "imdecode", refuse)
    assert np.array_equal(decode(data, 64).pixels, expected)


def test_channels_come_in_the_order_red_green_blue(encoded: Encoded) -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[:, :, 0] = 250
    assert decode(encoded(red), 32).pixels[16, 16, 0] > 240
    assert decode(encoded(red, "PNG"), 32).pixels[16, 16].tolist() == [250, 0, 0]


def test_a_truncated_jpeg_is_kept_and_flagged(scene: Scene, encoded: Encoded) -> None:
    whole = encoded(scene(640, 480), quality=95)
    picture = decode(whole[: len(whole) // 2], 640)
    assert picture.damage is not None and picture.damage.startswith("truncated JPEG")
    intact = decode(whole, 640).pixels
    assert np.array_equal(picture.pixels[:150], intact[:150])
    assert not np.array_equal(picture.pixels[-50:], intact[-50:])


def test_a_jpeg_whose_end_was_never_written_is_flagged(scene: Scene, encoded: Encoded) -> None:
    whole = encoded(scene(640, 480), quality=95)
    half = len(whole) // 2
    assert decode(whole[:half] + bytes(len(whole) - half), 640).damage is not None


def test_a_jpeg_with_a_lost_sector_in_its_middle_is_flagged(encoded: Encoded) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    whole = bytearray(encoded(noise, quality=95))
    whole[8192:8704] = bytes(512)
    damage = decode(bytes(whole), 200).damage
    assert damage is not None and "lost or foreign bytes" in damage


@pytest.mark.parametrize(
    "hurt",
    [
        lambda data: data[: len(data) // 10] + b"\xff\xd9",
        lambda data: data[: len(data) // 2] + b"\xff\xd9",
        lambda data: data[:4000] + b"\xff" * 4096 + data[8096:],
        lambda data: data[:4000] + b"\xff\xd3" + data[4002:],
    ],
    ids=["closed at a tenth", "closed at half", "erased flash", "a restart"],
)
def test_a_jpeg_that_decodes_without_a_word_but_lacks_data_is_flagged(
    hurt: Callable[[bytes], bytes], encoded: Encoded
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    assert decode(encoded(noise, quality=95), 200).damage is None
    assert decode(hurt(encoded(noise, quality=95)), 200).damage is not None


def test_what_a_damaged_file_holds_is_never_quoted() -> None:
    with pytest.raises(DecodeError) as refusal:
        decode(b"38.12345N 72.54321E", 200)
    assert "38.1" not in str(refusal.value)


def test_a_trailer_behind_a_whole_jpeg_is_no_damage(scene: Scene, encoded: Encoded) -> None:
    assert decode(encoded(scene(64, 48)) + b"maker's trailer" + bytes(600), 64).damage is None


def test_a_truncated_progressive_jpeg_is_kept_and_flagged(scene: Scene, encoded: Encoded) -> None:
    whole = encoded(scene(320, 240), progressive=True, quality=95)
    assert decode(whole, 320).damage is None
    assert decode(whole[: len(whole) // 2], 320).damage is not None


@pytest.mark.parametrize(
    "data", [b"", b"this is no picture, whatever its name ends in", b"\xff\xd8", bytes(5000)]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(data, 320)


def test_the_error_of_an_empty_file_says_so() -> None:
    with pytest.raises(DecodeError, match="empty"):
        decode(b"", 320)


def test_a_truncated_png_is_refused(scene: Scene, encoded: Encoded) -> None:
    whole = encoded(scene(320, 240), "PNG")
    with pytest.raises(DecodeError, match="damaged picture"):
        decode(whole[: len(whole) // 2], 320)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "BMP"])
def test_other_formats_are_read_too(scene: Scene, encoded: Encoded, kind: str) -> None:
    pixels = scene(120, 80)
    picture = decode(encoded(pixels, kind), 100)
    assert picture.pixels.shape == (80, 120, 3) and picture.pixels.dtype == np.uint8
    assert np.abs(picture.pixels.astype(int) - pixels).mean() < 6


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK"])
def test_every_way_of_storing_colour_comes_out_as_rgb(scene: Scene, mode: str) -> None:
    image = Image.fromarray(scene(60, 40)).convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    data = saved(image, "JPEG" if kind == "TIFF" else kind)
    pixels = decode(data, 60).pixels
    assert pixels.shape == (40, 60, 3) and pixels.dtype == np.uint8
    assert pixels.std() > 20


def test_sixteen_bits_are_scaled_to_eight() -> None:
    grey = np.linspace(0, 65535, 64).astype(np.uint16)[None, :].repeat(8, axis=0)
    pixels = decode(saved(Image.fromarray(grey), "PNG"), 64).pixels
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[0, -1].tolist() == [255, 255, 255]
    assert abs(int(pixels[0, 32, 0]) - 129) <= 2


def test_transparency_lies_over_black() -> None:
    image = Image.new("RGBA", (4, 4), (200, 100, 50, 0))
    assert decode(saved(image, "PNG"), 4).pixels.max() == 0


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_stands_upright_whatever_way_the_camera_hung(turn: int, kind: str) -> None:
    upright = np.zeros((24, 40, 3), np.uint8)
    upright[:12, :20, 0] = 255
    upright[12:, :20, 1] = 255
    upright[:12, 20:, 2] = 255
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[turn]
    image = Image.fromarray(upright)
    stored = image if back is None else image.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = turn
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    picture = decode(saved(stored, kind, exif=exif, **options), 40)
    assert picture.pixels.shape == upright.shape
    assert np.abs(picture.pixels.astype(int) - upright).max() <= 3
    assert (picture.full_width_px, picture.full_height_px) == (40, 24)


def test_a_huge_jpeg_is_read_at_an_eighth() -> None:
    image = Image.new("L", (12000, 8400), 90)
    picture = decode(saved(image, "JPEG"), 640)
    assert picture.pixels.shape == (1050, 1500, 3)
    assert picture.full_width_px * picture.full_height_px > 100_000_000


def png_header(width_px: int, height_px: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    size = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b""))


def test_a_png_that_claims_too_much_is_refused_before_it_is_decoded() -> None:
    side = int(FULL_DECODE_LIMIT_PX**0.5) + 1
    with pytest.raises(DecodeError, match=rf"{side} x {side} px.*32 megapixels"):
        decode(png_header(side, side), 640)


@given(
    data=st.binary(max_size=300),
    head=st.sampled_from(
        [
            b"",
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n",
            b"RIFF\0\0\0\0WEBP",
            b"\0\0\0\x1cftypavif",
            b"BM",
        ]
    ),
)
def test_no_bytes_raise_anything_but_a_decode_error(data: bytes, head: bytes) -> None:
    try:
        picture = decode(head + data, 64)
    except DecodeError:
        return
    assert picture.pixels.ndim == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF", "BMP"]),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=20),
    keep=st.floats(0.05, 1),
)
def test_a_damaged_file_decodes_or_raises_a_decode_error(
    scene: Scene,
    encoded: Encoded,
    kind: str,
    changes: list[tuple[float, int]],
    keep: float,
) -> None:
    data = bytearray(encoded(scene(48, 32), kind))
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        picture = decode(bytes(data[: int(keep * len(data))]), 48)
    except DecodeError as error:
        assert "\n" not in str(error)
        return
    assert picture.pixels.dtype == np.uint8 and picture.pixels.shape[2] == 3


def test_libjpeg_keeps_quiet(
    scene: Scene, encoded: Encoded, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = bytearray(encoded(scene(320, 240), quality=95))
    whole[1500:1600] = b"\x55" * 100
    decode(bytes(whole[: len(whole) * 2 // 3]), 320)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("format", ["PNG", "BMP", "WEBP", "JPEG"])
def test_no_format_stays_larger_than_twice_what_is_asked(
    format: str, encoded: Callable[..., bytes], scene: Callable[[int, int], Pixels]
) -> None:
    picture = decode(encoded(scene(1000, 700), format), 200)
    assert 200 <= picture.pixels.shape[1] < 400
    assert (picture.full_width_px, picture.full_height_px) == (1000, 700)
