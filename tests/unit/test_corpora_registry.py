"""The registry: what is in data/corpora.toml, and what is refused."""

from __future__ import annotations

import re

import pytest

from memstudy.core.errors import UsageError
from memstudy.corpora import registry
from memstudy.corpora.hub import parse_slice
from memstudy.corpora.packages import READERS as PACKAGE_READERS
from memstudy.corpora.reading import READERS
from memstudy.corpora.registry import ALL, Archive, Files, Hub, Mix, Package, find, read_registry

EXPECTED = {
    "babistories", "tinystories", "stories", "simplewiki", "wikipedia_simple", "fineweb-edu",
    "finemath", "enwiki2015_vital", "wikipedia_vital10k_summaries", "llama31_expository",
    "opentriviaqa", "wikitext2", "sotu", "factbook", "story_world", "encyclopedia_world",
}  # fmt: skip


def test_the_corpora_of_the_study_are_registered():
    assert set(read_registry()) >= EXPECTED


@pytest.mark.parametrize("corpus", read_registry().values(), ids=lambda corpus: corpus.name)
def test_every_entry_is_complete_and_consistent(corpus):
    assert corpus.title and corpus.origin and corpus.licence
    assert not corpus.columns or "text" in corpus.columns
    assert 0 <= corpus.held_out < 0.5
    source = corpus.source
    if isinstance(source, Files):
        for file in source.files:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256) and file.size > 0
    if isinstance(source, Files | Archive):
        assert source.reader in READERS
        assigned = {file.split for file in source.files} - {None}
        assert assigned <= set(corpus.splits)
        if not assigned:
            assert set(corpus.splits) == ({"train", "validation"} if corpus.held_out else {"train"})
    if isinstance(source, Archive):
        assert all(volume.url.endswith(volume.name) for volume in source.volumes)
    if isinstance(source, Hub):
        assert re.fullmatch("[0-9a-f]{40}", source.revision)
        assert set(source.slices) == set(corpus.splits)
        for slice_ in source.slices.values():
            parse_slice(slice_)
    if isinstance(source, Package):
        assert source.reader in PACKAGE_READERS
    if isinstance(source, Mix):
        assert corpus.held_out > 0
    if corpus.instead:
        assert isinstance(find(corpus.instead).source, Hub | Archive), "instead must be fetchable"


def test_counts_of_babistories_are_the_papers():
    corpus = find("babistories")
    assert corpus.splits["train"].tokens == 474_704_907
    assert corpus.splits["validation"].documents == 22_000, "the paper prints 2.2k by mistake"
    assert [volume.name[-4:] for volume in corpus.source.volumes] == [
        f".00{n}" for n in range(1, 6)
    ]


def test_all_is_a_split_only_where_there_are_several():
    assert find("stories").split_names == ("train", "validation", ALL)
    assert find("wikipedia_simple").split_names == ("train",)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("kind = 'floppy'", "kind 'floppy' is not one of"),
        ("kind = 'mix'\nparts = ['stories']", "no splits"),
        ("kind = 'mix'\nparts = ['gone']\nsplits = {train = {}}", "missing key licence"),
        ("kind = 'files'\nsplits = {train = {}}", "missing key files"),
        ("kind = 'files'\nfiles = [{nmae = 'a'}]\nsplits = {train = {}}", "unknown key nmae"),
        ("kind = 'mix'\nparts = []\ncolour = 'red'\nsplits = {train = {}}", "unknown key colour"),
        ("kind = ", "not valid TOML"),
    ],
)
def test_a_malformed_entry_is_named_in_one_line(tmp_path, entry, message):
    path = tmp_path / "corpora.toml"
    path.write_text(f"[thing]\n{entry}\n")
    with pytest.raises(UsageError, match=re.escape(message)) as error:
        read_registry(path)
    assert "\n" not in str(error.value)


def test_a_mix_of_mixes_and_of_unknown_parts_is_refused(tmp_path):
    rest = "title='t'\norigin='o'\nlicence='l'\nsplits={train={}}\n"
    path = tmp_path / "corpora.toml"
    path.write_text(f"[a]\nkind='mix'\nparts=['b']\n{rest}[b]\nkind='mix'\nparts=[]\n{rest}")
    with pytest.raises(UsageError, match="part 'b' is not a plain corpus"):
        read_registry(path)


def test_an_unknown_name_lists_what_is_known():
    with pytest.raises(UsageError, match=r"unknown corpus 'stroies'; known are babistories, "):
        find("stroies")


def test_a_missing_path_is_refused(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        find(str(tmp_path / "gone.jsonl.xz"))


def test_a_missing_registry_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "REGISTRY", tmp_path / "gone.toml")
    with pytest.raises(UsageError, match=r"gone\.toml is missing"):
        find("stories")
