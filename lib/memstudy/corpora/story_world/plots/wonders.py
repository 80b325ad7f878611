# ruff: noqa: E501 - one template a line
"""Plots with a wonder: a magic thing, a house that everybody fears."""

from memstudy.corpora.story_world.lexicon import HOME, HOUSE_KINDS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

MAGIC = ("small_nature", *HOUSE_KINDS, "clothes", "accessory", "instrument", "hard_toy")


def magic(t: Teller) -> None:
    """A thing can grant a wish, and wishes have consequences."""
    hero, friend, x, y = t.hero, t.friend(kin=True), t.thing(MAGIC), t.thing(TOY_KINDS)
    place = t.place("wood", "water", "hill", "green")
    t.begin()
    if t.optional():
        t.world.want(hero, y.an)
        t.tell("magic.want", A=hero, y=y)
    t.gap(0.2, hero)
    t.go(place, hero, lead=t.day())
    t.look(hero)
    t.world.lie(x, place, t.spot(place))
    t.tell("magic.find", A=hero, x=x, s=x.spot)
    t.take(hero, x, "magic.take")
    if t.has("foreshadowing"):
        t.hint("magic.hint", A=hero, x=x)
    else:
        t.tell("magic.voice", A=hero, x=x)
    t.world.get(hero)
    t.world.own(hero, y)
    t.tell("magic.grant", A=hero, x=x, y=y)
    t.feel(hero, "glad", sure=False)
    t.join(friend)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("magic.argue", A=hero, B=friend, x=x)
        t.feel(friend, "sad", sure=False)
        t.world.mark("make_up")
    t.tell("magic.show", A=hero, B=friend, x=x, y=y)
    if t.has("bad ending"):
        if t.has("foreshadowing"):
            t.world.mark("payoff")
        t.world.lose(hero, y)
        t.tell("magic.greed", A=hero, B=friend, x=x, y=y)
        t.bad_end(hero, "sorry", x=y, theme="greed")
        return
    if t.has("foreshadowing"):
        t.payoff("magic.last", A=hero, x=x)
    t.also("magic.second", A=hero, B=friend, x=x, y=y)
    if t.has("twist"):
        t.reveal("magic.twist", A=hero, B=friend, x=x)
    t.give(hero, x, friend, "give")
    t.feel(friend, "glad", sure=False)
    t.gap(0.75, hero, friend)
    t.finish("share", hero, friend)


