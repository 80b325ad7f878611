# ruff: noqa: E501 - one template a line
"""Plots of wanting: working for something, wanting all of it."""

from memstudy.corpora.story_world.lexicon import HOME, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

WISHES = (*TOY_KINDS, "instrument", "clothes", "accessory", "paper_thing", "sweet")
HEAPS = ("fruit", "sweet", "baked", "small_nature", "vegetable")


def earn(t: Teller) -> None:
    """The hero wants something and works for it."""
    hero, adult, x = t.hero, t.parent(), t.thing(WISHES)
    shop = t.place("shop", "town")
    t.begin()
    t.gap(0.15, hero)
    t.world.appear(adult, HOME)
    t.go(shop, hero, adult, lead=t.day())
    t.look(hero, adult)
    t.world.lie(x, shop, t.spot(shop))
    t.tell("earn.see", A=hero, B=adult, x=x, s=x.spot)
    t.world.want(hero, x.an)
    t.say(hero, adult, "earn.ask", x=x)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.say(adult, hero, "earn.no", x=x)
        t.feel(hero, "angry", sure=False)
        t.world.mark("make_up")
    t.say(adult, hero, "earn.deal", x=x)
    if t.has("foreshadowing"):
        t.hint("earn.hint", A=hero, x=x)
    t.go(HOME, hero, adult)
    v, w = t.two_activities(kind="chores")
    t.world.do(hero, v.base)
    t.tell("earn.first", A=hero, B=adult, v=v)
    if t.optional():
        t.world.do(hero, w.base)
        t.tell("earn.second", A=hero, B=adult, v=w, x=x)
    t.feel(hero, "tired", sure=False)
    t.new_day()
    t.go(shop, hero, adult)
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    if t.has("bad ending"):
        t.tell("earn.sold", A=hero, B=adult, x=x)
        t.bad_end(hero, "sad", theme="patience")
        return
    if t.has("twist"):
        t.reveal("earn.twist", A=hero, B=adult, x=x)
        t.world.take(adult, x)
        t.world.get(hero)
        t.give(adult, x, hero, "give")
    else:
        if t.has("foreshadowing"):
            t.tell("earn.last", A=hero, x=x)
        t.world.get(hero)
        t.take(hero, x, "earn.buy")
    t.feel(hero, "glad", sure=False)
    t.also("thanks", A=hero, B=adult)
    t.finish("patience", hero, adult)


EARN = """
:earn.see
[Suddenly|Then], {A.n} stopped. {s}, there was {x.a}!
{A} pulled at {B.s} sleeve. "Look at that {x.noun}!" It was {s}, and it was so {x.adj}.
{s}, {A.n} saw {x.a}. {^he} [could not look away|pressed {his} nose against it|forgot everything else].
There it was, {s}: {x.a}, [just like the one in {his} dreams|only {#number} coins|prettier than anything].

:earn.ask
"Can I have that {x.noun}, {B.v}? Please?" asked {A.n}.
{A} looked up at {B}. "I want {x.the} so much! Can we buy it?"
"Please, {B.v}, will you buy me {x.the}?" {A} asked.
{A} told {B}, "I have never wanted anything as much as {x.the}."

:earn.no
"No, you have enough things, {B.v}," said {A.n}.
{A} shook {his} head at {B}. "You already have {#number} {#s toy}!"
"You cannot have everything you see, {B.v}," said {A.n}.

:earn.deal
"If you help me at home, {B.v}, you can earn it," said {A.n}[||| {#talk}].
{A} told {B}, "Work for it, and then {x.the} will be yours."
"I have an idea, {B.v}. Help me for {#number} days, and we will come back for {x.the}," said {A.n}[||| {#talk}].
{A} knelt down next to {B}. "Things that we work for are worth more. Will you help me?"

:earn.hint
{A} saw that there was only one {x.noun} left.
As they left, a [man|woman|girl] in {#a color} {#clothes} [looked at {x}|picked up {x} and put it down again|asked about {x}].

:earn.first
At home, {A.n} began to {v}. [It was hard work|{B.n} showed {A.him} how|{^he} did not stop once|{^he} sang while {he} worked].
First, {A.n} had to {v}. [It took {#number} hours|{^he} did it very well|It was not easy].
{A} got up early to {v}. "Well done," said {B.n}.

:earn.second
Then {he} {v.ed}. {A} [thought of {x}|counted the days|wiped {his} forehead|did not complain].
After that, {A.n} {v.ed}. All the time, {he} [dreamed of {x}|could see {x} before {his} eyes].
"And now, can you {v}?" asked {B.n}. {A} nodded and {v.ed}, for {x.the}.

:earn.sold
{A} ran inside. But {x.the} was gone! Somebody had bought it.
"I am sorry," said {#a person:k}. "I sold {x.the} this morning." {A} could not believe it.

:earn.last
{A} held {his} breath. Was {x.the} still there? Yes, the very last one!
{A} was afraid that somebody else had bought it. But {x.the} was still waiting for {him}.

:earn.twist
But {x.the} was not in its place! {A} wanted to cry. Then {B.n} [laughed|winked|smiled] and took something out of {B.own} bag. {B.n} had bought it the day before!
Where was {x.the}? It was gone. "Close your eyes," said {B.n}. When {A.n} opened them again, {B.n} had {x.the} in {B.his} hands.

:earn.buy
{A} put {his} coins on the table and took {x}.
{A} took {x} with both hands. "I earned it," {he} [said|whispered], "with my own work."
"Here is the money," said {A.n} and took {x}. [{#a person} wrapped it in paper|{^he} held it all the way home|It was even nicer than {he} remembered].
"""


def greedy(t: Teller) -> None:
    """The hero wants all of something."""
    hero, friend, x = t.hero, t.friend(kin=True), t.thing(HEAPS)
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
    t.world.get(hero)
    t.tell("greedy.tear", A=hero, x=x, y=basket)
    t.feel(hero, "sad", sure=False)
    if t.has("bad ending"):
        t.world.leave(friend)
        t.tell("greedy.alone", A=hero, B=friend, x=x, y=basket)
        t.bad_end(hero, "sorry", theme="greed")
        return
    t.tell("greedy.help", A=friend, B=hero, x=x)
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

FORMS = EARN + GREEDY
PLOTS = (
    Plot(earn, (*WISHES, "shop", "town"), ALL_FEATURES),
    Plot(greedy, (*HEAPS, "green", "farm", "water", "wood"), ALL_FEATURES),
)
