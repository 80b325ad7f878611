"""Stories by seed and index: what is asked for is drawn, a plot is chosen, and it is told."""

from __future__ import annotations

from functools import cache
from random import Random

from memstudy.core.seeds import child
from memstudy.corpora.story_world import Story, lexicon, library, questions
from memstudy.corpora.story_world.casting import Need
from memstudy.corpora.story_world.plots import PLOTS
from memstudy.corpora.story_world.teller import Plot, Teller

FEATURES = ("dialogue", "conflict", "moral", "twist", "bad ending", "foreshadowing")
FEATURE_SHARES = (0.45, 0.22, 0.32, 0.16, 0.13, 0.16)
MEAN_LENGTH, SPREAD = 590, 260
SHORTEST, LONGEST = 480, 1700
# What the required noun is, and how the required adjective is used.
ANIMAL_SHARE, PLACE_NOUN_SHARE = 0.18, 0.12  # the others are things
TRAIT_SHARE, PLACE_SHARE = 0.3, 0.1
LONGEST_OPENING = 12  # words


@cache
def _verbs() -> tuple[tuple[lexicon.Activity, str], ...]:
    """Every verb that can be required, with the kind of activities that has it."""
    found: dict[str, tuple[lexicon.Activity, str]] = {}
    for kind in ("outdoor_play", "indoor_play"):
        for activity in lexicon.activities(kind):
            found.setdefault(activity.base, (activity, kind))
    return tuple(found.values())


@cache
def _nouns(sort: str) -> tuple[tuple[str, str], ...]:
    """Every noun of a sort that can be required, with its kind."""
    if sort == "place":
        return tuple((place.noun, place.group) for place in lexicon.all_places())
    kinds = lexicon.THING_KINDS if sort == "thing" else lexicon.ANIMAL_KINDS
    return tuple((word.base, kind) for kind in kinds for word in lexicon.word_classes()[kind])


def _draw_need(rng: Random) -> Need:
    random = rng.random
    draw = random()
    sort = "animal" if draw < ANIMAL_SHARE else "thing"
    if draw > 1 - PLACE_NOUN_SHARE:
        sort = "place"
    nouns = _nouns(sort)
    noun, kind = nouns[int(random() * len(nouns))]
    draw = random()
    classes = lexicon.word_classes()
    if draw < PLACE_SHARE:
        role, options = "place", tuple(word.base for word in classes["place"])
    elif draw < PLACE_SHARE + TRAIT_SHARE or sort == "place":
        role, options = "trait", tuple(word.base for word in classes["trait"])
    elif sort == "animal":
        role, options = "creature", tuple(word.base for word in classes["creature"])
    else:
        role, options = "thing", lexicon.adjectives_for(kind)
    verbs = _verbs()
    verb, verb_kind = verbs[int(random() * len(verbs))]
    features = frozenset(
        name for name, share in zip(FEATURES, FEATURE_SHARES, strict=True) if random() < share
    )
    if "bad ending" in features:
        features -= {"twist"}
    length = int(min(max(rng.gauss(MEAN_LENGTH, SPREAD), SHORTEST), LONGEST))
    return Need(
        verb.base,
        (verb.base, verb.past, verb.ing),
        verb_kind,
        noun,
        options[int(random() * len(options))],
        kind,
        role,
        features,
        length,
    )


@cache
def _plots_for(kind: str, features: frozenset[str]) -> tuple[tuple[Plot, ...], tuple[float, ...]]:
    """Plots that can turn on a noun of ``kind`` (if possible, with ``features``), and weights.

    A plot that few kinds of nouns fit weighs more, so that all plots are told often enough.
    """
    fitting = [plot for plot in PLOTS if kind in plot.kinds] or list(PLOTS)
    able = [plot for plot in fitting if features <= plot.features]
    plots = tuple(able or fitting)
    return plots, tuple(1 / len(plot.kinds) ** 1.5 for plot in plots)


def tell(seed: int, index: int, split: str) -> Teller:
    """Tell the story ``index`` of ``split``; the teller holds its text, events and people."""
    rng = Random(child(seed, f"story/{split}", index))
    need = _draw_need(rng)
    plots, weights = _plots_for(need.noun_kind, need.features)
    plot = rng.choices(plots, weights)[0]
    teller = Teller(rng, library.templates(), need._replace(features=need.features & plot.features))
    teller.plot = plot.tell.__name__
    plot.tell(teller)
    return teller


def story(seed: int, index: int, split: str) -> Story:
    """See :func:`memstudy.corpora.story_world.story`."""
    teller = tell(seed, index, split)
    need = teller.need
    text = " ".join(teller.units)
    n_words = 1 + int(teller.random() * LONGEST_OPENING)
    return Story(
        text=text,
        name=teller.hero.name,
        words=(need.verb, need.noun, need.adjective),
        features=tuple(name for name in FEATURES if name in need.features),
        opening=" ".join(text.split(" ", n_words)[:n_words]),
        plot=teller.plot,
        questions=questions.questions(teller.world.events, len(teller.units)),
        units=tuple(teller.units),
        events=tuple(teller.world.events),
    )


def cloze(seed: int, index: int, split: str) -> list[questions.Cloze]:
    """See :func:`memstudy.corpora.story_world.cloze`."""
    return questions.clozes(tell(seed, index, split), seed, index, split)
