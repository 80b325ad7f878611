# ruff: noqa: E501 - one template a line
"""Plots at home: something breaks, something must not be eaten yet."""

from memstudy.corpora.story_world.lexicon import HOME
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

FRAGILE = ("breakable", "instrument", "hard_toy")
TREATS = ("baked", "sweet")


def broken(t: Teller) -> None:
    """The hero breaks something and must tell the truth."""
    hero, adult, x = t.hero, t.parent(), t.thing(FRAGILE)
    t.begin()
    t.gap(0.15, hero)
    t.world.appear(adult, HOME)
    t.world.own(adult, x)
    t.tell("broken.proud", A=adult, B=hero, x=x)
    if t.has("foreshadowing"):
        t.world.mark("hint")
        t.say(adult, hero, "say.warn", x=x)
    t.world.put(adult, x, t.spot(HOME))
    t.tell("broken.put", A=adult, x=x, s=x.spot)
    t.also("broken.play", A=hero, v=t.activity(HOME), lead=t.day())
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    t.world.break_(x)
    t.tell("broken.crash", A=hero, B=adult, x=x)
    t.feel(hero, "afraid", sure=False)
    t.world.take(hero, x)
    t.world.put(hero, x, t.spot(HOME))
    t.tell("broken.hide", A=hero, x=x, s=x.spot)
    t.say(adult, hero, "broken.ask", x=x)
    t.tell("broken.lie", A=hero, B=adult, x=x, animal=t.animal(("pet",)))
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("broken.argue", A=adult, B=hero, x=x)
    t.feel(hero, "sorry", sure=False)
    if t.has("bad ending"):
        t.tell("broken.never", A=hero, B=adult, x=x)
        t.bad_end(hero, "sad", x=x, theme="truth")
        return
    if t.has("conflict"):
        t.world.mark("make_up")
    t.say(hero, adult, "broken.truth", x=x)
    t.world.take(hero, x)
    t.give(hero, x, adult, "broken.bring")
    if t.has("twist"):
        t.reveal("broken.twist", A=adult, B=hero, x=x)
    else:
        t.tell("forgive", A=adult, B=hero)
    if t.optional():
        t.world.mend(adult, x)
        t.tell("broken.mend", A=adult, B=hero, x=x)
    t.feel(hero, "glad", sure=False)
    t.finish("truth", hero, adult)


BROKEN = """
:broken.proud
{A.n} had {x.a}. It [was very old|had been a gift|had come from far away|was dear to {him}].
{his} {@parents} had given {A.n} {x.a}, and {he} was very proud of it.
{A.n} loved {his} {x.full}. {^he} cleaned it every {weekday}.

:parents
parents
sister
brother
best friend

:broken.put
{A} put {x} {s} and went to [water the {#s flower}|call {#a person}|make {#dish}|feed the {#pet}].
{A} left {x} {s}.
{x.the} had its place {s}. {A} put it there and went out of the room.

:broken.play
{A} {v.ed}[| as fast as {he} could| and laughed| and did not look where {he} was going|, faster and faster].
{A} wanted to {v}, and so {he} did. {^he} [turned round and round|ran up and down|did not look around].
{A} was busy {v.ing}[| with {#a house_thing} on {his} head| and sang loudly| with closed eyes].

:broken.crash
Bump! {A} [hit|ran into|fell against] {x.the}, and it fell down. It was broken.
There was a loud crash. {x.the} lay on the floor in {#number} pieces.
{A} did not mean to do it, but {his} [arm|elbow|foot] touched {x}. Crack! It broke.
[Crash|Crack|Oh no]! {A} had knocked over {x}. Now it was broken.

:broken.hide
{A} took {x} and hid it {s}.
{A} picked up {x} with shaking hands and put it {s}, where nobody would look.
Quickly, {he} hid the broken {x.noun} {s}. "Nobody will know," {A.n} [thought|whispered].

:broken.ask
"Where is my {x.noun}, {B.v}?" asked {A.n}.
"Do you know what happened to my {x.noun}?" {A} asked {B}.
{A} came back and asked {B}, "Have you seen {x.the}?"

:broken.lie
"It was the {animal}," said {A.n}, but {he} [could not look at {B}|turned red|spoke very softly].
"I do not know," {A} said. [The words felt heavy|{^his} ears turned red|{^his} tummy hurt].
{A} [shook {his} head|shrugged]. "Maybe the {animal} took it," {he} said.

:broken.argue
"I do not think so," said {A.n}. "You never believe me!" shouted {B.n}. "Then tell me what happened," {A} said.
"That is not true, is it?" said {A.n}. "It is, it is!" {B.n} shouted and ran to {B.own} room.

:broken.truth
"It was me. I broke {x.the}, {B.v}," said {A.n}.
{A} told {B}, "I have to tell you something. I broke your {x.noun}."
"I am sorry, {B.v}. I lied. I broke it," said {A.n}.

:broken.bring
{A} got {x} from where it was hidden and gave it to {B}.
{A} brought {x} and put it into {B.s} hands.

:broken.never
{A} never told {B}, and the secret grew [bigger and bigger|like a stone in {his} tummy|heavier every day].
One day, {B.n} found the pieces. {B.n} did not shout. {B.n} only looked at {A}, and that was much worse.

:broken.twist
But {A.n} began to laugh. "It was broken before," {A} said. "I glued it {#number} days ago. I should have told you!"
"I knew it all along," said {A.n}. "I saw you from the door. I only waited for you to be brave."

:broken.mend
{A} and {B.n} sat down with a pot of glue. [An hour later|Soon|Piece by piece], {x.the} was whole again.
{A} mended {x} with glue and {#a color} ribbon, and {B.n} helped.
{A} [took a hammer|took some tape|got the glue] and mended {x}. Now it was almost like new.
"""


