"""`irbis evaluate`: what the models do on labelled pictures."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.config import Triage
    from tools.evaluate.labelled import LabelledSet
    from tools.evaluate.outcomes import Report

PAGE = "accuracy.md"
IMAGES = "images"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Judge labelled pictures exactly as a station does, and count what was found, missed and"
        " dropped. A set is a folder with a labels.csv (columns"
        " file,label[,burst,station,mode,x,y,w,h]); some public sets are known by name. A folder of"
        " sets is searched."
    )
    parser.add_argument("data", nargs="*", type=Path, metavar="DATA", help="a set, or a folder of")
    _configure_results(parser.add_argument_group("results"))
    _configure_models(parser.add_argument_group("models"))
    _configure_part(parser.add_argument_group("a part of the pictures"))
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes that judge at once (default: one a processor)",
    )


def _configure_results(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--out", type=Path, metavar="DIR", help=f"write {PAGE} and {IMAGES}/accuracy-*.png"
    )
    group.add_argument("--no-plots", action="store_true", help="leave the pictures out")
    group.add_argument("--json", type=Path, metavar="FILE", help="write counts and all outcomes")
    group.add_argument(
        "--gallery", type=Path, metavar="FILE", help="write a page (HTML) of what was missed"
    )
    group.add_argument(
        "--note",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="Markdown that the report carries: what was chosen on these very pictures, say",
    )
    group.add_argument(
        "--merge",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="judge nothing: one report of several folds' --json (DATA: where the pictures are)",
    )


def _configure_models(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--detector", metavar="NAME", help="another detector of the registry")
    group.add_argument("--species", metavar="NAME", help="another species head of the registry")
    group.add_argument(
        "--models",
        type=Path,
        metavar="PATH",
        help="another registry: a registry.toml or its folder",
    )


def _configure_part(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--stations", metavar="A,B", help="these stations alone")
    group.add_argument(
        "--fold",
        metavar="K/N",
        help="fold K (from 0) of N alone; stations are divided, where none is known whole sets, and"
        " photographs one by one; name the same folders as for training, or others are divided",
    )
    group.add_argument(
        "--held-out",
        action="store_true",
        help="judge at the places alone that the training of the models (--models) kept back",
    )


def execute(args: argparse.Namespace) -> int:
    """Judge everything, or merge, then write or print what was asked for."""
    from tools.evaluate.gallery import check_place
    from tools.evaluate.identities import check_individuals
    from tools.evaluate.labelled import EvaluationError
    from tools.evaluate.plots import check_plots
    from tools.evaluate.sources import check_pictures, load_sets
    from tools.evaluate.storing import merge, read_json, write_json

    # What would fail at the end fails before the hours of judging.
    if args.gallery is not None:
        check_place(args.gallery)
    if args.out is not None and not args.no_plots:
        check_plots()
    if not args.data and not args.merge:
        raise EvaluationError("nothing to judge: name a folder of labelled pictures")
    sets = load_sets(args.data)
    notes = _notes(args.note)
    if not args.merge:
        check_pictures(sets)
    if _tells_individuals(args):
        check_individuals(args.data)
    merged = merge([read_json(path) for path in args.merge]) if args.merge else None
    report = _with_identities(merged or _judged(args, sets), args)
    report = replace(report, notes=tuple(dict.fromkeys((*report.notes, *notes))))
    if args.json is not None:
        write_json(report, args.json)
    if args.gallery is not None:
        _write_gallery(report, sets, args.gallery)
    _write_page(args, report)
    return 0


def _judged(args: argparse.Namespace, sets: Sequence[LabelledSet]) -> Report:
    from tools.evaluate.judging import Judge, judge_sets
    from tools.evaluate.outcomes import Report, Run, SetInfo
    from tools.replay.progress import Progress

    using = Judge(_policy(args), _registry(args.models))
    eyes = using.eyes()
    kept_back = _kept_back(args, dict(eyes.models))
    chosen, part, left_out = _part(args, sets, kept_back)
    progress = Progress(sum(len(one.bursts) for one in chosen), sys.stderr)
    done = 0

    def judged() -> None:
        nonlocal done
        done += 1
        progress.show(done)

    bursts = judge_sets(chosen, using, max(1, args.workers), judged)
    progress.end()
    policy = using.policy.model_dump(mode="json")
    return Report(
        (Run(dict(eyes.models), policy, part, eyes.calibration.prior, left_out),),
        tuple(SetInfo(one.name, one.about, one.trapped) for one in chosen),
        tuple(bursts),
    )


def _notes(files: Sequence[Path]) -> list[str]:
    from tools.evaluate.labelled import EvaluationError

    try:
        return [path.read_text(encoding="utf-8").strip() + "\n" for path in files]
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"a note cannot be read: {error}") from error


def _tells_individuals(args: argparse.Namespace) -> bool:
    """Whether individuals are to be told apart; a part of the pictures says nothing about that."""
    return bool(args.data) and not (args.fold or args.stations or args.held_out)


def _with_identities(report: Report, args: argparse.Namespace) -> Report:
    """The report with individuals told apart, where they are."""
    from tools.evaluate.identities import measured_identities

    if not _tells_individuals(args):
        return report
    return replace(report, identities=report.identities or measured_identities(args.data))


def _policy(args: argparse.Namespace) -> Triage:
    from edge.config import Triage

    return Triage(detector=args.detector, species=args.species)


def _registry(path: Path | None) -> Path | None:
    return path / "registry.toml" if path is not None and path.is_dir() else path


def _kept_back(args: argparse.Namespace, models: Mapping[str, str]) -> Set[str] | None:
    """The places that the training of ``models`` kept back, None where nothing is known of it."""
    from tools.evaluate.kept_back import FILE, kept_back
    from tools.evaluate.labelled import EvaluationError

    registry = _registry(args.models)
    places = kept_back(registry.parent, models) if registry is not None else None
    if args.held_out and places is None:
        raise EvaluationError(
            f"--held-out: nothing is noted of these models; it judges those that `irbis train` made"
            f" and named in {FILE}, by --models DIR"
        )
    return places


def _part(
    args: argparse.Namespace, sets: Sequence[LabelledSet], kept_back: Set[str] | None
) -> tuple[Sequence[LabelledSet], str | None, int]:
    """The pictures that were asked for, which they are in words (None: all), and how many of them
    were left out because a copy lies in another fold."""
    from tools.evaluate.copies import divided_copies
    from tools.evaluate.kept_back import PART
    from tools.evaluate.labelled import EvaluationError
    from tools.evaluate.selection import (
        check_places,
        only_fold,
        only_places,
        only_stations,
        parse_fold,
        without,
    )

    parts, left_out = [], 0
    if args.fold is not None:  # first: the division is one of all stations
        try:
            fold = parse_fold(args.fold)
        except ValueError as error:
            raise EvaluationError(str(error)) from error
        copied = divided_copies(sets, fold.folds)
        fold_of_sets = only_fold(sets, fold)
        if kept_back is not None:
            check_places(fold_of_sets, kept_back)
        sets = without(fold_of_sets, copied)
        left_out = _pictures(fold_of_sets) - _pictures(sets)
        parts.append(str(fold))
    if args.held_out and kept_back is not None:
        sets = only_places(sets, kept_back)
        parts.append(PART)
    if args.stations is not None:
        names = [name.strip() for name in args.stations.split(",") if name.strip()]
        sets = only_stations(sets, names)
        parts.append(f"stations {', '.join(names)}")
    return sets, ", ".join(parts) or None, left_out


def _pictures(sets: Sequence[LabelledSet]) -> int:
    return sum(len(burst.frames) for one in sets for burst in one.bursts)


def _write_gallery(report: Report, sets: Sequence[LabelledSet], path: Path) -> None:
    from tools.evaluate.gallery import pictures_of, write_gallery

    path.parent.mkdir(parents=True, exist_ok=True)
    write_gallery(report, pictures_of(sets), path)
    print(f"wrote {path}")


def _write_page(args: argparse.Namespace, report: Report) -> None:
    from tools.evaluate.page import page
    from tools.evaluate.plots import write_plots

    if args.out is None:
        sys.stdout.write(page(report))
        return
    args.out.mkdir(parents=True, exist_ok=True)
    plots = [] if args.no_plots else write_plots(report, args.out / IMAGES)
    named = [(title, path.relative_to(args.out).as_posix()) for title, path in plots]
    path = args.out / PAGE
    path.write_text(page(report, named), encoding="utf-8")
    print(f"wrote {path}")
