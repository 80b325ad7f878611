# ruff: noqa: E501 - one template a line
"""Going somewhere, what is seen, heard and done there, the weather, meals, chance meetings."""

FORMS = """
:lead.next
[Then|Soon after|After a short rest|An hour later|Later|Later that day|When the clock struck {#number}],
[After lunch|After a while|Half an hour later|Some time later|When that was done],

:go.one
{A} [went|walked|ran|skipped|hurried|set off] {p.to}[| to {v}| with {#a color} {#clothes} on| all alone| by {himself}| with {#a baked} in {his} bag].
{A} put on {his} {#color} {#clothes} and [went|walked|ran|hurried] {p.to}.
{A} [took|packed] {#a treat} and [went|walked|set off] {p.to}.
{A} [rode {his} {#color} bike|took the {#color} bus|followed the road|ran all the way] {p.to}.
{A} [wanted|decided] to go {p.to}. {^he} [took {his} {#clothes}|said goodbye to {his} {@relative}|finished {his} {#dish}] and off {he} went.
{A} [ate|finished] {his} {#dish} and [went|walked|skipped|ran] {p.to}.
{A} was on {his} way {p.to}. {A} [hummed a song|counted the {#s tree}|jumped over {#s hurdle}|looked for {#s bug}] as {he} walked.

:go.two
{AB} [went|walked|ran|hurried|skipped] {p.to}[| together| to {v}| hand in hand| side by side].
{AB} [took|packed] {#s treat} and [went|walked|set off] {p.to}.
{AB} decided to go {p.to}[| to {v}| before lunch]. They [sang a song|held hands|raced each other|talked about {#s animal}|counted {#s bird}] on the way.
"Let's go {p.to}!" said {B.n}. {A.n} [thought that was a great idea|liked the idea|jumped up at once|put on {his} {#clothes}], and off they went.
"Do you want to go {p.to}?" {B.n} asked. "Yes, please!" said {A.n}, and they [set off|went together|ran all the way].
{AB} put on their {#s shoe_like} and [walked|went|ran] {p.to}.
{A.n} took {B.n} by the hand, and they [went|walked|skipped] {p.to}.
{AB} rode their bikes {p.to}. {A.n} had {#a color} bike, and {B.s} bike was [old|new|{#color2}|too big].

:go.on.one
{A} [went|walked|ran|hurried|went on|made {his} way] {p.to}[|, all alone|, step by step| {#move}|, as fast as {he} could].
{A} [followed the road|took the short way|took the {#color} bus|rode {his} {#color} bike] {p.to}.
{A} did not wait long. {^he} [went|ran|walked] {p.to}.

:go.on.two
{AB} [went|walked|ran|hurried|went on|made their way] {p.to}[| together|, side by side|, hand in hand|, step by step].
{AB} [followed the road|took the short way|took the {#color} bus] {p.to}.

:go.in.one
{A} [went|walked|ran|hurried|tiptoed|marched] {p.to}[| all alone| {#move}| with {#a treat}|, humming a song| to {v}].
{A} wanted to {v}, so {he} [went|ran|walked] {p.to}.
{A} had an idea and [went|ran|hurried] {p.to}.

:go.in.two
{AB} [went|walked|ran|hurried|tiptoed|marched] {p.to}[| together|, side by side|, hand in hand|, to {v}|, with {#s treat}].
"Come with me {p.to}," said {A.n}. {B.n} [nodded|came along|followed {him}].
{AB} wanted to {v}, so they [went|ran|walked] {p.to}.

:go.rush
{A} ran {p.to} [to find help|to look for help|as fast as {he} could|without looking back].
"I will be right back!" {A} called and [ran|hurried|rushed] {p.to}.
{A} knew what to do. {^he} [ran|raced|hurried] {p.to}.
There was no time to lose. {A} [ran|raced|hurried] {p.to}.

:go.home.one
{A} [went|walked|ran|hurried] home[| with {#adj} steps| as fast as {he} could| before it got dark| all by {himself}| for {#dish}].
{A} [turned around|said goodbye] and [went|walked|ran] home.
{A} was [tired|hungry|thirsty|cold] now, so {he} [went|walked] home.
When [the sun went down|it got late|the clock struck {#number}|the first star came out], {A.n} [went|walked|ran] home.

:go.home.two
{AB} [went|walked|ran|hurried] home together[|, hand in hand|, singing|, talking all the way].
When [the sun went down|it got late|the first star came out], {AB.n} [went|walked|ran] home.
{AB} were [tired|hungry|thirsty] now, so they [went|walked] home.
"It is time to go home," said {B.n}. {A.n} [nodded|took {B.his} hand|yawned|was tired too], and they [went|walked] home.

:arrive.one
{A} saw {sight}.
There {A} saw {sight}.
{p.at} {A} saw {sight}[| and {sight2}].
{p.the} was [full of life|very quiet|busy that day|{A.s} favorite place]. {A} saw {sight}.
{A} [looked around|looked left and right|stopped for a moment] and saw {sight}.
[It was {#place} there|There was so much to see]. {A.n} could not stop looking at {sight}.
{A} had never seen {p} so {#place}. {^he} [spotted|noticed|saw] {sight}.
{A} liked {p}[| because it was so {#place}]. {A} [sat down|stood still] and watched {sight}.

:arrive.two
{AB} saw {sight}.
There they saw {sight}.
{p.at} they saw {sight}[| and {sight2}].
{A.n} pointed at {sight}. {B.n} pointed at {sight2}.
"Look!" said {A.n}. {B.n} looked and saw {sight}.
{AB} [looked around|sat down for a while] and saw {sight}.
"What do you see?" asked {B.n}. "I see {sight}," said {A.n}.
{AB} had never seen {p} so {#place}. They [spotted|noticed|saw] {sight}.

:place.adj
{p.the} was {padj}[| that day| and smelled of {#s flower}| and full of people].
It was {padj_a} {p.noun}[|, and {A} liked it there|, with {sight}].
{A} [loved|liked] {p} because it was so {padj}.
"What {padj_a} {p.noun}!" said {A.n}.

:weather.fair
The sun was [warm|bright|high], and the [sky|air] was [blue|clear|full of {#s bird}].
It was {weather_a} day, and the {#s flower} [smelled sweet|were in bloom|stood in the sun].
{#a bird:k} sang in {#a tree}, and [a soft wind blew|the sun shone|the grass was green].
The sky was as blue as {#a small_nature}.
[Warm|Soft|Golden] light fell on the {#s flower} and the {#s low_thing}.
A [soft|light|warm] wind [moved|shook] the leaves of the {#tree}.
[Not a cloud|Only one small cloud] was in the sky. It looked like {#a animal}.
The {#s bug} [hummed|buzzed|danced] in the warm air.
The air smelled of {#s flower} and {#s baked}.

:weather.foul
It was {weather_a} day, and [the wind blew|the sky was gray|nobody was outside|the {#s bird} were quiet].
[Dark|Gray|Heavy] clouds hung over the {#tree}.
The wind [shook|pulled at] the {#s tree} and the {#s outdoor_thing}.
It was so {weather} that {A.n} [wore {#a color} {#clothes}|put {his} hands in {his} pockets|could see {his} breath|pulled {his} {#clothes} tight].
The {#s bird} sat in the {#tree} and waited for the sun.
Even the {#s farm_animal} stayed inside on such {weather_a} day.

:play.one
{A} [began|started] to {v}.
{A} {v.ed} [for a while|until {he} was tired|for a long time|all morning|and hummed a song|and laughed].
First, {A.n} {v.ed}. Then {he} {w.ed}.
{A} {v.ed} [and thought of {#s animal}|like a real {#person}|and forgot the time|until the clock struck {#number}].
{A} had a lot of fun {v.ing}[| all by {himself}| on that {weather} {part}].
{A} was so busy {v.ing} that {he} did not [see {#a bug} on {his} arm|hear the {#s bird}|feel hungry|notice the time].

:play.two
{AB} [began|started] to {v}.
{AB} {v.ed} together [for a while|until they were tired|for a long time|all morning|and laughed a lot].
First, they {v.ed}. Then they {w.ed}.
{A.n} wanted to {v}, so they {v.ed} until [{B.n} was tired|they were hungry|the clock struck {#number}|they ran out of breath].
"Let's {v}!" said {A.n}. So they {v.ed}[| for an hour| until lunch| and laughed].
{AB} took turns {v.ing}. [{A.n} went first|{B.n} went first|{B.n} counted to {#number}].
{A.n} {v.ed}, and {B.n} [watched|helped {him}|sang a song|clapped {B.own} hands|counted to {#number}].
{AB} had fun {v.ing}. "[This is the best day|I could do this all day|You are good at this|Again, again]!" {B.n} [said|laughed|shouted].

:snack.one
{A} was hungry, so {he} ate {#a treat}[| and drank some {#drink}].
{A} sat down on {#a seat} and ate {#a treat}.
{A} took {#a treat} out of {his} bag. [It was {#taste}|It smelled good|{^he} ate it in {#number} bites].
For lunch, {A.n} had {#dish}, bread with {#spread}, and {#a fruit}. [It was {#taste}|{^he} ate every bit of it].

:snack.two
{AB} shared {#a baked} and some {#drink}.
{AB} sat down on {#a seat} and ate {#s treat}.
{B.n} had {#s treat} in {B.own} bag. "[Have one|Try one|Help yourself|These are for us]," {B.he} said. [They tasted {#taste}|{A.n} ate {#number}].
"I am hungry," said {A.n}. So they ate {#s treat} and {#s fruit}.
For lunch, {AB.n} had {#dish} and {#drink}.
"Do you like {#s treat:k}?" {B.n} asked. "Yes, but I like {#s treat2} more," said {A.n}.

:cameo
[On the way|Just then|All at once], {#a animal:k} [ran past|came by|looked at {A.n}|crossed the path]. The {k} [had {#a color} leaf on its head|looked {#creature}|made a funny sound|was as {#creature} as {#a animal2}].
{A} saw {#a animal:k} with {#a fruit}. The {k} [did not want to share|ate it in one bite|hid it under {#a cover}|carried it away].
{#a bug:k} landed on {A.s} [nose|hand|shoulder|knee]. {^he} [held still|smiled|counted its legs] until the {k} [flew|went] away.
{A} said hello to {#a animal:k}, and the {k} [wagged its tail|blinked|looked up|seemed to smile|turned its head].
{#a creature} {#animal:k} [followed {A.n} for a while|watched {A.n} from far away|slept near {#a cover}]. "[Mister|Captain|Little|Old|Sir] {k}," {A} called it.
Behind {#a cover} sat {#a animal:k}. "Hello, {k}!" said {A.n}. The {k} [ran away|only blinked|did not move].
"Look, {#a animal:k}!" said {A.n}. The {k} was {#creature} and [{#color}|round|not afraid at all|very small].

:sense
{A} heard [a noise|a song|a soft sound|a bell]. It was only {#a animal:k} [under {#a cover}|far away|looking for food].
It smelled of [{#dish}|{#s flower}|{#s baked}|fresh {#fruit}]. {A} [took a deep breath|felt hungry|closed {his} eyes for a moment].
{A} felt [the wind in {his} hair|something wet on {his} nose|sand between {his} toes|a stone in {his} shoe].
Somewhere, {#a animal:k} [called|made a sound|sang] {#number} times. {A} counted on {his} fingers.
{A} [found {#a small_nature} and put it in {his} pocket|stepped over {#a small_nature}|looked at {#a small_nature} in the sun].

:thought
{A} thought about [dinner|the next day|{his} {@relative}|{#s animal}|{#s vehicle}]. Maybe there would be {#dish}[| and {#s baked}].
"One day I will [have {#a pet}|ride {#a vehicle}|be {#a person}|see {#a wild_animal}|learn to {v}]," {A} [thought|said to {himself}].
{A} wondered [why {#s bird} sing|where {#s bug} sleep|what {#s farm_animal} dream about|how {#s vehicle} work|if {#s animal} like {#dish}].
{A} made up a song about {#a animal} and {#a animal2}[| who loved {#dish}| in {#a vehicle}].
{A} pretended to be {#a person} [on {#a vehicle}|with {#a wild_animal}|who looked for treasure|who could talk to {#s animal}].

:day.after
The next day, [the sun came up|{A.n} woke up early|{A.n} ate {#dish} for breakfast|it was {weather}].
The next morning, {A.n} [woke up early|jumped out of bed|put on {his} {#clothes}|ate {#dish} with {#s fruit}|brushed {his} teeth].
After a good night's sleep, {A.n} [ate {#dish}|put on {his} {#color} {#clothes}|looked out of the window|felt much better].
{#number} days [later|went by], {A.n} [was ready|woke up with a smile|had an idea|could not wait any longer].

:walk.home
On the way back, {A.n} [hummed a song|was very quiet|looked at the clouds|counted {#s tree}|ate {#a fruit}].
The way home was [long|short|dark|easy], and {A.n} [thought about everything|was glad to see {his} own door|was tired].
At home, there was {#dish} for dinner. {A.n} [ate two bowls|told {his} {@relative} everything|was very hungry].
That evening, {A.n} [took a bath|ate {#dish}|drew a picture of {#a animal}|told {his} {@relative} about the day].
"""
