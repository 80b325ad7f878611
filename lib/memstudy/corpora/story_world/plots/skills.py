# ruff: noqa: E501 - one template a line
"""Plots of skill: learning something, standing on a stage."""

from memstudy.corpora.story_world.lexicon import HOME, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

PRIZES = (*TOY_KINDS, "baked", "sweet", "clothes", "accessory", "paper_thing")


def learn(t: Teller) -> None:
    """The hero cannot do something yet."""
    hero, teacher = t.hero, (t.parent() if t.chance(0.5) else t.adult())
    v = t.activity(kind="skills")
    place = t.place(*(sorted(v.places) or ("green", "house", "hall")))
    x = t.thing(PRIZES)
    t.begin()
    t.gap(0.1, hero)
    lead = t.day()
    t.world.want(hero, f"to learn how to {v.base}")
    t.tell("learn.wish", lead, A=hero, v=v)
    t.go(place, hero)
    if t.has("conflict"):
        rival = t.friend()
        t.join(rival)
        t.world.mark("quarrel")
        t.tell("learn.laugh", A=rival, B=hero, v=v)
        t.feel(hero, "angry", sure=False)
        t.world.leave(rival)
        t.tell("learn.gone", A=rival, B=hero)
    else:
        t.look(hero)
    t.tell("learn.fail", A=hero, v=v)
    t.feel(hero, "sad", sure=False)
    t.world.appear(teacher, place)
    t.tell("learn.meet", A=teacher, B=hero, v=v)
    if t.has("foreshadowing"):
        t.hint("learn.hint", A=teacher, B=hero, v=v)
    t.say(teacher, hero, "learn.advice", v=v)
    t.also("learn.try", A=hero, B=teacher, v=v)
    t.gap(0.6, hero)
    t.also("learn.again", A=hero, B=teacher, v=v)
    if t.has("bad ending"):
        t.tell("learn.stop", A=hero, B=teacher, v=v)
        t.bad_end(hero, "sad", theme="practice")
        return
    t.world.do(hero, v.base)
    t.world.get(hero)
    t.tell("learn.can", A=hero, B=teacher, v=v)
    t.feel(hero, "glad", sure=False)
    if t.has("foreshadowing"):
        t.payoff("learn.payoff", A=hero, B=teacher, v=v)
    if t.has("twist"):
        t.reveal("learn.twist", A=teacher, B=hero, v=v)
    if t.has("conflict"):
        t.world.appear(rival, place)
        t.world.mark("make_up")
        t.tell("learn.peace", A=rival, B=hero, v=v)
    if t.optional() or not t.told_noun():
        t.world.own(teacher, x)
        t.give(teacher, x, hero, "learn.prize", v=v)
    t.also("thanks", A=hero, B=teacher)
    t.finish("practice", hero)


