"""All templates, compiled once per process, and the plots that use them."""

from __future__ import annotations

from functools import cache

from memstudy.corpora.story_world import lexicon
from memstudy.corpora.story_world.forms import (
    ending,
    feelings,
    needs,
    opening,
    recap,
    scenery,
    talk,
)
from memstudy.corpora.story_world.grammar import Groups, compile_groups
from memstudy.corpora.story_world.plots import PLOT_FORMS


def _fragments() -> str:
    """The sights of places and the objects of activities, as groups of one template each."""
    lines = []
    for group in lexicon.PLACE_GROUPS:
        lines += [f":sight.{group}", *lexicon.sights(group)]
    phrases = {
        phrase
        for kind in lexicon.ACTIVITY_KINDS
        for activity in lexicon.activities(kind)
        for phrase, _ in activity.objects
        if phrase
    }
    for phrase in sorted(phrases):
        lines += [f":object:{phrase}", phrase]
    return "\n".join(lines)


@cache
def templates() -> Groups:
    """Every group of templates, by name."""
    stories = (opening, scenery, feelings, talk, ending, needs)
    return compile_groups(
        [
            _fragments(),
            *(module.FORMS for module in stories),
            recap.FORMS.replace(" =>", ""),
            *PLOT_FORMS,
        ],
        lexicon.word_classes(),
    )


@cache
def stems() -> Groups:
    """The recap sentences, cut before their answer."""
    cut = [line.partition(" =>")[0] for line in recap.FORMS.splitlines()]
    return compile_groups(["\n".join(cut)], lexicon.word_classes())
