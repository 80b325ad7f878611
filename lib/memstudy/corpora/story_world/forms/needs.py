# ruff: noqa: E501 - one template a line
"""Sentences for what a story was asked for and its plot had no room for."""

FORMS = """
:need.verb
To forget it all, {A.n} {v.ed} for a while[|, but it did not help|, but {he} could not laugh].
{A} tried to {v}, as {he} always did, but it was [not the same|no fun that day|not like before].
{A} {v.ed} without a [word|smile|song][| until it got dark| until the clock struck {#number}].
"I will {v}," {A} thought, "and then I will feel better." [But {he} did not|It only helped a little|{^he} did, but it was no use].

:need.animal
On the way, {A.n} [met|saw|passed] {n_a}. The {n} [looked at {him}|had {#a fruit}|was busy with {#a low_thing}|did not run away].
Behind {#a cover}, {n_a} [was asleep|sat in the sun|was looking for food|watched everything].
{A} saw {n_a} and [waved at it|gave it a piece of {#baked}|counted its legs|told it everything].
Not far away, {n_a} [was eating {#a fruit}|looked up|was watching {A.n}|lay in the sun]. "Hello, {n}," said {A.n}.

:need.thing
{A} passed a window and saw {n_a} [in it|next to {#a house_thing}|for sale]. [{^he} stopped to look at the {n}|"What a nice {n}," {he} thought|{^he} wondered who would buy the {n}].
An old woman came by with {n_a}. "[Good day|Hello there|Nice to see you], {A.v}," said the old woman.
In front of a house stood {#a furniture} with {n_a} on it. [Who had left the {n} there|Whose {n} was it]?
{A} drew a picture of {n_a} and [hung it on the wall|gave it to {his} {@relative}|put it under {his} pillow].

:need.place
"Tomorrow we can go to the {n}," {his} {@relative} said. [{A} was glad|{A} clapped {his} hands|{A} loved that plan].
{A} wanted to see the {n} next. [{^he} had heard so much about it|It was not far|{^his} {@relative} knew the way].
From there, {A.n} could see the {n}. It looked [very small|quiet|like a toy|far away].

:need.thing.adjective
{A} saw {adj_a} {#house_thing:k} [in a window|on a table|near the door]. "[What a nice {k}|Whose {k} is that|I like that {k}]," {he} said.
There was {adj_a} {#toy:k} in the window of a shop. {A} looked at the {k} for a while.
{A} thought of {adj_a} {#toy:k} that {he} once had. [Where was that {k} now?|It had been a good {k}.]

:need.trait.adjective
"You are a very {adj} {A.kind}," {his} {@relative} told {him}.
Everybody agreed that {A.n} had been very {adj} that day.
{A} could be very {adj}, and this was one of those days.

:need.creature.adjective
{A} saw {adj_a} {#animal:k} and [waved at the {k}|told the {k} about it|looked at it for a while].
On the way, {adj_a} {#animal:k} [came by|crossed the road|sat on {#a seat}]. {A} [smiled|stopped to look at it|said hello to the {k}].

:need.place.adjective
What {adj_a} place it was! {A} [wanted to come back|looked around once more|would remember it].
"This is {adj_a} place," {A} [said|thought].

:need.dialogue
"[What a day|How nice|This is a day to remember|Nobody will believe me]!" {A} said to {himself}. "[I will tell everyone|I must write this down|I wonder what comes next|Now I want some {#dish}]."
"[Hello|Well], {A.v}," {his} {@relative} said. "How was your day?" "[I will tell you everything|It was a day full of surprises|It was a good day|You will not believe it]," said {A.n}.

:need.dialogue.bad
"[What a day|Why me|I wish I could turn back the clock]!" {A} said to {himself}. "[Nobody can help me now|It cannot be undone|If only I had known]."
"[Hello|Well], {A.v}," {his} {@relative} said. "How was your day?" "[I do not want to talk about it|Not so good|Please do not ask]," said {A.n}.

:day.solo
It was {weather_a} {weekday}[| morning| afternoon]. {A} [woke up early|ate {#dish} for breakfast|looked out of the window|put on {his} {#clothes}|had nothing to do].
One {weekday}, the {#s bird} [woke {A.n} up|sang outside the window|sat on the roof]. It was {weather_a} day.
[Then came|It was the morning of] a {weekday} that {A.n} would not forget. [It began like any other day|It was {weather}|The air smelled of {#s baked}].
"What {weather_a} day!" {A} said one {weekday}[| after breakfast| when {he} woke up| to {his} {@relative}].
{A} [woke up early|got up late|put on {his} {#color} {#clothes}|ate {#dish} with {#s fruit}] one {weather} morning. [It was {weekday}|{^he} had a plan].
"""
