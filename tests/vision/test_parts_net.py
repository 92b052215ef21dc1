"""The parts network computes what it was fitted to compute, and refuses what does not fit."""

from __future__ import annotations

import io

import numpy as np
import pytest

from edge.records import Box
from edge.vision.boxes import WHOLE
from edge.vision.errors import InferenceError
from edge.vision.parts_net import CELLS, Maps, PartsNet, box_plane
from models.registry import ModelEntry, load_registry

WIDTHS = (40, 112, 320)


@pytest.fixture(scope="module")
def entry() -> ModelEntry:
    return load_registry().default("parts")


@pytest.fixture(scope="module")
def network(entry: ModelEntry) -> PartsNet:
    return PartsNet(entry, entry.read())


def maps(seed: int) -> Maps:
    random = np.random.default_rng(seed)
    fine, middle, coarse = (
        random.normal(0, 3, (CELLS // 2**i, CELLS // 2**i, width)).astype(np.float32)
        for i, width in enumerate(WIDTHS)
    )
    return fine, middle, coarse


def changed(entry: ModelEntry, **arrays: np.ndarray | None) -> bytes:
    with np.load(io.BytesIO(entry.read())) as found:
        kept = {name: found[name] for name in found.files} | arrays
    out = io.BytesIO()
    np.savez(out, **{name: array for name, array in kept.items() if array is not None})
    return out.getvalue()


def test_answers_are_probabilities(network: PartsNet) -> None:
    seen = network.see(maps(1), Box(0.1, 0.2, 0.8, 0.5))
    assert seen.sides.shape == (5,) and seen.sides.sum() == pytest.approx(1)
    for cells in (seen.coat, seen.head):
        assert cells.shape == (CELLS, CELLS) and cells.min() >= 0 and cells.max() <= 1


def test_the_box_tells_which_animal_is_meant(network: PartsNet) -> None:
    left, right = (network.see(maps(2), Box(x, 0.2, 0.4, 0.6)) for x in (0.05, 0.55))
    assert not np.allclose(left.coat, right.coat)


def test_maps_of_another_model_do_not_fit(network: PartsNet) -> None:
    fine, middle, coarse = maps(3)
    with pytest.raises(ValueError, match=r"."):
        network.see((fine[:, :, :24], middle, coarse), WHOLE)


@pytest.mark.parametrize("contents", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_what_is_no_network_is_refused(entry: ModelEntry, contents: bytes) -> None:
    with pytest.raises(InferenceError, match="coat-parts: not a parts network"):
        PartsNet(entry, contents)


def test_a_network_of_other_shape_is_refused(entry: ModelEntry) -> None:
    with pytest.raises(InferenceError, match="do not fit together"):
        PartsNet(entry, changed(entry, sides_w=np.zeros((7, 5), np.float16)))
    with pytest.raises(InferenceError, match="not a parts network"):
        PartsNet(entry, changed(entry, sides_w=None))
    with pytest.raises(InferenceError, match="numbers that are none"):
        PartsNet(entry, changed(entry, sides_b=np.full(5, np.nan, np.float16)))


def test_a_box_covers_its_share_of_each_cell() -> None:
    plane = box_plane(Box(0.125, 0.5, 0.5, 0.5), cells=4)
    assert plane[0].tolist() == [0, 0, 0, 0]
    assert plane[3].tolist() == [0.5, 1, 0.5, 0]
    assert box_plane(Box(-1, -1, 3, 3), cells=4).min() == 1


def test_numpy_computes_what_was_fitted_in_torch(entry: ModelEntry) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is only there to fit networks")
    from tools.train.parts.network import PartsModule

    torch.manual_seed(5)
    module = PartsModule().eval()
    out = io.BytesIO()
    np.savez(out, **{name: array.astype(np.float32) for name, array in module.arrays().items()})
    box, given = Box(0.2, 0.1, 0.6, 0.7), maps(4)
    seen = PartsNet(entry, out.getvalue()).see(given, box)
    planes = [
        torch.from_numpy(x).permute(2, 0, 1)[None] for x in (*given, box_plane(box)[..., None])
    ]
    with torch.no_grad():
        sides, masks = module(*planes)
    assert seen.sides == pytest.approx(sides.softmax(1)[0].numpy(), abs=5e-3)
    assert seen.coat == pytest.approx(masks.sigmoid()[0, 0].numpy(), abs=1e-2)
    assert seen.head == pytest.approx(masks.sigmoid()[0, 1].numpy(), abs=1e-2)
