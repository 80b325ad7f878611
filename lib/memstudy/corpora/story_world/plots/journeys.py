# ruff: noqa: E501 - one template a line
"""Plots of finding the way: lost in a strange place, on the track of a treasure."""

from memstudy.corpora.story_world.lexicon import HOME, HOUSE_KINDS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

CHEST = (*TOY_KINDS, "small_nature", "clothes", "accessory", *HOUSE_KINDS, "instrument")


def stray(t: Teller) -> None:
    """The hero takes a wrong turn and must find the way home."""
    hero, adult = t.hero, t.parent()
    x = t.thing((*TOY_KINDS, "small_nature", "paper_thing", "accessory"))
    place = t.place("wood", "hill", "town", "water")
    helper = t.creature(("bird", "pet", "wood_animal")) if t.chance(0.5) else t.adult()
    t.begin()
    t.gap(0.15, hero)
    t.world.appear(adult, HOME)
    if t.has("foreshadowing"):
        t.world.mark("hint")
        t.say(adult, hero, "stray.warn")
    t.go(place, hero, adult, lead=t.day())
    t.look(hero, adult)
    t.gap(0.3, hero, adult)
    if t.has("conflict"):
        t.quarrel(hero, adult)
    t.world.lie(x, place, t.spot(place))
    spot = x.spot
    t.world.take(hero, x)
    t.tell("stray.see", A=hero, x=x, s=spot)
    t.world.leave(adult)
    t.tell("stray.alone", A=hero, B=adult, p=place)
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    t.feel(hero, "afraid", sure=False)
    t.also("stray.call", A=hero, B=adult)
    t.world.appear(helper, place)
    t.tell("stray.helper", A=helper, B=hero)
    t.world.want(hero, "to go home")
    t.say(hero, helper, "stray.tell", x=x)
    if t.has("bad ending"):
        t.tell("stray.trick", A=helper, B=hero, x=x)
        t.world.give(hero, x, helper)
        t.world.leave(helper)
        t.tell("stray.gone", A=helper, B=hero, x=x)
        t.bad_end(hero, "afraid", theme="listen")
        return
    t.tell("stray.lead", A=helper, B=hero)
    if t.has("twist"):
        t.reveal("stray.twist", A=hero, B=helper, C=adult)
    t.world.go(hero, HOME)
    t.world.appear(adult, HOME)
    t.world.get(hero)
    t.tell("stray.home", A=adult, B=hero)
    t.feel(hero, "glad", sure=False)
    if t.chance(0.6):
        t.give(hero, x, adult, "give")
    t.finish("listen", hero, adult)


STRAY = """
:stray.warn
"Stay close to me, {B.v}," said {A.n}.
{A} told {B}, "Do not run off, or you will get lost."
"If you get lost, {B.v}, stay where you are and call me," said {A.n}.

:stray.see
Then something {x.adj} caught {A.s} eye. It was {x.an} {s}. {^he} picked it up.
A bit away from the path, {s}, {A.n} saw {x.a}. {^he} went over and took it.
{A} ran after {#a bug:k} until it landed on {x.a} {s}. {^he} took {x.the} and looked up.

:stray.alone
But where was {B.n}? There was nobody. {A} was all alone {p.at}.
Then {he} turned around. {B.n} was gone, and everything looked the same.
"Look, {B.v}!" said {A.n}. There was no answer. {A} had gone too far.

:stray.call
"{B.v}! {B.v}!" {A} called. Only {#a bird} answered.
{A} ran left. {A} ran right. {^he} saw {#a low_thing} that {he} did not know, and {#a low_thing2}, and no path.
{A} sat down on {#a seat} and cried. It was getting [late|dark|cold].
{A} looked for footprints, but there were only the tracks of {#a animal}.

:stray.helper
"Why are you crying?" asked a voice. It was {A.intro}.
Then {A.intro} came by and stopped. "[Who are you|Are you lost|What is the matter], little {B.kind}?" {A} asked.
{A.intro} was sitting [nearby|in the shade|on {#a seat}] and had seen everything. "Can I help you?" {A} asked.

:stray.tell
"I want to go home, but I do not know the way," {A} told {B}.
{A} told {B}, "I only wanted to look at this {x.noun}, but now I want to go home."
"I live {home}, and I want to go home," {A} told {B}.

:stray.trick
"Give me {x.the}, and I will show you the way," said {A.n}. {B.n} gave {A.him} {x}.
{A} looked at {x} and smiled a strange smile. "I know the way," {A} said, "but it costs one {x.noun}." So {B.n} gave it away.

:stray.gone
But {A.n} took {x} and ran off. {B.n} was alone again, and it was dark.
Then {A.n} laughed, and was gone with {x}. Nobody showed {B.n} the way.

:stray.lead
"I know where that is," said {A.n}. "Follow me!" And so they went, past {#a cover} and over {#a hurdle2}.
{A} knew every stone here. {^he} showed {B.n} a path behind {#a tree}.
{A} went first, and {B.n} followed, [step by step|through the {#s tree}|over a little bridge], until there was a light.

:stray.twist
"But this is our own garden!" cried {A.n}. {^he} had been so close to home all the time!
And who came around the corner? {C.n}, who had been following {A.n} all the time to see if {he} would be brave.

:stray.home
When {B.n} came home, {A.n} was standing at the door and [opened {his} arms|began to run|cried with joy]. {^he} hugged {B} and would not let go.
"You are home!" cried {A.n}. {^he} had looked everywhere for {B}.
At home, {A.n} hugged {B.n} so hard that {B.he} could hardly breathe.
"""


