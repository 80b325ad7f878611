"""Builds the environment that `make` uses, and renews the lock. Standard library only.

`make` runs this file by its path, before anything is installed::

    python3 -I lib/memstudy/bootstrap.py environment .venv --extras notebooks,test
    python3 -I lib/memstudy/bootstrap.py lock

An environment is either built whole from `pyproject.toml` and `requirements.lock`, or it does
not count: a stamp, written last, says what it was built from, and everything without a stamp or
with another one is built anew. Any Python from 3.6 on can read this file, so that one which is
too old for the study is told so in one line. It is one file because `-I` hides its neighbours:
building and renewing share making an environment, running its pip and guarding it.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = (3, 11)
PYPROJECT = "pyproject.toml"
LOCK = "requirements.lock"

STAMP = "memstudy-stamp.json"  # written last: what the environment was built from
GUARD = "memstudy-guard"  # locked while somebody builds; also marks the folder as ours
LOG = "pip.log"  # all that pip said

# The lines of pip that tell how far it is.
PIP_STEPS = ("Collecting", "Downloading", "Installing")

# Packages that stay at the version the lock names until somebody changes that line by hand.
HELD = {"torch": "recorded numbers depend on it"}
# What torch adds on machines for CUDA; torch itself names the exact versions that it needs.
CUDA_PREFIXES = ("nvidia-", "cuda-", "triton")


class SetupError(Exception):
    """Something is wrong with the machine or the request; the message says what to do."""


# --- what an environment was built from ------------------------------------------------------


def sources(venv, root=ROOT):
    """What `venv` has to be built from now, by name; compared with its stamp field by field."""
    return {
        PYPROJECT: _sha256(root / PYPROJECT),
        LOCK: _sha256(root / LOCK),
        # The installed package points into the checkout, so a moved or copied one starts anew.
        "checkout": str(root),
        "place": str(venv.resolve()),
        # A missing interpreter, or another one behind the same name after a system upgrade.
        "interpreter": os.path.realpath(str(_python(venv))),
    }


def read_stamp(venv):
    """The stamp of a complete environment; an empty one where there is none."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
        return stamp if isinstance(stamp["extras"], list) else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def write_stamp(venv, extras, root=ROOT):
    """Declare `venv` complete, in one step that cannot be seen half done."""
    stamp = dict(sources(venv, root), extras=sorted(extras))
    partial = venv / (STAMP + ".partial")
    partial.write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
    os.replace(str(partial), str(venv / STAMP))


def why_stale(venv, root=ROOT, interpreter=None):
    """Why `venv` must be built (anew), in a few words; None when it need not.

    `interpreter` is the one that the user asked for, None when any will do.
    """
    stamp = read_stamp(venv)
    if not stamp:
        return "never finished" if os.path.lexists(str(_python(venv))) else "not built yet"
    if not _python(venv).exists():
        return "its Python is gone"
    changed = [name for name, value in sources(venv, root).items() if stamp.get(name) != value]
    if changed:
        return " and ".join(changed) + " changed"
    if interpreter is not None and interpreter != stamp["interpreter"]:
        return "another Python was asked for"
    return None


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _python(venv):
    return venv / "bin" / "python"


# --- building --------------------------------------------------------------------------------


def ensure(venv, extras, root=ROOT, interpreter=None):
    """Make `venv` hold the package with `extras`; do nothing, quickly, when it already does."""
    if _is_enough(venv, extras, root, interpreter):
        return
    _refuse_old_python()
    _refuse_stranger(venv)
    with _guard(venv) as guard:
        if _is_enough(venv, extras, root, interpreter):
            return  # somebody else built it while this process waited
        _refuse_other_checkout(venv, root)
        reason = why_stale(venv, root, interpreter)
        if reason:
            wanted = sorted(extras)
            version = "{}.{}.{}".format(*sys.version_info[:3])
            say(f"Building {venv} with Python {version} ({reason}); this takes a minute or two.")
            this_python = _this_python()  # while its name still exists
            _clear(venv)
            create(venv, this_python)
            pip(venv, root, guard, "install", "-c", LOCK, "pip", "setuptools")
        else:
            wanted = sorted({*extras, *read_stamp(venv)["extras"]})
            say("Adding to {}: it will hold {}.".format(venv, ", ".join(wanted)))
            (venv / STAMP).unlink()  # from here on it is incomplete again
        package = ".[{}]".format(",".join(wanted))
        pip(venv, root, guard, "install", "--no-build-isolation", "-c", LOCK, "-e", package)
        write_stamp(venv, wanted, root)


