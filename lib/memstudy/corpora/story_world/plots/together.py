# ruff: noqa: E501 - one template a line
"""Plots of two: against each other in a contest, with each other at a work."""

from memstudy.corpora.story_world.lexicon import HOUSE_KINDS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

PRIZES = (*TOY_KINDS, "baked", "sweet", "clothes", "accessory", "paper_thing")
PARTS = ("tool", "gadget", *HOUSE_KINDS, "small_nature")


def contest(t: Teller) -> None:
    """Two want to win the same prize."""
    hero, rival, x = t.hero, t.friend(kin=True), t.thing(PRIZES)
    judge = t.adult()
    place = t.place("green", "town", "farm", "hall")
    t.begin()
    t.gap(0.1, hero)
    v = t.activity(place, kind="contests")
    t.tell("contest.news", A=hero, v=v, p=place, lead=t.day())
    t.go(place, hero)
    t.world.appear(judge, place)
    t.world.own(judge, x)
    t.world.want(hero, f"to win the {x.noun}")
    t.tell("contest.judge", A=judge, B=hero, x=x)
    t.join(rival)
    if t.has("conflict"):
        t.world.mark("quarrel")
    t.say(rival, hero, "contest.boast", sure=t.has("conflict"), x=x)
    if t.has("conflict"):
        t.feel(hero, "angry", sure=False)
        t.tell("contest.argue", A=hero, B=rival, x=x)
        t.world.mark("make_up")
    if t.has("foreshadowing"):
        t.hint("contest.hint", A=rival, B=hero)
    if t.optional():
        t.world.do(hero, v.base)
        t.world.do(rival, v.base)
        t.tell("contest.start", A=hero, B=rival, C=judge, v=v)
    t.also("contest.middle", A=hero, B=rival, v=v)
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    if t.has("bad ending"):
        t.tell("contest.cheat", A=hero, B=rival, C=judge)
        t.give(judge, x, rival, "contest.prize")
        t.bad_end(hero, "sorry", theme="fair")
        return
    kind = t.has("twist") or t.chance(0.5)
    if kind:
        t.tell("contest.fall", A=rival, B=hero)
        t.tell("contest.stop", A=hero, B=rival)
        if t.has("twist"):
            t.reveal("contest.twist", A=judge, B=hero, C=rival)
        else:
            t.tell("contest.kindness", A=judge, B=hero, C=rival)
        t.world.get(hero)
        t.give(judge, x, hero, "contest.prize")
        t.feel(hero, "glad", sure=False)
        t.also("thanks", A=rival, B=hero)
        t.finish("kind", hero, rival)
        return
    winner, loser = (hero, rival) if t.chance(0.5) else (rival, hero)
    t.tell("contest.win", A=winner, B=loser, v=v)
    t.world.get(hero)
    t.give(judge, x, winner, "contest.prize")
    t.feel(winner, "glad", sure=False)
    t.also("contest.hands", A=loser, B=winner)
    if x.kind in ("baked", "sweet"):
        t.world.use_up(winner, x)
        t.tell("share.halves", A=winner, B=loser, x=x)
    t.finish("practice" if winner is hero else "friends", hero, rival)


