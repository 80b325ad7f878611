"""Plots of doing: learning something, a contest, a show, building something together."""

from memstudy.corpora.story_world.lexicon import HOME, HOUSE_KINDS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller

PRIZES = (*TOY_KINDS, "baked", "sweet", "clothes", "paper_thing")
PARTS = ("tool", "gadget", *HOUSE_KINDS, "small_nature")


def learn(t: Teller) -> None:
    """The hero cannot do something yet."""
    hero, teacher = t.hero, (t.parent() if t.chance(0.5) else t.adult())
    place = t.place("green", "house", "hall")
    x = t.thing(PRIZES)
    t.begin()
    t.gap(0.1, hero)
    v = t.activity(kind="skills")
    t.world.want(hero, f"to learn how to {v.base}")
    t.tell("learn.wish", A=hero, v=v, lead=t.day())
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
    t.tell("learn.can", A=hero, B=teacher, v=v)
    t.world.get(hero)
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
"One day you will {v} better than I can," said {A.n}, but {B.n} [did not believe it|had to laugh|shook {B.his} head].
{A} looked at {B.s} [hands|feet|eyes] and smiled as if {A.he} knew something that {B.n} did not know yet.

:learn.advice
"Start slowly, {B.v}, and do not be afraid of mistakes," said {A.n}.
{A} told {B}, "First you breathe, then you look, and then you try again."
"Do it a little every day, {B.v}," said {A.n}.
{A} told {B}, "Everybody who can {v} had to learn it once."
"It does not matter how often you fail, {B.v}. It matters how often you try," said {A.n}.

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
{A} closed {his} eyes, took a deep breath, and {v.ed}. It worked! {B.n} [clapped|cheered|threw {B.his} {#clothes} into the air].
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


def contest(t: Teller) -> None:
    """Two want to win the same prize."""
    hero, rival, x = t.hero, t.friend(), t.thing(PRIZES)
    judge = t.adult()
    place = t.place("green", "town", "farm", "hall")
    t.begin()
    t.gap(0.1, hero)
    v = t.activity(kind="contests")
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
    t.world.do(hero, v.base)
    t.world.do(rival, v.base)
    t.also("contest.start", A=hero, B=rival, C=judge, v=v)
    t.also("contest.middle", A=hero, B=rival, v=v)
    if t.has("foreshadowing"):
        t.world.mark("payoff")
    if t.has("bad ending"):
        t.tell("contest.cheat", A=hero, B=rival, C=judge)
        t.give(judge, x, rival, "contest.prize")
        t.bad_end(hero, "sorry", theme="truth")
        return
    kind = t.has("twist") or t.chance(0.5)
    if kind:
        t.tell("contest.fall", A=rival, B=hero)
        t.tell("contest.stop", A=hero, B=rival)
        if t.has("twist"):
            t.reveal("contest.twist", A=judge, B=hero, C=rival)
        else:
            t.tell("contest.kindness", A=judge, B=hero, C=rival)
        t.give(judge, x, hero, "contest.prize")
        t.world.get(hero)
        t.feel(hero, "glad", sure=False)
        t.also("thanks", A=rival, B=hero)
        t.finish("kind", hero, rival)
        return
    winner, loser = (hero, rival) if t.chance(0.5) else (rival, hero)
    t.tell("contest.win", A=winner, B=loser, v=v)
    t.give(judge, x, winner, "contest.prize")
    t.world.get(hero)
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
{A} gave {his} best. {^his} [heart beat like a drum|face was as red as a {#fruit}|legs shook], but {B.n} was just as good.

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
        t.hint("show.hint", A=hero, x=x)
    t.look(hero, friend)
    t.also("show.wait", A=hero, B=friend, x=x)
    if t.chance(0.5):
        t.give(hero, x, friend, "show.hold")
        t.give(friend, x, hero, "give")
    t.tell("show.stage", A=hero, x=x)
    if t.has("bad ending"):
        t.tell("show.run", A=hero, x=x)
        t.world.go(hero, HOME)
        t.bad_end(hero, "sad", theme="brave")
        return
    if t.has("foreshadowing"):
        t.payoff("show.payoff", A=hero, B=friend, x=x)
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
One string on {his} {#clothes} was loose, but {A.n} did not see it.
There was {#a pet} near the stage. "Who let that {#pet2} in?" asked {#a person}, but nobody knew.

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
Suddenly the {#pet} from before ran over the stage! Everybody laughed, and {A.n} laughed too. After that, {he} was not so nervous anymore.
Then something tore: {his} {#clothes}! {A} [bowed|made a funny face], and the people loved it.

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
    t.tell("build.done", A=hero, B=friend, x=x, project=project)
    t.world.get(friend)
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
There was a crack. It leaned to one side, and then it all came down. {B.n} [cried|stamped {B.his} foot], and nobody wanted to start again.
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

FORMS = LEARN + CONTEST + SHOW + BUILD
PLOTS = (
    Plot(learn, (*PRIZES, "green", "house", "hall"), ALL_FEATURES),
    Plot(contest, (*PRIZES, "green", "town", "farm", "hall"), ALL_FEATURES),
    Plot(show, ("instrument", "clothes", "sport_toy", "hall", "town"), ALL_FEATURES),
    Plot(build, (*PARTS, "green", "wood", "water", "house"), ALL_FEATURES),
)
