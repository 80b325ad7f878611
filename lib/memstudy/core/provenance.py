"""What machine and what code made a number."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from memstudy.core import paths
from memstudy.core.device import Device, available_cores

PROCESS = Path("/proc/self")  # what Linux tells about this process
PACKAGES = ("torch", "numpy", "pandas", "pyarrow")


def capture(device: Device) -> dict[str, Any]:
    """Code, machine and versions of this process, as ``run.json`` keeps them.

    Call it before the work starts: it must describe the code that was imported, not what stands
    on disk when the work ends.
    """
    return {
        "started": now(),
        "library_sha256": library_sha256(),
        "git": git_state(),
        "machine_class": machine_class(device),
        "device": describe_device(device),
        "versions": versions(),
    }


def now() -> str:
    """The time in UTC to the second, ISO 8601."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def library_sha256(root: Path = paths.LIBRARY) -> str:
    """SHA-256 over names and contents of all Python files of the library."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\n{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def git_state(root: Path = paths.ROOT) -> dict[str, Any]:
    """Commit and whether the tree was clean; ``commit`` is None outside a checkout of the study."""

    def ask(*words: str) -> str | None:
        try:
            answer = subprocess.run(
                ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=30
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return answer.stdout.strip() if answer.returncode == 0 else None

    found = (ask("rev-parse", "--show-toplevel", "HEAD") or "\n").splitlines()
    # Copied into another repository, the study has no commit of its own.
    commit = found[-1] if len(found) == 2 and Path(found[0]).resolve() == root else None
    # Only what makes numbers counts: results and figures that a run has just written do not.
    changes = ask("status", "--porcelain", "--", "lib", "pyproject.toml", "requirements.lock")
    return {"commit": commit, "clean": changes == "" if commit else None}


def machine_class(device: Device) -> str:
    """Machines of one class take about the same time for the same unit."""
    if device.kind == "cuda":
        return device.name
    return f"{device.name}, {available_cores()} cores"


def describe_device(device: Device) -> dict[str, Any]:
    """Device, driver, threads and the flags that change numbers or speed."""
    import torch

    described = {
        "kind": device.kind,
        "name": device.name,
        "threads": device.threads,
        "autocast": device.autocast,
        "cores": available_cores(),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "flush_denormal": True,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }
    if device.kind == "cuda":
        described["cuda"] = torch.version.cuda
        described["memory_bytes"] = torch.cuda.get_device_properties(0).total_memory
    return described


def versions() -> dict[str, str]:
    """Versions of Python, the system and the packages that numbers depend on."""
    from importlib.metadata import version

    found = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "system": platform.system(), **found}


def reset_peak_memory(device: Device) -> None:
    """From now on, what was needed before does not count: on CUDA, and where Linux allows it."""
    if device.kind == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
        return
    with contextlib.suppress(OSError, AttributeError, TypeError):
        # What was freed counts as long as it is kept (see device.keep_freed_memory).
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        PROCESS.joinpath("clear_refs").write_text("5", encoding="utf-8")  # see proc(5)


def peak_memory_bytes(device: Device) -> int:
    """Largest memory so far: of the GPU on CUDA, else of this process.

    So far: since :func:`reset_peak_memory`, where that works, else since the process began.
    """
    if device.kind == "cuda":
        import torch

        return torch.cuda.max_memory_allocated()
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = PROCESS.joinpath("status").read_text(encoding="utf-8").splitlines()
        told = dict(line.split(":", 1) for line in lines)
        return int(told["VmHWM"].split()[0]) * 1024  # said in kB
    if os.name != "posix":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024
