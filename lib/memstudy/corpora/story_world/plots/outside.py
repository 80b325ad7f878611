# ruff: noqa: E501 - one template a line
"""Plots out of doors: a seed, a storm."""

from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

SEEDS = ("vegetable", "fruit")


def garden(t: Teller) -> None:
    """A seed needs water and time."""
    hero, adult, x = t.hero, t.adult(), t.thing(SEEDS)
    place = t.place("green", "farm")
    t.begin()
    t.gap(0.15, hero)
    t.go(place, hero, lead=t.day())
    t.look(hero)
    t.world.appear(adult, place)
    t.tell("garden.meet", A=hero, B=adult)
    seed = t.seed(x)
    t.world.own(adult, seed)
    t.give(adult, seed, hero, "garden.seed")
    t.say(adult, hero, "garden.advice", sure=False, x=x)
    spot = t.spot(place)
    t.world.use_up(hero, seed)
    t.tell("garden.plant", A=hero, s=spot, x=x)
    if t.has("foreshadowing"):
        t.hint("garden.hint", A=hero, k=t.animal(("wood_animal", "farm_animal", "bug")))
    t.also("garden.wait", A=hero, x=x, v=t.activity())
    t.feel(hero, "bored" if t.chance(0.5) else "sad", sure=False)
    if t.has("conflict"):
        friend = t.friend()
        t.join(friend)
        t.world.mark("quarrel")
        t.tell("garden.argue", A=friend, B=hero, x=x)
        t.world.mark("make_up")
    t.also("garden.days", A=hero, x=x)
    t.gap(0.6, hero)
    if t.has("bad ending"):
        if t.has("foreshadowing"):
            t.world.mark("payoff")
        t.tell("garden.eaten", A=hero, x=x)
        t.bad_end(hero, "sad", theme="patience")
        return
    t.world.lie(x, place, spot)
    t.tell("garden.grow", A=hero, x=x, s=spot)
    if t.has("twist"):
        t.reveal("garden.twist", A=hero, B=adult, x=x)
    if t.has("foreshadowing"):
        t.payoff("garden.payoff", A=hero)
    t.take(hero, x, "garden.pick")
    t.feel(hero, "glad", sure=False)
    if t.chance(0.5):
        t.give(hero, x, adult, "garden.give")
    t.finish("patience", hero, adult)