def _is_enough(venv, extras, root, interpreter):
    stale = why_stale(venv, root, interpreter)
    return not stale and set(extras) <= set(read_stamp(venv)["extras"])


def create(venv, interpreter):
    """An empty environment of `interpreter`, with its own pip."""
    import subprocess

    command = [interpreter, "-I", "-m", "venv", "--symlinks", str(venv)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SetupError(
            f"{interpreter} cannot make an environment with pip in it: install its venv package "
            "(Debian, Ubuntu: apt install python3-venv) or give another: make PYTHON=..."
        )


def pip(venv, root, guard, *arguments):
    """Run the environment's own pip; all it says goes to a log, a terminal sees where it is.

    pip inherits `guard`: should this process be killed alone, nobody else builds before pip ends.
    """
    import subprocess

    # Modules are compiled when they are first imported: most of them never are.
    options = ["--no-compile"] if arguments[0] == "install" else []
    said = []
    with subprocess.Popen(
        [str(_python(venv)), "-I", "-m", "pip", *arguments, *options],
        cwd=str(root),
        env=dict(os.environ, PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=(guard,),
    ) as process:
        for line in process.stdout:
            said.append(line)
            _show_progress(line)
    _show_progress("")
    with (venv / LOG).open("a", encoding="utf-8") as log:
        log.writelines(said)
    if process.returncode:
        errors = [line[len("ERROR:") :].strip() for line in said if line.startswith("ERROR:")]
        reason = errors[-1] if errors else f"exit code {process.returncode}"
        raise SetupError(f"pip failed: {reason} (all it said: {venv / LOG}); then make again")


def _this_python():
    """The interpreter that runs this file, outside of any environment.

    It may be called by its link in the very environment that is about to be cleared, even one so
    little finished that Python does not take it for an environment: hence the real path.
    """
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _refuse_old_python():
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(
            "{} is Python {}.{}; the study needs {}.{} or newer: name one, for example "
            "make PYTHON=/path/to/python3.12 ...".format(
                sys.executable, *sys.version_info[:2], *OLDEST_PYTHON
            )
        )


def _refuse_stranger(venv):
    """Never clear a folder that this file did not make."""
    if venv.is_dir() and os.listdir(str(venv)) and not (venv / GUARD).exists():
        raise SetupError(
            f"{venv} was not made by this Makefile and is left alone: remove it, or choose "
            "another place: make VENV=/path ..."
        )


def _refuse_other_checkout(venv, root):
    """Nor one that another checkout uses: it would run that one's code."""
    stamp = read_stamp(venv)
    owner = stamp.get("checkout", str(root))
    copied = stamp.get("place") != str(venv.resolve())
    if owner != str(root) and not copied and (Path(owner) / PYPROJECT).exists():
        raise SetupError(
            f"{venv} belongs to the checkout in {owner} and runs its code: remove the link to it, "
            "or choose another place: make VENV=/path ..."
        )


@contextlib.contextmanager
def _guard(venv):
    """Hold the environment for one builder at a time; yields the descriptor of the lock."""
    import fcntl

    venv.mkdir(parents=True, exist_ok=True)
    with (venv / GUARD).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Somebody else is building {venv}; waiting for them to finish.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()


def _clear(venv):
    with contextlib.suppress(FileNotFoundError):
        (venv / STAMP).unlink()  # first, so that no half-cleared folder looks complete
    for entry in venv.iterdir():
        if entry.name == GUARD:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(str(entry))
        else:
            entry.unlink()


# --- the lock --------------------------------------------------------------------------------


def renew_lock(root=ROOT):
    """Resolve the ranges of pyproject.toml afresh and write what came out to the lock.

    pip resolves without installing anything; versions already installed or locked play no part,
    but for those of `HELD`.
    """
    import tempfile

    if sys.version_info[:2] != OLDEST_PYTHON:
        raise SetupError(
            "the lock is made with the oldest Python allowed, {}.{} (a newer one may choose "
            "versions that the oldest cannot install), not with {}.{}: make lock "
            "PYTHON=python{}.{}".format(*OLDEST_PYTHON, *sys.version_info[:2], *OLDEST_PYTHON)
        )
    import tomllib

    extras = tomllib.loads((root / PYPROJECT).read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        held, report = Path(folder) / "held.txt", Path(folder) / "report.json"
        held.write_text("".join(_held_pins(root)), encoding="utf-8")
        with _guard(venv) as guard:
            say("Resolving; this takes a minute or two.")
            create(venv, _this_python())
            pip(venv, root, guard, "install", "--upgrade", "pip")
            resolve = ["install", "--dry-run", "--ignore-installed", "--report", str(report)]
            package = ".[{}]".format(",".join(sorted(extras)))
            pip(venv, root, guard, *resolve, "-c", str(held), "pip", "setuptools", "-e", package)
        resolved = json.loads(report.read_text(encoding="utf-8"))
    text = lock_text(resolved)
    partial = root / (LOCK + ".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(str(partial), str(root / LOCK))
    say(f"Wrote {LOCK}: {len(resolved['install']) - 1} packages.")


def lock_text(report):
    """The lock's text from pip's installation report: sorted pins that hold on any platform."""
    pins = {}
    for item in report["install"]:
        name = _normalised(item["metadata"]["name"])
        if "dir_info" in item["download_info"] or name.startswith(CUDA_PREFIXES):
            continue
        pins[name] = item["metadata"]["version"].split("+")[0]  # without +cpu and the like
    where = report["environment"]
    held = "; ".join(f"{name} ({reason})" for name, reason in HELD.items())
    header = [
        "The exact versions that the study is tested with: constraints for pip, which installs",
        "of these what the package and the platform ask for. Written by `make lock` on Python",
        f"{where['python_version']}, {where['platform_system']} {where['platform_machine']}, "
        "from the ranges in pyproject.toml; renew it, do not edit it.",
        f"Held until its line is changed by hand: {held}.",
        "Not listed: the CUDA libraries, whose exact versions torch names itself.",
    ]
    lines = [f"# {line}" for line in header]
    lines += [f"{name}=={version}" for name, version in sorted(pins.items())]
    return "\n".join(lines) + "\n"


def _held_pins(root):
    lock = root / LOCK
    lines = lock.read_text(encoding="utf-8").splitlines(True) if lock.exists() else []
    return [line for line in lines if line.split("==")[0] in HELD]


def _normalised(name):
    """A distribution's name as registries compare it: lower case, runs of -_. made one dash."""
    return re.sub("[-_.]+", "-", name).lower()


# --- the command line ------------------------------------------------------------------------


def say(line):
    """One line for whoever waits."""
    print(line, flush=True)


def _show_progress(line):
    """Keep the last thing that pip began on one line of a terminal; an empty line wipes it."""
    line = line.strip()
    if sys.stdout.isatty() and (not line or line.split()[0] in PIP_STEPS):
        width = shutil.get_terminal_size().columns - 3
        sys.stdout.write("\r\033[K" + ("  " + line[:width] if line else ""))
        sys.stdout.flush()


def main(argv=None):
    """Entry point; exit code 1 and one line on standard error when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command")
    environment = commands.add_parser("environment", help="build it if it is missing or stale")
    environment.add_argument("venv", type=Path)
    environment.add_argument("--extras", default="", metavar="A,B", help="extras of the package")
    environment.add_argument(
        "--this-python", action="store_true", help="rebuild one that was made with another Python"
    )
    commands.add_parser("lock", help="resolve the dependencies afresh")
    options = parser.parse_args(argv)
    try:
        if options.command == "lock":
            renew_lock()
        elif options.command == "environment":
            extras = [extra for extra in options.extras.split(",") if extra]
            ensure(
                options.venv, extras, interpreter=_this_python() if options.this_python else None
            )
        else:
            parser.print_help()
    except (SetupError, OSError) as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: stopped; the next make starts it again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
