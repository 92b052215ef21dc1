"""One network in one TensorFlow Lite interpreter: ``uint8`` picture in, ``float32`` tensors out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.decode import Pixels
from edge.vision.errors import InferenceError, RuntimeMissing
from models.registry import InputSpec

Output = NDArray[np.float32]


class Network:
    """A loaded network with one picture as input.

    Loading takes tens of milliseconds and the memory of the weights; ``run`` copies the picture
    once, into the interpreter's own input tensor. Not safe for use from several threads at once.
    """

    def __init__(self, model: bytes, spec: InputSpec, threads: int = 1) -> None:
        """Raises RuntimeMissing without a runtime and InferenceError for an unusable model."""
        interpreter_class = _interpreter_class()
        try:
            self._interpreter = interpreter_class(model_content=model, num_threads=threads)
            self._interpreter.allocate_tensors()
            inputs = self._interpreter.get_input_details()
            outputs = self._interpreter.get_output_details()
        except (ValueError, RuntimeError, SystemError, TypeError) as error:
            raise InferenceError(f"the network cannot be loaded: {error}") from error
        if len(inputs) != 1 or len(inputs[0]["shape"]) != 4 or inputs[0]["shape"][3] != 3:
            raise InferenceError("the network does not take one (1, H, W, 3) picture")
        self.height_px, self.width_px = (int(n) for n in inputs[0]["shape"][1:3])
        self._input: Callable[[], Any] = self._interpreter.tensor(inputs[0]["index"])
        self._feed = _feeder(inputs[0], spec)
        self._outputs = [_Tensor(self._interpreter, details) for details in outputs]
        self.output_shapes = tuple(tuple(int(n) for n in d["shape"]) for d in outputs)

    def run(self, image: Pixels) -> None:
        """Feed ``image``, ``(height_px, width_px, 3)`` in the channel order the model wants.

        Results stay in the interpreter until the next run: read them with ``output`` or
        ``strong``. Raises InferenceError when the picture does not fit or the network fails.
        """
        if image.shape != (self.height_px, self.width_px, 3) or image.dtype != np.uint8:
            raise InferenceError(
                f"the network takes uint8 {(self.height_px, self.width_px, 3)}, "
                f"not {image.dtype} {image.shape}"
            )
        self._feed(image, self._input()[0])
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise InferenceError(f"the network failed: {error}") from error

    def output(self, index: int) -> Output:
        """Output ``index`` of the last run without its batch axis, as real numbers."""
        return self._outputs[index].real()

    def strong(self, index: int, least: float) -> NDArray[np.intp]:
        """Flat indices where output ``index`` is at least ``least``.

        The comparison is made on the integers, before anything is converted; a value that is
        lower by less than a hundredth of a quantisation step may be among them.
        """
        return self._outputs[index].at_least(least)

    def picked(self, index: int, rows: NDArray[np.intp]) -> Output:
        """Rows of output ``index`` (batch axis removed, first axis indexed) as real numbers."""
        return self._outputs[index].real(rows)


class _Tensor:
    """One output tensor: ``real = scale * (stored - zero_point)``, or stored as float."""

    def __init__(self, interpreter: Any, details: dict[str, Any]) -> None:
        self._view: Callable[[], Any] = interpreter.tensor(details["index"])
        scale, zero_point = details["quantization"]
        self._scale, self._zero_point = float(scale), int(zero_point)

    def real(self, rows: NDArray[np.intp] | None = None) -> Output:
        stored = self._view()[0]
        chosen = (stored if rows is None else stored[rows]).astype(np.float32)
        if self._scale:
            chosen -= self._zero_point
            chosen *= self._scale
        result: Output = chosen
        return result

    def at_least(self, least: float) -> NDArray[np.intp]:
        # A hair lower, so that rounding never costs a value that equals the bound.
        bound = least / self._scale + self._zero_point - 1e-3 if self._scale else least
        found: NDArray[np.intp] = np.flatnonzero(self._view()[0] >= bound)
        return found


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter
    except ImportError as first:
        try:
            from tflite_runtime.interpreter import Interpreter as OldInterpreter

            return OldInterpreter
        except ImportError:
            raise RuntimeMissing(
                f"no TensorFlow Lite runtime ({first}); install ai-edge-litert, or tflite-runtime "
                "with numpy < 2 on a 32-bit board"
            ) from first


def _feeder(details: dict[str, Any], spec: InputSpec) -> Callable[[Pixels, Any], None]:
    """The cheapest exact way to write pixels into this input tensor."""
    dtype = details["dtype"]
    pixel_values = (np.arange(256) - spec.mean) / spec.std
    if dtype == np.float32:
        table = pixel_values.astype(np.float32)
        return lambda image, tensor: np.copyto(tensor, table[image])
    if dtype not in (np.int8, np.uint8):
        raise InferenceError(f"the network takes {np.dtype(dtype).name}, not int8 or uint8")
    limits = np.iinfo(dtype)
    scale, zero_point = details["quantization"]
    stored = np.clip(np.rint(pixel_values / scale) + zero_point, limits.min, limits.max)
    if np.array_equal(stored, np.arange(256) + limits.min):
        # uint8 to int8 is a flip of the top bit, in place in the interpreter's memory.
        flip = np.uint8(0x80 if dtype == np.int8 else 0)
        return lambda image, tensor: _flip(image, flip, tensor)
    codes = stored.astype(dtype)
    return lambda image, tensor: np.copyto(tensor, codes[image])


def _flip(image: Pixels, flip: np.uint8, tensor: Any) -> None:
    np.bitwise_xor(image, flip, out=tensor.view(np.uint8))
