"""The 24 prompts of Eldan and Li (2023), figures 9 to 11, which Tables 1 and 5 let models continue.

Key words are what a sensible continuation mentions: the words that the literature expects, and
other forms and synonyms of them, fixed before any model was asked.
"""

from __future__ import annotations

from dataclasses import dataclass

FACTUAL = "factual"  # what is known about the world
REASONING = "reasoning"  # what follows from what was said
TRACKING = "tracking"  # who and what is there
KINDS = (FACTUAL, REASONING, TRACKING)


@dataclass(frozen=True)
class Prompt:
    """One prompt."""

    number: int  # 1 to 24, in the order of the tables
    kind: str  # one of KINDS
    text: str  # what a model continues
    key_words: tuple[str, ...]  # a continuation is a hit if it holds one of them


# Kind, text, key words; in the order of the tables.
_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        FACTUAL,
        "Alice was so tired when she got back home so she went",
        ("bed", "sleep", "nap", "rest"),
    ),
    (
        FACTUAL,
        "Jack and Lily saw a rainbow after a rainy day. They were amazed by the colors. Jack said, "
        '"Look, Lily. A rainbow has',
        ("color", "colors", "colour", "colours", "red", "seven"),
    ),
    (
        FACTUAL,
        "Jack and Lily liked to watch the moon at night. They noticed that the moon changed its "
        "shape every night. Sometimes the moon was big and round, and sometimes it was",
        ("small", "smaller", "thin", "little", "tiny", "crescent", "half"),
    ),
    (FACTUAL, "Jack wanted to read a book, so he went to", ("library", "bookshelf", "bookstore")),
    (FACTUAL, '"Can cows fly?", Alice asked her mother.', ("no", "cannot", "can't", "can not")),
    (
        FACTUAL,
        '"What do birds like to eat?", Tom asked his mother.',
        ("worm", "worms", "bug", "bugs", "insects", "seed", "seeds", "bread", "berries"),
    ),
    (FACTUAL, '"What language do they speak in France?", Tom asked his mother', ("French",)),
    (
        FACTUAL,
        "If I throw a ball up in the air, eventually it will",
        ("come down", "come back", "fall", "fall down", "land", "go down", "drop"),
    ),
    (
        FACTUAL,
        'It was winter and cold outside so his mother told him, "You should',
        ("coat", "jacket", "hat", "scarf", "gloves", "mittens", "sweater", "warm"),
    ),
    (
        REASONING,
        "Lily likes cats and dogs. She asked her mom for a dog and her mom said no, so instead she "
        "asked",
        ("dad", "father", "daddy", "cat", "cats", "kitten"),
    ),
    (
        REASONING,
        'Jack told Mary, "If you give me your banana, I\'ll give you my apple". Mary gave Jack her '
        "Banana so",
        ("apple",),
    ),
    (
        REASONING,
        "On weekends Jack went to visit his grandmother whereas on weekdays he would go to school. "
        "Last weekend, when Jack was on his way to",
        ("grandmother", "grandma", "grandmother's", "grandma's"),
    ),
    (
        REASONING,
        "Lily and Ben were having an argument. Ben said that cake is much better than ice cream "
        "and Lily said that",
        ("ice cream",),
    ),
    (
        REASONING,
        "Lily and Ben are having an argument. They are trying to decide between the park and the "
        'swimming pool. Ben says, "I want to go to the park". Lily says',
        ("pool", "swimming", "swim"),
    ),
    (
        REASONING,
        "Jack's mother was not home, and his father was at home. When Jack came home, he said "
        "hello to",
        ("father", "dad", "daddy"),
    ),
    (
        REASONING,
        "Lily doesn't like swimming. When her father wants to take her to the swimming pool, she "
        "says",
        ("no", "don't", "do not", "not"),
    ),
    (
        REASONING,
        "Both Ben and Lily wanted cake. Father said that there was only one piece of cake left. "
        "They",
        ("fight", "fought", "argue", "argued", "share", "shared", "split", "half"),
    ),
    (
        REASONING,
        "Ben went to visit Lily in her house, but she was not at home. Ben knocked on the door,",
        ("no one", "nobody", "no answer", "not answer", "didn't answer", "not home"),
    ),
    (
        TRACKING,
        '"Hi Jane, have you seen Alice? I can\'t find her anywhere", said Jack. Jane',
        ("help", "look", "looked", "find", "search", "seen", "saw"),
    ),
    (
        TRACKING,
        "Max had two dogs. One was white and the other was black. Max walked up the street and saw "
        'a kid with a dog. He told the kid, "I see you have a Brown dog. I also have',
        ("two", "dogs", "white", "black"),
    ),
    (
        TRACKING,
        "Anne had a piece of candy in her left pocket and a piece of chocolate in her right "
        'pocket. Anne\'s mom asked her, "Anne, what is that you have in your left pocket?"',
        ("candy",),
    ),
    (
        TRACKING,
        "Alice had both an apple and a carrot in her bag. She took the apple out of the bag and "
        "gave it to Jack. She reached into the bag again and took",
        ("carrot",),
    ),
    (
        TRACKING,
        "Alice and Jack walked up the street and met a girl in a red dress. The girl said to them, "
        '"Hi, I\'m Jane. What are your names?"',
        ("Alice", "Jack"),
    ),
    (
        TRACKING,
        "Diva was hungry, and wanted to bake a cake, but she didn't have any sugar at home, so she "
        "decided to go ask around. She started walking and met a squirrel. She asked the squirrel, "
        '"Would you happen',
        ("sugar",),
    ),
)

PROMPTS = tuple(Prompt(number, *row) for number, row in enumerate(_ROWS, start=1))