def forbidden(t: Teller) -> None:
    """There is a treat that must not be eaten yet."""
    hero, adult, x = t.hero, t.parent(), t.thing(TREATS)
    t.begin()
    t.gap(0.2, hero)
    t.world.appear(adult, HOME)
    lead = t.day()
    t.world.own(adult, x)
    t.tell("forbidden.make", lead, A=adult, B=hero, x=x)
    t.world.put(adult, x, t.spot(HOME))
    t.tell("forbidden.put", A=adult, x=x, s=x.spot)
    t.say(adult, hero, "forbidden.rule", x=x)
    if t.has("foreshadowing"):
        t.hint("forbidden.hint", A=adult, B=hero, x=x)
    t.world.want(hero, f"to eat the {x.noun}")
    t.tell("forbidden.tempt", A=hero, x=x, s=x.spot)
    if t.has("conflict"):
        friend = t.friend()
        t.join(friend, "visit")
        t.world.mark("quarrel")
        t.tell("forbidden.argue", A=hero, B=friend, x=x)
        t.world.mark("make_up")
    strong = not t.has("bad ending") and (t.has("twist") or t.chance(0.4))
    if strong:
        v = t.activity(HOME)
        t.world.do(hero, v.base)
        t.tell("forbidden.resist", A=hero, x=x, v=v)
        t.gap(0.6, hero)
        t.tell("forbidden.return", A=adult, B=hero, x=x)
        if t.has("twist"):
            t.reveal("forbidden.twist", A=adult, B=hero, x=x)
        t.world.take(adult, x)
        t.give(adult, x, hero, "give")
        t.world.get(hero)
        t.world.use_up(hero, x)
        t.tell("forbidden.eat", A=hero, B=adult, x=x)
        if t.has("foreshadowing"):
            t.payoff("forbidden.spared", A=hero)
        t.feel(hero, "glad", sure=False)
        t.finish("patience", hero, adult)
        return
    t.world.take(hero, x)
    t.tell("forbidden.take", A=hero, x=x)
    t.world.get(hero)
    t.world.use_up(hero, x)
    t.tell("forbidden.gone", A=hero, x=x)
    if t.has("foreshadowing"):
        t.payoff("forbidden.ache", A=hero, x=x)
    t.feel(hero, "sorry", sure=False)
    t.say(adult, hero, "forbidden.ask", x=x)
    if t.has("bad ending"):
        t.tell("forbidden.punish", A=hero, B=adult, x=x)
        t.bad_end(hero, "sad", theme="listen")
        return
    t.tell("sorry", A=hero, B=adult)
    t.tell("forgive", A=adult, B=hero)
    t.tell("forbidden.bake", A=hero, B=adult, x=x)
    t.feel(hero, "glad", sure=False)
    t.finish("listen", hero, adult)


