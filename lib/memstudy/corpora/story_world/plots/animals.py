# ruff: noqa: E501 - one template a line
"""Plots with an animal: one is stuck, one has taken a treat."""

from memstudy.corpora.story_world.lexicon import HOME
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller


def rescue(t: Teller) -> None:
    """An animal is stuck, and the right tool is somewhere else."""
    hero, x = t.hero, t.thing(("tool",))
    place = t.place("wood", "water", "hill", "green", "farm")
    creature = t.creature(("pet", "farm_animal", "wood_animal", "wild_animal", "bird"))
    t.begin()
    if t.has("foreshadowing"):
        t.hint("rescue.hint", A=hero, x=x)
    t.go(place, hero, lead=t.day())
    t.look(hero)
    t.gap(0.25, hero)
    t.world.appear(creature, place)
    t.tell("rescue.see", A=hero, B=creature, s=t.spot(place))
    t.feel(creature, "afraid", sure=False)
    t.say(hero, creature, "rescue.calm", sure=False)
    t.also("rescue.pull", A=hero, B=creature)
    helper = t.friend() if t.has("conflict") or t.chance(0.5) else t.adult()
    store = t.place("farm", "town", "shop")
    t.go(store, hero, how="go.rush")
    t.world.own(helper, x)
    t.world.appear(helper, store)
    t.tell("rescue.helper", A=helper, B=hero, x=x)
    t.say(hero, helper, "rescue.ask", sure=False, x=x)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("rescue.argue", A=helper, B=hero, x=x)
        t.world.mark("make_up")
    t.give(helper, x, hero, "rescue.get")
    t.world.go(hero, place)
    t.tell("rescue.back", A=hero, B=creature, x=x, p=place)
    if t.has("bad ending"):
        t.world.leave(creature)
        t.tell("rescue.late", A=hero, B=creature, x=x)
        t.bad_end(hero, "sad", theme="kind")
        return
    t.tell("rescue.free", A=hero, B=creature, x=x)
    if t.has("foreshadowing"):
        t.payoff("rescue.payoff", A=hero, x=x)
    t.feel(creature, "glad", sure=False)
    if t.has("twist"):
        t.reveal("rescue.twist", A=creature, B=hero)
    else:
        t.also("rescue.thanks", A=creature, B=hero)
    t.finish("kind", hero)


