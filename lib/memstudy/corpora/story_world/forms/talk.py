# ruff: noqa: E501 - one template a line
"""What people say to each other when nothing presses: small talk, quarrels, asking, refusing."""

FORMS = """
:chat
"What is your favorite color?" {A.n} asked. "{#color:k}," said {B.n}. "Mine is {#color2}," said {A.n}.
"Do you like {#s animal}?" asked {A.n}. "[Yes, but I like {#s animal2} more|Not as much as {#s animal2}|Only small ones|I love them]," said {B.n}.
"Knock, knock," said {A.n}. "Who is there?" asked {B.n}. "{#a animal}!" said {A.n}, and both of them laughed.
"Guess what I had for breakfast," said {A.n}. "{#dish:k}?" asked {B.n}. "No, {#dish2}!" {A.n} laughed.
"When I grow up, I want to be {#a person}," said {A.n}. "I want to be {#a person2}," said {B.n}. "[Or {#a person3}|And I want {#a vehicle}|Then we can work together|And have {#number} {#s pet}]."
"I dreamed of {#a animal} last night," said {B.n}. "[Was it {#creature}|Could it talk|Did it have a name|What did it do]?" asked {A.n}. "[It wore {#a clothes}|It ate all the {#dish}|It was {#color}|I do not remember]," said {B.n}.
"Can you count to {#number}?" asked {A.n}. "Of course I can," said {B.n}, and {B.he} did[|, very fast|, twice|, on {B.his} fingers].
"Why do {#s animal} [sleep so much|run so fast|have tails|eat {#s fruit}]?" asked {A.n}. "[Because they like it|Nobody knows|Because they are {#creature}|Ask {#a animal2}]," said {B.n}.
{A.n} told {B.n} a story about {#a animal} who [wanted to fly|lost {#a clothes}|found {#a small_nature}|was afraid of {#s bug}|drove {#a vehicle}].
{A.n} told a joke about {#a animal} and {#a person}. {B.n} laughed [so hard that {B.he} got hiccups|until {B.his} tummy hurt|and told one about {#a vehicle}].
"I can see a cloud that looks like {#a animal}," said {A.n}. "And I see one that looks like {#a house_thing}," said {B.n}.
"Would you rather have {#a pet} or {#a farm_animal}?" asked {B.n}. {A.n} thought about it. "{#a wild_animal:k}!" {A.he} said.
{B.n} showed {A.n} how to [stand like {#a bird}|walk like {#a animal}|make a face like {#a animal}|eat like {#a wild_animal}]. {A.n} laughed and tried it too.
"What do you have in your pocket?" {B.n} asked. "Only {#a small_nature}," said {A.n}. "[I found it last week|You may look at it|It brings me luck|It is my secret]."
"My {@relative} can [drive {#a vehicle}|bake {#s baked}|sing like {#a bird}|run faster than {#a animal}]," said {B.n}. "[So can mine|Really|That is {#look}|I want to see that]!" said {A.n}.
"I am [faster|stronger|smarter] than {#a animal}," said {A.n}. "And I am [louder|smaller|funnier] than {#a animal2}," {B.n} laughed.

:quarrel.start
"I want to {v}!" said {A.n}. "No, I want to {w}!" said {B.n}. [They argued for a long time|They shouted at each other|Neither of them would give in].
{A.n} wanted to {v}, but {B.n} wanted to {w}. "[You always choose|That is not fair|That is boring|You never listen]!" {B.n} said[| and crossed {B.own} arms| in a loud voice].
"It is my turn to choose," said {A.n}. "We will {v}." But {B.n} [shook {B.own} head|stamped {B.his} foot|frowned] and said, "No! I want to {w}."
{AB.n} had a fight. {A.n} wanted to {v}, and {B.n} wanted to {w}. [Nobody smiled|They stopped talking|They turned their backs on each other].

:quarrel.end
"We can do both," said {A.n} at last. "First we {v}, and then we {w}." {B.n} [smiled|nodded|liked that|agreed], and they [shook hands|were friends again|laughed].
After a while, {B.n} said, "I do not want to fight. You can choose today." "And you can choose tomorrow," said {A.n}. They [hugged|smiled|were friends again|shook hands].
{A.n} took a deep breath. "I am sorry, {B.v}. Let's take turns." "I am sorry too," said {B.n}. So first they {v.ed}, and then they {w.ed}.
Then {B.n} began to laugh. "[This is silly|We look like two {#s animal}|Friends should not fight]," {B.he} said. {A.n} laughed too, and they made up.

:say.warn
"Be careful with {x.the}," {A} said to {B}[|| {#talk}]. "[It can break|It is easy to lose|It was not cheap|It is very old|You only have one]."
{A} told {B}, "Do not [lose|forget|break|drop] {x.the}."
"Hold {x.the} tight, {B.v}," said {A.n}[|| {#talk}].
"Please look after {x.the}, {B.v}," {A} said[|| {#talk}].

:say.rule
"[Be back before dinner|Come home when the bell rings|Stay close to {p.the}|Do not talk to {#s wild_animal}|Do not run near {#s vehicle}|Always say thank you|Wash your hands when you come home|Look left and right on the street], {B.v}," said {A.n}.
{A} kissed {B} and said, "[Have fun|Be good|Be {#goodness}|Do not be late|Be home before dark|Do not get your {#clothes} dirty]!"
"Remember, {B.v}," said {A.n}. "[Be {#goodness}|A good {#person} never gives up|Share what you have|Keep your {#clothes} on|The early bird gets the worm|Slow and steady wins]."

:greet
"Hello, {B.v}!" {A} [said|called|shouted]. "[I am happy to see you.|Is it not {weather_a} day?|What a nice surprise!|How are you?|Did you sleep well?|I like your {#clothes}.]"
{A} waved at {B}. "[Good to see you|Hello there|Come here|There you are], {B.v}!" {A} [called|said|shouted].
"Hi, {B.v}," said {A.n}. "[What a {weather} day!|I was looking for you.|Do you want to play?|I have missed you.]"

:meet
{p.at}, {A.n} met {B.intro}. [{^B.n} was {v.ing}|{^B.n} wore {#a color} {#clothes}|{^B.n} was eating {#a treat}|{^B.n} was there with {B.own} {@relative}].
There {A} met {B.intro}, who was {v.ing}.
{A} saw {B.intro} [near {#a cover}|behind {#a cover}|under {#a tree}|in the distance]. {^B.n} was {v.ing}.
{B.intro} was already there, {v.ing}. {A.n} [ran over|walked over|waved|said hello].
Who was that? It was {B.intro}! {A.n} [was happy|waved|ran to {B}|smiled].

:visit
{B.intro} came to visit {A.n}. {^B.n} [brought {#s treat}|wore {#a color} {#clothes}|knocked {#number} times|rang the bell|came on {#a color} bike].
[There was a knock at the door|The doorbell rang]. It was {B.intro}[| in {#a color} {#clothes}| with {#s treat}]. "[Can we play|May I come in|Do you have time|Are you coming out]?" asked {B.n}.
{A} [called|invited] {B.intro}, and {B.n} came [right away|after lunch|with {#s treat}|with {#a color} {#clothes} on].

"""
