"""A world of facts: cards that state them for the bank, texts that use them. Needs NumPy alone.

An entity has a name of two words and a few facts, each a relation and a value, drawn independently
of everything else: no fact can be guessed from another. Its *card* is the reference that states
all of them among words that mean nothing; a *passage* is one chunk of text that states some of
them in another order, in other templates, most of them more than once:

    card      mora delk | f3 f7 has r5 v12 f0 f2 with r1 v40 f7 ...      (reference_length words)
    passage   mora delk r1 v40 and r5 v12 r5 v12 r1 v40 .           (chunk_length words)

A text is the beginning of the sequence and some passages. A value's *first mention* in its text can
be known from the weights or from a memory only; a repeated mention can be copied from the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memstudy.core import seeds

BEGIN, REFERENCE, STOP, AND, HAS, WITH = range(6)  # the words that every world has
WORDS = ("<s>", "Reference:", ".", "and", "has", "with")
PREFIX = (BEGIN, REFERENCE)  # stands before every reference and every text
# Words before relation and value, drawn evenly: most pairs of a text stand bare.
TEXT_TEMPLATES: tuple[tuple[int, ...], ...] = ((), (), (), (AND,))
CARD_TEMPLATES: tuple[tuple[int, ...], ...] = ((HAS,), (WITH,))

TRAIN, HELD_OUT, MISSING, NEW = "train", "held out", "missing", "new"
NOTHING, FIRST, REPEATED = 0, 1, 2  # what a token of a text is: no value, or one of two mentions


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """Sizes of a world."""

    first_names: int = 40  # first words of names
    last_names: int = 40  # second words of names
    relations: int = 8  # relations in training texts and on cards
    new_relations: int = 3  # relations that occur after training only, on cards of new entities
    values: int = 32  # words that can be the value of any relation
    fillers: int = 16  # words that mean nothing, on cards only
    facts: int = 3  # facts of an entity
    reference_length: int = 32  # words of every card (R)
    chunk_length: int = 16  # words of a passage, and of a chunk (C)
    chunks: int = 4  # passages of a text
    continues: float = 0.25  # probability that a passage goes on about the entity before
    train_entities: int = 1300  # have cards and occur in training texts
    held_out: int = 128  # have cards, and occur in no training text
    missing: int = 64  # have no card, and occur in no training text
    new: int = 64  # as held out, with facts of the new relations
    exponent: float = 0.6  # of Zipf's law: the entity of rank k occurs in proportion to k^-exponent
    seed: int = 0  # of names and facts: the same world for all models and seeds

    def __post_init__(self) -> None:
        """Refuse worlds that cannot be (ValueError)."""
        entities = self.train_entities + self.held_out + self.missing + self.new
        if entities > self.first_names * self.last_names:
            raise ValueError(f"{entities} entities need more names than first_names · last_names")
        if self.facts > min(self.relations, self.new_relations or self.relations):
            raise ValueError(f"{self.facts} facts an entity need as many relations")
        if self.reference_length < 2 + 3 * self.facts:
            raise ValueError(f"a card of {self.facts} facts needs {2 + 3 * self.facts} words")
        if self.chunk_length < 2 + 3 * self.facts:
            raise ValueError(f"a passage of {self.facts} facts needs {2 + 3 * self.facts} words")


@dataclass(frozen=True)
class Vocabulary:
    """Which words are what: ranges of token ids."""

    fillers: range
    first_names: range
    last_names: range
    relations: range  # the new ones are the last
    values: range

    @classmethod
    def of(cls, config: WorldConfig) -> Vocabulary:
        """The vocabulary of a world."""
        ends, ranges = len(WORDS), []
        for count in (
            config.fillers,
            config.first_names,
            config.last_names,
            config.relations + config.new_relations,
            config.values,
        ):
            ranges.append(range(ends, ends + count))
            ends += count
        return cls(*ranges)

    @property
    def size(self) -> int:
        """Number of words."""
        return self.values.stop

    def word(self, token: int) -> str:
        """A token as a reader sees it."""
        if token < len(WORDS):
            return WORDS[token]
        kinds = {"f": self.fillers, "a": self.first_names, "b": self.last_names}
        kinds |= {"r": self.relations, "v": self.values}
        ((letter, place),) = [
            (k, found.index(token)) for k, found in kinds.items() if token in found
        ]
        return f"{letter}{place}"

    def words(self, tokens: Sequence[int]) -> str:
        """Tokens as a reader sees them."""
        return " ".join(self.word(int(token)) for token in tokens)


@dataclass(frozen=True)
class World:
    """Entities with their names, facts and cards, in the order of the splits.

    Entity k < train_entities has popularity rank k + 1.
    """

    config: WorldConfig
    vocabulary: Vocabulary
    names: np.ndarray  # (entities, 2) tokens
    relations: np.ndarray  # (entities, facts) tokens
    values: np.ndarray  # (entities, facts) tokens
    edited_values: np.ndarray  # (entities, facts) tokens, all different from values
    cards: np.ndarray  # (entities, reference_length) tokens
    value_places: np.ndarray  # (entities, facts) where on its card each value stands

    @property
    def splits(self) -> dict[str, np.ndarray]:
        """Entities of each split."""
        c = self.config
        ends = np.cumsum([c.train_entities, c.held_out, c.missing, c.new])
        starts = np.concatenate(([0], ends[:-1]))
        names = (TRAIN, HELD_OUT, MISSING, NEW)
        return {n: np.arange(a, b) for n, a, b in zip(names, starts, ends, strict=True)}

    @property
    def popularity(self) -> np.ndarray:
        """(train_entities,) probability that a new passage of a training text is about each."""
        weights = np.arange(1, self.config.train_entities + 1) ** -self.config.exponent
        return weights / weights.sum()

    def edited(self) -> World:
        """The same world after every fact's value has changed; everything else is as before."""
        cards = self.cards.copy()
        np.put_along_axis(cards, self.value_places, self.edited_values, axis=1)
        return World(
            self.config,
            self.vocabulary,
            self.names,
            self.relations,
            self.edited_values,
            self.values,
            cards,
            self.value_places,
        )


