# ruff: noqa: E501 - one template a line
"""How stories begin: who the hero is, what they love, what they have, how the day starts."""

FORMS = """
:open.child
Once upon a time, [there was|there lived] {A.a_trait} [little |young |]{A.kind} named {A.n}[| who lived {home}].
Once upon a time, {home}, [there was|there lived] {A.a_trait} {A.kind} [named|called] {A.n}.
Once there was {A.a_trait} {A.kind} [named|called] {A.n}. {A} lived {home} with {his} {@family}.
There once was {A.a_trait} little {A.kind} whose name was {A.n}. {A} lived {home}.
{A.n} was {A.a_trait} [little |]{A.kind} who lived {home} with {his} {@family}.
Long ago, {home}, there lived {A.a_trait} [little |]{A.kind} [named|called] {A.n}.
{A.n} was {#number} years old and very {A.trait}. {A} lived {home} with {his} {@family}.
In [a town|a village|a city] full of {#s flower}, there lived {A.a_trait} {A.kind} named {A.n}.
{A.n} was {A.a_trait} {A.kind} with [{#eye_color} eyes|curly hair|a big smile|{#a color} {#clothes}|rosy cheeks|long hair].
This is the story of {A.n}, {A.a_trait} [little |]{A.kind} who lived {home}.
Everyone {@home2} knew {A.n}. {A} was {A.a_trait} little {A.kind} [who never sat still|with a loud laugh|with a big heart|who always wore {#a color} {#clothes}].
{A.n} lived {home}. {A} was {A.a_trait} {A.kind} [of {#number}|with many dreams|with {#a color} bike|who liked {#s animal}].
There was {A.a_kind} named {A.n}. [Everybody|All the neighbors|Grandma|The teacher] said that {he} was very {A.trait}.
A long time ago, there was {A.a_trait} {A.kind} named {A.n} who [wanted to be {#a person}|dreamed of {#s animal}|never wore shoes|loved {#dish} more than anything].
In a [small|little|big|yellow|white] house [by the sea|near the woods|on a hill|next to a bakery], {A.a_trait} {A.kind} named {A.n} lived with {his} {@family}.
[Far away|Not far from here|In a land of {#s flower}|Down by the river], there lived {A.a_trait} little {A.kind}. {^his} name was {A.n}.
Once upon a time, in a village of {#s person}, there was {A.a_trait} {A.kind} named {A.n}.
{A.n} and {his} {@family} lived {home}. {A} was {A.a_trait} [little |]{A.kind}.
{A.a_kind} named {A.n} lived {home}. {A} was so {A.trait} that [the whole street|every neighbor|even the mailman|the whole school] knew it.
Once there was {A.a_kind} called {A.n}. {A} was {A.trait}, and {he} had [{#a pet}|a room full of {#s toy}|{#number} {#s relative}|a secret wish].
There was once {A.a_trait} {A.kind} named {A.n} who had [no brothers or sisters|a very big family|a room with {#color} walls|a window full of {#s flower}].
[Deep in the valley|High on a hill|Close to the sea|At the edge of a forest], {A.a_trait} {A.kind} named {A.n} lived with {his} {@family}.
"Good morning, {A.v}!" people said when {A.a_trait} little {A.kind} [came by|walked down the street|opened the {#color} door]. Everybody liked {him}.
Little {A.n} was {A.trait}. [{^he} lived|{^his} home was] {home}.
Once upon a time, {A.a_kind} named {A.n} lived {home}. {A} was very {A.trait}[| and liked {#s animal}|, just like {his} {@relative}].

:open.animal
Once upon a time, [there was|there lived] {A.a_trait} [little |young |]{A.kind} named {A.n}.
Once upon a time, {home}, there lived {A.a_trait} {A.kind} [named|called] {A.n}.
Deep in the [forest|woods|valley|meadow], there lived {A.a_trait} [little |]{A.kind} [named|called] {A.n}.
{A.n} was {A.a_trait} [little |young ]{A.kind}. {A} lived {home}.
{A.n} the {A.kind} was very {A.trait}. {A} lived {home} with {his} {@family}.
There once was {A.a_trait} {A.kind} whose name was {A.n}. {A} lived {home}.
In a land where {#s animal} and {#s animal} could talk, there lived {A.a_trait} {A.kind} named {A.n}.
Long ago, when the animals still lived in houses, there was {A.a_trait} {A.kind} named {A.n}.
{A.n} was {A.a_kind} [with a long tail|with soft fur|with big ears|with bright eyes|in {#a color} {#clothes}]. {A} was [very|so|always] {A.trait}.
All the animals knew {A.n}, {A.a_trait} little {A.kind} who lived {home}.
Once there was {A.a_trait} {A.kind} called {A.n}. {A} had [a house full of {#s toy}|{#number} brothers|a loud laugh|{#a color} {#clothes}].
This is the story of {A.n}, {A.a_trait} [young |]{A.kind} who lived {home}.
{A.a_kind} named {A.n} lived {home}. {A} was so {A.trait} that [every {#animal}|all the {#s bird}|even the {#s bug}] knew it.
Once upon a time, a little {A.kind} named {A.n} lived {home}. {A} was {A.trait}[| and had many friends|, just like {his} {@relative}].
Far away, behind {#number} hills, there lived {A.a_trait} {A.kind} named {A.n}.
Of all the animals {@home2}, {A.n} the {A.kind} was the most {A.trait}.

:home.child
in a small house [near the woods|by the sea|next to a bakery|at the end of a road|with {#a color} door|by the river]
in a [little|quiet|busy|tiny|sunny] village[| near the sea| by a lake| under a mountain| full of {#s flower}]
on the [second|third|top] floor of [a tall|{#a color}] building
in a cottage [with {#a color} roof|under {#a tree}|with {#s flower} around it|made of stone]
on a [quiet|busy|narrow|long] street[| near the market| with many trees| behind the school]
in a house [on a hill|with {#number} windows|full of {#s house_thing}|with a big garden|behind {#a tree}]
next door to {#a person}
between a [bakery|school|bookstore|toy shop] and a [park|pond|library|bus stop]
in a [small|big|noisy|pretty] town[| with a tall clock| near the mountains| full of {#s bird}| by the sea]
above a [bakery|shoe store|flower shop|bookstore]

:home.animal
in a [cozy|tiny|warm|round] [hole|house|den|home] [under {#a tree}|behind {#a tree}|near a stream|at the edge of the woods]
in a little house made of [sticks|leaves|stone|straw|wood]
under the roots of {#a tree}
by a [quiet|small|blue|clear] [pond|lake|stream|river]
behind the [barn|mill|old wall|waterfall|hedge]
in a [sunny|green|quiet|wide] meadow[| full of {#s flower}| near a hill]
on top of a hill[| with {#a tree}| full of {#s flower}]
in the shade of {#a tree}

:home2
in town
in the village
on the street
on Main Street
in the valley
for miles around
at school

:family
mom and dad
mother and father
[mom|dad|grandma|grandpa] and {#a pet}
parents and {#number} [brothers|sisters|{#s pet}]
grandma and grandpa
family
mom, {his} dad, and {#a pet}
aunt and uncle
big family

:relative
mom
dad
grandma
grandpa
big sister
big brother
aunt
uncle

:loves
{A} loved to {v}[| more than anything else| every day| all day long| when the weather was nice| after breakfast].
More than anything, {A} [loved|liked] to {v}.
What {A} liked best was to {v}[| and to eat {#s treat}| and to look at {#s animal}].
Every day, {A} liked to {v}[| until {#dish} was ready| before breakfast| with {his} {@relative}].
{A} always [wanted to|liked to] {v}. "[It is so much fun|That makes me happy|I could do it all day|Nothing is better]!" {he} [said|would say].
When {he} was not [asleep|at school|eating {#s treat}], {A.n} loved to {v}.
{A} could {v} for hours[| and never get bored| without a break].
On [Sundays|Saturdays|sunny days|long afternoons], {A} loved to {v}.
{A} did not like to [clean {his} room|eat {#s vegetable}|get up early|sit still], but {he} loved to {v}.
If you asked {A.n} what {he} loved, {he} would say, "I love to {v}!"
{A} had many hobbies, but most of all {he} loved to {v}.
{A} [knew how to|could] {v} better than [anyone|any {#person}|{his} {@relative}].
{^his} favorite thing to do was to {v}.
"Nobody can {v} like you," {his} {@relative} [often|always] said.

:likes.child
{A} liked [{#s baked}|{#s fruit}|{#dish}] and {#s animal}, but {he} did not like [{#s vegetable}|loud noises|rainy days|{#s bug}].
{^his} favorite color was {#color}, and {his} favorite food was {#dish}.
{A} had a room with {#a color} {#furniture} and a shelf full of {#s toy}.
{A} always wore {#a color} {#clothes}[|, even in bed|, even on hot days|, even at the table].
When {A.n} grew up, {he} wanted to be {#a person}[| or {#a person}|, just like {his} {@relative}].
{A} had {#a color} {#clothes} and {#a adj} {#furniture} that once belonged to {his} {@relative}.
Every morning, {A} ate bread with {#spread} and drank a glass of {#drink}.
At night, {A} dreamed of {#s animal} and {#s vehicle}.
{A} knew the names of all the {#s bird}[| and all the {#s flower}| and most of the {#s bug}].
{A} was good at [jokes|riddles|games|drawing {#s animal}] and bad at [spelling|waiting|sharing|getting up].
{A} [had lost a tooth|had gotten {#a color} {#clothes}|had drawn {#a animal}] [last week|the day before|not long ago], and {he} was very proud of it.
On {his} wall there was a picture of {#a animal} and {#a animal2}.
{A} kept {#s small_nature} in {#a house_thing} under {his} bed.
Next to {his} bed stood {#a color} {#furniture} with {#number} {#s house_thing} on it.
{A} thought that [{#s animal}|{#s vehicle}|{#s bug}] were the best thing in the world.
All summer, {A.n} had [counted {#s bird}|picked {#s fruit}|looked for {#s bug}|learned about {#s animal}].
{^his} {@relative} said that {he} was as {A.trait} as {#a animal}.

:likes.animal
{A} liked [{#s fruit}|{#s vegetable}|{#s bug}] for breakfast and {#s fruit} for dinner.
{A} had {#a color} {#clothes} that {his} {@relative} had made.
Every morning, {A} said hello to the {#s bird} and the {#s bug}.
{A} had [a warm bed of leaves|a tiny chair|a round table|a soft nest] and {#a color} {#house_thing}.
{A} knew every {#tree} and every {#flower} near {his} home.
{^his} best day was the day when {he} [found {#a small_nature}|saw {#a sky}|met {#a animal}|won a race].
{A} was afraid of [{#s wild_animal}|loud noises|thunder|nothing], but {he} loved [{#s bug}|{#s bird}|{#s fruit}].
At night, {A} looked at the moon and thought of [{#s fruit}|{#s animal}|far places|{his} {@relative}].
When {he} was tired, {A.n} slept under {#a tree}[| with {#a color} {#clothes} over {his} nose].
{A} kept {#s small_nature} in a hole under {#a tree}.

:has.toy
{A} had {x.a}. [It was {his} favorite toy|{^his} {@relative} had given it to {him}|{^he} took it everywhere|{^he} had gotten it for {his} birthday|{^he} loved it very much].
{^his} favorite toy was {x.a}. [{^he} took it to bed every night|{^he} never let it out of {his} sight|{^he} carried it from room to room|It had a place on {his} pillow].
Of all {his} toys, {A.n} loved {his} {x.full} the most. [It had been a gift from {his} {@relative}|It was older than {his} {#clothes}|{^he} even ate {#dish} with it].
For {his} birthday, {A.n} had gotten {x.a}. {^he} [took it everywhere|played with it all day|showed it to everyone|loved it at once].
{^his} {@relative} had [bought|made|given] {him} {x.a}[|, and {he} would not let go of it|, and {he} took good care of it].
{A} owned {x.a}[| and {#number} {#s toy}, but the {x.noun} was the best]. {^he} [hugged it|looked at it|played with it] every [day|morning|evening].
There was one thing {he} would never give away: {his} {x.full}. [{A} had had it since {he} was a baby|It came from {his} {@relative}|{^he} had saved {#number} months for it].

:has.thing
{A} had {x.a}. [It was {his} favorite thing|{^his} {@relative} had given it to {him}|{^he} took it everywhere|{^he} was very proud of it].
{^his} {@relative} had given {A.n} {x.a}[|, and {he} took good care of it| for {his} birthday|, and {he} carried it everywhere].
Of all {his} things, {A.n} liked {his} {x.full} the most. [It had been a gift from {his} {@relative}|{^he} kept it under {his} pillow|It was older than {his} {#furniture}].
{A} was proud of {his} {x.full}. [Nobody else had one like it|It came from {his} {@relative}|{^he} had found it all by {himself}|{^he} showed it to every {#person} in town].
One thing {A.n} never left at home was {his} {x.full}. [It was a gift from {his} {@relative}|{^he} felt safe with it|It made {him} happy just to look at it].
{A} owned {x.a} that once belonged to {his} {@relative}. {^he} [looked at it|held it|used it] every [day|morning|evening].

:day.start
One {weather} [morning|afternoon|day],
One {weather} {weekday},
On a {weather} {weekday} [morning|afternoon],
One day,
One [morning|afternoon],
One {weekday},
"""