CONTEST = """
:contest.news
There was a contest in town: who could {v} the [best|longest]? {A} wanted to be in it.
{A} saw a sign: "Who can {v} best? Come {p.to}!" "That is for me," {he} [said|thought].
All week, people had talked about the big contest. {A} knew how to {v}, so {he} [signed up|could not wait|practiced every day].
{his} {@relative} told {A.n} about a contest. "You can {v} better than anyone," said {his} {@relative}.

:contest.judge
{A.intro} was the judge. "The winner gets this {x.noun}!" said {A.n} and held up {x.a}. {B.n} wanted to win it.
On a table stood the prize: {x.a}. It was guarded by {A.intro}. "I want to win that," said {B.n}.
{A.intro} showed everyone the prize. It was {x.a}. How {B.n} wanted to win it!

:contest.boast
"You can go home, {B.v}. I am going to win," said {A.n}.
{A} told {B}, "That {x.noun} is as good as mine."
"I have never lost a contest, {B.v}," said {A.n}.
{A} told {B}, "I have practiced for {#number} weeks."

:contest.argue
"You always boast!" said {A.n}. "And you always lose!" said {B.n}. They [shouted|pushed each other] until [{#a person}|the judge] called for silence. Then they said sorry.
"I do not want to be friends with a show-off," said {A.n}. {B.n} swallowed. "I am only nervous," {B.he} said. "Me too," said {A.n}, and they shook hands.

:contest.hint
{A} did not tie {his} shoes. "[Who has time for that|I am in a hurry|It will be fine]," {he} said.
{A} ate {#number} {#s treat} before it began. "[That makes me strong|I was hungry]," {he} laughed.

:contest.start
"Ready, set, go!" called {C.n}, and they began.
{C.n} blew a whistle, and everybody began to {v}.
First it was {B.s} turn to {v}, and then {A.s}. Everybody [watched|clapped|held their breath].
A bell rang. {A.n} and {B.n} {v.ed} as well as they could.

:contest.middle
First {A.n} was better, then {B.n}, and then {A.n} again. [The crowd cheered|Nobody knew who would win|Even {#a pet} barked].
"Go, {A.v}!" cried one half of the crowd. "Go, {B.v}!" cried the other half.
{A} gave {his} best. {^his} [heart beat like a drum|face was as red as a [cherry|tomato|strawberry|poppy]|legs shook], but {B.n} was just as good.

:contest.cheat
Then {A.n} saw a chance to cheat, and {he} took it. But {C.n} had seen everything. "That was not fair, {A.v}. You are out!"
{A} pulled at {B.s} {#clothes} so that {B.he} fell. "Stop!" cried {C.n}. "{A.n} has cheated!"

:contest.prize
{A} gave {x} to {B}. [Everybody clapped|The crowd cheered|There was music]!
"This is for you, {B.v}," said {A.n} and handed over {x}.
So {B.n} got {x} from {A.n}.

:contest.fall
Suddenly {A.n} [tripped|slipped|stumbled] and fell. {^he} held {his} [knee|foot|arm] and could not go on.
Then there was a cry. {A} lay on the ground and was hurt.

:contest.stop
{A} could have won now. But {he} stopped and helped {B} up.
{A} forgot the prize. {^he} ran back to {B} and asked, "Are you all right?"

:contest.twist
Everybody thought that nobody would win. But {A.n} said, "This was not about being the best. The prize is for the kindest one, and that is {B.n}!"
Then came the surprise. "{C.n} was not hurt at all," said {A.n}. "It was a test, {B.v}, and you have passed it!"

:contest.kindness
{A} had seen everything. "[That is what I call a winner|A good heart wins today|You are the best of all], {B.v}," {A} said.
"Some run for a prize, and some stop for a friend," said {A.n}. "{B.n} has won."
Everybody was quiet. Then {A.n} [got up|raised a hand|took off {his} hat] and said, "The prize goes to {B.n}."

:contest.win
In the end, {A.n} was just a little bit better. {A} had won!
It was very close, but {A.n} won.
{B.n} got tired, but {A.n} went on and on, until {he} had won.

:contest.hands
{A} [swallowed|took a deep breath] and shook {B.s} hand. "You were really good," {A} said.
"Well done, {B.v}," said {A.n}. "[Next time I will win|You earned it|Will you practice with me]?"
"""


def build(t: Teller) -> None:
    """Two build something, and one part is missing."""
    hero, friend, x = t.hero, t.friend(), t.thing(PARTS)
    place = t.place("green", "wood", "water", "house")
    t.begin()
    t.join(friend, "visit")
    project = t.project()
    t.world.want(friend, f"to build {project}")
    t.say(friend, hero, "build.idea", project=project)
    t.go(place, hero, friend, lead=t.day())
    t.gap(0.25, hero, friend)
    t.also("build.gather", A=hero, B=friend, project=project)
    t.also("build.work", A=hero, B=friend, project=project)
    if t.has("foreshadowing"):
        t.hint("build.hint", A=hero, B=friend, project=project)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("build.argue", A=hero, B=friend, project=project)
        t.feel(friend, "angry", sure=False)
        t.tell("build.peace", A=friend, B=hero)
        t.world.mark("make_up")
    t.tell("build.missing", A=hero, B=friend, x=x)
    if t.has("bad ending"):
        t.tell("build.collapse", A=hero, B=friend, project=project)
        t.bad_end(hero, "sad", theme="team", b=friend)
        return
    t.world.lie(x, place, t.spot(place))
    t.tell("build.find", A=friend, x=x, s=x.spot)
    t.world.take(friend, x)
    t.also("build.take", A=friend, x=x)
    t.give(friend, x, hero, "give")
    t.world.get(friend)
    t.tell("build.done", A=hero, B=friend, x=x, project=project)
    if t.has("foreshadowing"):
        t.payoff("build.payoff", A=hero, B=friend, project=project)
    t.feel(hero, "glad", sure=False)
    if t.has("twist"):
        t.reveal("build.twist", A=hero, B=friend, project=project)
    t.finish("team", hero, friend)