MAGIC_FORMS = """
:magic.want
{A} wanted {y.an} more than anything else in the world. [{^his} {@relative} said no|It cost too much|There was none in the shop].
"I wish I had {y.an}," {A} [sang|whispered|said] every [morning|evening].
{A} dreamed of {y.an}. {^he} had even [drawn one|asked {#a person}|written a letter to {#a fancy}].

:magic.find
Then {A.n} saw something strange {s}. It was {x.a}, and it [glowed|hummed|was warm|seemed to breathe].
{s}, there was {x.a}. A soft light came from it.
{A} heard a tiny sound. It came from {x.a} that lay {s}.

:magic.take
{A} took {x} in {his} hand. It [tickled|was warm|felt alive].
Carefully, {A.n} picked up {x}[| and rubbed off the dirt| and held it to {his} ear].
{A} took {x} and [blew on it|shook it|turned it around {#number} times].

:magic.hint
"You have two wishes," said a voice from {x.the}. "But be careful: who wants too much will lose it all."
A tiny voice came from {x.the}: "Two wishes I give, and not one more. Think well before you speak!"

:magic.voice
"Make a wish," said a small voice. It came from {x.the}! {A} almost dropped it.
{A} could not believe it: {x.the} could speak! "I can give you what you want most," it said.
Suddenly {A.n} knew that {x.the} was magic. [{^he} could feel it|{#a bird:k} had told {him}|It said so itself].

:magic.grant
{A} closed {his} eyes and thought of {y.an}. [There was a flash|Puff|Wind came up]! When {he} opened them, {he} had {y.a} in {his} arms.
"I want {y.an}," whispered {A.n}. {^x.the} grew hot, and there was {y.a}, just for {him}.
{A} did not have to think. "Please, {y.an}!" And {y.a} fell from the sky, right into {his} hands.

:magic.argue
"Give me {x.the}, I want a wish too!" said {B.n}. "No, I found it!" shouted {A.n}. They pulled and pulled. Then {B.n} began to cry, and {A.n} let go. "I am sorry," {A} said.
"It is not real," said {B.n}. "You are a liar!" "And you are jealous!" cried {A.n}. They did not speak until [a bell rang|{#a bird} laughed at them]. Then they both said sorry.

:magic.show
{A} showed {B} {y.the} and told {B.him} about {x.the}. {B.n} could hardly believe it.
"Look what I can do with {x.the}," said {A.n}. {B.n} [opened {B.own} mouth|stared|laughed].
{A} told {B} everything, from the first glow of {x.the} to {y.the}.

:magic.greed
But {A.n} wanted more. "I want {#number} {#s vehicle} and all the {#s sweet} in the world!" There was a bang, and {y.the} was gone, too.
{A} wished and wished, for {#s baked}, for {#s pet}, for gold. Then {x.the} went dark. {y.the} turned to dust, and {B.n} shook {B.own} head.

:magic.last
{A} remembered what the voice had said. Only one wish was left, and {he} wanted to use it well.
"Who wants too much will lose it all," {A} thought. So {he} took {his} time.

:magic.second
"You may have the last wish, {B.v}," said {A.n}. {B.n} wished for {#s baked} for everyone, and there they were!
{A} did not need more. {^he} let {B.n} make a wish. "I want us to be friends forever," said {B.n}.
{A} used the last wish for others: no {#animal} in the land should be hungry that night.

:magic.twist
But then they turned {x} over. On it stood: "Made by {A.s} {@relative}." It had been a trick with a string and a lamp!
Then {A.n} woke up. It had been a dream! But what was that next to {him}? {^x.the}, and {B.n}, who looked at it in wonder.
"I am not magic at all," said the voice. "I am only {#a bug} who lives in here. But you believed in it, and that is magic enough."

"""


def strange_house(t: Teller) -> None:
    """Everybody is afraid of somebody, for no good reason."""
    hero, friend, x = t.hero, t.friend(kin=True), t.thing(("sport_toy", "clothes", "hard_toy"))
    owner = t.adult()
    place = t.place("green", "town", "hill", "wood")
    t.begin()
    t.have(hero, x)
    t.tell("strange.rumor", A=owner, B=hero)
    if t.has("foreshadowing"):
        t.hint("strange.hint", A=hero, B=owner)
    t.go(place, hero, lead=t.day())
    t.join(friend)
    t.gap(0.35, hero, friend)
    t.world.lose(hero, x)
    t.tell("strange.fly", A=hero, B=friend, C=owner, x=x)
    t.feel(hero, "sad", sure=False)
    t.say(friend, hero, "strange.stop", sure=False, x=x, C=owner)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("strange.argue", A=hero, B=friend, x=x)
        t.world.mark("make_up")
    t.feel(hero, "afraid", sure=False)
    house = t.house_of(owner)
    t.world.go(hero, house)
    t.tell("strange.walk", A=hero, B=friend, C=owner)
    t.world.appear(owner, house)
    t.tell("strange.door", A=owner, B=hero)
    if t.has("bad ending"):
        t.world.go(hero, HOME)
        t.tell("strange.flee", A=hero, B=owner, x=x)
        t.bad_end(hero, "sad", x=x, theme="brave")
        return
    t.world.take(owner, x)
    t.tell("strange.kind", A=owner, B=hero, x=x)
    t.give(owner, x, hero, "give")
    if t.has("foreshadowing"):
        t.payoff("strange.payoff", A=hero, B=owner)
    if t.has("twist"):
        t.reveal("strange.twist", A=owner, B=hero)
    t.feel(hero, "glad", sure=False)
    t.also("thanks", A=hero, B=owner)
    t.also("strange.tea", A=hero, B=owner)
    t.finish("friends", hero, owner)


