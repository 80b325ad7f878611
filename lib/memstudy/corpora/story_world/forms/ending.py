# ruff: noqa: E501 - one template a line
"""How stories end: contented, at bedtime, badly, or with what was learned."""

FORMS = """
:end.one
It had been [a good|a long|{#a look}|an exciting] day, and {A.n} [fell asleep with a smile|was happy|dreamed of {#s animal} that night|would never forget it].
That night, {A.n} [slept well|dreamed of {#s animal}|dreamed that {he} was {#a person}|lay in bed and smiled|slept like {#a animal}].
{A} could not wait [for the next day|to {v} again|to tell {his} {@relative} about it|to go back {p.to}].
From that day on, {A.n} [was never bored again|smiled more often|went {p.to} every {weekday2}|had a new story to tell|loved {p} even more].
And if you go {p.to} today, you may [see {A.n} there|still meet {A.n}|hear {A.n} laugh|find {A.n} {v.ing}].
{A} went to bed [with {#a soft_toy} in {his} arms|after {#dish} and a bath|under {his} {#color} blanket] and [closed {his} eyes|slept until morning|thought of {#s animal}].
"What {#a look} day!" {A} [said|thought|sighed] before {he} fell asleep.
And so the {weather} {part} ended with [{#dish} and {#s treat}|a song|a big hug|{#a baked} for everyone|stories about {#s animal}].
{A} {v.ed} until the [sun went down|moon came out|stars came out|bell rang], and {he} was very happy.
{^his} {@relative} [tucked {him} in|kissed {him} good night|read {him} a story about {#a animal}], and {A.n} fell asleep.

:end.verb.one
When everything was over, {A.n} {v.ed}[| until the sun went down|, just for fun|, as happy as {#a animal}| and thought about {#dish}].
Before {he} went to bed, {A.n} wanted to {v}. And so the {weather} {part} ended.
"Now I want to {v}," {A} said. [And that is what {he} did|Nobody could stop {him}|It was the best part of the day].
And if you visit {A.n} today, you may still find {him} {v.ing}.
From that day on, {A.n} liked to {v} every {weekday2}[|, with {#a color} {#clothes} on|, come rain or shine].
And what did {A.n} do then? {^he} {v.ed}, of course[|, just like before|, until {#dish} was ready]!
That evening, {A.n} [dreamed that {he} could {v} forever|{v.ed} one more time|was too tired to {v}, and that says a lot].

:end.verb.two
{AB} {v.ed} until the [sun went down|moon came out|stars came out|bell rang].
From that day on, {AB.n} {v.ed} together every {weekday2}[|, and nobody was left out|, in sun and rain].
And what did {AB.n} do then? They {v.ed}, of course[|, just like before|, until {#dish} was ready]!
"Do you want to {v}?" asked {B.n}. "Always," said {A.n}. And so they {v.ed} until it was time for {#dish}.
When everything was over, {AB.n} {v.ed}[|, just for fun|, as happy as two {#s animal}|, and {#a bird} sang].
"Tomorrow, let's {v}," said {A.n}. "[And the day after|I will bring {#s treat}|Yes, let's]," said {B.n}.
To this day, {AB.n} {v} whenever they meet.
At the end of the day, {AB.n} {v.ed} side by side[| and ate {#s treat}| under {#a tree}| until they were tired].

:end.two
{AB} {v.ed} until the [sun went down|moon came out|stars came out|bell rang].
From that day on, {AB.n} [were the best of friends|shared everything|met {p.at} every {weekday2}|played together every day|never fought again].
{AB} [laughed|danced|ate {#s treat}|sang songs about {#s animal}] until it was time to go home.
And {AB.n} [remained friends for a long, long time|were happy|lived happily ever after|had many more adventures].
"[Best day ever|Let's do this again|See you tomorrow|I am glad we are friends]!" said {A.n}. "[Yes|Me too|I think so too|I can't wait]!" said {B.n}.
{AB} celebrated with {#s baked} and {#drink}[|, and they invited {#a animal} too| and sang a song].
To this day, {AB.n} [tell everyone about it|laugh when they think of it|go {p.to} together|are best friends].
{A.n} hugged {B}, and they both [smiled|felt warm inside|laughed|knew that they were friends forever].

:end.bad
{A} went to bed without [{#dish}|a story|a song|a smile] that night, and {his} {x.noun} was gone forever.
{A} never saw {x} again.
And that was the end of the {x.full}. {A} [cried for a long time|did not smile all week|wished {he} had been more [careful|patient]|could not sleep that night].
There was nothing more to do. {A} [walked home alone|sat down and cried|looked out of the window until it was dark|went home in the rain], without {his} {x.noun}.
Nobody [could help|had an answer|laughed that evening]. {A} missed {his} {x.noun} [every day|for a very long time|more than {he} could say].
That night, {A.n}'s bed felt [empty|cold|too big]. The {x.full} was gone.

:end.bad.friend
{AB} [walked home alone|did not say goodbye|did not speak for {#number} days], and nobody was happy.
{B} [went home|walked away] and did not come back. {A.n} [sat alone|had nobody to play with|was alone again].
That was the last time that {AB.n} [played together|shared {#a baked}|went {p.to}]. {A} often thought about it.
Now {A.n} had everything {he} wanted, but no friend. {^he} [played alone that day|sat alone under {#a tree}|was not happy at all].

:end.bad.alone
That night, {A.n} lay awake [for a long time|and looked at the moon|and listened to the rain], and nobody came to tell {him} a story about {#s animal}.
There was no {#baked} and no song that evening. {A} [pulled the blanket over {his} head|turned to the wall|looked out at the dark {#tree}].
It was the worst {weekday} of {A.s} life. [Even the {#s bird} were quiet|{^he} did not touch {his} {#dish}|Nothing could make {him} smile].
And this time there was no happy end. {A} [sat on {#a seat}|stood at the window|walked home] and wished that the day had never begun.
{A} never [spoke about it|went back {@there}|forgot that {part}], but {he} often thought about it when {he} saw {#a animal}.

:there
to that place
there

:moral.share
{A} learned that [sharing makes everything more fun|it is good to share|a thing is twice as nice when you share it|sharing makes two people happy].
And so {A.n} learned that [{#s toy} are no fun alone|friends are worth more than {#s toy}|it feels good to share].
"Sharing is [better than having|a kind of magic|what friends do]," {his} {@relative} said later, and {A.n} knew that it was true.
From then on, {A.n} always shared {his} {#s treat} and {his} {#s toy}.

:moral.truth
{A} learned that [it is always best to tell the truth|a lie makes everything worse|the truth makes your heart light|honest people have good friends].
And so {A.n} learned to tell the truth[|, even when it is hard|, even when {he} was afraid|, every time].
From then on, {A.n} never [told a lie|hid the truth|kept such a secret] again.
"It is brave to tell the truth," {his} {@relative} said, and {A.n} never forgot it.

:moral.honest
{A} learned that [what you find belongs to somebody|it feels good to give back what you find|an honest heart makes two people happy].
And so {A.n} learned to give back what was not {his}[|, even when it was hard|, every single time].
From then on, whenever {he} found {#a accessory}, {A.n} looked for the owner.
"Honest people sleep well," {his} {@relative} said that evening, and {A.n} slept very well.

:moral.fair
{A} learned that [cheating never pays|a prize is worth nothing if you cheat|it is better to lose than to cheat].
And so {A.n} learned to play fair[|, win or lose|, in every game].
From then on, {A.n} never cheated again[|, not even at {#dish}|, not even in small games].

:moral.forgive
{A} learned that [a friend can make a mistake|it feels good to forgive|friends are more important than {#s thing}].
And so {A.n} learned to forgive[|, because everybody forgets something| and to ask before getting angry].
From then on, when somebody made a mistake, {A.n} [smiled|took a deep breath|counted to {#number}].

:moral.judge
{A} learned that [you should look closely before you blame someone|things are not always what they seem|every riddle has an answer].
And so {A.n} learned to ask first and to judge later.
From then on, {A.n} [looked twice before {he} blamed anyone|kept {his} eyes open|was known as a detective].

:moral.care
{A} learned to [take good care of {his} things|look after what {he} loved|put {his} things away|be more careful].
And so {A.n} learned that [you must look after the things you love|it is good to be careful|a careful {A.kind} loses nothing].
From then on, {A.n} always [checked {his} pockets|held on tight to {his} things|put {his} {#s toy} in {#a house_thing}|looked twice].

:moral.kind
{A} learned that [a kind word can change a whole day|being kind makes you happy|even a small {A.kind} can help|kindness always comes back].
And so {A.n} learned that [it is good to help others|kind people find friends everywhere|little acts of kindness are never wasted].
From then on, {A.n} [helped whoever needed it|always had a kind word|looked after every {#animal} {he} met].
"When you are kind, the world is kind to you," {his} {@relative} said, and {A.n} believed it.

:moral.patience
{A} learned that [good things take time|it pays to wait|you cannot hurry {#a flower}|patience is worth it].
And so {A.n} learned to [wait|be patient|take one step at a time][|, even for {#dish}].
From then on, when something took a long time, {A.n} [hummed a song and waited|counted to {#number}|thought of that day].

:moral.brave
{A} learned that [being brave means trying even when you are afraid|most things are not as scary as they look|even the small ones can be brave|fear gets smaller when you face it].
And so {A.n} learned to be brave[| and to trust {himself}|, one step at a time].
From then on, {A.n} was not so afraid of [the dark|loud noises|new things|{#s animal}] anymore.

:moral.listen
{A} learned to listen to {his} {@relative}[|, even when it was hard|, because {he} knew best now|].
{A} wished that {he} had listened. {^he} [never forgot it|knew better now|told every {#animal} {he} met about it].
And so {A.n} learned that [rules can keep you safe|a warning is there for a reason|it is good to listen].

:moral.practice
{A} learned that [you must never give up|nobody is good at everything right away|practice makes everything easier|it is all right to fail and try again].
And so {A.n} learned that [trying again is the secret|every {#person} was a beginner once|hard work pays off].
From then on, when something was hard, {A.n} [tried again|tried {#number} more times|did not give up].

:moral.team
{A} learned that [many hands make light work|everything is easier with a friend|two heads are better than one|it is good to ask for help].
And so {AB.n} learned that they could do [anything|great things|more] together.
From then on, {AB.n} always worked together.

:moral.greed
{A} learned that [too much is not good|those who want everything end up with nothing|enough is as good as a feast|it is better to be happy with what you have].
And so {A.n} learned not to be greedy[| again|, not even with {#s treat}].
From then on, {A.n} [took only what {he} needed|left some {#s treat} for others|was happy with what {he} had].

:moral.friends
{A} learned that [a new friend can be anywhere|friends are the best treasure|it takes only one word to make a friend|you should not judge others by their looks].
And so {A.n} learned that [everyone needs a friend|it is good to say hello|a friend is worth more than {#s small_nature}].
From then on, {A.n} always [said hello to new faces|had time for a friend|smiled at new children].
"""