RESCUE = """
:rescue.hint
{^his} {@relative} always said, "You never know when you will need {x.an}." {A} did not know yet how true that was.
The day before, {A.n} had seen {#a person} with {x.an} and had watched how it was used.
There was a story in {A.s} family about {x.an} that saved a life. {A} had heard it {#number} times.

:rescue.see
Then {A.n} saw {B.intro} {s}. It was stuck and could not get out.
{A} heard a cry. {s}, there was {B.intro}. Its foot was caught between two [stones|roots|boards].
"Help! Help!" said a small voice. It was {B.intro}, {s}. It could not move.
{B.intro} had fallen into a hole {s}. {A} [saw its eyes in the dark|heard it cry|almost fell in too].
High up on [a branch|a wall|a rock] sat {B.intro}. It did not know how to come down.

:rescue.calm
"Do not be afraid. I will help you," said {A.n}[||| {#talk}].
{A} knelt down and told {B}, "Stay still. I will get you out."
"You poor thing! Wait here," {A} told {B}.
"I am {A.n}, and I am your friend," {A} told {B}.

:rescue.pull
{A} pulled with all {his} strength, but {B.n} was stuck fast.
{A} tried with {his} hands. It did not work. {^he} needed a tool.
{A} [pushed|pulled] and [pushed|pulled], but nothing moved. {^his} hands were not enough.
{A} tried with a stick, but it broke. What now?

:rescue.helper
{A.intro} was there, [looking for {#a thing}|eating {#a treat}|resting for a while]. And next to {A.him} was {x.a}.
There {B.n} found {A.intro}, who had {x.a} in {his} hands.
{A.intro} was working there with {x.a}[|, humming a song|, whistling].

:rescue.ask
"Please lend me your {x.noun}! An animal is in trouble," {A} told {B}.
"I need your {x.noun}, {B.v}. It is important," said {A.n}.
{A} was out of breath. "Can I have {x.the}, please? Quick!"

:rescue.argue
"No, you will only lose it," said {A.n}. "I will not!" cried {B.n}. "You lost my {#thing}!" "That was last year!" They shouted for a while, and then {A.n} [sighed|gave in|was sorry].
"I am busy," said {A.n}. "You only think of yourself!" said {B.n}. It was quiet for a moment. "You are right," {A} said.

:rescue.get
{A} [did not ask any questions|nodded|jumped up] and gave {x} to {B}.
"Take it, and be careful," said {A.n}. {^he} gave {x} to {B}.
{A} put {x} into {B.s} hands. "[Run|Hurry|Good luck]!" {he} said.

:rescue.back
{A} ran back {p.to} with {x} as fast as {he} could.
With {x} in {his} hands, {A.n} ran back {p.to}, where {B.n} was waiting.
{A} did not lose a minute. Soon {he} was back {p.at}, out of breath, with {x}.

:rescue.late
But {B.n} was not there anymore. There was only [a feather|a bit of fur|a footprint]. {A} called and called.
{A} worked with {x} until {his} hands hurt, but it was too late. {B.n} [did not move|was gone].

:rescue.free
With {x}, {A.n} [worked|pushed|pulled] [slowly|carefully|again and again] until {B.n} was free.
{A} used {x} with all {his} strength. [Bit by bit|Slowly|At last], {B.n} came free.
{A} put {x} in the right place and pushed hard. One, two, three! {B.n} was free.
{^x.the} was just right. It took only a moment, and {B.n} [jumped out|was free|could move again].

:rescue.payoff
Now {A.n} knew what {x.an} was good for. {^he} would never forget it.
So that was why one needed {x.an}! {A} smiled.

:rescue.thanks
{A.n} [rubbed against {B.s} leg|made a soft sound|looked at {B.n} for a long time|ran around {B.n} in a circle] to say thank you.
{A.n} went away, but it turned around [once|{#number} times] to look at {B}.
The next day, {B.n} found {#a small_nature} at {B.own} door. {^B.n} knew who had put it there.

:rescue.twist
And then {A.n} began to speak! "I am [the king of the {#s animal}|a prince under a spell|{#a fancy}], and you have been {#goodness} to me, {B.v}."
But what was that? {A.n} was not alone. Out came {#number} babies that {B.n} had not seen before!
Suddenly {A.n} [put on|pulled out] {#a color} {#clothes} and bowed. "It was a test," it said, "and you have passed it, {B.v}."
"""


def mystery(t: Teller) -> None:
    """Something good is gone, and the clues point somewhere unexpected."""
    hero, adult = t.hero, t.parent()
    x = t.thing(("baked", "fruit", "snack", "sweet"))
    thief = t.creature(("pet", "wood_animal", "bird", "farm_animal"))
    t.begin()
    t.gap(0.15, hero)
    t.world.appear(adult, HOME)
    lead = t.day()
    t.world.own(adult, x)
    spot = t.spot(HOME)
    t.world.put(adult, x, spot)
    t.tell("mystery.put", lead, A=adult, x=x, s=spot)
    if t.has("foreshadowing"):
        t.hint("mystery.hint", A=hero)
    t.gap(0.35, hero)
    t.world.vanish(x)
    t.tell("mystery.gone", A=adult, B=hero, x=x, s=spot)
    t.say(adult, hero, "mystery.ask", sure=False, x=x)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("mystery.blame", A=adult, B=hero, x=x)
        t.feel(hero, "angry", sure=False)
    t.say(hero, adult, "mystery.promise", sure=False, x=x)
    t.also("mystery.clue", A=hero, x=x)
    t.also("mystery.wrong", A=hero, x=x)
    if t.has("bad ending"):
        t.tell("mystery.never", A=hero, B=adult, x=x)
        t.bad_end(hero, "sad", theme="judge")
        return
    t.world.appear(thief, HOME)
    t.world.take(thief, x)
    t.reveal("mystery.thief", A=thief, B=hero, x=x)
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    if t.chance(0.5):
        t.world.use_up(thief, x)
        t.tell("mystery.ate", A=thief, B=hero, x=x)
    else:
        t.give(thief, x, hero, "mystery.back")
        t.give(hero, x, adult, "give")
    if t.has("conflict"):
        t.world.mark("make_up")
        t.tell("sorry", A=adult, B=hero)
        t.tell("forgive", A=hero, B=adult)
    t.also("mystery.end", A=adult, B=hero, C=thief)
    t.feel(hero, "glad", sure=False)
    t.finish("judge", hero, adult)


