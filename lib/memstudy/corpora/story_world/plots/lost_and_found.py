# ruff: noqa: E501 - one template a line
"""Plots about things that go missing: one is lost, one is found."""

from memstudy.corpora.story_world.lexicon import HOME, HOUSE_KINDS, OUTDOOR_GROUPS, TOY_KINDS
from memstudy.corpora.story_world.teller import ALL_FEATURES, Plot, Teller
from memstudy.corpora.story_world.world import Thing

TREASURES = (*TOY_KINDS, "paper_thing", "instrument", "clothes", "accessory")
FINDS = (*TREASURES, *HOUSE_KINDS, "tool", "gadget")


def lost(t: Teller) -> None:
    """The hero loses something dear and looks for it with a friend."""
    hero, friend, x, place = t.hero, t.friend(kin=True), t.thing(TREASURES), t.place()
    t.begin()
    t.have(hero, x)
    t.gap(0.2, hero)
    if t.has("foreshadowing"):
        t.hint("lost.hint", A=hero, x=x)
    t.go(place, hero, lead=t.day())
    t.look(hero)
    t.gap(0.35, hero)
    t.world.lose(hero, x)
    t.tell("lost.notice", A=hero, x=x, p=place)
    if t.has("foreshadowing"):
        t.payoff("lost.payoff", A=hero, x=x)
    t.feel(hero, "sad", sure=False)
    t.join(friend)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.tell("lost.blame", A=hero, B=friend, x=x)
        t.feel(friend, "angry", sure=False)
        t.tell("lost.sorry", A=hero, B=friend, x=x)
        t.world.mark("make_up")
    else:
        t.say(hero, friend, "lost.tell", x=x)
    t.also("comfort", A=friend, B=hero)
    t.also("lost.offer", A=friend, B=hero, x=x)
    for _ in range(2):
        t.also("lost.look", A=hero, B=friend, x=x, s=t.spot(place))
    if t.has("bad ending"):
        t.tell("lost.never", A=hero, B=friend, x=x, p=place)
        t.go(HOME, hero)
        t.bad_end(hero, "sad", x=x, theme="care")
        return
    if t.has("twist"):
        _lost_with_a_twist(t, x)
    else:
        t.world.lie(x, place, t.spot(place))
        t.world.take(friend, x)
        t.tell("lost.found", A=friend, B=hero, x=x, s=x.spot or t.world.events[-2].where)
        t.give(friend, x, hero, "lost.back")
    t.feel(hero, "glad", sure=False)
    t.also("thanks", A=hero, B=friend)
    t.finish("care", hero, friend)


def _lost_with_a_twist(t: Teller, x: Thing) -> None:
    hero, place = t.hero, t.hero.place
    thief = t.creature(("bird", "pet", "wood_animal"))
    t.world.mark("reveal")
    t.world.appear(thief, place)
    t.world.take(thief, x)
    t.tell("lost.thief", A=thief, B=hero, x=x)
    t.give(thief, x, hero, "lost.thief.back")


