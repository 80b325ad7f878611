# ruff: noqa: E501 - one template a line
"""Plots between friends over a thing: sharing, swapping, lending."""

from memstudy.corpora.story_world.lexicon import FOOD_KINDS, HOUSE_KINDS, OUTDOOR_GROUPS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

PLAY = (*TOY_KINDS, "instrument")
GIFTS = (*PLAY, "paper_thing", "clothes", "accessory", *HOUSE_KINDS)


def share(t: Teller) -> None:
    """The hero has something that a friend would like to have a part of."""
    hero, friend, place = t.hero, t.friend(kin=True), t.place()
    x = t.thing((*PLAY, *FOOD_KINDS))
    food = x.kind in FOOD_KINDS
    t.begin()
    if food:
        t.world.own(hero, x)
        t.tell("share.food", A=hero, x=x)
    else:
        t.have(hero, x)
    t.go(place, hero, lead=t.day())
    t.look(hero)
    t.join(friend)
    t.gap(0.35, hero, friend)
    t.world.want(friend, f"a bite of the {x.noun}" if food else f"to play with the {x.noun}")
    t.say(friend, hero, "share.ask.food" if food else "share.ask.toy", x=x)
    t.world.mark("quarrel")
    t.say(hero, friend, "share.no", x=x)
    t.feel(friend, "angry" if t.chance(0.3) else "sad", sure=False)
    t.also("share.alone.food" if food else "share.alone.toy", A=hero, B=friend, x=x)
    if t.has("bad ending"):
        t.world.leave(friend)
        t.tell("share.leave", A=friend, B=hero, x=x)
        t.bad_end(hero, "bored", theme="share", b=friend)
        return
    t.tell("share.think", A=hero, B=friend, x=x)
    t.world.mark("make_up")
    t.world.get(friend)
    if food:
        t.say(hero, friend, "share.offer.food", x=x)
        t.world.use_up(hero, x)
        t.tell("share.halves", A=hero, B=friend, x=x)
    else:
        t.say(hero, friend, "share.offer.toy", x=x)
        t.give(hero, x, friend, "give")
    t.feel(friend, "glad", sure=False)
    if t.has("twist"):
        y = t.thing(("sweet", "baked", "sport_toy"))
        t.world.own(friend, y)
        t.reveal("share.twist", A=friend, B=hero, y=y)
        t.give(friend, y, hero, "give")
    elif not food:
        t.give(friend, x, hero, "share.back")
    t.feel(hero, "glad", sure=False)
    t.finish("share", hero, friend)