LEARN = """
:learn.wish
{A} had a wish: {he} wanted to learn how to {v}. [All the others could do it|{^his} {@relative} could do it|{^he} had seen {#a person} do it].
{A} wanted to {v}, but {he} did not know how. [{^his} {@relative} could do it so well|It looked so easy|Even {his} {@relative} could do it].
{A} told {his} {@relative}, "I want to learn how to {v}." "[Then go and try|It takes time|You can do it|That is a big plan]," was the answer.
{A} woke up from a dream in which {he} could {v}. Now {he} wanted to learn it for real.

:learn.laugh
"You want to {v}? You will never do it!" said {A.n}. "I will!" cried {B.n}. "Will not!" "Will!"
{A} laughed at {B}. "A little {B.kind} like you cannot {v}!" "You cannot do it either!" said {B.n}, and they argued.

:learn.gone
{A} walked away and left {B.n} alone.
{A} shrugged and went to look for {#a treat}.

:learn.fail
{A} tried. It did not work. {A} tried again, and [it was even worse|{he} fell on {his} back|it went wrong again].
The first time {he} tried to {v}, {A.n} [fell over|got all mixed up|made a mess|hurt {his} knee|had to stop].
{A} tried {#number} times to {v}, but it [always went wrong|just did not work|ended in a mess].
"I will never learn to {v}," said {A.n}[| and kicked {#a low_thing}| and sat down on {#a seat}].

:learn.meet
{A.intro} [saw it and came closer|stopped to watch|had seen everything]. "May I help you?" {A} asked.
Then {A.intro} came along. {A} knew how to {v}.
{A.intro} sat down next to {B}. "I could not {v} either when I was small," {A} said.

:learn.hint
"One day you will {v} better than I can," said {A.n}, but {B.n} [did not believe it|had to laugh|shook {B.own} head].
{A} looked at {B.s} [hands|feet|eyes] and smiled as if {A.he} knew something that {B.n} did not know yet.

:learn.advice
"Start slowly, {B.v}, and do not be afraid of mistakes," said {A.n}[||| {#talk}].
{A} told {B}, "First you breathe, then you look, and then you try again."
"Do it a little every day, {B.v}," said {A.n}[||| {#talk}].
{A} told {B}, "Everybody who can {v} had to learn it once."
"It does not matter how often you fail, {B.v}. It matters how often you try," said {A.n}[||| {#talk}].

:learn.try
{A} listened and tried again, a little slower. This time it was [better|not so bad|almost right].
"Like this?" asked {A.n}. "Almost," said {B.n}. "[A bit slower|Look up|Hold still|Try once more]."
{B.n} [held {A.s} hand|counted to {#number}|showed it once more], and {A.n} tried to {v}.

:learn.again
{A} practiced [every morning before {#dish}|day after day|for {#number} weeks|until the stars came out].
Again and again, {A.n} tried to {v}. {^he} thought of what {B.n} had told {him}.
On {weekday} {he} failed {#number} times, and on {weekday2} only {#number2} times.

:learn.stop
But it was still hard, and one day {A.n} gave up. {^he} [never tried to {v} again|put everything in {#a house_thing} and closed it].
But then {A.n} got impatient, and {he} [threw everything down|ran away]. {B.n} called after {A.him}, but {A.n} did not come back.

:learn.can
And then, one day, it worked! {A} could {v}!
One {part}, without thinking of it, {A.n} {v.ed}. "I can do it! Look, I can do it!" {he} shouted.
{A} closed {his} eyes, took a deep breath, and {v.ed}. It worked! {B.n} [clapped|cheered|threw {B.own} {#clothes} into the air].
And what do you think? {A} {v.ed} [as if it were easy|like {#a person}|without one mistake]!

:learn.payoff
"Did I not tell you?" said {B.n}. "Now you {v} better than I do." {A} remembered that day and smiled.
{B.n} tried it too, but {A.n} was better. It had all come true.

:learn.twist
And now {A.n} told a secret: "I could not {v} at all, {B.v}. I learned it together with you!"
"Do you know," said {A.n}, "that I never learned to {v}? I only read about it. Now you must teach me, {B.v}!"

:learn.peace
{A.n} came back and saw it. "I was wrong, {B.v}," {A} said. "Will you show me how to {v}?" {B.n} [smiled|nodded], and all was well.

:learn.prize
{A} gave {B.n} {x.a}. "This is for someone who did not give up," {A} said.
"I have something for you," said {A.n}, and {he} gave {B.n} {x.a}.
For all the hard work, {B.n} got {x.a} from {A.n}.
"""


def show(t: Teller) -> None:
    """The hero is afraid to stand in front of people."""
    hero, friend, x = t.hero, t.friend(), t.thing(("instrument", "clothes", "sport_toy"))
    place = t.place("hall", "town")
    t.begin()
    t.have(hero, x)
    t.gap(0.15, hero)
    v = t.activity(kind="stage")
    t.tell("show.plan", A=hero, p=place, v=v, n=t.day_word())
    t.feel(hero, "afraid", sure=False)
    t.join(friend, "visit")
    t.say(hero, friend, "show.fear", sure=False, x=x)
    t.also("show.advice", A=friend, B=hero)
    if t.has("conflict"):
        t.quarrel(hero, friend)
    t.go(place, hero, friend)
    if t.has("foreshadowing"):
        pet = t.animal(("pet",))
        t.hint("show.hint", A=hero, k=pet)
    t.look(hero, friend)
    t.also("show.wait", A=hero, B=friend, x=x)
    if t.chance(0.5):
        t.give(hero, x, friend, "show.hold")
        t.give(friend, x, hero, "give")
    t.tell("show.stage", A=hero, x=x)
    if t.has("bad ending"):
        t.world.go(hero, HOME)
        t.tell("show.run", A=hero, x=x)
        t.bad_end(hero, "sad", theme="brave")
        return
    if t.has("foreshadowing"):
        t.payoff("show.payoff", A=hero, k=pet)
    t.world.do(hero, v.base)
    t.tell("show.do", A=hero, B=friend, v=v)
    t.also("show.clap", A=hero, B=friend)
    if t.has("twist"):
        t.reveal("show.twist", A=friend, B=hero)
    t.feel(hero, "glad", sure=False)
    t.also("thanks", A=hero, B=friend)
    t.finish("brave", hero, friend)