GARDEN = """
:garden.meet
{A} met {B.intro} there[| with {#a tool}| who was resting on {#a seat}| in {#a color} {#clothes}].
{B.intro} was working there with {#a tool}. "Come here, {A.v}!" said {B.n}.
There was {B.intro} who [knew everything about plants|had dirt on {B.his} hands|was humming a song].

:garden.seed
{A} gave {B.n} a tiny seed.
{A} opened {his} hand. In it was a seed, no bigger than {#a bug}. {^he} gave it to {B}.
"This is for you," said {A.n} and put a little brown seed into {B.s} hand.

:garden.advice
"Plant it and water it, {B.v}, and one day you will have {x.an}," said {A.n}[||| {#talk}].
{A} told {B}, "{^x.an} can grow from this, if you are patient."
"Give it water, sun, and time, {B.v}, and it will become {x.an}," said {A.n}[||| {#talk}].

:garden.plant
{A} made a small hole {s} and put the seed into it.
{A} [knelt down|rolled up {his} sleeves] and planted the seed {s}. Then {he} gave it some water.
The best place was {s}. There {A.n} planted the seed[| and put {#a small_nature} next to it| and covered it with dirt].

:garden.hint
{A.n} did not see the {k} that watched from behind {#a cover}.
Not far away, a hungry {k} [licked its lips|had seen everything|looked at the spot for a long time].

:garden.wait
Every day, {A.n} looked at the spot. Nothing! {^he} [talked to the seed|sang to the seed|gave it more water].
{A} waited. {A} {v.ed} to pass the time. But there was only dirt.
"Grow, grow!" {A} said. But the seed [slept|did not listen|had all the time in the world].
{#number} days passed, and still there was nothing to see.

:garden.argue
"It is dead. Let's dig it up!" said {A.n}. "No, leave it alone!" cried {B.n}. {A} [laughed|made a face], and {B.n} pushed {A.him}. Then they were both sorry.
"You are silly to wait for {x.an}," said {A.n}. "I am not silly!" {B.n} shouted. In the end, {A.n} said, "I only wanted to play with you."

:garden.days
But {A.n} did not give up. In sun and wind, {he} [carried water|pulled out the weeds|built a small fence|kept the {#s bug} away].
{A} got up early each day to bring water. {^he} put up {#a adj} {#thing} to keep the {#s bird} away.
Rain came and sun came. {A} [never missed a day|drew a picture of {x.an}|counted the weeks].

:garden.eaten
One morning there was a green shoot. But that night [the {#s wood_animal} came|a storm came|the {#s farm_animal} got out], and in the morning it was gone.
At last, there was {x.a}! But when {A.n} came back with {#a house_thing}, somebody had eaten it all up.

:garden.grow
Then, one morning, there was {x.a} {s}!
First came a leaf, then {#number} leaves, then a flower, and then, {s}, there was {x.a}.
One day {A.n} could not believe {his} eyes. {s} grew {x.a}!

:garden.twist
But what was that? Inside sat a tiny {#bug:k} with {#a color} hat who said, "Thank you for my house!" {^A} laughed out loud.
"Do you know what?" said {B.n}. "It was {#a tree} seed that I gave you, I think. This one came from the wind!" They both laughed.

:garden.payoff
From behind {#a cover}, something looked at it with hungry eyes. But this time, {A.n} was faster.
The hungry watcher came out too, but {A.n} only laughed and gave it {#a fruit}.

:garden.pick
{A} picked {x}[| with both hands| and held it up| and danced around with it].
{A} pulled and pulled until {he} had {x} in {his} arms.
Very carefully, {A.n} picked {x}. It was [bigger|heavier|prettier] than {he} had dreamed.

:garden.give
{A} thought of {B.n} and gave {B.him} {x}. "[This is for you|Without you there would be none|You gave me the seed]," {A} said.
{A} gave {x} to {B}, who [had tears in {B.his} eyes|laughed|shook {A.his} hand].
"""


def storm(t: Teller) -> None:
    """Bad weather comes up, and one thing keeps two people dry."""
    hero, friend = t.hero, t.friend(kin=True)
    x = t.thing(("clothes",))
    place = t.place("green", "water", "hill", "wood")
    t.begin()
    t.have(hero, x)
    if t.has("foreshadowing"):
        t.hint("storm.hint", A=hero)
    t.go(place, hero, lead="day.start")
    t.join(friend)
    t.look(hero, friend)
    t.gap(0.4, hero, friend)
    if t.has("conflict"):
        t.quarrel(hero, friend)
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    t.fair = False
    t.tell("storm.come", A=hero, B=friend)
    t.feel(friend, "afraid", sure=False)
    t.say(hero, friend, "storm.idea", sure=False)
    shelter = t.place("house", "hall", "shop")
    t.world.go(hero, shelter)
    t.world.go(friend, shelter)
    t.tell("storm.run", A=hero, B=friend, p=shelter)
    t.also("storm.wet", A=friend, B=hero)
    t.give(hero, x, friend, "storm.give")
    t.feel(friend, "glad", sure=False)
    t.also("storm.talk", A=hero, B=friend)
    if t.has("bad ending"):
        t.world.lose(friend, x)
        t.tell("storm.blown", A=hero, B=friend, x=x)
        t.bad_end(hero, "sad", x=x, theme="listen")
        return
    if t.has("twist"):
        t.reveal("storm.twist", A=hero, B=friend, p=shelter)
    t.fair = True
    t.tell("storm.end", A=hero, B=friend)
    t.give(friend, x, hero, "storm.back")
    t.finish("team", hero, friend)