SHARE = """
:give
{A} gave {x} to {B}.
{A} [smiled|nodded] and handed {x} to {B}.
{A} put {x} into {B.s} hands.
"Here, this is for you," said {A.n} and gave {B.n} {x}.
{A} held out {x}, and {B.n} took it[| with both hands| with a smile|. {B.n} looked at it from all sides].
So {A.n} let {B.n} have {x}.

:share.food
That day, {his} {@relative} gave {him} {x.a} for the way. It [smelled wonderful|looked delicious|was still warm].
{A} had {x.a} in {his} bag that day, [wrapped in paper|in a little box|on top of {his} {#clothes}].
{his} {@relative} had made {x.a} just for {him}. {A} [could hardly wait to eat it|packed it very carefully|smelled it and smiled].

:share.ask.food
"May I have a bite of your {x.noun}?" {A} asked {B}.
"That {x.noun} smells so good," {A} told {B}.
{A} looked at {x} and asked, "Can I try some, {B.v}?"
"I forgot my lunch, {B.v}. Could we share your {x.noun}?" asked {A.n}.

:share.ask.toy
"May I play with your {x.noun}?" {A} asked {B}.
"Can I hold {x.the} for a while, {B.v}?" asked {A.n}.
{A} pointed at {x}. "It is so {x.adj}! Can I have a turn?"
{A} looked at {x} and asked, "Will you let me try it, {B.v}?"

:share.no
"No, it is mine!" {A} told {B}.
"You cannot have my {x.noun}," said {A.n}.
{A} held {x} tight and told {B}, "Get your own!"
"No, you will [drop|ruin|spoil] it," {A} said to {B}.
{A} shook {his} head. "I do not want to share my {x.noun}."
{A} hid {x} behind {his} back and said to {B}, "Not today."

:share.alone.food
{A} [sat down on {#a seat}|turned around] and looked at {x}. But {he} was not so hungry anymore, with {B.n} so sad.
{A} wanted to take a big bite. But {he} could feel {B.s} eyes on {him}.
{A} went behind {#a tree} to eat {x}. Even {#a animal:k} looked at {him} as if to ask why.

:share.alone.toy
{A} played with {x} alone. [At first it was fun, but soon it was not|It was no fun without {B.n}|After a while, {he} looked up to see what {B.n} was doing].
{A} turned away and played all by {himself}. [Nobody laughed|Nobody clapped|It was very quiet|Only {#a bug} watched].
{A} sat under {#a tree} with {x}. [It did not feel as {#adj} as before|There was nobody to play with|{B.n} was sitting far away].

:share.leave
{A} [turned around|picked up {his} bag] and went away. {^he} [did not look back|did not come back|went to play with {#a pet}].
"Then I will go," said {A.n}, and {he} left. {B.n} [looked after {A.him}|said nothing|did not call {A.him} back].

:share.think
{A} looked at {B}. {^he} thought of the day when {B.n} had [shared {#a treat} with {him}|helped {him} with {his} {#clothes}|let {him} ride on {#a vehicle}].
{A} [felt a lump in {his} throat|bit {his} lip|looked at {his} feet]. What good was {x.an} without a friend?
"What if nobody shared with me?" {A} thought. {^he} looked at {x}, and then at {B.n}.
Then {A.n} saw {#s bird} [share a worm|share a piece of bread|sit side by side]. {^he} thought about it for a while.

:share.offer.food
"Come here, {B.v}. Half of it is for you," said {A.n}[||| {#talk}].
"I was wrong, {B.v}. Let's eat it together," said {A.n}[||| {#talk}].
{A} walked over to {B}. "I am sorry. Do you still want some?"

:share.offer.toy
"You can play with it now, {B.v}," said {A.n}[||| {#talk}].
"I am sorry, {B.v}. Let's take turns," said {A.n}[||| {#talk}].
{A} walked over to {B}. "It is more fun with you. Do you want to play?"

:share.halves
{A} broke {x} in two and gave {B.n} the bigger half. They ate it all up.
{A} cut {x} into two pieces, one for {B.n} and one for {himself}. Soon [nothing was left but crumbs|it was all gone].
They sat side by side and ate {x} together, bite by bite, until it was gone.

:share.back
{A} played with {x} for a while. Then {he} gave it back to {B}.
After {#number} minutes, {A.n} gave {x} back. "Now it is your turn, {B.v}," {A.he} said.
When {his} turn was over, {A.n} [handed|gave] {x} back to {B}.

:share.twist
Then {A.n} [began to smile|laughed|opened {his} bag]. "I have a surprise for you too, {B.v}," {A.he} said. It was {y.a}!
"And now close your eyes, {B.v}," said {A.n}. {^he} had brought {y.a} for {B.n} and had kept it hidden all the time.
Now came something that {B.n} had not known: in {his} bag, {A.n} had {y.a} that was meant for {B.n} from the start.
"""