FORBIDDEN = """
:forbidden.make
{A} made {x.a}. [The whole house smelled of it|It was for {#a person}|It was for dinner|{B.n} watched with big eyes].
{A} brought home {x.a} [in {#a house_thing}|for the next day|for the party].
{A} came in with {x.a}. "[This is for later|Look what I have|Is it not {#look}]?" {A} asked.

:forbidden.put
{A} put {x} {s} to [cool|keep it safe|hide it].
{A} set {x} down {s}.
{x.the} had to wait, so {A.n} put it {s}.

:forbidden.rule
"Do not touch {x.the} before dinner, {B.v}," said {A.n}[||| {#talk}].
"This {x.noun} is for later, {B.v}," {A} said.
{A} told {B}, "Nobody eats {x.the} until I am back."
"You may look at {x.the}, {B.v}, but do not eat it," said {A.n}[||| {#talk}].

:forbidden.hint
"The last one who ate too much had a tummy ache for {#number} days," {A} added.
"Your tummy will hurt," {A} said, but {B.n} [was not listening|only looked at {x}|thought that it was a joke].

:forbidden.tempt
{A} could see {x} {s}. It looked so good! {A} wanted to eat it.
When {he} was alone, {A.n} went closer. {^x.the} was {s}, and it smelled [wonderful|sweet]. How {he} wanted to eat it!
"Just one little bite," {A} thought. {^x.the} [seemed to smile at {him}|was calling {his} name|looked lonely]. {^he} wanted to eat it so much.
{A} wanted to eat {x}. {^he} walked past it once, twice, {#number} times.

:forbidden.argue
"Let's eat it!" said {B.n}. "No, we must not!" said {A.n}. "You are a scaredy-cat!" "I am not!" They [shouted|argued] until {B.n} [said sorry|laughed and let it be].
"Give me a piece of {x.the}," said {B.n}. "I cannot," said {A.n}. They began to [push|shout|argue], and then they were both sorry.

:forbidden.resist
But {A.n} was strong. {^he} turned around and {v.ed} instead.
"No," {he} told {himself}. {A} closed the door and {v.ed} so that {he} would not think of it.
{A} sat on {his} hands and counted to {#number}. Then {he} {v.ed} until it was time.

:forbidden.return
When {A.n} came back, {x.the} was still there. "[I am proud of you|You waited|Well done], {B.v}," {A} said.
{A} came home and looked at {x}. Not one crumb was missing!

:forbidden.twist
Then {A.n} laughed. "It was for you the whole time, {B.v}! I made it because you [helped me so much|were so {#goodness} this week|lost a tooth]."
"I have a secret," said {A.n}. "Today is the day I first held you in my arms, {B.v}. {^x.the} was always meant for you."

:forbidden.eat
{A} ate {x}. [It was {#taste}|It tasted even better because {he} had waited|{^he} gave {B.n} the first bite|Nothing was left but a crumb].
Bite by bite, {A.n} ate {x}. "[It was worth it|This is so {#taste}|Waiting is hard]," {he} said.

:forbidden.take
{A} looked around. Nobody was there. {^he} [climbed on {#a furniture}|stretched out {his} arm] and took {x}.
In the end, {A.n} could not wait. {^he} grabbed {x}.
{A} tiptoed closer and took {x} with both hands.

:forbidden.gone
One bite, two bites, {#number} bites, and {x.the} was gone.
{A} wanted only a little piece of {x.the}, but {he} ate and ate until nothing was left.
{A} ate {x} [under the table|behind {#a furniture}|in the closet] and licked {his} fingers.

:forbidden.ache
And then {his} tummy began to hurt. "Ow!" cried {A.n}. It was just as they had told {him}.
Soon {A.n} had a terrible tummy ache. {^he} had been warned!

:forbidden.spared
And because {he} had waited, {his} tummy did not hurt at all.
{A} thought of the tummy ache that {he} did not have[|, and smiled| and rubbed {his} tummy].

:forbidden.ask
"Where is {x.the}, {B.v}?" asked {A.n}.
{A} looked at the crumbs and asked {B}, "Who ate {x.the}?"
"You have something on your chin, {B.v}," said {A.n}.

:forbidden.punish
{A} had to go to bed [at once|without dinner|before the {#s bird}], and there was no {#baked} for a week.
"You did not listen," {B.n} said in a quiet voice. {A} was sent to {his} room and heard how the others laughed and ate {#dish}.

:forbidden.bake
{AB.n} went to the kitchen and made a new {x.noun}. This time, {A.n} waited.
"You can help me make a new one," said {B.n}. {A} [washed {his} hands|put on {#a color} apron|stirred and stirred], and this time {he} did not even lick the spoon.
"""

FORMS = BROKEN + FORBIDDEN
PLOTS = (
    Plot(broken, FRAGILE, ALL_FEATURES),
    Plot(forbidden, TREATS, ALL_FEATURES),
)
