"""The command line: ``python -m memstudy run | figures | report | data | import | doctor``.

Exit codes: 0 done; 1 something failed and is reported; 2 bad input or a place that cannot be read
or written, told in one line; 3 the budget ended before the grid was complete; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from memstudy import __version__
from memstudy.core import torchrun
from memstudy.core.arguments import positive, seed_list, time_span
from memstudy.core.device import DEVICES
from memstudy.core.errors import ProcessLost, UsageError
from memstudy.core.experiment import MODES, PROFILE_NAMES
from memstudy.scheduling import EXECUTORS, LOCAL


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    try:
        return arguments.command(arguments)
    except UsageError as error:
        if getattr(error, "told", False):  # by the main one of several processes
            return 0
        print(f"memstudy: {error}", file=sys.stderr)
        return 2
    except ProcessLost as error:
        print(f"memstudy: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has gone; Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"memstudy: the system refused: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("memstudy: interrupted", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options; imports nothing heavy."""
    parser = OneLineParser(prog="memstudy", description="A study of memory in language models.")
    parser.add_argument("--version", action="version", version=f"memstudy {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=OneLineParser)
    add_run(commands)
    add_figures(commands)
    add_report(commands)
    add_data(commands)
    add_import(commands)
    add_doctor(commands)
    return parser


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line, as all others of the study are."""

    def error(self, message: str) -> None:
        """Print the message and where to find help; leave with exit code 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def add_run(commands: argparse._SubParsersAction) -> None:
    """``run``: execute the missing units of an experiment and record them."""
    parser = commands.add_parser("run", help="execute missing units and record them")
    parser.set_defaults(command=run)
    parser.add_argument("experiment", help="name of an experiment, or 'all'")
    parser.add_argument("--profile", default="cpu", help=f"one of {', '.join(PROFILE_NAMES)}")
    parser.add_argument("--seeds", type=seed_list, help="some of the profile's seeds: 0,3 or 0-4")
    parser.add_argument(
        "--only",
        action="append",
        metavar="PATTERN",
        help="only units whose id matches; may be repeated",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="measure again what is recorded; models kept in data/cache are not trained again",
    )
    parser.add_argument("--workers", type=positive, help="processes at a time (default 1)")
    parser.add_argument("--threads", type=positive, help="CPU threads a process")
    parser.add_argument("--executor", default=LOCAL, choices=EXECUTORS, help="where they are")
    parser.add_argument("--address", metavar="HOST:PORT", help="Ray cluster (default: a local one)")
    parser.add_argument("--budget", type=time_span, help="stop cleanly after 90s, 9m, 1h30m")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("--out", type=Path, help="folder for results, checkpoints and an archive")


def run(arguments: argparse.Namespace) -> int:
    """The command ``run``."""
    from memstudy.core import experiment as experiments
    from memstudy.core.stopping import Stopping

    every = arguments.experiment == "all"
    # In the order of the notebooks: later ones look at models that earlier ones have trained.
    chosen = experiments.load_all() if every else [experiments.load(arguments.experiment)]
    if every:
        chosen = having(arguments.profile, chosen)
    for experiment in chosen:  # before hours of work: is everything there that was asked for?
        experiments.select_units(experiment, arguments.profile, arguments.seeds, arguments.only)
    code = 0
    with Stopping(arguments.budget) as stopping:
        for experiment in chosen:
            report = run_one(experiment, arguments, stopping.reason)
            code = code or exit_code(report)
            if report.stopped:
                break
    # To torchrun, a process that ends with another code takes the others down with it.
    return code if torchrun.is_main() else 0


def having(profile: str, experiments: list) -> list:
    """Those of all experiments that have the profile; the others are named.

    All of them if none has it, so that the first one can say what there is.
    """
    chosen = [one for one in experiments if profile in one.profiles]
    for one in experiments if chosen else []:
        if one not in chosen:
            echo(f"{one.name} has no profile {profile!r} and is left out")
    return chosen or experiments


def run_one(experiment, arguments: argparse.Namespace, stop_wanted: Callable[[], str]):
    """Run one experiment, say what came of it, pack it when it went to another folder."""
    from memstudy import runner
    from memstudy.core.archive import pack

    options = runner.Options(
        seeds=arguments.seeds,
        only=arguments.only,
        force=arguments.force,
        executor=arguments.executor,
        address=arguments.address,
        workers=arguments.workers,
        device=arguments.device,
        threads=arguments.threads,
    )
    profile = experiment.profile(arguments.profile)
    where = runner.places(profile, arguments.out)
    report = runner.run(experiment, arguments.profile, options, where, stop_wanted, echo)
    if not torchrun.is_main():
        return report
    echo(closing_line(report, anew=arguments.force or not profile.recorded))
    if arguments.out is not None:
        echo(f"archive: {pack(where.store, experiment, arguments.profile)}")
    return report


def closing_line(report, anew: bool) -> str:
    """What a run did, in one line.

    Args:
        report: of the runner.
        anew: whether what had been recorded before was measured, too.
    """
    left = "not measured" if anew else "missing"
    words = f"{len(report.recorded)} recorded now, {report.missing} of {report.asked} {left}"
    if report.failed:
        words += f", {len(report.failed)} failed"
    if report.stopped and anew:
        words += f"; stopped ({report.stopped}): name what is left with --only to go on"
    elif report.stopped:
        words += f"; stopped ({report.stopped}): the same command goes on from here"
    elif report.complete:
        words += "; complete"
    return words


def exit_code(report) -> int:
    """Exit code of a run; see the head of this file."""
    if report.complete:
        return 0
    return {"budget": 3, "interrupt": 130}.get(report.stopped, 1)


def add_figures(commands: argparse._SubParsersAction) -> None:
    """``figures``: execute the notebooks and write every figure."""
    parser = commands.add_parser("figures", help="execute the notebooks, write every figure")
    parser.set_defaults(command=figures)
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="notebooks whose names begin so (02); may be repeated",
    )
    parser.add_argument("--profile", help="other than the one each notebook names")
    parser.add_argument("--mode", default="load", help="load (recorded runs) or run")
    parser.add_argument("--out", type=Path, help="folder for executed notebooks and figures")
    parser.add_argument(
        "--workers", type=positive, help="notebooks at a time (one a core, at most 4)"
    )