def swap(t: Teller) -> None:
    """Two friends swap what they have, and then one of them misses the old thing."""
    hero, friend = t.hero, t.friend(kin=True)
    x, y = t.thing(PLAY), t.thing(PLAY)
    place = t.place("green", "water", "house", "town", "hall")
    t.begin()
    t.have(hero, x)
    t.gap(0.15, hero)
    t.go(place, hero, lead=t.day())
    t.join(friend)
    t.world.own(friend, y)
    t.tell("swap.other", A=friend, B=hero, y=y)
    t.tell("swap.like", A=hero, B=friend, x=x, y=y)
    t.say(hero, friend, "swap.ask", x=x, y=y)
    t.world.give(hero, x, friend)
    t.world.give(friend, y, hero)
    t.tell("swap.do", A=hero, B=friend, x=x, y=y)
    t.feel(hero, "glad", sure=False)
    t.gap(0.5, hero, friend)
    if not t.need.features & {"conflict", "bad ending", "twist"} and not t.optional():
        t.finish("friends", hero, friend)
        return
    t.tell("swap.miss", A=hero, B=friend, x=x, y=y)
    t.feel(hero, "sad", sure=False)
    if t.has("conflict") or t.has("bad ending"):
        t.world.mark("quarrel")
        t.tell("swap.no", A=friend, B=hero, x=x, y=y)
        if t.has("bad ending"):
            t.world.leave(friend)
            t.tell("swap.leave", A=friend, B=hero, x=x)
            t.bad_end(hero, "sad", x=x, theme="greed")
            return
        t.world.mark("make_up")
        t.tell("swap.agree", A=friend, B=hero, x=x, y=y)
    elif t.has("twist"):
        t.reveal("swap.twist", A=friend, B=hero, x=x, y=y)
    else:
        t.notice_feeling(friend, hero, "sad")
        t.say(hero, friend, "swap.sorry", x=x)
        t.also("swap.fine", A=friend, B=hero, y=y)
    t.world.give(friend, x, hero)
    t.world.give(hero, y, friend)
    t.tell("swap.back", A=friend, B=hero, x=x, y=y)
    t.feel(hero, "glad", sure=False)
    t.finish("greed", hero, friend)


SWAP = """
:swap.other
{A} had {y.a} with {him}. [It was {his} favorite|{^he} had gotten it from {his} {@relative}|{^he} showed it to {B}].
{A} was playing with {y.a}. [It looked like fun|It was very {#look}|{B.n} had never seen one like it].
In {his} hands, {A.n} held {y.a}. "[Look what I have!|It is brand new!|Do you like it?]" {A.he} said.

:swap.like
{A} looked at {y}. It was so much [nicer|newer|better] than {his} {x.noun}!
How {A.n} wanted {y.an}! {his} own {x.full} [looked boring now|was nothing next to it|did not seem so nice anymore].
{A} could not take {his} eyes off {y}. {^he} did not even look at {his} {x.noun}.

:swap.ask
"Let's swap, {B.v}. You get my {x.noun}, and I get your {y.noun}," said {A.n}.
"I will give you my {x.noun} for your {y.noun}, {B.v}," said {A.n}.
{A} asked {B}, "Would you like to trade your {y.noun} for my {x.noun}?"

:swap.do
{B.n} thought about it and nodded. So {A.n} gave {B} {x}, and {B.n} gave {A.him} {y}.
"All right," said {B.n}. Now {A.n} had {y}, and {B.n} had {x}.
They swapped. {A} took {y}, and {B.n} took {x}.
"[Deal|Good idea|Okay]!" said {B.n}. {A} handed over {x} and got {y}.

:swap.miss
[After a while|That evening|Soon], {A.n} looked at {y}. It was nice, but it was not {his} {x.noun}.
{A} played with {y} [for an hour|until lunch|for a long time]. Then {he} saw {B.n} with {x}, and something hurt inside {him}.
But {y} was [too loud|too small|too hard|not as much fun as {he} had thought]. {A} began to miss {his} {x.noun}.
"{^y.an} is nice," thought {A.n}, "but my {x.noun} knew all my secrets."

:swap.sorry
"I made a mistake, {B.v}. I miss my {x.noun}," {A} said.
"Can we swap back, {B.v}?" asked {A.n}.
{A} asked {B}, "Would you be angry if I wanted my {x.noun} back?"

:swap.fine
{A} [was not angry at all|only laughed|thought for a moment]. "I like my {y.noun} better anyway," {A} said.
"Of course," said {A.n}. "[I know how you feel|We are friends|A friend is more important than {#a toy}]."

:swap.no
"A deal is a deal," said {A.n}. "{^x.the} is mine now." "But I want it back!" cried {B.n}.
{A} did not want to swap back. "You wanted {y.the}," {A} said, "so keep it!" They [argued|shouted] until {B.n} [cried|turned red].

:swap.leave
{A} took {x} and went home. And the next week, {A.n}'s family moved to another town.
{A} ran away with {x} and [did not turn around|never came back to play].

:swap.agree
But then {A.n} looked at {y} and remembered [the day {he} got it|how much {he} liked it]. "All right," {A} said. "Let's swap back."
Then {A.n} saw that {B.n} was crying. "I do not want to be mean," {A} said. "You can have it back."

:swap.twist
Then came a surprise. {A} said, "Do not be angry, but I want my {y.noun} back." {B.n} began to laugh. They had both wanted the same thing!
"I have to tell you something," said {A.n}. "I do not even like this {x.noun}. I miss my {y.noun}!" Who would have thought that?

:swap.back
{A} gave {x} back to {B}, and {B.n} gave {y} back to {A.n}.
They swapped again. Now {B.n} had {x}, and {A.n} had {y}, just like before.
So {A.n} got {his} {y.noun} back, and {B.n} got {x}.
"""