STORM = """
:storm.hint
"My knee itches," {his} {@relative} said. "That means rain." But the sky was blue, and {A.n} laughed.
Far away, behind the hills, there was one small gray cloud. {A} did not look at it.
The {#s bug} flew low that morning, and the {#s farm_animal} were restless. {A} wondered why.
"Take {#a clothes} with you," {his} {@relative} said. "[It may rain|I do not trust the sky|The wind is turning]."

:storm.come
Then the sky got dark. [A cold wind came up|The first drops fell|Thunder rolled over the {#s tree}], and the {#s bird} [fell silent|flew away].
Suddenly there was a loud boom. "What was that?" asked {B.n}. "Thunder!" said {A.n}. [Rain began to fall|A storm was coming|The sky was black].
{A} felt a drop on {his} nose, and then another. Soon it was raining [cats and dogs|so hard that they could not see the {#tree}|like a waterfall].
The sun went away, and the wind [tore at the {#s tree}|threw {#a low_thing} over|blew {A.s} hair into {A.his} eyes].

:storm.idea
"Hold my hand, {B.v}, and run!" cried {A.n}.
"We must find a roof, {B.v}," said {A.n}[||| {#talk}].
{A} looked around and told {B}, "I know a dry place."
"Do not stand under a tree, {B.v}! Come with me," said {A.n}[||| {#talk}].

:storm.run
They ran and ran until they came {p.to}.
Through wind and rain, {AB.n} ran {p.to}[|, over {#a hurdle} and around {#a cover2}|, with wet feet|, hand in hand].
At last, {AB.n} were {p.at}. It was [dark|quiet|dry] in there.

:storm.wet
{A} was wet from head to toe and shook with cold.
Water ran out of {A.s} {#s shoe_like}. {^his} lips were blue.
{A} had lost {his} {#clothes} on the way and was freezing.

:storm.give
{A} gave {x} to {B}. "[Take it|You need it more than I do|This will help]," {he} said.
"Here, {B.v}, take my {x.noun}," said {A.n} and gave it to {B.him}.
{A} looked at {x}. Then {he} gave it to {B}, who needed it more.

:storm.talk
They sat close together and told each other stories about {#s fancy} until it was not so scary anymore.
"The storm is only [{#a wild_animal} with a cold|the clouds playing drums|the sky washing its face]," said {A.n}. {B.n} [giggled|had to laugh|smiled a little].
{AB.n} counted the time between lightning and thunder. {#number}, {#number2}, {#number3}...
They sang a song about {#a animal} in {#a vehicle}, louder than the thunder.

:storm.blown
But when they opened the door, the wind took {x} out of {B.s} hands and carried it away, over the {#s tree}.
On the way back, the water was high, and {x.the} fell in. It was gone in a moment.

:storm.twist
Then they heard something move in the dark. It was {#a wood_animal:k} with {#number} babies! The {k} had been hiding from the storm, too.
And then {AB.n} saw that they were not alone {p.at}. There sat {A.s} whole family, and they were wet, too!

:storm.end
At last, the rain stopped. The sun came out, and over the {#s tree} stood a rainbow.
Little by little, it got quiet. {AB} looked out. The world was [clean|wet|full of puddles], and {#a bird} was singing.
Then the clouds went away, as if someone had pulled a curtain. Every leaf [shone|sparkled|dripped].

:storm.back
{A} gave {x} back to {B}[|, warm and dry| and thanked {B.him}|. "You saved me," {A} said].
"Thank you for {x.the}, {B.v}," said {A.n} and gave it back.
"""

FORMS = GARDEN + STORM
PLOTS = (
    Plot(garden, (*SEEDS, "green", "farm"), ALL_FEATURES),
    Plot(storm, ("clothes", "green", "water", "hill", "wood"), ALL_FEATURES),
)
