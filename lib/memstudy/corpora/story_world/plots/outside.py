"""Plots out of doors: a trapped animal, a seed, a storm, a wrong turn, a treasure."""

from memstudy.corpora.story_world.lexicon import HOME, HOUSE_KINDS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

SEEDS = ("vegetable", "fruit")
CHEST = (*TOY_KINDS, "small_nature", "clothes", *HOUSE_KINDS, "instrument")


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
    t.world.own(helper, x)
    t.go(store, hero, how="go.rush")
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
"Do not be afraid. I will help you," said {A.n}.
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
{A} used {x} to make the hole bigger. [Bit by bit|Slowly|At last], {B.n} came out.
{A} put {x} in the right place and pushed hard. One, two, three! {B.n} was free.
{^x.the} was just right. It took only a moment, and {B.n} [jumped out|was free|could move again].

:rescue.payoff
Now {A.n} knew what {x.an} was good for. {^he} would never forget it.
So that was why one needed {x.an}! {A} smiled.

:rescue.thanks
{A.n} [rubbed against {B.s} leg|made a soft sound|looked at {B.n} for a long time|ran around {B.n} in a circle] to say thank you.
{A.n} went away, but it turned around [once|{#number} times] to look at {B}.
The next day, {B.n} found {#a small_nature} at {B.his} door. {^B.n} knew who had put it there.

:rescue.twist
And then {A.n} began to speak! "I am [the king of the {#s animal}|a prince under a spell|{#a fancy}], and you have been {#goodness} to me, {B.v}."
But what was that? {A.n} was not alone. Out came {#number} babies that {B.n} had not seen before!
Suddenly {A.n} [put on|pulled out] {#a color} {#clothes} and bowed. "It was a test," it said, "and you have passed it, {B.v}."
"""


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
"Plant it and water it, {B.v}, and one day you will have {x.an}," said {A.n}.
{A} told {B}, "{^x.an} can grow from this, if you are patient."
"Give it water, sun, and time, {B.v}, and it will become {x.an}," said {A.n}.

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
But what was that? Inside sat a tiny {#bug:k} with {#a color} hat who said, "Thank you for my house!" {A} laughed out loud.
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
    hero, friend = t.hero, t.friend()
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
    shelter = t.place("house", "farm", "hall")
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
"We must find a roof, {B.v}," said {A.n}.
{A} looked around and told {B}, "I know a dry place."
"Do not stand under a tree, {B.v}! Come with me," said {A.n}.

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


def stray(t: Teller) -> None:
    """The hero takes a wrong turn and must find the way home."""
    hero, adult = t.hero, t.parent()
    x = t.thing((*TOY_KINDS, "small_nature", "paper_thing", "clothes"))
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
    t.tell("stray.see", A=hero, x=x, s=x.spot)
    t.world.take(hero, x)
    t.also("stray.take", A=hero, x=x)
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
Then something {x.adj} caught {A.s} eye. It was {x.a} {s}.
A bit away from the path, {s}, {A.n} saw {x.a}. {^he} went to look.
{A} ran after {#a bug:k} until it landed on {x.a} {s}.

:stray.take
{A} took {x} and looked up.
{A} picked {x} up[| and wanted to show it to everyone| and turned around].
"I will keep it," {A} said and took {x}.

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
{A} was standing at the door and [opened {his} arms|began to run|cried with joy]. {^he} hugged {B} and would not let go.
"There you are!" cried {A.n}. {^he} had looked everywhere for {B}.
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
    t.tell("treasure.map", A=hero, B=friend, s=chart.spot)
    t.world.take(hero, chart)
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
They looked {s}. Under [leaves|stones|old boards], there was a box with a rusty lock.

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

FORMS = RESCUE + GARDEN + STORM + STRAY + TREASURE
PLOTS = (
    Plot(rescue, ("tool", "wood", "water", "hill", "green", "farm", "pet", "farm_animal", "wood_animal", "wild_animal", "bird"), ALL_FEATURES),
    Plot(garden, (*SEEDS, "green", "farm"), ALL_FEATURES),
    Plot(storm, ("clothes", "green", "water", "hill", "wood"), ALL_FEATURES),
    Plot(stray, (*TOY_KINDS, "small_nature", "paper_thing", "clothes", "wood", "hill", "town", "water"), ALL_FEATURES),
    Plot(treasure, (*CHEST, "house", "hall"), ALL_FEATURES),
)  # fmt: skip
