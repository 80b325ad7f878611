# ruff: noqa: E501 - one template a line
"""Plots of caring: a sick friend, an errand with somebody in need on the way."""

from memstudy.corpora.story_world.lexicon import HOME, HOUSE_KINDS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

GIFTS = (*TOY_KINDS, "instrument", "paper_thing", "clothes", "accessory", *HOUSE_KINDS)
BASKET = ("vegetable", "snack", *HOUSE_KINDS, "tool", "gadget")


def sick_friend(t: Teller) -> None:
    """A friend is ill, and the hero brings something good."""
    hero, friend, x = t.hero, t.friend(), t.thing(GIFTS)
    adult = t.parent()
    t.begin()
    t.gap(0.2, hero)
    t.tell("sick.news", A=adult, B=hero, C=friend)
    t.world.appear(adult, HOME)
    t.feel(hero, "sad", sure=False)
    t.say(hero, adult, "sick.ask", C=friend)
    t.also("sick.idea", A=hero, B=adult, C=friend)
    t.world.own(hero, x)
    t.tell("sick.pack", A=hero, B=adult, x=x)
    t.say(adult, hero, "say.rule", sure=False)
    bedside = t.house_of(friend)
    t.world.go(hero, bedside)
    t.tell("sick.walk", A=hero, B=friend)
    if t.has("conflict"):
        rival = t.stranger()
        t.world.appear(rival, bedside)
        t.world.mark("quarrel")
        t.tell("sick.block", A=rival, B=hero, C=friend)
        t.world.leave(rival)
        t.world.mark("make_up")
    t.world.appear(friend, bedside)
    t.also("sick.bed", A=friend, B=hero)
    t.say(hero, friend, "sick.hello", sure=False)
    t.give(hero, x, friend, "give")
    t.feel(friend, "glad", sure=False)
    t.gap(0.7, hero, friend)
    if t.has("twist"):
        t.reveal("sick.twist", A=friend, B=hero)
    elif t.has("bad ending"):
        t.tell("sick.worse", A=hero, B=friend)
        t.bad_end(hero, "sad", theme="kind")
        return
    else:
        t.tell("sick.better", A=friend, B=hero)
    t.also("thanks", A=friend, B=hero)
    t.finish("kind", hero, friend)


SICK = """
:sick.news
{B.n} was waiting for {C.intro}. "{C.n} cannot come today," {A.n} told {B}. "[{^C.n} is sick in bed|{^C.n} has a cold|{^C.n} has a bad cough]."
{B.n} wanted to play with {C.intro}. But {A.n} [said|told {B}], "I have bad news. {C.n} is sick."
The telephone rang. It was about {C.intro}. "{C.n} has a fever and must stay in bed, {B.v}," said {A.n}.

:sick.ask
"Can I visit {C.n}, {B.v}?" asked {A.n}.
{A} asked {B}, "What can I do for {C.n}?"
"Poor {C.n}! Can we help, {B.v}?" asked {A.n}.

:sick.idea
"[That is a good idea|How kind of you|Of course]," said {B.n}, and together they made some {#dish} for {C.n}.
{B.n} [smiled|nodded] and filled a jar with {#dish}. {A} wanted to bring {C.n} something more.
{A} picked {#s flower} for {C.n}, and {B.n} cooked {#dish}.

:sick.pack
{A} looked around {his} room and took {x.a} for {his} friend.
{A} found {x.a} that {he} wanted to take along.
"And I will bring this," said {A.n}. It was {x.a}.

:sick.walk
Then {A.n} went to {B.s} house. {^he} [rang the bell|knocked {#number} times|wiped {his} shoes].
{A} walked to {B.s} house[| in {his} {#color} {#clothes}|, past {#a cover} and {#a cover2}|, as fast as {he} could without spilling a drop].

:sick.block
{A.intro} stood in front of the door. "{C.n} needs rest! Go away," {A} told {B}. "But I am a friend!" said {B.n}. They argued until the door opened and {C.n} called {B.n} in. So {A.n} went home.
At the gate, {A.intro} laughed at {B}. "Your {#dish} smells like {#s vegetable}!" "It does not!" said {B.n}. {A} [shrugged|stuck out {his} tongue], and then {he} walked off.

:sick.bed
{A} lay in bed with {#a color} {#clothes} around {his} neck. {^his} nose was red.
In bed, under {#number} blankets, lay {A.n}. {^he} [looked pale|sneezed|had a cup of tea].
{A} was in bed with a hot {#house_thing}. {^he} [coughed|tried to smile|looked very tired].

:sick.hello
"Get well soon, {B.v}," said {A.n}[||| {#talk}].
"I brought you something to make you feel better, {B.v}," said {A.n}[||| {#talk}].
{A} told {B}, "School is no fun without you."

:sick.twist
Then {A.n} began to giggle. The red spots on {his} face were only paint! "[I wanted to see if you would come|It was a joke|April fool], {B.v}," {A} said.
Then {A.n} jumped out of bed. {^he} had been well since [morning|breakfast] and had only waited for {B}. There was a table with {#s baked} behind the door!

:sick.worse
But {B.n} [got worse|coughed more and more|fell asleep], and {#a person:k} came and said that {A.n} must go home for a long time.
But the next day, {B.n} had to go to the hospital, far away. {A} could not even say goodbye.

:sick.better
{A} ate all the {#dish} and sat up. "I feel better already," {A} said.
After {#number} spoons of {#dish}, {A.n} had some color in {his} face again.
{A} laughed so much that {he} forgot to cough.
"""