LOST = """
:lost.hint
{A} put {x} in {his} bag, but {he} did not [close it|see the small hole in it|notice that the strap was torn].
If only {A.n} had [closed {his} bag well|looked at {his} old bag more closely] that {part}!
{his} {#color} bag was [old|torn|never closed], but {A.n} [did not care|put {x} into it all the same|thought that it was good enough].
"You should mend that old bag," {his} {@relative} said, but {A.n} [did not listen|was already out of the door|put {x} into it and ran].
{A} packed {x} into {his} old bag[|, on top of {#s treat}|, next to {#a clothes}]. It would not close.

:lost.payoff
{his} old bag [was empty|hung open]. {^x.the} must have fallen out [on the way|somewhere|when {he} jumped over {#a hurdle}].
That old bag! {^x.the} must have fallen out of it.
Only now did {A.n} look at {his} bag. It [was wide open|was empty|had come undone].

:lost.notice
[Suddenly|All at once|Then], {A.n} stopped. Where was {x}? It was [gone|nowhere to be seen|not there anymore].
{A} wanted to [look at|hold|show {#a animal:k}] {x}, but it was gone.
When {A.n} [looked down|sat down on {#a seat}|opened {his} bag|wanted to go home], {x} was not there.
"Oh no!" {A} cried. "Where is my {x.noun}?"
Then {A.n} noticed that {his} {x.noun} was missing. {^he} [looked in {his} bag|turned around|checked again], but it was gone.
{A} [reached for|felt for|looked for] {x}. There was nothing. It must have [fallen down|slipped away] somewhere {p.at}.
[An hour|A short time|Ten minutes] later, {A.n} saw that {he} had lost {his} {x.noun}.

:lost.tell
"I have lost my {x.full}," {A} told {B}.
"I cannot find my {x.noun}, {B.v}," said {A.n}.
{A} looked at {B} and said, "My {x.full} is gone."
"Have you seen my {x.noun}?" {A} asked {B}.
"I had my {x.noun} this morning, and now it is gone," {A} told {B}.

:lost.blame
"You took my {x.noun}!" {A} shouted at {B}. "I did not!" said {B.n}. "[I have my own|I only just got here|Look in my bag if you like]."
"Give me back my {x.noun}, {B.v}!" said {A.n}. "I do not have it," said {B.n}. "[Why would I take it|You are mean|I never even saw it]!"
{A} pointed at {B}. "You hid my {x.full}!" "That is not true," said {B.n}, "[I would never do that|you cannot just say that|I have been here all day]."

:lost.sorry
{A} looked at {B} for a long time. "I am sorry," {A} said. "I know that you did not take {x.the}. [I was upset|I was scared|I was wrong]."
Then {A.n} began to cry. "I am sorry, {B.v}. I just [miss|want] my {x.noun} so much."
{A} saw that {he} had been unfair. "I am sorry, {B.v}," {A} said. "I should not have said that about {x.the}."

:lost.offer
"Let's look for it together," said {A.n}. "[Four eyes see more than two|It cannot be far|We will find it|I am good at finding things]."
"Do not [worry|be sad|cry], {B.v}," said {A.n}. "I will help you find your {x.noun}."
{A} [thought for a moment|took {B.his} hand|nodded]. "Where did you have it last?" {A} asked.
{A} wanted to help. "We will look [everywhere|under every stone|until we find it]," {A} said.
"What does it look like?" asked {A.n}. "It is {x.adj}," said {B.n}. So they began to look.

:lost.look
They looked {s}, but there was only {#a thing}.
{A} looked {s}. {^B.n} looked {@where}. [Nothing|There was no {x.noun} anywhere|They found {#a thing}, but no {x.noun}].
"Maybe it is {s}," said {B.n}. But there they found only {#a small_nature}[| and {#a bug}].
{A} crawled around and looked {s}. {^he} found {#a small_nature}, but not {x.the}.
First they searched {s}. There was nothing but [dust|leaves|dirt|{#s bug}].
"Is it {s}?" asked {A.n}. "No," said {B.n}, "here is only {#a thing}."

:where
near {#a cover}
behind {#a cover}
everywhere
on the other side
around {#a cover}
under {#a cover}

:lost.found
"Here it is!" {A} [shouted|called|cried]. {^x.the} was {s}.
Then {A.n} looked {s}, and there was {x}[|, a bit dirty but whole|, safe and sound|, just as {#adj} as before].
{A} saw something {x.adj} {s}. It was {x.the}!
"Look what I see {s}!" {A} [said|called|shouted]. It was {x.the}.
At last, {A.n} [found|saw|spotted] {x} {s}. {^he} picked it up.

:lost.back
{A} gave {x} back to {B}.
"Here you are," said {A.n} and gave {B.n} {x}.
{A} [wiped the dust off|blew on|picked up] {x} and handed it to {B}.
{A} ran to {B} with {x}. {B.n} took it and [hugged it|held it tight|looked at it from all sides].

:lost.never
They [looked|searched] until it got dark, but they did not find {x}. It was gone.
They looked [all over {p}|for hours|everywhere], but {x} was not there. "[I am sorry|It is too late|We must go home]," said {B.n}.
The [wind|water|sky] got [loud|wild|dark], and they had to stop. Nobody ever found {x}.

:lost.thief
Then they heard a [funny|soft|strange] noise. It was {A.intro}, and it had {x.the}!
[Suddenly|All at once|Just then], {A.intro} came out from behind {#a cover}. What did it have [in its mouth|with it]? {^x.the}!
Nobody had thought of {A.intro}. But there it sat, [on top of|next to] {#a seat}, with {x.the}!
"Look!" somebody shouted. It was {A.intro} with {x.the}. It had [found it first|only wanted to play|taken it for {#a treat}].

:lost.thief.back
{A.n} [put down {x} in front of|brought {x} to|let go of {x} in front of] {B.n} and [blinked|wagged its tail|looked sorry]. {^B.n} had to laugh.
{B.n} [held out {#a treat}|sat down and waited|spoke softly], and {A.n} gave {x} back.
{A.n} came closer and gave {x} to {B.n}. "[You silly {A.kind}|So it was you|You little thief]!" {B.n} [laughed|said|smiled].
"""


