"""Sentences that tell again what the reader knows already: who has what, who is where.

They stand in the stories, and cut before their last words they are the cloze prompts: what stands
behind the arrow ``=>`` follows from everything told before. ``{answer}`` is the answer.
"""

FORMS = """
:recap.holder
Now the one who had {x.the} was => {answer}.
"Who has {x.the} now?" somebody asked. It was => {answer}.
By now, {x.the} was in the hands of => {answer}.
At this moment, {x.the} was with => {answer}.
If anyone wanted to see {x.the}, they had to ask => {answer}.

:recap.lies
All this time, {x.the} was still => {answer}.
"Where is {x.the}?" somebody asked. It was => {answer}.
Nobody had moved {x.the}. It was still => {answer}.
And {x.the}? It was => {answer}.

:recap.where
{A.n} was still => {answer}.
"Where is {A.n}?" somebody asked. {^he} was => {answer}.
And where was {A.n}? {^he} was => {answer}.
At that moment, {A.n} was => {answer}.

:recap.wish
What {A.n} wanted most was still => {answer}.
{A.n} had only one wish. {^he} wanted => {answer}.
More than anything else, {A.n} wanted => {answer}.
And what did {A.n} want? {^he} wanted => {answer}.

:recap.feeling
And how did {A.n} feel? {^he} felt => {answer}.
Anyone could see that {A.n} was => {answer}.
Inside, {A.n} still felt => {answer}.
"How do you feel, {A.v}?" somebody asked. {A.n} felt => {answer}.

:recap.said
{A.n} thought about what {B.n} had said: => "{answer}"
{A.n} could still hear the words of {B.n}: => "{answer}"
In {his} head, {A.n} heard {B.n} say: => "{answer}"

:recap.kind
After all, {A.n} was => {answer}.
Like all of {his} family, {A.n} was => {answer}.
As everyone could see, {A.n} was => {answer}.
Sometimes {A.n} forgot that {he} was => {answer}.
"""