@dataclass(frozen=True)
class Texts:
    """Texts, and what is known about their tokens."""

    tokens: np.ndarray  # (texts, 1 + chunks · chunk_length), the beginning of the sequence first
    entities: np.ndarray  # (texts, chunks) whom each passage is about
    mentions: np.ndarray  # as tokens: NOTHING, FIRST or REPEATED
    facts: np.ndarray  # as tokens: which fact of the entity a value belongs to; -1 where none


def make_world(config: WorldConfig) -> World:
    """The generated world of a configuration."""
    vocabulary = Vocabulary.of(config)
    generator = seeds.numpy_generator(config.seed, "world")
    n = config.train_entities + config.held_out + config.missing + config.new
    chosen = generator.permutation(config.first_names * config.last_names)[:n]
    names = np.stack(np.divmod(chosen, config.last_names), 1)
    known = np.full(n, True)
    known[n - config.new :] = False
    relations = np.stack([_relations(config, old, generator) for old in known])
    values = generator.integers(config.values, size=relations.shape)
    return world_of(config, vocabulary, names, relations, values, generator)


def world_of(
    config: WorldConfig,
    vocabulary: Vocabulary,
    names: np.ndarray,
    relations: np.ndarray,
    values: np.ndarray,
    generator: np.random.Generator,
) -> World:
    """A world with given facts: draws what the facts change to, and writes the cards.

    Args:
        config: sizes.
        vocabulary: says which token a word has.
        names: (entities, 2) which first and which second word.
        relations: (entities, facts) which relation.
        values: (entities, facts) which value.
        generator: of edited values, and of the form of the cards.
    """
    starts = (vocabulary.first_names.start, vocabulary.last_names.start)
    names, relations = names + np.array(starts), relations + vocabulary.relations.start
    edited = (values + generator.integers(1, config.values, size=values.shape)) % config.values
    start = vocabulary.values.start
    made = [
        _card(config, vocabulary, *entity, generator)
        for entity in zip(names, relations, values + start, strict=True)
    ]
    cards, places = (np.array(part) for part in zip(*made, strict=True))
    return World(
        config, vocabulary, names, relations, values + start, edited + start, cards, places
    )


def draw_entities(world: World, texts: int, generator: np.random.Generator) -> np.ndarray:
    """(texts, chunks) entities of training texts: by popularity, some passages continue."""
    shape = (texts, world.config.chunks)
    found = np.searchsorted(np.cumsum(world.popularity), generator.random(shape))
    found = np.minimum(found, world.config.train_entities - 1)
    return _continued(found, world.config.continues, generator)


def draw_from(
    world: World, entities: np.ndarray, texts: int, generator: np.random.Generator
) -> np.ndarray:
    """(texts, chunks) entities drawn evenly from some; passages continue as in training."""
    found = generator.choice(entities, size=(texts, world.config.chunks))
    return _continued(found, world.config.continues, generator)


