"""What machine and what code made a number."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from memstudy.core import paths
from memstudy.core.device import Device, available_cores

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


def peak_memory_bytes(device: Device) -> int:
    """Largest memory so far: of the GPU on CUDA, else of this process."""
    if device.kind == "cuda":
        import torch

        return torch.cuda.max_memory_allocated()
    if os.name != "posix":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024
