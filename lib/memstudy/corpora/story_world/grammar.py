r"""A small template language, compiled once to tuples of strings and functions.

A template is a line of text with alternatives and slots::

    {A} [found|saw] {x.a} {s}. "{x.noun|cap}!" {he} [cried|called].

==================  ==============================================================================
``[one|two]``       one of the alternatives, all equally likely; they nest and may be empty
``{A} {B} {C}``     a person: name or pronoun, as the discourse allows; ``{A}`` is a subject, the
                    others are objects
``{B.he} {B.his}``  the same person as a subject or a possessor: pronoun where that is clear
``{B.own}``         *his* or *her*, where B is the subject of the clause
``{A.n} {A.s}``     always the name: ``Tom``, ``Tom's``
``{A.v} {A.intro}``   as they are addressed; as they are introduced
``{he} {him} ...``  always the pronoun of A (``his``, ``himself`` too)
``{AB} {AB.n}``     A and B together: *they* where that is clear, both names
``{x} {x.a} ...``   a thing, place, activity or word of the cast, in the form after the dot
``{#class}``        a word drawn from a class; ``{#a class}`` with article, ``{#s class}`` plural;
                    ``{#a class:k}`` keeps the word, to be used again as ``{k}``
``{@group}``        a line of another group of templates
``{sight}``         something to be seen at the place ``p`` of the cast
``{^...}``          any slot, with a capital letter
==================  ==============================================================================

A slot that begins a sentence gets its capital by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from memstudy.corpora.story_world.lexicon import Word

if TYPE_CHECKING:
    from memstudy.corpora.story_world.narrator import Narrator

# A literal (str), a choice between literals (list), a choice between sequences (tuple), or a
# function of the narrator that returns text.
Op = Any
Sequence = tuple[Op, ...]

PRONOUNS = ("he", "him", "his", "himself")
PEOPLE = ("A", "B", "C")


class Groups(dict[str, list["Template"]]):
    """Groups of templates by name, and the classes of words that their slots draw from."""

    def __init__(self, classes: Mapping[str, tuple[Word, ...]]) -> None:
        super().__init__()
        self.classes = classes


class Template(NamedTuple):
    """A compiled template and what the next sentence must know about its last sentence."""

    ops: Sequence
    subject: str  # role that the last sentence speaks about: "A", "B", "C", "AB" or ""
    roles: frozenset[str]  # roles that the last sentence names
    takes_lead: bool  # begins with a subject, so that "Then, " may stand before it
    source: str


def render(ops: Sequence, narrator: Narrator, parts: list[str]) -> None:
    """Append the text of compiled ``ops`` to ``parts``."""
    for op in ops:
        kind = type(op)
        if kind is str:
            parts.append(op)
        elif kind is list:
            parts.append(op[int(narrator.random() * len(op))])
        elif kind is tuple:
            render(op[int(narrator.random() * len(op))], narrator, parts)
        else:
            parts.append(op(narrator))


def capital(text: str) -> str:
    """``text`` with its first letter (behind an opening quote) in upper case."""
    if text[:1] == '"':
        return '"' + text[1:2].upper() + text[2:]
    return text[:1].upper() + text[1:]


def _slot_thing(key: str) -> Op:
    return lambda narrator: narrator.the(narrator.value(key))


def _slot_attribute(key: str, attribute: str) -> Op:
    return lambda narrator: getattr(narrator.value(key), attribute)


def _slot_value(key: str) -> Op:
    return lambda narrator: str(narrator.value(key))


def _slot_pronoun(form: str) -> Op:
    return lambda narrator: narrator.mention(narrator.cast["A"], form)


def _slot_person(role: str, form: str, quoted: bool) -> Op:
    if quoted:
        attribute = {"n": "name", "s": "possessive", "v": "vocative"}.get(form, form)
        return lambda narrator: narrator.quote(narrator.cast[role], attribute)
    if form in ("n", "s"):
        attribute = "name" if form == "n" else "possessive"
        return lambda narrator: narrator.name(narrator.cast[role], attribute)
    if form in ("", "he", "his"):
        case = form or ("he" if role == "A" else "him")
        return lambda narrator: narrator.refer(narrator.cast[role], case)
    if form in ("v", "intro", "him", "own"):
        attribute = {"v": "vocative", "own": "his"}.get(form, form)
        return lambda narrator: narrator.mention(narrator.cast[role], attribute)
    return lambda narrator: getattr(narrator.cast[role], form)


def _slot_pair(form: str) -> Op:
    if form == "n":
        return lambda narrator: narrator.both_names()
    return lambda narrator: narrator.both()


def _slot_draw(body: str, groups: Groups) -> Op:
    body, _, keep = body.partition(":")
    form, _, name = body.rpartition(" ")
    name = name.rstrip("0123456789")
    words = groups.classes.get(name)
    if words is None:
        raise ValueError(f"template names an unknown class of words: {{#{body}}}")
    column = {"": 0, "a": 1, "s": 2}[form]
    pairs = tuple((word[0], word[column]) for word in words)
    return lambda narrator: narrator.draw(pairs, keep)


def _slot_group(name: str, groups: Groups) -> Op:
    lines = groups.setdefault(name, [])

    def expand(narrator: Narrator) -> str:
        parts: list[str] = []
        render(lines[int(narrator.random() * len(lines))].ops, narrator, parts)
        return "".join(parts)

    return expand


def _slot(body: str, groups: Groups, quoted: bool) -> Op:
    if body[0] == "#":
        return _slot_draw(body[1:], groups)
    if body[0] == "@":
        return _slot_group(body[1:], groups)
    key, _, form = body.partition(".")
    if key in PRONOUNS:
        return _slot_pronoun(key)
    if key in PEOPLE:
        return _slot_person(key, form, quoted)
    if key == "AB":
        return _slot_pair(form)
    if form:
        return _slot_attribute(key, form)
    if key in ("x", "y"):
        return _slot_thing(key)
    if key.startswith("sight"):
        return lambda narrator: narrator.sight()
    return _slot_value(key)


_TOKEN = re.compile(r"\{[^{}]*\}|[\[\]|]|[^\[\]{}|]+")


def _begins_sentence(before: str) -> bool:
    """Whether a slot behind the text ``before`` begins a sentence (see the module's text)."""
    return before.endswith((". ", "! ", "? ", '." ')) or (
        before.endswith('"') and (len(before) == 1 or before[-2] == " ")
    )


def _compile_ops(source: str, groups: Groups) -> Sequence:
    tokens = _TOKEN.findall(source)
    position = 0
    quoted = False

    def sequence(before: str) -> Sequence:
        nonlocal position, quoted
        ops: list[Op] = []
        while position < len(tokens):
            token = tokens[position]
            if token in ("|", "]"):
                break
            position += 1
            if token == "[":
                ops.append(choice(before))
                before = "x"
            elif token[0] == "{":
                body = token[1:-1]
                forced = body[0] == "^"
                op = _slot(body.removeprefix("^"), groups, quoted)
                if forced or _begins_sentence(before):
                    op = _capitalised(op)
                ops.append(op)
                before = "x"
            else:
                ops.append(token)
                before = token
                quoted ^= token.count('"') % 2 == 1
        return tuple(ops)

    def choice(before: str) -> Op:
        nonlocal position
        options = [sequence(before)]
        while position < len(tokens) and tokens[position] == "|":
            position += 1
            options.append(sequence(before))
        if position >= len(tokens):
            raise ValueError(f"template with an open bracket: {source!r}")
        position += 1
        if all(len(option) < 2 and all(type(op) is str for op in option) for option in options):
            return ["".join(option) for option in options]
        return tuple(options)

    ops = sequence("")
    if position != len(tokens):
        raise ValueError(f"template with a stray bracket or bar: {source!r}")
    return ops


def _capitalised(op: Callable[[Narrator], str]) -> Op:
    return lambda narrator: capital(op(narrator))


_QUOTE = re.compile(r'"[^"]*"')
_ROLE_OF = {"he": "A", "him": "A", "his": "A", "himself": "A"}
_ROLE = re.compile(r"\{\^?(AB|A|B|C|he|him|his|himself)(?:\.\w+)?\}")


def _sentences(text: str) -> list[str]:
    """``text`` cut after full stops and the like, but not inside brackets."""
    found, start, depth = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == " " and depth == 0 and text[start:position].rstrip("])")[-1:] in ".!?":
            found.append(text[start:position])
            start = position + 1
    return [*found, text[start:]]


def _roles(text: str) -> list[str]:
    return [_ROLE_OF.get(role, role) for role in _ROLE.findall(text)]


def _without_brackets(text: str) -> str:
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", text)) != text:
        text = shorter
    return text


def _discourse(source: str) -> tuple[str, frozenset[str]]:
    """Whom the end of a template speaks about ("" if that is open), and whom it names.

    What counts is the last sentence that surely names somebody, and what follows it. A person who
    stands in brackets may or may not be named, which leaves the subject open where they could be.
    """
    maybe: set[str] = set()
    for sentence in reversed(_sentences(_QUOTE.sub('""', source))):
        sure, named = _roles(_without_brackets(sentence)), _roles(sentence)
        if sure:
            clear = sure[0] == named[0] and maybe <= {sure[0]}
            people = maybe | set(named)
            return sure[0] if clear else "", frozenset("".join(people))
        maybe |= set(named)
    return "", frozenset("".join(maybe))


def compile_template(source: str, groups: Groups) -> Template:
    """Compile one line.

    Raises:
        ValueError: for unbalanced brackets, an unknown class of words, or a pronoun that the
            narrator would have to choose inside a quotation.
    """
    for quote in _QUOTE.findall(source):
        if re.search(r"\{\^?(?:[ABC]|[BC]\.hi?s?e?|AB)\}", quote):
            raise ValueError(f"template refers to a person by pronoun in a quotation: {source!r}")
    if source.count('"') % 2:
        raise ValueError(f"template with an open quotation: {source!r}")
    subject, roles = _discourse(source)
    return Template(
        ops=_compile_ops(source, groups),
        subject=subject,
        roles=roles,
        takes_lead=source.startswith(("{A}", "{AB}")),
        source=source,
    )


def compile_groups(texts: Iterable[str], classes: Mapping[str, tuple[Word, ...]]) -> Groups:
    """Compile texts of the form ``:group`` followed by one template a line.

    Args:
        texts: what to compile; they may refer to each other's groups.
        classes: the words that slots ``{#class}`` draw from.

    Returns:
        The templates of every group.

    Raises:
        ValueError: for a faulty template (see :func:`compile_template`) or an empty group.
    """
    groups = Groups(classes)
    for text in texts:
        lines: list[Template] | None = None
        for raw in text.splitlines():
            line = raw.strip()
            if not line or line.startswith("//"):
                continue
            if line.startswith(":"):
                lines = groups.setdefault(line[1:], [])
            elif lines is None:
                raise ValueError(f"template before the first group: {line!r}")
            else:
                lines.append(compile_template(line, groups))
    empty = [name for name, lines in groups.items() if not lines]
    if empty:
        raise ValueError(f"groups without templates: {', '.join(sorted(empty))}")
    return groups