def lend(t: Teller) -> None:
    """The hero lends something to a friend, who promises to bring it back."""
    hero, friend, x = t.hero, t.friend(), t.thing((*GIFTS, "tool", "gadget"))
    place = t.place("green", "wood", "water", "hill")
    t.begin()
    t.have(hero, x)
    t.gap(0.15, hero)
    t.join(friend, "visit")
    t.world.want(friend, f"to borrow the {x.noun}")
    t.say(friend, hero, "lend.ask", x=x, n=t.day_word())
    t.world.get(friend)
    t.give(hero, x, friend, "lend.give")
    if t.has("foreshadowing"):
        t.hint("lend.hint", A=friend, B=hero, x=x)
    t.say(friend, hero, "lend.promise", x=x)
    t.world.go(friend, place)
    t.tell("lend.off", A=friend, B=hero, x=x, p=place)
    t.also("lend.wait", A=hero, B=friend, x=x)
    if t.has("foreshadowing"):
        t.payoff("lend.payoff", A=friend, B=hero, x=x)
    t.world.go(hero, place)
    t.tell("lend.seek", A=hero, B=friend, x=x, p=place)
    if t.has("bad ending"):
        t.world.lose(friend, x)
        t.say(friend, hero, "lend.gone", x=x)
        t.world.mark("quarrel")
        t.feel(hero, "angry", sure=False)
        t.bad_end(hero, "sad", x=x, theme="care")
        return
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("lend.fight", A=hero, B=friend, x=x)
        t.feel(hero, "angry", sure=False)
        t.world.mark("make_up")
    if t.has("twist"):
        t.reveal("lend.twist", A=friend, B=hero, x=x)
    else:
        t.say(friend, hero, "lend.forgot", x=x)
        t.feel(friend, "sorry", sure=False)
    t.give(friend, x, hero, "lend.return")
    t.also("forgive", A=hero, B=friend)
    t.finish("forgive", hero, friend)