def finders(t: Teller) -> None:
    """The hero finds something, looks for its owner and gives it back."""
    hero, owner, x, place = t.hero, t.stranger(), t.thing(FINDS), t.place()
    friend = t.parent()
    elsewhere = t.place("green", "town", "water")
    t.begin()
    t.gap(0.15, hero)
    t.go(place, hero, lead=t.day())
    t.look(hero)
    t.gap(0.3, hero)
    spot = t.spot(place)
    t.world.lie(x, place, spot, owner)
    t.tell("finders.see", A=hero, x=x, s=spot)
    t.take(hero, x, "finders.take")
    if t.optional():
        t.world.want(hero, f"to keep the {x.noun}")
        t.tell("finders.keep", A=hero, x=x)
    t.go(HOME, hero)
    t.world.appear(friend, HOME)
    t.say(friend, hero, "finders.advice", x=x)
    if t.has("conflict"):
        t.world.mark("quarrel")
        t.say(hero, friend, "finders.no", x=x)
        t.feel(hero, "angry", sure=False)
        t.tell("finders.think", A=hero, x=x)
        t.world.mark("make_up")
    t.world.get(hero)
    if t.has("bad ending"):
        t.tell("finders.hide", A=hero, x=x, B=friend)
        t.go(elsewhere, hero)
        t.join(owner)
        t.feel(owner, "sad", sure=False)
        t.say(owner, hero, "finders.missing", x=x)
        t.tell("finders.silent", A=hero, B=owner, x=x)
        t.bad_end(hero, "sorry", theme="honest")
        return
    t.go(elsewhere, hero)
    t.also("finders.ask", A=hero, x=x, p=elsewhere)
    t.join(owner)
    t.feel(owner, "sad", sure=False)
    t.say(owner, hero, "finders.missing", x=x)
    t.give(hero, x, owner, "finders.return")
    t.feel(owner, "glad", sure=False)
    if t.has("twist"):
        t.world.mark("reveal")
        t.tell("finders.twist", A=owner, B=hero, x=x)
    t.also("thanks", A=owner, B=hero)
    t.finish("honest", hero, owner)