def treasure(t: Teller) -> None:
    """A map leads to something that is not what it seemed."""
    hero, friend = t.hero, t.friend()
    start, place = t.place("house", "hall"), t.place("wood", "water", "hill", "green")
    x = t.thing(CHEST)
    t.begin()
    t.join(friend, "visit")
    t.gap(0.15, hero, friend)
    t.go(start, hero, friend, lead=t.day())
    chart = t.map()
    t.world.lie(chart, start, t.spot(start))
    spot = chart.spot
    t.world.take(hero, chart)
    t.tell("treasure.map", A=hero, B=friend, s=spot)
    t.say(friend, hero, "treasure.say", sure=False)
    if t.has("foreshadowing"):
        t.hint("treasure.hint", A=hero, B=friend)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("treasure.argue", A=hero, B=friend)
        t.world.mark("make_up")
    t.world.go(hero, place)
    t.world.go(friend, place)
    t.been(place)
    t.tell("treasure.follow", A=hero, B=friend, p=place)
    t.look(hero, friend)
    t.gap(0.5, hero, friend)
    spot = t.spot(place)
    t.tell("treasure.dig", A=hero, B=friend, s=spot)
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    if t.has("bad ending"):
        t.tell("treasure.empty", A=hero, B=friend)
        t.bad_end(hero, "sad", theme="greed")
        return
    t.world.lie(x, place, spot)
    t.tell("treasure.box", A=hero, B=friend, x=x)
    t.take(hero, x, "treasure.take")
    t.feel(hero, "glad", sure=False)
    if t.has("twist"):
        t.reveal("treasure.twist", A=hero, B=friend, x=x)
    if t.chance(0.6):
        t.give(hero, x, friend, "give")
        t.feel(friend, "glad", sure=False)
    t.finish("team", hero, friend)


TREASURE = """
:treasure.map
There, {s}, {A.n} found an old map. [It smelled of dust|It had {#a color} cross on it|The paper was yellow|Somebody had drawn {#a animal} on it].
{A} looked {s} and pulled out a map with {#a color} cross on it. "Look at this, {B.v}!"
Something was {s}. It was a map, and it showed [a path|a river|{#number} hills] and a big {#color} cross.

:treasure.say
"It is a treasure map, {B.v}!" shouted {A.n}.
"Maybe it leads to gold, {B.v}," said {A.n}.
{A} told {B}, "I think it was made by {#a fancy}."
"Where the cross is, we must dig, {B.v}," said {A.n}.

:treasure.hint
In a corner of the map, in tiny letters, it said: "[The best things are small|Not all that shines is gold|What you look for is near]." They did not understand it.
There was a drawing of {#a animal} that laughed on the back of the map. {A} wondered what was so funny.

:treasure.argue
"I found it, so I go first," said {A.n}. "But I can read maps!" said {B.n}. They pulled at the map until it almost tore. Then both let go. "Together?" asked {A.n}. "Together," said {B.n}.
"We go left," said {A.n}. "No, right!" said {B.n}. "You are always wrong!" "And you never listen!" They sat down, back to back. After a while, they had to laugh.

:treasure.follow
They followed the map, {#number} steps this way and {#number2} steps that way, until they came {p.to}.
The map led them past {#a cover} and {#a cover2}, and then {p.to}.
{A.n} held the map, and {B.n} counted the steps. At last, they stood {p.at}.

:treasure.dig
The cross was {s}. {AB} dug with their hands, with {#a tool}, with {#a house_thing}. Then they hit something hard.
"Here, {s}!" said {B.n}. They began to dig. [Dirt flew|They dug for an hour|They found {#s bug} and stones], and then they saw a box.
They looked {s}. Under some [leaves|stones|old boards], there was a box with a rusty lock.

:treasure.empty
{A} opened it, and it was empty. There was only a note: "Too late."
But the box was full of [mud|stones|dead leaves]. {A} kicked it and hurt {his} foot.

:treasure.box
{A.n} opened it slowly. Inside lay {x.a}.
The lock broke, and there was {x.a}!
"One, two, three!" said {B.n}. They lifted the lid and saw {x.a}[| in {#color} paper| on a bed of straw].

:treasure.take
{A} took {x} out of the box[| and blew off the dust| with shaking hands| and held it up to the light].
Carefully, {A.n} lifted {x} out.

:treasure.twist
Then {A.n} saw a name on {x}. It was the name of {his} own {@relative}, who had hidden it there as a child!
At the bottom of the box was a letter. "{A.v}, if you read this, you have found my old {x.noun}," it said. It came from {his} {@relative}!
{B.n} began to laugh and laugh. "I made the map," {B.he} said. "I wanted to give you an adventure."
"""

FORMS = STRAY + TREASURE
PLOTS = (
    Plot(
        stray,
        (*TOY_KINDS, "small_nature", "paper_thing", "accessory", "wood", "hill", "town", "water"),
        ALL_FEATURES,
    ),
    Plot(treasure, (*CHEST, "house", "hall"), ALL_FEATURES),
)
