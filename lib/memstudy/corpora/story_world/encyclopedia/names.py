"""Invented names: of places, of creatures, of people who never lived."""

from __future__ import annotations

from functools import cache
from random import Random

_ONSETS = """
    b br c cr d dr f fl g gr h k kl kr l m n p pr qu r s sk sl st t tr th v vl w y z zh
"""
_VOWELS = """
    a a a e e e i i o o u u ae ai ea ei ia io oa ou
"""
_CODAS = """
    l l m n n n r r r s s t k nd lm rn rv sk th x
"""
_LINKS = """
    l ld lm ln lv m mb n nd ng nt r rd rl rm rn rv s sk st t v x zh
"""
_GENUS_ENDINGS = """
    us is a ops ornis ella odon ura ictis anthus erra
"""
_EPITHETS = """
    dorsata minor major nocturna palustris montana viridis rubra alba pallida fasciata maculata
    littoralis borealis australis orientalis lineata cristata solitaria gracilis robusta
    vulgaris elegans hirsuta velox tarda aurea argentea carinata barbata sericea rostrata
    petricola silvestris fluviatilis striata punctata hiemalis aestiva umbrosa
"""
_TOWN_ENDINGS = """
    berg brook burg by dale fell field ford gate ham haven holm hurst ley mere mouth stad stead
    sund thorpe ton vik wick worth
"""
_FIRST_NAMES = """
    Adelheid Albrecht Anselm Beatrix Bertram Cosima Cyprian Dagmar Edmunda Eleazar Eugenia
    Evander Ferdinand Friedrich Genevieve Gottlieb Gudrun Hedwig Hieronymus Ignatius Isidora
    Jerome Kasimir Leopold Leontine Lucinda Lysander Magdalena Maximilian Mechthild Nathaniel
    Octavia Ottilie Percival Philomena Quirin Reinhold Rosalind Rudolph Sebastian Seraphina
    Sigismund Theodora Thaddeus Ulrika Valentin Veronika Wilhelmina Zacharias
"""


@cache
def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pick(rng: Random, words: str) -> str:
    return rng.choice(_split(words))


def word(rng: Random, syllables: int) -> str:
    """A pronounceable word of so many syllables, with a capital."""
    text = _pick(rng, _ONSETS) if rng.random() < 0.8 else ""
    for left in range(syllables, 0, -1):
        text += _pick(rng, _VOWELS)
        text += _pick(rng, _LINKS if left > 1 else _CODAS)
    return text.capitalize()


def town(rng: Random) -> str:
    """Name of a settlement: ``Varmholm``, ``Ostelund``."""
    if rng.random() < 0.6:
        return word(rng, 1 + (rng.random() < 0.4)) + _pick(rng, _TOWN_ENDINGS)
    return word(rng, 2 + (rng.random() < 0.4))


def region(rng: Random) -> str:
    """Name of a stretch of land: ``Teluvia``, ``Marosk``."""
    return word(rng, 2) + rng.choice(("ia", "ia", "land", "mark", "or", "is", ""))


def person(rng: Random) -> tuple[str, str]:
    """First name and family name."""
    family = word(rng, 1 + (rng.random() < 0.6)) + rng.choice(("", "", "er", "sen", "sky", "quist"))
    return _pick(rng, _FIRST_NAMES), family


def creature(rng: Random) -> str:
    """Common name of an animal or plant, in small letters: ``tolvek``."""
    return word(rng, 2 if rng.random() < 0.7 else 1).lower() + rng.choice(("", "", "", "a", "o"))


def latin(rng: Random, common: str) -> tuple[str, str]:
    """Genus, after the common name, and epithet of a species: ``Tolvekornis``, ``palustris``."""
    stem = common.rstrip("aeiou").capitalize()
    return stem + _pick(rng, _GENUS_ENDINGS), _pick(rng, _EPITHETS)