SHOW = """
:show.plan
There was going to be a big show on {n}, {p.at}. {A} was going to {v} in front of everyone.
{A} had a part in the show {p.at}. {^he} had to {v}, all alone on the stage.
"In the show, you will {v}, {A.v}," the teacher had said. {A} thought of it day and night.

:show.fear
"What if everyone laughs at me, {B.v}?" asked {A.n}.
{A} told {B}, "I want to stay in bed until the show is over."
"My knees shake when I think of all the people, {B.v}," said {A.n}.
{A} told {B}, "I will forget everything."

:show.advice
"Just look at me," said {A.n}. "[I will sit in the front row|I will wave|I will make a face like {#a animal}]."
"When I am afraid, I think of {#a animal} in {#a clothes}," said {A.n}. {B.n} had to laugh.
{A} hugged {B}. "[You can do it|You are good at this|I believe in you]," {A} said.

:show.hint
There was a {k} near the stage. "Who let that {k} in?" asked {#a person}, but nobody knew.
Something small ran past {A.n}. It was a {k}! "Catch it!" cried {#a person}, but it was gone.
A woman in the first row had a {k} [in {#a household}|on her arm|under her chair]. "I hope that it stays there," {A} thought.

:show.wait
Behind the curtain, {A.n} held {x} tight. Before {him} came {#a person} with {#a animal} and a girl with {#a toy}.
{A} looked through a hole in the curtain. There were {#number} rows of people! {^he} pressed {x} to {his} chest.
"You are next," said {#a person}. {A.s} mouth was dry. {B.n} brought {A.him} a glass of {#drink}.

:show.hold
{A} gave {x} to {B} and went to drink some water.
"Please hold {x.the} for me," said {A.n} and gave it to {B.n}. {A} had to breathe for a moment.

:show.stage
Then {he} stood on the stage with {x}. It was so quiet that {A.n} could hear {#a bug}.
The light was bright. {A} stood there with {x}, and nothing happened. {^he} could not move.
{A} walked out, one step, two steps, {#number} steps. All eyes were on {him} and {x}.

:show.run
{A} opened {his} mouth, but no sound came out. Then {he} turned around and ran, out of the door and all the way home.
Somebody coughed. Somebody laughed. {A} could not stand it and ran away, all the way home.

:show.payoff
Suddenly the {k} ran over the stage! Everybody laughed, and {A.n} laughed too. After that, {he} was not so nervous anymore.
And who came out from behind the curtain? The {k}! It looked at {A.n}, and {A.n} had to laugh. Now it was easy.
Then the {k} from before jumped right into {A.s} arms. The people cheered, and {A.n} [forgot to be nervous|took a deep breath|smiled].

:show.do
Then {he} saw {B.n}, who [waved|smiled|made a funny face]. {A} took a deep breath and {v.ed}.
{A} thought of {B.s} words. And then {he} {v.ed}, first very softly, and then [better and better|without fear].
{A} closed {his} eyes and {v.ed}, just as {he} did at home.

:show.clap
When it was over, nobody made a sound. And then everybody [clapped|stood up|cheered], and {B.n} the loudest of all.
The people clapped and threw {#s flower}. "Again! Again!" they [called|shouted].
{A} bowed. An old [man|woman] in the first row wiped away a tear.

:show.twist
"And now I must tell you something," said {A.n}. "I was so afraid for you that I closed my eyes the whole time!"
Later, {A.n} told a secret: the {#person} in the first row had come to look for someone just like {B.n}, for a real theater!
"""

FORMS = LEARN + SHOW
PLOTS = (
    Plot(learn, (*PRIZES, "green", "house", "hall"), ALL_FEATURES),
    Plot(show, ("instrument", "clothes", "sport_toy", "hall", "town"), ALL_FEATURES),
)
