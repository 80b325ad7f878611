"""One file over HTTP: resumed where it broke off, retried within bounds.

Of the libraries that could do this, pooch compares hashes and retries but cannot resume, and
urllib3's Retry covers a request but not a body that breaks off half-way. The parts of an archive
are large, so resuming matters; what is left to do on top of ``requests`` is below.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from memstudy.core.errors import UsageError
from memstudy.core.writing import write_file
from memstudy.corpora.records import read_json

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 16  # bytes read at a time; less than one chunk is lost when a connection breaks
LONGEST_WAIT = 60.0  # seconds between two attempts
TEMPORARY = (408, 425, 429)  # answers below 500 after which trying again makes sense


class DownloadFailed(UsageError):
    """A file could not be downloaded; what arrived is kept for the next attempt."""


class _TryAgain(Exception):
    """This attempt failed for a reason that may pass."""


def download(
    url: str,
    target: Path,
    *,
    attempts: int = 5,
    wait: float = 1.0,
    timeout: float = 30.0,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Download ``url`` to ``target``, which appears when it is complete.

    What has arrived lies in ``partial/`` beside the target and is continued with a Range request,
    in this call and in later ones, as long as the server says that its file is still the same one
    (by ETag or date) and grants ranges; otherwise it begins anew.

    Args:
        url: what to get.
        target: the file to make.
        attempts: how many in a row may bring nothing new before this gives up.
        wait: seconds before the second attempt; doubled each time up to a minute.
        timeout: seconds without a byte after which an attempt has failed.
        sleep: waits; tests pass their own.

    Raises:
        DownloadFailed: the server refuses, or the attempts are used up.
    """
    partial = target.parent / "partial" / target.name
    partial.parent.mkdir(parents=True, exist_ok=True)
    failures = 0
    while True:
        before = _size(partial)
        try:
            _attempt(url, partial, timeout)
            break
        except _TryAgain as reason:
            failures = 1 if _size(partial) > before else failures + 1
            if failures >= attempts:
                raise DownloadFailed(
                    f"{url}: gave up after {attempts} attempts without progress ({reason}); "
                    f"{_size(partial)} bytes are kept, the same command goes on from there"
                ) from None
            sleep(min(wait * 2 ** (failures - 1), LONGEST_WAIT))
    partial.replace(target)
    _validator_path(partial).unlink(missing_ok=True)


def _attempt(url: str, partial: Path, timeout: float) -> None:
    """One request; returns when the file is complete."""
    try:
        import requests
    except ImportError:
        raise UsageError("downloading needs: pip install requests") from None
    have = _size(partial)
    validator = read_json(_validator_path(partial)).get(url)
    headers = {"Accept-Encoding": "identity"}  # ranges count the bytes of the file itself
    if have and validator:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            if response.status_code == 416:  # we have more than there is: begin anew
                partial.unlink(missing_ok=True)
                raise _TryAgain("the part that was kept does not fit the file")
            if response.status_code >= 500 or response.status_code in TEMPORARY:
                raise _TryAgain(f"the server answered {response.status_code} {response.reason}")
            if response.status_code not in (200, 206):
                raise DownloadFailed(
                    f"{url}: the server answered {response.status_code} {response.reason}"
                )
            _receive(response, url, partial, have)
    except requests.RequestException as error:
        raise _TryAgain(f"{type(error).__name__}: {error}") from None


def _receive(response: requests.Response, url: str, partial: Path, have: int) -> None:
    """Write the body behind what is there already, or in its place."""
    resumed = response.status_code == 206
    if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        partial.unlink(missing_ok=True)
        raise _TryAgain("the server sent another range than it was asked for")
    start = have if resumed else 0
    length = response.headers.get("Content-Length")
    total = None if length is None else start + int(length)
    _keep_validator(response, url, partial)
    with (
        open(partial, "ab" if resumed else "wb") as file,
        tqdm(
            total=total, initial=start, unit="B", unit_scale=True, desc=partial.name, disable=None
        ) as bar,
    ):
        for chunk in response.iter_content(CHUNK):
            file.write(chunk)
            bar.update(len(chunk))
    if total is not None and _size(partial) < total:
        raise _TryAgain(f"the connection ended after {_size(partial)} of {total} bytes")


def _keep_validator(response: requests.Response, url: str, partial: Path) -> None:
    """Remember what tells this version of the file from another (weak ETags do not)."""
    etag = response.headers.get("ETag", "")
    strong = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
    path = _validator_path(partial)
    if strong:
        write_file(path, json.dumps({url: strong}).encode())
    else:
        path.unlink(missing_ok=True)


def _validator_path(partial: Path) -> Path:
    return partial.with_name(partial.name + ".validator.json")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