LEND = """
:lend.ask
"May I borrow your {x.noun} until {n}?" {A} asked {B}.
"I need {x.an}, {B.v}. Will you lend me yours?" asked {A.n}.
{A} asked {B}, "Could I take your {x.noun} with me, just for one day?"

:lend.give
{A} did not like to give it away, but {he} trusted {B.n}. {^he} gave {B.him} {x}.
"All right," said {A.n} and gave {B.n} {x}.
{A} thought for a long time. Then {he} put {x} into {B.s} hands.
"Because you are my friend," said {A.n} and gave {x} to {B}.

:lend.hint
{A} was always [in a hurry|full of ideas|busy], and sometimes {he} forgot things.
{A} had once forgotten [{his} own birthday|where {he} lived|to put on {his} shoes|{his} bag at school], but nobody thought of that now.
"You will not forget it, will you?" asked {B.n}. "[Me? Never|Of course not|What a question]!" laughed {A.n}.

:lend.promise
"I promise to bring it back, {B.v}," said {A.n}[||| {#talk}].
{A} told {B}, "I will guard {x.the} like a treasure."
"You will have {x.the} back tomorrow, {B.v}," said {A.n}[||| {#talk}].
{A} put a hand on {his} heart and said, "I will be so careful with {x.the}!"

:lend.off
{A} took {x} and went {p.to}.
Off went {A.n}, {p.to}, with {x}. {B.n} [waved|stood at the window|looked after {A.him}].
{A} [ran|skipped|walked] {p.to} with {x}, and {B.n} went back inside.

:lend.wait
{A} waited. One day went by, and then another. There was no sign of {B.n}[| and no {x.noun}| or of {x.the}].
The next day came, but {B.n} did not. {A} [looked out of the window {#number} times|ate {#dish} alone|played with {#a toy}, but it was not the same].
{A} waited [until dinner|all week|the whole day]. "Where is {B.n} with my {x.noun}?" {he} [asked|wondered].

:lend.payoff
And {A.n}? {^he} had forgotten all about it, just as {he} always forgot things.
It was as one could have guessed. {A} had so much to do that {he} had forgotten {x}.

:lend.seek
In the end, {A.n} went {p.to} to look for {B}. There {B.n} was[|, {@ing}|, next to {#a cover}|, with {x}].
{A} put on {his} {#clothes} and went {p.to}. {^he} found {B.n} there[|, {@ing}| behind {#a cover}].

:lend.gone
"Your {x.noun} fell into the water, and now it is gone," {A} told {B}.
{A} looked at the ground and told {B}, "I have lost your {x.noun}."
"Someone took your {x.noun} when I was not looking, {B.v}," said {A.n}.

:lend.fight
"You promised to bring it back!" {A} shouted. "[I was busy|I only forgot|Do not shout at me]!" {B.n} shouted back.
"Where is my {x.noun}?" {A} asked. "You do not keep your word!" "[It is only {x.an}|I still needed it|You are not nice], {A.v}!" said {B.n}.

:lend.twist
But {A.n} had not forgotten. {^x.the} had had a small crack, and {A.n} had worked for days to mend it. Now it looked like new!
"I wanted to surprise you," said {A.n}. {^he} had painted {x} with {#number} {#color} stars.

:lend.forgot
"I am so sorry, {B.v}. I forgot about {x.the}," said {A.n}.
{A} said to {B}, "I should have brought it back. I did not think of it."
"It is my fault, {B.v}. I was having too much fun," said {A.n}.

:lend.return
{A} [wiped|cleaned|picked up] {x} and gave it back to {B}[|, together with {#a treat}].
"Here is your {x.noun}," said {A.n}. {B.n} took it and [held it tight|looked at it from all sides|put it in {B.own} bag].
At last, {A.n} gave {x} back to {B}.
"""

FORMS = SHARE + SWAP + LEND
PLOTS = (
    Plot(share, (*PLAY, *FOOD_KINDS, *OUTDOOR_GROUPS), ALL_FEATURES - {"foreshadowing"}),
    Plot(
        swap, (*PLAY, "green", "water", "house", "town", "hall"), ALL_FEATURES - {"foreshadowing"}
    ),
    Plot(lend, (*GIFTS, "tool", "gadget", "green", "wood", "water", "hill"), ALL_FEATURES),
)
