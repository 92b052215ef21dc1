"""Let a finished TFLite model also give the maps inside it, without changing anything else.

The int8 file is edited, not exported again: its weights, its ranges and hence all values that it
gave before stay what they were.
"""

from __future__ import annotations

from collections.abc import Mapping

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

Shape = tuple[int, ...]

SPECIES_MAPS: Mapping[str, Shape] = {
    "map8": (1, 28, 28, 40),
    "map16": (1, 14, 14, 112),
    "map32": (1, 7, 7, 320),
}
"""Maps of EfficientNet-Lite0 by their stride in pixels: the last of each size before it is
widened again."""


def tapped(model: bytes, maps: Mapping[str, Shape]) -> bytes:
    """``model`` with the last tensor of each shape as a further output of that name, in order.

    Raises ValueError where the model has no tensor of a shape.
    """
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    graph = parsed.subgraphs[0]
    made = [index for operator in graph.operators for index in operator.outputs]
    for name, shape in maps.items():
        fitting = [index for index in made if tuple(graph.tensors[index].shape) == shape]
        if not fitting:
            raise ValueError(f"the model has no tensor of the shape {shape} to give as {name}")
        graph.tensors[fitting[-1]].name = name.encode()
        graph.outputs = [*graph.outputs, fitting[-1]]
        output = schema.TensorMapT()
        output.name, output.tensorIndex = name.encode(), fitting[-1]
        parsed.signatureDefs[0].outputs.append(output)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))