FINDERS = """
:finders.see
[Suddenly|Then|All at once], {A.n} saw something {s}. It was {x.a}!
{A} almost [stepped on|tripped over|missed] it: {s} lay {x.a}.
Something {x.adj} [shone|lay|caught {his} eye] {s}. It was {x.an}.
"What is that {s}?" {A} [thought|wondered|asked]. It was {x.a}.
There was {x.a} {s}. Nobody was [near|there|around].
{A} bent down to look at {#a bug}, and there, {s}, was {x.a}.

:finders.take
{A} picked {x} up[| and looked around| with both hands| and turned it over| and cleaned it with {his} {#clothes}].
{A} took {x} and [held it up to the light|looked at it from all sides|brushed off the dirt|showed it to {#a animal}].
Very [carefully|slowly|gently], {A.n} picked up {x}.

:finders.keep
"I wish I could keep it," {A} [thought|said|whispered]. "[It is so {x.adj}|I have never had one|It is much nicer than my {#thing}]."
"Finders keepers!" {A} [said|laughed|sang]. {^he} wanted to keep {x}.
{A} wanted to keep {x}. [Nobody would know|It fit so well in {his} hands|It was so {x.adj}|It would look good next to {his} {#furniture}].
How much {he} wanted to keep it! [It was the best {x.noun} in the world|{^he} had always wished for one|It was so {x.adj}].

:finders.advice
"Somebody is missing this {x.noun}," said {A.n}[||| {#talk}].
{A} looked at {x} and said, "It is not yours, {B.v}. We should find the owner."
"Where did you get that {x.noun}?" asked {A.n}.
"How would you feel if you had lost your {x.noun}?" {A} asked {B}.
{A} told {B}, "A found {x.noun} still belongs to somebody."

:finders.no
"But I found it, so it is mine!" {A} said to {B}.
"I do not want to give it back!" {A} shouted.
"You never let me have anything!" {A} told {B}.

:finders.think
{A} sat in {his} room and looked at {x}. Somewhere, someone was [looking for it|crying|asking for it].
{A} [lay in bed|stood at the window|stared at {#a furniture}] and thought about {x}. Was it right to keep it?
After {#dish} and a [bath|nap|cookie], {A.n} saw {x} with other eyes. It did not feel like {his}.

:finders.hide
But {A.n} hid {x} under {his} bed and [told nobody|said no word|covered it with {#a clothes}].
{A} did not listen. {^he} hid {x} behind {#a furniture}.
{A} nodded, but {he} [did not give {x} back|kept {x} in {his} room|told no one about {x}].

:finders.ask
"Is this your {x.noun}?" {A} asked {#a person}, {#a person2} and {#a person3}. They all shook their heads.
{A} asked everyone {p.at}. {#a person} said no. {#a person2} said no, too.
{A} knocked on {#number} doors. "Did you lose {x.a}?" {he} asked. "No," people said, "[ours is {#color}|we only have {#a thing}|try {#a person:k}]."
{A} made a sign with {#color} paint: "Found! {^x.a}." [{^he} held it up|Then {he} waited|Many people read it].

:finders.missing
"I have lost my {x.noun}," said {A.n}.
"Have you seen {x.a}?" {A} asked {B}.
"My {x.full} is gone," {A} told {B}.
"I cannot go home without my {x.noun}," {A} said to {B}.
{A} sniffed and said, "I lost my {x.noun} when I was {@ing}."

:ing
chasing {#a animal}
looking at {#a sky}
eating {#a treat}
running from {#a animal}
playing with {#a pet}
waving at {#a person}

:finders.return
{A} held out {x}. "Is it this one?" {A} asked. {B.n} took it with both hands.
"Then this is yours," said {A.n} and gave {B.n} {x}.
{A} [smiled|nodded] and put {x} into {B.s} hands.
"I found it [yesterday|today|on the ground]," said {A.n}, and {he} gave {x} to {B}.

:finders.silent
{A} thought of {x} [under {his} bed|at home|in {his} room]. But {he} did not say a word, and {B.n} went away.
{A} turned red. "No," {he} lied, "I have not seen it." {B.n} walked away with {#adj} steps.

:finders.twist
Then {A.n} pressed a hidden [button|spot|star] on {x.the}. [Out fell a gold coin|It began to sing|A tiny door opened]! "[Nobody knew that but me|Surprise|Now it is your secret too], {B.v}," said {A.n}.
Then {A.n} began to laugh. "I lost it on purpose," {A.he} said. "I wanted to find an honest friend, and [I found you|here you are|now I have one]!"
"Do you know what is inside {x.the}?" asked {A.n}. {B.n} did not. {A.n} opened a secret lid, and there lay {#a sweet}!
"And now look at the bottom," said {A.n}. There, in tiny letters, stood a name: {B.n}! {^x.the} had been meant as a gift for {B.n} [all along|from the start].
"""

FORMS = LOST + FINDERS
PLOTS = (
    Plot(lost, (*TREASURES, *OUTDOOR_GROUPS), ALL_FEATURES),
    Plot(finders, (*FINDS, *OUTDOOR_GROUPS), ALL_FEATURES - {"foreshadowing"}),
)