def figures(arguments: argparse.Namespace) -> int:
    """The command ``figures``."""
    if arguments.mode not in MODES:
        raise UsageError(f"unknown mode {arguments.mode!r}; choose one of {', '.join(MODES)}")
    if arguments.profile not in (None, *PROFILE_NAMES):
        raise UsageError(
            f"unknown profile {arguments.profile!r}; choose one of {', '.join(PROFILE_NAMES)}"
        )
    from memstudy import notebooks

    return notebooks.execute_all(
        only=arguments.only,
        profile=arguments.profile,
        mode=arguments.mode,
        out=arguments.out,
        workers=arguments.workers,
        echo=echo,
    )


def add_report(commands: argparse._SubParsersAction) -> None:
    """``report``: compute all verdicts, rewrite ledger, pages and the README's result block."""
    parser = commands.add_parser("report", help="compute verdicts, rewrite README, ledger, pages")
    parser.set_defaults(command=report)
    parser.add_argument("--check", action="store_true", help="change nothing; 1 if out of date")


def report(arguments: argparse.Namespace) -> int:
    """The command ``report``."""
    from memstudy import reporting

    changed = reporting.write(check=arguments.check)
    for path in changed:
        echo(f"{'out of date' if arguments.check else 'rewritten'}: {path}")
    if not changed:
        echo("nothing to change: README, ledger and recorded runs agree")
    return 1 if arguments.check and changed else 0


def add_data(commands: argparse._SubParsersAction) -> None:
    """``data``: list, fetch, verify, peek into the corpora."""
    from memstudy.corpora.commands import add_arguments, main

    parser = commands.add_parser("data", help="list, fetch, verify, peek into the corpora")
    parser.set_defaults(command=main)
    add_arguments(parser)


def add_import(commands: argparse._SubParsersAction) -> None:
    """``import``: verify an archive of recorded runs and file them."""
    parser = commands.add_parser("import", help="verify an archive of runs and file them")
    parser.set_defaults(command=import_archive)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--force", action="store_true", help="replace runs that differ")
    parser.add_argument("--into", type=Path, help="folder of results (default data/results)")


def import_archive(arguments: argparse.Namespace) -> int:
    """The command ``import``."""
    from memstudy.core import archive, paths
    from memstudy.core.store import Store

    store = Store(arguments.into or paths.RESULTS)
    filed = archive.unpack(arguments.archive, store, arguments.force)
    echo(f"{len(filed.new)} filed, {len(filed.known)} known already")
    for unit_id in filed.kept:
        echo(f"kept the recorded run of {unit_id}, which differs; replace it with --force")
    for unit_id in filed.failures:
        echo(f"kept the completed run of {unit_id}; that of the archive has failed")
    return 0


def add_doctor(commands: argparse._SubParsersAction) -> None:
    """``doctor``: look over the machine, the installation and the recorded runs."""
    parser = commands.add_parser("doctor", help="look over machine, installation, recorded runs")
    parser.set_defaults(command=doctor)


def doctor(arguments: argparse.Namespace) -> int:
    """The command ``doctor``."""
    from memstudy import doctoring

    return doctoring.examine(echo)


def echo(line: str) -> None:
    """Print a line at once, so that a log can be followed."""
    print(line, flush=True)