STRANGE = """
:strange.rumor
At the end of the road lived {A.n}. Everybody was afraid of {A.him}. "[That one eats {#s bug} for breakfast|Nobody ever comes out of that house|There are {#s fancy} in the garden]," people said.
There was a dark house behind {#a tree}. {A.n} lived there, and no one ever [went near it|rang the bell|spoke to {A.him}].
People told bad stories about {A.n}. They said that {A.he} [kept {#a wild_animal} in the cellar|never smiled|took away {#s toy}|talked to {#s bug}].

:strange.hint
Once, {A.n} had seen {#s flower} in the window of that dark house. That was odd, for such a bad person.
Every evening, music came out of the dark house, soft and sweet. {A} wondered about it.

:strange.fly
Then the wind came and took {x}. It flew over the fence, right into the garden of {C.n}!
They played with {x}, higher and higher. Oh no! It [rolled|fell|flew] into the garden of {C.n}.
{B.n} threw {x} too far, and it landed in the garden of {C.n}.

:strange.stop
"Do not go in there, {B.v}!" said {A.n}.
{A} told {B}, "Forget {x.the}. Nobody comes back from there."
"If you go in, I will run, {B.v}," said {A.n}.
{A} told {B}, "I have heard terrible things about that house."

:strange.argue
"It is your fault! You must get it," said {A.n}. "No, yours!" said {B.n}. "You are a coward!" "You are one!" In the end, they both had to laugh. "I will go," {A} said.
"Come with me," said {A.n}. "Never!" said {B.n}. "What kind of friend are you?" They stared at each other, and then {B.n} said softly, "I will wait here for you."

:strange.walk
{A} took a deep breath and opened the gate. It creaked. Step by step, {he} went to the house of {C.n} and knocked.
With shaking knees, {A.n} went up the path to the house, past {#a outdoor_thing}, to the door. {^he} knocked {#number} times.
{A} left {B.n} at the fence and went to the house all alone. {^he} rang the bell.

:strange.door
The door opened. There stood {A.n}, very tall, with {#a color} {#clothes} and {#a tool}.
Slow steps came closer. Then {A.n} looked out. "[Who is there|What do you want|Yes], little {B.kind}?" {A} asked.
{A} opened the door just a bit. {B.n} saw one eye and a big nose.

:strange.flee
{A} screamed and ran, faster than ever before, all the way home. {^x.the} stayed there forever. {B.n} stood at the door, alone, with {#a baked} for {A.him} in one hand.

:strange.kind
"Are you looking for this?" asked {A.n}. {^he} had {x.the} in {his} hands and smiled.
{A} did not shout at all. "I found something in my {#s flower}," {he} said and held up {x}.
"I am so glad that someone is here," said {A.n}. "Is this {x.noun} yours?"

:strange.payoff
Now {A.n} understood the {#s flower} and the music. {B.n} was not bad at all. {B.n} was only lonely.

:strange.twist
And the {#wild_animal}? It was only {#a pet:k} with a loud voice! {A.n} laughed until the {#s house_thing} shook.
Then {A.n} pointed at a picture on the wall. It showed {B.s} own {@relative} as a child. They had once been best friends!

:strange.tea
{B.n} [had {#drink} and {#s baked}|played the {#instrument}|told stories about {#s wild_animal}], and {A.n} stayed until evening.
In the house, there were {#s house_thing}, {#s instrument}, and {#number} {#s pet}. {A} wanted to come back soon.
"Come again, and bring your friends," said {B.n}. "I will bake {#s baked}."
"""

FORMS = MAGIC_FORMS + STRANGE
PLOTS = (
    Plot(magic, (*MAGIC, "wood", "water", "hill", "green"), ALL_FEATURES),
    Plot(
        strange_house,
        ("sport_toy", "clothes", "hard_toy", "green", "town", "hill", "wood"),
        ALL_FEATURES,
    ),
)
