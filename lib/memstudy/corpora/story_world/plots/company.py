# ruff: noqa: E501 - one template a line
"""Plots of gladdening somebody: a birthday present, a new child."""

from memstudy.corpora.story_world.lexicon import HOME, HOUSE_KINDS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

GIFTS = (*TOY_KINDS, "instrument", "paper_thing", "clothes", "accessory", *HOUSE_KINDS)
COMFORTS = (*TOY_KINDS, "instrument", "paper_thing", "clothes", "accessory")


def birthday(t: Teller) -> None:
    """The hero looks for the right present for a friend."""
    hero, friend, x = t.hero, t.friend(), t.thing(GIFTS)
    shop = t.place("shop", "town")
    t.begin()
    t.join(friend, "visit")
    t.gap(0.25, hero, friend)
    if t.has("foreshadowing"):
        t.hint("birthday.hint", A=friend, B=hero, x=x)
    else:
        t.world.want(friend, x.an)
        t.say(friend, hero, "birthday.wish", x=x)
    t.world.leave(friend)
    t.also("birthday.soon", A=hero, B=friend, n=t.day_word())
    t.go(shop, hero, lead=t.day())
    t.look(hero)
    t.also("birthday.search", A=hero, B=friend, p=shop)
    t.world.lie(x, shop, t.spot(shop))
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    t.tell("birthday.see", A=hero, x=x, s=x.spot)
    t.take(hero, x, "birthday.buy")
    t.go(HOME, hero)
    t.also("birthday.wrap", A=hero, x=x)
    if t.has("conflict"):
        sister = t.parent()
        t.world.appear(sister, HOME)
        t.world.mark("quarrel")
        t.tell("birthday.quarrel", A=sister, B=hero, x=x)
        t.world.mark("make_up")
    t.new_day()
    t.world.appear(friend, HOME)
    t.tell("birthday.party", A=hero, B=friend, x=x)
    if t.has("bad ending"):
        t.world.break_(x)
        hard = x.kind in ("hard_toy", "instrument", "household", "breakable")
        t.tell("birthday.break" if hard else "birthday.tear", A=hero, B=friend, x=x)
        t.feel(friend, "sad", sure=False)
        t.bad_end(hero, "sorry", x=x, theme="care")
        return
    t.world.get(friend)
    t.give(hero, x, friend, "birthday.give")
    t.feel(friend, "glad", sure=False)
    t.notice_feeling(hero, friend, "glad")
    if t.has("twist"):
        y = t.thing(GIFTS)
        t.world.own(friend, y)
        t.reveal("birthday.twist", A=friend, B=hero, x=x, y=y)
        t.give(friend, y, hero, "give")
        t.feel(hero, "glad", sure=False)
    t.also("thanks", A=friend, B=hero)
    t.finish("kind", hero, friend)