MYSTERY = """
:mystery.put
{A} had {x.a} and put it {s}. It was for [dinner|{#a person}|the next day|a party].
{A} put {x.a} {s} and went to [call {#a person}|get {#s flower}|feed the {#s bird}].
There was {x.a} {s}. {A} had put it there that morning.

:mystery.hint
The back door was open just a little. Nobody closed it.
There was a small noise at the window, but when {A.n} looked up, nothing was there.
{A} saw a tail behind {#a furniture}, or was it only a shadow?

:mystery.gone
When {A.n} came back, the place {s} was empty. {^x.the} was gone!
{A} looked {s}. There was nothing left but a few crumbs. {^x.the} had been taken!
"Oh no!" cried {A.n}. {^x.the} was not {s} anymore.

:mystery.ask
"Who took {x.the}, {B.v}?" asked {A.n}.
{A} asked {B}, "Do you know where {x.the} is?"
"Have you seen anyone near {x.the}, {B.v}?" asked {A.n}.

:mystery.blame
"I think it was you, {B.v}," said {A.n}. "It was not me!" cried {B.n}. "Who else could it be?" "You never believe me!"
{A} looked at {B} with a frown. "You like {x.pl}, don't you?" "I did not do it!" {B.n} shouted, and they argued for a long time.

:mystery.promise
"I will find out who took {x.the}, {B.v}," said {A.n}[||| {#talk}].
{A} told {B}, "I am a detective now. No thief is safe from me."
"Leave it to me, {B.v}! I will catch the thief of {x.the}," said {A.n}[||| {#talk}].

:mystery.clue
{A} looked at everything with big eyes. There was a footprint near {#a furniture}, and a bit of [fur|straw|mud] on the floor.
On the floor, {A.n} found crumbs. They led from {#a furniture} to the window.
{A} crawled under {#a furniture} and found [a hair|a feather|{#a small_nature}|a bite of {#baked}]. It was a clue!
With {#a tool} in one hand and a pencil in the other, {A.n} wrote down what {he} saw: {#number} footprints, one smell, no noise.

:mystery.wrong
Was it {#a person:k}? No, the {k} [was at work|did not like sweets|had been asleep].
{A} asked {#a person:k}. "I was with {#a person2} all day," said the {k}, and it was true.
First, {A.n} thought of {#a fancy}. But {#s fancy2} only came at night, and it was {part}.

:mystery.never
{A} looked for {#number} days, but the clues led nowhere. Nobody ever found out who it was, and everybody thought that it was {A.n}.

:mystery.thief
Then {B.n} heard a noise behind {#a furniture}. There sat {A.intro}, and next to it was {x.the}!
{B.n} followed the clues to {#a furniture} and looked behind it. "So it was you!" It was {A.intro}, with {x.the}.
{B.n} hid under the table and waited. Something came in, softly, softly. It was {A.intro}, and it had {x.the}!

:mystery.ate
Before {B.n} could say a word, {A.n} ate the last bite of {x}.
{A.n} looked at {B}, blinked, and ate {x} in {#number} bites.

:mystery.back
{A.n} [dropped|let go of] {x}, and {B.n} caught it.
"Give it back!" said {B.n}. {A.n} pushed {x} over to {B}.

:mystery.end
{A} had to laugh. "The poor {C.kind} was hungry," {A} said. "Let's give it [its own bowl|{#a fruit}|some {#dish}]."
"What a clever detective you are, {B.v}," said {A.n}. And {C.n} got a place to sleep in {#a house_thing}.
"We will close the window from now on," {A} said. But {B.n} put some {#s baked} outside for {C.n} that night.
"""

FORMS = RESCUE + MYSTERY
PLOTS = (
    Plot(
        rescue,
        (
            "tool",
            "wood",
            "water",
            "hill",
            "green",
            "farm",
            "pet",
            "farm_animal",
            "wood_animal",
            "wild_animal",
            "bird",
        ),
        ALL_FEATURES,
    ),
    Plot(
        mystery,
        ("baked", "fruit", "snack", "sweet", "pet", "wood_animal", "bird", "farm_animal"),
        ALL_FEATURES,
    ),
)
