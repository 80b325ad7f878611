# ruff: noqa: E501 - one template a line
"""What people feel, and how others see it. Every line names the feeling in the slot ``{f}``."""

FORMS = """
:feel.glad
{A} was [so |]{f}.
{A} felt [so |]{f} [that {he} danced around|that {he} hugged {#a furniture}|that {he} wanted to sing|inside|all day].
{A} felt {f}, and {his} [eyes|cheeks|ears] [shone|glowed|were bright].
{A} was so {f} that {he} [jumped up and down|clapped {his} hands|did a little dance|laughed out loud|hugged {#a soft_toy}|told everyone about it].
"I am so {f}!" {A} [said|cried|sang|shouted|called].
{A} smiled [from ear to ear|a big smile|all the way home]. {^he} was {f}.
{A} had never been so {f}[| in {his} life| before].
"Hooray!" {A} [cried|shouted]. {^he} was {f}.
{A} could not stop smiling. {^he} felt {f}, [like {#a bird} in the sky|like {#a person} with a medal|like {#a animal} in the sun|as light as a feather].
It made {A.n} {f} [to think of it|all over|from head to toe].

:feel.sad
{A} was [so |]{f}.
{A} felt [so |]{f}[| that {he} did not want to eat {#dish}| inside| and sat down on {#a seat}].
{A} began to cry. {^he} was {f}.
{A} felt {f}, and a tear ran down {his} [cheek|nose|chin].
"I am so {f}," {A} [said|whispered|sighed].
{A} was so {f} that {he} [hung {his} head|could not speak|did not even look at {#a bug}|forgot {his} {#baked}].
{A} [sniffed|sighed|sobbed|hid {his} face]. {^he} felt {f}.
It made {A.n} {f}, and {he} [looked at the ground|did not say a word|kicked a stone|wanted to go home].
{A} had never been so {f}[| in {his} life| before].

:feel.afraid
{A} was [so |]{f}.
{A} felt {f}, and {his} [knees shook|heart beat fast|hands were cold|ears got hot].
{A} was so {f} that {he} [could not move|hid behind {#a cover}|held {his} breath|closed {his} eyes|shook like a leaf].
"I am {f}," {A} [whispered|said|said in a small voice].
{A} [froze|shivered|gulped]. {^he} was {f}.
It made {A.n} {f}, and {he} [took a step back|looked around|wanted to run].

:feel.angry
{A} was [so |]{f}.
{A} felt {f}, and {his} [face turned red|ears got hot|hands became fists].
{A} was so {f} that {he} [stamped {his} foot|did not say a word|turned {his} back|kicked {#a low_thing}|pulled at {his} {#clothes}].
"I am {f}!" {A} [said|shouted|cried].
It made {A.n} {f}, and {he} [crossed {his} arms|looked away|made a face].

:feel.sorry
{A} was [so |]{f}.
{A} felt {f}[| about it| about what {he} had done| deep inside| and looked at {his} feet].
{A} was so {f} that {he} [could not eat {his} {#dish}|did not sleep well|wanted to hide|hung {his} head].
When {he} thought about it, {A.n} felt {f}.
{A} looked at the ground. {^he} felt {f}.

:feel.tired
{A} was [so |]{f}.
{A} felt {f}, and {his} [legs were heavy|eyes closed|head was full of dreams].
{A} yawned. {^he} was {f} after such a [long|busy|big|full] day.

:feel.bored
{A} was [so |]{f}[| that day| that {weekday}].
{A} felt {f}. There was nobody to [play with|talk to|laugh with].
{A} was so {f} that {he} [counted the {#s furniture}|talked to {#a bug}|watched {#a bug} for an hour|played with {his} {#clothes}].
"I am so {f}," {A} [said to {#a soft_toy}|sighed|said to {himself}].

:see.feeling.sad
{A} saw that {B.n} was {f}[| and sat down next to {B.him}| and wanted to help].
{A} noticed that {B.n} was {f}. "What is wrong?" {A} asked.
"Why are you so {f}?" {A} asked {B}.
"You look {f}, {B.v}," said {A.n}.
{A} could see that {B.n} was {f}. {^he} [did not like that|wanted to do something|thought hard].

:see.feeling.glad
{A} saw that {B.n} was {f}, and [that was the best part|it made {him} smile|{he} smiled too].
{A} could see how {f} {B.n} was.
{A} was glad to see {B.n} so {f}.

:comfort
{A} [hugged|patted|smiled at] {B}. "[Do not cry|Do not worry|It will be all right|I am here|We will find a way]," {A} said.
"[Do not cry|Do not worry|Cheer up|It is all right], {B.v}," said {A.n}. "[I will help you|We can fix this|Everything will be fine|You are not alone]."
{A} [gave|offered] {B.n} {#a treat} and said, "[Do not worry|Cheer up|It could happen to anyone|I will help you]."
{A} sat down next to {B} and [held {B.his} hand|said nothing for a while|told {B.him} a joke about {#a animal}|sang a song about {#a animal}].
{A} [put an arm around|gave a hug to] {B}. "[Let's think|Things will get better|I know how you feel|I am with you]," {A} said.

:thanks
"Thank you[|, {B.v}| so much| very much]," {A} said.
"Thank you, {B.v}!" said {A.n}. "You are [so kind|the best|a true friend|very {#goodness}]."
"Thank you so much!" {A} said and [hugged {B}|gave {B} a hug|shook {B.his} hand|smiled at {B}].
{A} thanked {B}[| many times| with a hug| with a big smile| and gave {B.him} {#a treat}].
"You are [so kind|so {#goodness}|the best]," {A} told {B}. "Thank you!"
"How can I ever thank you?" asked {A.n}. "[You just did|A hug is enough|Your smile is enough|There is no need]," said {B.n}.

:sorry
"I am sorry[|, {B.v}| for what I did| for everything]," {A} said[|. {^he} meant it| and looked at the ground| in a small voice].
"I am so sorry, {B.v}," said {A.n}. "[It was my fault|I was wrong|I was not good|I will never do it again|Please forgive me]."
{A} looked at {B} and said, "I am sorry. [I was wrong|It was my fault|I will be better|I should have been {#goodness}]."
{A} said sorry to {B}[| and gave {B.him} a hug| from the bottom of {his} heart| and offered {B.him} {#a treat}].

:forgive
"It is all right, {B.v}," said {A.n}. "[I am not angry anymore|We all make mistakes|You told the truth|You are still my friend|Let's forget it]."
{A} [smiled|nodded|thought for a moment]. "[I forgive you|That is all right|It is fine|We are still friends]," {A} said to {B}.
{A} forgave {B}[| and gave {B.him} a hug| at once| with a smile|, and they shook hands].
"I forgive you," {A} said and [hugged {B}|took {B.his} hand|gave {B} {#a treat}|smiled].
"""
