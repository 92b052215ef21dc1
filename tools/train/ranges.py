"""The range of real values that each int8 activation tensor covers.

What leaves the network keeps the true minimum and maximum seen (a rare high logit is the animal;
the usual moving average forgets it and scores then saturate near 0.4). Tensors inside are cut
where that lowers the mean squared error, because one channel's rare peak would otherwise coarsen
every other's steps. The input's range and that of a probability are known and not measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Values = NDArray[np.float64]
Span = tuple[float, float]

BINS = 4096
STEPS = 255
PROBABILITY: Span = (0.0, 255 / 256)
"""TFLite fixes an int8 sigmoid's scale at 1/256, so this is the range its output really has."""

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""How much of a measured extreme is tried as the new one."""

DIGITS = 4
"""Significant digits kept of a measured range, lest another processor's last-bit noise show."""

PASSING_ON = frozenset({"RESHAPE", "CONCATENATION", "TRANSPOSE", "LOGISTIC", "SOFTMAX", "MEAN"})
"""Operators through which an output's range is that of what they were given, or follows from it."""


@dataclass(frozen=True)
class Operator:
    """One operator of a TFLite graph by tensor names; constants are left out."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def graph_of(model: bytes) -> tuple[tuple[Operator, ...], frozenset[str]]:
    """Return a TFLite model's operators in order and the names of its output tensors."""
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    graph = parsed.subgraphs[0]
    kinds = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    names = [tensor.name.decode() for tensor in graph.tensors]

    def kind(index: int) -> str:
        code = parsed.operatorCodes[index]
        return str(kinds[max(code.builtinCode, code.deprecatedBuiltinCode)])

    operators = tuple(
        Operator(
            kind(op.opcodeIndex),
            tuple(names[i] for i in op.inputs if i >= 0),
            tuple(names[i] for i in op.outputs),
        )
        for op in graph.operators
    )
    return operators, frozenset(names[i] for i in graph.outputs)


def choose_ranges(
    model: bytes, seen: dict[str, Span], input_span: Span, inputs: Sequence[Floats]
) -> dict[str, Span]:
    """Choose the span of every tensor in `seen`, which holds the extremes over `inputs`."""
    operators, outputs = graph_of(model)
    leaving = _leading_out(operators, outputs)
    gated = _gated(operators)
    activations = {name for op in operators for name in op.outputs} & seen.keys()
    chosen = {name: (_rounded(low), _rounded(high)) for name, (low, high) in seen.items()}
    for name, counts in _histograms(model, seen, activations - leaving, inputs).items():
        low, high = _least_error(counts, seen[name], _silu if name in gated else _same)
        chosen[name] = _rounded(low), _rounded(high)
    for name in _probabilities(operators, leaving):
        chosen[name] = PROBABILITY
    for name in operators[0].inputs[:1]:
        chosen[name] = input_span
    return chosen


def _leading_out(operators: Sequence[Operator], outputs: frozenset[str]) -> set[str]:
    """The outputs and what they were made of, back to the last operator that has weights."""
    found = set(outputs)
    for op in reversed(operators):
        if op.kind in PASSING_ON and found.intersection(op.outputs):
            found.update(op.inputs)
    return found


def _probabilities(operators: Sequence[Operator], leaving: set[str]) -> set[str]:
    """The sigmoid's results on the way out, through what only moves them."""
    found: set[str] = set()
    for op in operators:
        moved = op.kind in ("RESHAPE", "CONCATENATION") and op.inputs[0] in found
        if (op.kind == "LOGISTIC" or moved) and leaving.issuperset(op.outputs):
            found.update(op.outputs)
    return found


def _gated(operators: Sequence[Operator]) -> set[str]:
    """Tensors that meet their own sigmoid in a product: SiLU's inputs."""
    sigmoids = {op.outputs[0]: op.inputs[0] for op in operators if op.kind == "LOGISTIC"}
    return {
        sigmoids[name]
        for op in operators
        if op.kind == "MUL"
        for name in op.inputs
        if sigmoids.get(name) in op.inputs
    }


def _histograms(
    model: bytes, seen: dict[str, Span], names: set[str], inputs: Sequence[Floats]
) -> dict[str, NDArray[np.int64]]:
    runner = Interpreter(
        model_content=model,
        num_threads=2,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN,
    )
    runner.allocate_tensors()
    entry = runner.get_input_details()[0]["index"]
    indices = {d["name"]: d["index"] for d in runner.get_tensor_details() if d["name"] in names}
    counts = {name: np.zeros(BINS, np.int64) for name in indices}
    for real in inputs:
        runner.set_tensor(entry, real)
        runner.invoke()
        for name, index in indices.items():
            low, high = seen[name]
            if high > low:
                bins = (runner.get_tensor(index).ravel() - low) * (BINS / (high - low))
                bins = np.clip(bins, 0, BINS - 1).astype(np.int64)
                counts[name] += np.bincount(bins, minlength=BINS)
    return counts


def _least_error(counts: NDArray[np.int64], seen: Span, effect: Callable[[Values], Values]) -> Span:
    """The span whose 256 levels change `effect` of the counted values least, in mean square."""
    low, high = seen
    values = low + (np.arange(BINS) + 0.5) * (high - low) / BINS
    true = effect(values)
    best, best_error = seen, np.inf
    for low_share in SHARES if low < -1.0 else (1.0,):
        for high_share in SHARES:
            span = min(low * low_share, 0.0), max(high * high_share, 1e-3)
            step = (span[1] - span[0]) / STEPS
            levels = np.rint((np.clip(values, *span) - span[0]) / step) * step + span[0]
            error = float((counts * (effect(levels) - true) ** 2).sum())
            if error < best_error:
                best, best_error = span, error
    return best


def _silu(values: Values) -> Values:
    """What a SiLU input is used for: its far negative end hardly matters."""
    return values / (1.0 + np.exp(-np.clip(values, -80.0, 80.0)))


def _same(values: Values) -> Values:
    return values


def _rounded(value: float) -> float:
    if value == 0.0:
        return 0.0
    return round(value, DIGITS - 1 - math.floor(math.log10(abs(value))))