BUILD = """
:build.idea
"Let's build {project}, {B.v}!" said {A.n}.
{A} told {B}, "I have an idea. We could build {project}."
"Have you ever built {project}, {B.v}?" asked {A.n}.
{A} looked at {B} and said, "Today we will build {project}."

:project
a tower as tall as {#a person}
a house for {#a pet}
a boat out of boxes
a ship like a real {#person}'s ship
a castle for {#a fancy}
a bridge for the {#s bug}
a fort with {#number} rooms
{#a vehicle} out of old things
a machine that makes {#s baked}
a theater for {#s soft_toy}
a raft with {#a color} flag
a hotel for {#s bug}
a house for {#s bird}
a trap for {#a fancy}
a kitchen for {#s soft_toy}
a race track for {#s bug}

:build.gather
They gathered [sticks|boards|boxes|branches], {#s house_thing}, and {#a color} {#clothes}.
{A.n} brought {#s tool}. {B.n} brought [sticks|boards|boxes|string] and {#a house_thing}.
First, they looked for everything they needed: {#number} [boards|boxes|sticks], {#a tool}, and {#a house_thing}.
{A} drew a plan in the [sand|dust|dirt]. {B.n} [looked for sticks|carried boxes|found {#a tool}].

:build.work
{A.n} held, and {B.n} [tied|hammered|glued]. It [got taller and taller|began to look like something|was hard work].
They worked [all morning|for {#number} hours|without a break]. "[A little to the left|Hold this|Careful|Higher]!" called {B.n}.
Soon one side was done. {AB} [drank some {#drink}|wiped their foreheads|sang as they worked], and then they went on.

:build.hint
One corner was a bit crooked. "[It will hold|That does not matter|Nobody will see it]," said {A.n}.
{B.n} looked up at it. "Does it not lean a little to one side?" {B.he} asked. {A.n} did not think so.

:build.argue
"The door must be {#color}!" said {A.n}. "No, {#color2}!" said {B.n}. "It was my idea!" "But I do all the work!" They threw down their things.
"You are doing it all wrong," said {A.n}. "Then do it alone!" cried {B.n} and sat down on {#a seat}.

:build.peace
{A} looked at what they had built. It would be sad to stop now. "Let's go on," {A} said. "[You choose this time|I am sorry|Both colors are nice]."
After a while, {A.n} got up. "I am sorry, {B.v}. It is our house, not mine."
"Do you want {#a treat}?" asked {A.n}. {B.n} nodded. They ate and were friends again.

:build.missing
But something was missing. They needed {x.an}!
"It is almost done," said {A.n}, "but without {x.an} it will not work."
Then {A.n} saw that they could not finish it. {^he} needed {x.an}, and there was none.

:build.collapse
There was a crack. It leaned to one side, and then it all came down. {B.n} [cried|stamped {B.own} foot], and nobody wanted to start again.
Then the wind came and blew everything down. "It is your fault!" said {A.n}. "No, yours!" said {B.n}.

:build.find
{A} looked around. And what was that {s}? It was {x.a}!
{A} remembered something. {^he} had seen {x.a} {s}, and there it was.
Then {A.n} [shouted|laughed]. {s}, {he} had found {x.a}.

:build.take
{A} took {x} and [ran back|held it up|cleaned it].
{A} picked up {x}. "This will do!" {he} said.

:build.done
{A} put {x} in the right place, and then it was done. They had built {project}!
{AB} used {x} for the last part. And there it stood: {project}!
"Done!" said {A.n}. With {x} in its place, it was {project}, and it was [perfect|big enough for two|the best in the world].

:build.payoff
Then it began to lean, just as they had feared. But {B.n} pushed {#a low_thing} under the crooked corner, and it held.
There was a creak from the crooked corner. {A.n} put {his} back against it, and {B.n} fixed it with {#a tool}.

:build.twist
When they came back later, somebody had moved in! {#a wood_animal:k} with {#number} babies lay inside. {A.n} laughed. "[Let them stay|Then we will build another one]."
Then {his} {@relative} came and laughed. "I built one just like it when I was little," said {his} {@relative}, "in the very same place!"
"""

FORMS = CONTEST + BUILD
PLOTS = (
    Plot(contest, (*PRIZES, "green", "town", "farm", "hall"), ALL_FEATURES),
    Plot(build, (*PARTS, "green", "wood", "water", "house"), ALL_FEATURES),
)