def errand(t: Teller) -> None:
    """The hero carries something to somebody and meets a creature in need on the way."""
    hero, adult, x = t.hero, t.parent(), t.thing(BASKET)
    way = t.place("wood", "green", "hill", "water")
    goal = t.adult()
    creature = t.creature(("pet", "farm_animal", "wood_animal", "wild_animal", "bird"))
    food = t.thing(("fruit", "baked", "snack"))
    t.begin()
    t.gap(0.15, hero)
    t.world.appear(adult, HOME)
    t.world.own(adult, x)
    t.give(adult, x, hero, "errand.give", C=goal)
    t.say(adult, hero, "errand.rule", sure=t.has("bad ending"), x=x)
    packed = t.optional()
    if packed:
        t.world.own(hero, food)
        t.tell("errand.food", A=hero, y=food)
    t.go(way, hero, lead=t.day())
    t.look(hero)
    t.gap(0.35, hero)
    t.world.appear(creature, way)
    t.tell("errand.meet", A=creature, B=hero)
    t.feel(creature, "sad", sure=False)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("errand.doubt", A=hero, B=creature, y=food)
        t.world.mark("make_up")
    if not packed:
        t.world.own(hero, food)
    t.world.give(hero, food, creature)
    t.world.use_up(creature, food)
    t.tell("errand.feed", A=hero, B=creature, y=food)
    t.feel(creature, "glad", sure=False)
    if t.has("bad ending"):
        t.world.lose(hero, x)
        t.tell("errand.river", A=hero, B=creature, x=x)
        t.world.go(hero, HOME)
        t.tell("errand.home", A=hero, B=adult, x=x)
        t.bad_end(hero, "sorry", x=x, theme="listen")
        return
    if t.has("twist"):
        t.reveal("errand.twist", A=creature, B=hero, C=goal)
    t.world.go(hero, t.house_of(goal))
    t.world.appear(goal, hero.place)
    t.tell("errand.arrive", A=hero, B=goal, x=x)
    t.give(hero, x, goal, "give")
    t.feel(goal, "glad", sure=False)
    t.also("thanks", A=goal, B=hero)
    t.finish("kind", hero)


ERRAND = """
:errand.give
"Please take this {x.noun} to {C.n}," said {A.n} and gave {B.n} {x.a}.
{A.n} had {x.a} for {C.n}. {A.he} gave it to {B.n}[| and tied {B.his} {#clothes}| and pointed down the road].
"{C.n} needs {x.an}," said {A.n}, and {he} put {x.a} into {B.s} bag. "Can you bring it there?"

:errand.rule
"Do not stop on the way, {B.v}," said {A.n}[||| {#talk}].
{A} told {B}, "Go straight there and hold {x.the} tight."
"Do not talk to anyone on the road, {B.v}," {A} said.
"Be back before [dark|dinner|the bell rings], {B.v}," said {A.n}[||| {#talk}].

:errand.food
For the way, {A.n} had {y.a}. [It smelled so good|{^he} did not want to eat it yet|It was {his} lunch].
{A} also took {y.a} for {himself}[|, in case {he} got hungry|, wrapped in {#color} paper].

:errand.meet
Next to {#a cover} sat {A.intro}. It [had not eaten for days|looked very thin|made a sad sound|had a hurt foot].
{A.intro} [came out of the bushes|lay under {#a tree}|stood in the way]. It [could hardly stand|shook all over|had found nothing to eat].
Then {B.n} heard a soft cry. It was {A.intro}. It [had not eaten all day|was looking for food|had lost its way].

:errand.doubt
"Give me that {y.noun}!" cried {B.n}. "No, this is my lunch!" said {A.n}. For a while they just stared at each other. Then {A.n} sighed.
{A} did not want to give away {his} lunch. "Go away, it is mine!" {he} said. But {B.n} [only looked at {A.him}|lay down and cried], and {A.n} was ashamed.

:errand.feed
{A} gave {his} {y.noun} to {B}. It was gone in {#number} bites.
{A} broke {his} {y.noun} into small pieces, and {B.n} ate it all up.
"Here, you can have my {y.noun}," said {A.n}. {B.n} ate every crumb.

:errand.river
But while {A.n} was looking at {B}, {x.the} [fell into the water and sank|rolled away, down and down, and was gone|was picked up by the wind and was gone].
Then {A.n} reached for {x}. It was gone! Somebody must have taken it while {he} was busy.

:errand.home
{A} walked home with empty hands and told {B} everything. "I told you not to stop," said {B.n}.
At home, {B.n} was waiting. "Where is {x.the}?" {B.he} asked. {A} [could not say a word|began to cry].

:errand.twist
And then something strange happened: {A.n} began to speak! "I am the friend of {C.n}," it said. "Come, I know a shorter way."
Suddenly {A.n} shook itself and had a gold ring around its neck. It belonged to {C.n}, who had been looking for it for days!

:errand.arrive
At last, {A.n} came to the house of {B}. {^he} knocked on the {#color} door.
{B.n} was standing at the door of {B.own} house and [waved|wore {#a color} {#clothes}|called {A.s} name].
After {#number} more hills, {A.n} saw the house of {B}. There was smoke coming out of the chimney.
"""

FORMS = SICK + ERRAND
PLOTS = (
    Plot(sick_friend, GIFTS, ALL_FEATURES - {"foreshadowing"}),
    Plot(
        errand,
        (
            *BASKET,
            "wood",
            "green",
            "hill",
            "water",
            "pet",
            "farm_animal",
            "wood_animal",
            "wild_animal",
            "bird",
        ),
        ALL_FEATURES - {"foreshadowing"},
    ),
)