BIRTHDAY = """
:birthday.hint
{A} stopped to look at a picture of {x.an}. "[Nice|How pretty|I like that]," {A} said, and {B.n} kept it in mind.
"Some day I will have {x.an}," {A} [said|sang|told {B}]. {B.n} only smiled.
{A} drew {x.an} in the dust with one finger. {B.n} saw it but said nothing.

:birthday.wish
"I wish I had {x.an}," {A} told {B}.
{A} asked {B}, "Do you know what I want most? {^x.an}!"
"If I had {x.an}, I would be the happiest {A.kind} in the world," {A} told {B}.

:birthday.soon
{B.s} birthday was coming. {A} wanted to find the best present of all.
"{B.s} birthday is coming," thought {A.n}. "I need a [present|gift] soon!"
Soon it would be {B.s} birthday. {A} took {#number} coins out of {his} piggy bank.
On {his} {#furniture}, {A.n} had a calendar. {B.s} birthday was marked in {#color}. It was only {#number} days away!

:birthday.search
Should {he} buy {#a thing}? Or {#a clothes}? No, {B.n} had [wished for something else|enough of those|no use for that].
{A} looked at {#s house_thing} and {#s toy}. Nothing was right for {B.n}.
"May I help you?" asked {#a person:k}. "I need a present for {B.n}," said {A.n}. The {k} showed {A.him} {#a thing}, but that was not it.
{A} saw {#a color} {#clothes} and {#a adj} {#house_thing}. But {B.n} would [not like them|want something better].

:birthday.see
Then {A.n} saw {x.a} {s}. That was it!
And there, {s}, [was|lay] {x.a}. "That is the one!" {A} [said|thought|cried].
{A} almost gave up, but then {he} found {x.a} {s}.

:birthday.buy
{A} took {x} and paid for it with {#number} coins.
{A} bought {x}. "[Good choice|That is a fine {x.noun}|Somebody will be happy]," said {#a person:k}.
{A} counted {his} coins. There were just enough! {^he} took {x} and [ran out|smiled|thanked {#a person}].

:birthday.wrap
At home, {A.n} wrapped {x} in {#color} paper and drew {#a animal} on it.
{A} put {x} in a box and tied {#a color} [ribbon|string] around it.
{A} hid {x} [under {his} bed|behind {#a furniture}|in {#a house_thing}] so that nobody would see it.

:birthday.quarrel
"You should have bought something useful," said {A.n}. "It is my money!" {B.n} shouted. They argued, but later {A.n} [said sorry|helped to tie the ribbon|baked {#s baked}].
"Your room is full of paper! Clean it up at once!" {A} said. "You always scold me!" cried {B.n}. In the end, they [cleaned it together|hugged|both said sorry].

:birthday.party
At last it was time for the party. {B.n} came in {#a adj} {#clothes}, and there were {#s baked} and {#drink}.
{B.s} birthday had come! There was {#a baked} with {#number} candles[|, and everybody sang| and music|, and paper stars hung from {#a furniture}].
The party was at {A.s} house. {B.n} wore {#a color} {#clothes}[|, and they played {@game}|, and {#number} guests came].

:game
hide and seek
tag
musical chairs
follow the leader
treasure hunt

:birthday.break
{A} [ran|hurried] to {B} with {x}, but {he} [tripped over {#a hurdle}|slipped on the rug|fell over {#a pet}]. Crack! {^x.the} was broken.
Just then, {A.n} dropped {x}. It broke into {#number} pieces. {B.n} stared at it.

:birthday.tear
{A} [ran|hurried] to {B} with {x}, but it got caught on {#a furniture}. Rip! {^x.the} was torn.
Just then, {#a pet:k} jumped up and bit into {x}. The {k} pulled and pulled, until {x.the} was torn to pieces.

:birthday.give
"Happy birthday, {B.v}!" said {A.n} and gave {B.him} {x}.
{A} gave {x} to {B}. "This is for you. Happy birthday!"
{A} held out {x}, and {B.n} [tore off the paper|opened it with shaking hands|took it]. "{^x.a}!" {B.he} [cried|shouted].

:birthday.twist
"And now it is your turn," said {A.n}. {B.n} had forgotten that {B.own} own birthday was on the same day! {A} had {y.a} for {B}.
But {A.n} had a secret, too. "Did you think I would come without a gift?" {he} asked. {^he} had {y.a} for {B}.
"Wait," said {A.n}, "one year ago today, we met. That is why I have something for you." It was {y.a}.
"""


def newcomer(t: Teller) -> None:
    """Somebody new is alone, and the hero makes the first step."""
    hero, other = t.hero, t.stranger()
    place = t.place("green", "hall", "water", "town")
    x = t.thing(COMFORTS)
    t.begin()
    t.have(hero, x)
    t.go(place, hero, lead=t.day())
    t.look(hero)
    t.gap(0.3, hero)
    t.join(other, "newcomer.see")
    t.feel(other, "bored" if t.chance(0.6) else "sad", sure=False)
    if t.has("conflict"):
        rival = t.friend()
        t.world.appear(rival, place)
        t.world.mark("quarrel")
        t.tell("newcomer.mean", A=rival, B=hero, C=other)
        t.tell("newcomer.stand", A=hero, B=rival, C=other)
        t.world.leave(rival)
        t.tell("newcomer.gone", A=rival)
        t.world.mark("make_up")
    t.also("newcomer.think", A=hero, B=other)
    if t.has("bad ending"):
        t.tell("newcomer.pass", A=hero, B=other)
        t.world.leave(other)
        t.tell("newcomer.away", A=other, B=hero)
        t.bad_end(hero, "sorry", theme="kind")
        return
    t.say(hero, other, "newcomer.hello", x=x)
    t.also("newcomer.answer", A=other, B=hero)
    t.give(hero, x, other, "newcomer.lend")
    t.feel(other, "glad", sure=False)
    t.gap(0.7, hero, other)
    t.give(other, x, hero, "newcomer.back")
    if t.has("twist"):
        t.reveal("newcomer.twist", A=other, B=hero)
    t.finish("friends", hero, other)


