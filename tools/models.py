"""`irbis models`: which models there are, and whether their files are whole."""

from __future__ import annotations

import argparse
import json
import sys

from models.errors import ModelError
from models.registry import load_registry


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["list", "verify"])
    parser.add_argument("--json", action="store_true", help="for a program to read")


def execute(args: argparse.Namespace) -> int:
    """List the registry; with ``verify`` also read every file and compare size and SHA-256."""
    registry = load_registry()
    rows = []
    failed = False
    for name, entry in registry.entries.items():
        row = {"name": name, "role": entry.role, "licence": entry.licence, "sha256": entry.sha256}
        if args.action == "verify":
            try:
                entry.read()
                row["state"] = "whole"
            except ModelError as error:
                failed = True
                row["state"] = str(error)
        rows.append(row)
    if args.json:
        json.dump(rows, sys.stdout, indent=2)
        print()
    else:
        for row in rows:
            state = f"  {row['state']}" if "state" in row else ""
            print(f"{row['role']:<9} {row['name']:<32} {row['licence']:<11}{state}")
    return int(failed)
