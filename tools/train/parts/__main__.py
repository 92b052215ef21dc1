"""Make the parts network: `python -m tools.train.parts --data DIR --models FOLDER`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from edge.errors import IrbisError
from models.registry import REGISTRY_PATH, ModelError, load_registry
from tools.train.parts.card import new_model
from tools.train.parts.fitting import Recipe
from tools.train.parts.making import gather, held_out, learnt
from tools.train.registering import register

FOLDS = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status: 0 done, 1 failed with one line on standard error."""
    parser = argparse.ArgumentParser(prog="tools.train.parts", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled photographs")
    parser.add_argument(
        "--models", type=Path, default=REGISTRY_PATH.parent, help="registry folder to write into"
    )
    parser.add_argument(
        "--folds", type=int, default=FOLDS, help="folds to measure in first; 0 measures nothing"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # the order of a parallel sum depends on how many take part
    recipe = Recipe()
    try:
        species = load_registry().default("species")
        _say(f"looking at the animals under {options.data} ...")
        material = gather(options.data, species, recipe)
        _say(f"{len(material.animals)} animals, {len(material.samples)} looks")
        measured = {}
        if options.folds:
            measured = held_out(material, species, recipe, options.folds, _tell)
        for name, found in measured.items():
            _say("\n".join([name, *(f"  {line}" for line in found.lines())]))
        contents = learnt(material, recipe, frozenset(), _tell)
        model = new_model(contents, species, measured, material.learnt_from)
        register(options.models, model)
    except (IrbisError, ModelError, OSError) as error:
        print(f"parts: {error}", file=sys.stderr)
        return 1
    _say(f"{len(contents)} bytes registered in {options.models}")
    return 0


def _tell(step: int, loss: float) -> None:
    _say(f"step {step}: loss {loss:.3f}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