NEWCOMER = """
:newcomer.see
There was {B.intro}, all alone. {A} had never seen {B} before.
{A} saw {B.intro} who [sat alone on {#a seat}|stood next to {#a cover}|did not talk to anyone|had {#a color} {#clothes} on].
{B.intro} was sitting under {#a tree}. Nobody [spoke to {B}|knew {B}|asked {B} to play].
Behind {#a cover} stood {B.intro}. {A} did not know {B}.
{B.intro} was new in town. {A} saw {B} [watch the others|sit in a corner|look at the ground].

:newcomer.mean
{A.intro} came along too. "Who is that? Look at that {#clothes}!" {A} laughed and pointed at {C.n}.
{A.intro} was there as well. "Do not play with {C.n}," {A} told {B}. "[We do not need anyone else|Nobody knows {C.n}|We have our own club]."

:newcomer.stand
"That is not kind," said {A.n}. "[You were new once, too|How would you like that|Everyone can play here], {B.v}!"
{A} got angry. "Stop that, {B.v}! {C.n} has done nothing wrong!"

:newcomer.gone
{A} [shrugged|turned red|was ashamed] and went home.
{A} [said nothing more|kicked a stone] and walked away.

:newcomer.think
{A} thought about {his} own first day [at school|in town|in this place]. {^he} knew how it felt to be alone.
{A} was a bit shy, but {he} could not just [walk past|look away|do nothing].
What should {he} do? {A} looked at {B}, and {B.n} looked away.
"{B.n} looks like someone who [has good ideas|likes {#s animal}|could be a friend]," {A} thought.

:newcomer.pass
But {A.n} did not know what to say, and so {he} walked past {B.n}.
{A} wanted to say something, but then {#a vehicle} came, and {he} ran to look at it instead.

:newcomer.away
{A} got up and left, and {B.n} never saw {A.him} again.
When {B.n} came back, {A.n} was gone. The place under the {#tree} was empty.

:newcomer.hello
"Hello, {B.v}. Do you want to play with my {x.noun}?" asked {A.n}.
"Hi, I am {A.n}! Would you like to see my {x.noun}?" {A} asked {B}.
{A} went up to {B} and said, "You can play with me and my {x.noun}."

:newcomer.answer
{A} looked up and smiled for the first time. "[I would like that|Yes, please|Do you mean it|I thought nobody would ask]," {A} said.
"[Really|Me|With you]?" asked {A.n}. {B.n} nodded. "Then yes!"
{A} was so surprised that {he} [could not speak at first|dropped {his} {#house_thing}|forgot to answer].

:newcomer.lend
{A} gave {x} to {B}. "You can go first," {A} said.
{A} put {x} into {B.s} hands and showed {B.him} [how it worked|what to do|every part of it].
"Here, try it," said {A.n} and handed {x} to {B}.

:newcomer.back
When it got late, {A.n} gave {x} back to {B}. "Thank you. [Nobody was ever so nice to me|That was fun|I am not alone anymore]," {A} said.
Before they went home, {A.n} gave {x} back to {B}.
{A} gave {B} {x} back and asked, "Will you be here tomorrow?"

:newcomer.twist
"Where do you live?" asked {B.n}. {A} pointed at {B.s} own street. They were neighbors and had not known it!
Then {A.n} said, "My {@relative} is {#a person}. You can all come and ride in {#a vehicle}!" Nobody had known that.
And do you know who {A.n} was? {^he} was {B.s} cousin from far away! Nobody had told {B.him} about it.
"""

FORMS = BIRTHDAY + NEWCOMER
PLOTS = (
    Plot(birthday, (*GIFTS, "shop", "town"), ALL_FEATURES),
    Plot(newcomer, (*COMFORTS, "green", "hall", "water", "town"), ALL_FEATURES - {"foreshadowing"}),
)
