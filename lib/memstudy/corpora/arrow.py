"""The two things that are asked of the ``datasets`` library besides the hub."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from memstudy.core.errors import UsageError
from memstudy.corpora.places import Places

if TYPE_CHECKING:
    import datasets


def import_datasets() -> Any:
    """The ``datasets`` module, or one clear line when it is not installed."""
    try:
        import datasets
    except ImportError:
        raise UsageError(
            "this needs the package datasets: pip install 'memstudy[notebooks]' "
            "(packed token streams can be used without it)"
        ) from None
    return datasets


@contextmanager
def quiet() -> Iterator[None]:
    """Progress bars of ``datasets`` in terminals only: notebooks would store them."""
    utils = import_datasets().utils
    if sys.stderr.isatty() or utils.are_progress_bars_disabled():
        yield
        return
    utils.disable_progress_bars()
    try:
        yield
    finally:
        utils.enable_progress_bars()


def from_generator(
    generate: Callable[..., Iterator[dict[str, Any]]],
    arguments: dict[str, Any],
    key: str,
    places: Places,
) -> datasets.Dataset:
    """A memory-mapped Dataset of what ``generate(**arguments)`` yields, made once for each key.

    Raises:
        UsageError: one that ``generate`` raised, without the library's wrapping.
    """
    datasets = import_datasets()
    with quiet():
        try:
            return datasets.Dataset.from_generator(
                _keyed,
                gen_kwargs={"key": key, "generate": generate, "arguments": arguments},
                cache_dir=str(places.cache / "datasets"),
            )
        except Exception as error:
            cause: BaseException | None = error
            while cause is not None and not isinstance(cause, UsageError):
                cause = cause.__cause__
            raise (cause or error) from None


def _keyed(
    key: str, generate: Callable[..., Iterator[dict[str, Any]]], arguments: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """``generate(**arguments)``; the library keys its cache by all arguments, ``key`` included."""
    yield from generate(**arguments)