def write_texts(world: World, entities: np.ndarray, generator: np.random.Generator) -> Texts:
    """Texts about entities.

    Args:
        world: their facts.
        entities: (texts, chunks) whom each passage is about.
        generator: chooses facts, order and templates.
    """
    n, chunks = entities.shape
    length = 1 + chunks * world.config.chunk_length
    tokens = np.full((n, length), STOP)
    tokens[:, 0] = BEGIN
    facts = np.full((n, length), -1)
    mentions = np.full((n, length), NOTHING)
    for row, own in enumerate(entities):
        seen: set[tuple[int, int]] = set()
        for chunk, entity in enumerate(own):
            start = 1 + chunk * world.config.chunk_length
            words, said = _passage(world, int(entity), generator)
            tokens[row, start : start + len(words)] = words
            for place, fact in said:
                known = (int(entity), fact) in seen
                mentions[row, start + place] = REPEATED if known else FIRST
                facts[row, start + place] = fact
                seen.add((int(entity), fact))
    return Texts(tokens, entities, mentions, facts)


def training_texts(world: World, texts: int, seed: int, step: int) -> Texts:
    """The training texts of a step: a pure function of seed and step."""
    generator = seeds.numpy_generator(seed, "texts", step)
    return write_texts(world, draw_entities(world, texts, generator), generator)


def copy_of(world: World, texts: Texts, row: int, chunk: int) -> np.ndarray:
    """(reference_length,) a reference that copies a text from a passage on, at most from its end.

    Raises:
        ValueError: the text is shorter than a reference.
    """
    length, whole = world.config.reference_length, texts.tokens.shape[1]
    if whole - 1 < length:
        raise ValueError(f"a text of {whole - 1} words has no copy of {length}")
    start = min(1 + chunk * world.config.chunk_length, whole - length)
    return texts.tokens[row, start : start + length]


def _relations(config: WorldConfig, old: bool, generator: np.random.Generator) -> np.ndarray:
    if old or not config.new_relations:
        return generator.permutation(config.relations)[: config.facts]
    return config.relations + generator.permutation(config.new_relations)[: config.facts]


def _continued(entities: np.ndarray, probability: float, generator) -> np.ndarray:
    """Some passages take the entity of the passage before them."""
    entities = entities.copy()
    again = generator.random(entities.shape) < probability
    for chunk in range(1, entities.shape[1]):
        entities[:, chunk] = np.where(again[:, chunk], entities[:, chunk - 1], entities[:, chunk])
    return entities


def _card(config, vocabulary, name, relations, values, generator) -> tuple[list[int], list[int]]:
    """Tokens of a card, and where its values stand."""
    room = config.reference_length - 2 - sum(2 + len(CARD_TEMPLATES[0]) for _ in relations)
    # So many fillers stand before each fact and at the end: a random division of the room.
    cuts = np.sort(generator.integers(room + 1, size=config.facts))
    runs = np.diff(np.concatenate(([0], cuts, [room])))
    words, places = [int(token) for token in name], []
    for run, relation, value in zip(runs, relations, values, strict=False):
        template = CARD_TEMPLATES[generator.integers(len(CARD_TEMPLATES))]
        words += [*_filler(vocabulary, run, generator), *template, int(relation), int(value)]
        places.append(len(words) - 1)
    return words + _filler(vocabulary, runs[-1], generator), places


def _filler(vocabulary: Vocabulary, count: int, generator: np.random.Generator) -> list[int]:
    found = vocabulary.fillers.start + generator.integers(len(vocabulary.fillers), size=count)
    return found.tolist()


def _passage(
    world: World, entity: int, generator: np.random.Generator
) -> tuple[list[int], list[tuple[int, int]]]:
    """Tokens of a passage without its last stops, and (place, fact) of each value in it."""
    config = world.config
    count = generator.integers(min(2, config.facts), config.facts + 1)
    some = generator.permutation(config.facts)[:count]
    words, said = world.names[entity].tolist(), []
    # Every chosen fact is stated once before any is repeated.
    order = list(some) + generator.choice(some, size=config.chunk_length).tolist()
    for fact in order:
        template = TEXT_TEMPLATES[generator.integers(len(TEXT_TEMPLATES))]
        if len(words) + len(template) + 2 > config.chunk_length:
            template = ()
        if len(words) + 2 > config.chunk_length:
            break
        words += [*template, int(world.relations[entity, fact]), int(world.values[entity, fact])]
        said.append((len(words) - 1, int(fact)))
    return words, said
