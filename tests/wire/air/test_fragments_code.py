"""Any symbols will do, as long as there are enough of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.air.fragments_code import SYMBOLS, SymbolSource, recovered

sources = st.integers(1, 255).flatmap(
    lambda count: st.binary(min_size=32, max_size=32).map(
        lambda seed: random.Random(seed).randbytes(32 * count)
    )
)


def numbered(data: bytes) -> dict[int, bytes]:
    return dict(enumerate(SymbolSource(data).symbols(0, SYMBOLS)))


@given(sources, st.randoms(use_true_random=False))
def test_any_four_symbols_more_than_the_source_has_are_the_source(
    data: bytes, chance: random.Random
) -> None:
    every = numbered(data)
    kept = chance.sample(sorted(every), len(data) // 32 + 4)
    assert recovered(len(data) // 32, {number: every[number] for number in kept}) == data


def test_the_first_symbols_are_the_data_itself() -> None:
    data = random.Random(1).randbytes(66 * 32)
    assert b"".join(SymbolSource(data).symbols(0, 66)) == data


def test_one_symbol_too_few_is_nothing() -> None:
    data = random.Random(2).randbytes(66 * 32)
    every = numbered(data)
    assert recovered(66, {number: every[number] for number in range(100, 165)}) is None


def test_symbols_are_the_same_whenever_they_are_made() -> None:
    data = random.Random(3).randbytes(20 * 32)
    assert SymbolSource(data).symbols(500, 7) == SymbolSource(data).symbols(0, SYMBOLS)[500:507]


def test_a_symbol_is_the_same_in_every_version() -> None:
    # Symbol 1000 of twenty that hold 0 to 639 modulo 251, as raptorq 2.0.1 makes it: a
    # station and basecamp of different ages must agree.
    data = bytes(value % 251 for value in range(640))
    made = "144c3bc4693170bea8f0871ab7ef8a44396116e9441cfadc92920d94abed5bb7"
    assert SymbolSource(data).symbols(1000, 1)[0].hex() == made


@given(sources, sources, st.integers(0, SYMBOLS - 1), st.randoms(use_true_random=False))
def test_symbols_of_two_sources_mixed_never_break_the_decoder(
    one: bytes, other: bytes, split: int, chance: random.Random
) -> None:
    mixed = numbered(one) | dict(list(numbered(other).items())[split:])
    kept = chance.sample(sorted(mixed), min(SYMBOLS, len(one) // 32 + 16))
    data = recovered(len(one) // 32, {number: mixed[number] for number in kept})
    assert data is None or len(data) == len(one)


@pytest.mark.parametrize("size_bytes", [0, 31, 33, 256 * 32])
def test_what_is_not_1_to_255_whole_symbols_is_refused(size_bytes: int) -> None:
    with pytest.raises(ValueError, match="not 1 to 255 symbols of 32"):
        SymbolSource(bytes(size_bytes))
