"""Plots with a wonder or a riddle: a magic thing, a strange house, a missing treat, greed."""

from memstudy.corpora.story_world.lexicon import HOME, HOUSE_KINDS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

MAGIC = ("small_nature", *HOUSE_KINDS, "clothes", "instrument", "hard_toy")
HEAPS = ("fruit", "sweet", "vegetable", "small_nature")


def magic(t: Teller) -> None:
    """A thing can grant a wish, and wishes have consequences."""
    hero, friend, x, y = t.hero, t.friend(), t.thing(MAGIC), t.thing(TOY_KINDS)
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
"Look what I can do with {x.the}," said {A.n}. {B.n} [opened {B.his} mouth|stared|laughed].
{A} told {B} everything, from the first glow of {x.the} to {y.the}.

:magic.greed
But {A.n} wanted more. "I want {#number} {#s vehicle} and all the {#s sweet} in the world!" There was a bang, and {y.the} was gone, too.
{A} wished and wished, for {#s baked}, for {#s pet}, for gold. Then {x.the} went dark. {y.the} turned to dust, and {B.n} shook {B.his} head.

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
    hero, friend, x = t.hero, t.friend(), t.thing(("sport_toy", "clothes", "hard_toy"))
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
With shaking knees, {A.n} went up the path, past {#a outdoor_thing}, to the door. {^he} knocked {#number} times.
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


def mystery(t: Teller) -> None:
    """Something good is gone, and the clues point somewhere unexpected."""
    hero, adult = t.hero, t.parent()
    x = t.thing(("baked", "fruit", "snack", "sweet"))
    thief = t.creature(("pet", "wood_animal", "bird", "farm_animal"))
    t.begin()
    t.gap(0.15, hero)
    t.world.appear(adult, HOME)
    t.world.own(adult, x)
    spot = t.spot(HOME)
    t.world.put(adult, x, spot)
    t.tell("mystery.put", A=adult, x=x, s=spot, lead=t.day())
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
        t.bad_end(hero, "sad", theme="truth")
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
    t.finish("truth", hero, adult)


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
"I will find out who took {x.the}, {B.v}," said {A.n}.
{A} told {B}, "I am a detective now. No thief is safe from me."
"Leave it to me, {B.v}! I will catch the thief of {x.the}," said {A.n}.

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


def greedy(t: Teller) -> None:
    """The hero wants all of something."""
    hero, friend, x = t.hero, t.friend(), t.thing(HEAPS)
    basket = t.basket()
    place = t.place("green", "farm", "water", "wood")
    t.begin()
    t.world.own(hero, basket)
    t.tell("greedy.basket", A=hero, y=basket)
    t.go(place, hero, lead=t.day())
    t.tell("greedy.see", A=hero, x=x, p=place)
    t.join(friend)
    if t.has("foreshadowing"):
        t.world.mark("hint")
    t.say(friend, hero, "greedy.ask", sure=t.has("foreshadowing"), x=x, y=basket)
    t.world.want(hero, f"all the {x.pl}")
    t.say(hero, friend, "greedy.no", x=x)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("greedy.argue", A=hero, B=friend, x=x)
        t.feel(friend, "angry", sure=False)
    t.tell("greedy.fill", A=hero, x=x, y=basket)
    t.gap(0.5, hero)
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    t.world.break_(basket)
    t.tell("greedy.tear", A=hero, x=x, y=basket)
    t.feel(hero, "sad", sure=False)
    if t.has("bad ending"):
        t.world.leave(friend)
        t.tell("greedy.alone", A=hero, B=friend, x=x, y=basket)
        t.bad_end(hero, "sorry", theme="greed")
        return
    t.tell("greedy.help", A=friend, B=hero, x=x)
    t.world.get(hero)
    if t.has("conflict"):
        t.world.mark("make_up")
    t.also("sorry", A=hero, B=friend)
    if t.optional():
        t.world.mend(friend, basket)
        t.tell("greedy.mend", A=friend, B=hero, y=basket)
    if t.has("twist"):
        t.reveal("greedy.twist", A=friend, B=hero, x=x)
        if t.chance(0.5):
            t.give(hero, basket, friend, "greedy.gift")
    t.feel(friend, "glad", sure=False)
    t.finish("greed", hero, friend)


GREEDY = """
:greedy.basket
{A} had {y.a}[| for treasures| that was almost too big for {him}| with a hole that nobody saw].
{^his} {@relative} gave {A.n} {y.a}[| and told {him} to fill it].

:greedy.see
{p.at}, there were {x.pl} everywhere! {A} had never seen so many.
Behind {#a tree}, {A.n} found a place that was full of {x.pl}. Big ones, small ones, {x.adj} ones!
"{^x.pl}!" cried {A.n}. There were {#number} here and {#number2} there, and many more behind {#a cover}.

:greedy.ask
"Will you leave some {x.pl} for me, {B.v}?" asked {A.n}.
{A} told {B}, "Do not take too many. Your {y.noun} is old."
"Let's share the {x.pl}, {B.v}," said {A.n}.
{A} asked {B}, "What will you do with so many {x.pl}?"

:greedy.no
"They are all mine, because I was here first," {A} told {B}.
"No, {B.v}! I want every single one," said {A.n}.
{A} stood in front of the {x.pl} and said, "Find your own, {B.v}."
"I will not stop until I have them all, {B.v}," said {A.n}.

:greedy.argue
"That is not fair!" said {B.n}. "Go away!" said {A.n}. "You are greedy!" "And you are a crybaby!" 
"Who gave them to you?" asked {B.n}. "Nobody. I take what I want!" said {A.n}. {B.n} threw one at {A.him}.

:greedy.fill
{A} filled {his} {y.noun} with {x.pl} until it was as heavy as {#a animal}.
One more, and one more, and one more! {A} put {x.pl} into {his} {y.noun} until they fell out at the top.
{A} took the {x.pl} from the ground, from behind {#a cover}, from everywhere. The {y.noun} groaned.

:greedy.tear
Then there was a loud rip. {^y.the} tore, and all the {x.pl} rolled away, down into the [mud|water|deep grass].
{A} lifted {y}. Crack! It broke, and the {x.pl} were gone in a moment.
{A} could hardly carry it. {^he} stumbled over {#a hurdle}, {y.the} tore, and not one of the {x.pl} was left.

:greedy.alone
{A} looked around for {B}. But {B.n} had gone home long ago. {A} sat there with the torn {y.noun} and nothing in it.

:greedy.help
{A} came back and saw it. {^he} did not laugh. {^he} picked up {#number} {x.pl} and shared them with {B}.
"Come on," said {A.n}, "there are still some under {#a cover}." And together they found {#number} {x.pl}.
{A} had {#number} {x.pl} in {his} {#clothes}. "We can share mine," {he} said.

:greedy.mend
{A} mended {y} with {#a color} string.
Then {A.n} took some string and mended {y} for {B}.
{A} was good with {his} hands. {^he} mended {y} in no time.

:greedy.twist
Then {A.n} began to laugh. "I have a whole garden full of {x.pl} at home, {B.v}," {he} said. "You could have had as many as you wanted!"
And do you know what? {B.n} did not even like {x.pl} very much! {B.n} had only wanted them because they were there. {A} laughed until {he} cried.

:greedy.gift
{A} gave {x} to {B}. "This is for you, because you helped me," {he} said.
"""

FORMS = MAGIC_FORMS + STRANGE + MYSTERY + GREEDY
PLOTS = (
    Plot(magic, (*MAGIC, "wood", "water", "hill", "green"), ALL_FEATURES),
    Plot(strange_house, ("sport_toy", "clothes", "hard_toy", "green", "town", "hill", "wood"), ALL_FEATURES),
    Plot(mystery, ("baked", "fruit", "snack", "sweet", "pet", "wood_animal", "bird", "farm_animal"), ALL_FEATURES),
    Plot(greedy, (*HEAPS, "green", "farm", "water", "wood"), ALL_FEATURES),
)
