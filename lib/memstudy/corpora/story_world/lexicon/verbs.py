# ruff: noqa: E501 - one activity a line
"""What the people of the stories do for pleasure or as a task: verbs with forms and objects.

One line an activity: ``base past ing | object ; object ; ...``. An object may hold slots of the
template language. A lone dash means that the verb can stand without an object. An underscore joins
the words of one verb form.
"""

# Things that are fun, at any place in the open.
OUTDOOR_PLAY = """
run ran running | in the grass @green,wood,farm,hill ; up and down the path ; in big circles ; as fast as the wind
jump jumped jumping | over puddles ; up and down ; over the {#low_thing} ; very high
skip skipped skipping | along the path ; with a rope ; from stone to stone
hop hopped hopping | on one foot ; like {#a hopper} ; from rock to rock
dance danced dancing | in the sun ; under the trees ; like {#a flower} in the wind
sing sang singing | silly songs ; to the {#s bird} ; loud songs ; songs about {#s animal}
climb climbed climbing | the tall {#tree} @green,wood,farm,hill,water ; up the hill @hill ; over the fence ; the old {#tree} @green,wood,farm,hill,water
swing swung swinging | on the swing @green ; from a branch ; higher and higher
slide slid sliding | down the hill @hill,green ; on the wet grass ; down the big slide @green
roll rolled rolling | down the hill @hill,green ; in the leaves ; in the soft grass
dig dug digging | for treasure ; deep holes ; in the dirt ; for worms
chase chased chasing | {#s bug} ; the {#s bird} ; shadows ; leaves in the wind
catch caught catching | {#s bug} ; falling leaves ; tiny {#s bug}
throw threw throwing | pebbles into the water @water ; sticks ; balls into the air
kick kicked kicking | a ball ; the dry leaves ; little stones
race raced racing | to the fence ; to the big {#tree} ; against the wind
hide hid hiding | behind the trees ; in the tall grass ; behind the {#tree}
play played playing | tag ; hide and seek ; catch ; in the sand @water,green ; pirates ; ball
explore explored exploring | the woods @wood ; every corner ; new paths
gather gathered gathering | {#s flower} ; {#s small_nature} ; dry sticks ; berries
pick picked picking | {#s flower} ; berries ; {#s fruit} ; wild flowers
collect collected collecting | {#s small_nature} ; shiny stones ; {#color} leaves ; shells @water
watch watched watching | the {#s bug} ; the clouds ; the {#s bird} ; the {#s wood_animal} from far away
feed fed feeding | the {#s bird} ; the ducks @water,green,farm ; the {#s farm_animal} @farm ; the fish @water
follow followed following | the {#s bug} ; tiny footprints ; the stream @water,wood,hill
splash splashed splashing | in the puddles ; in the water @water ; with both feet
swim swam swimming | like a fish @water ; in the cool water @water ; with the ducks @water
ride rode riding | a bike ; a pony ; a scooter ; around on a bike
fly flew flying | a kite ; paper planes
plant planted planting | {#s flower} @green,farm ; seeds @green,farm ; {#s vegetable} @green,farm
water watered watering | the {#s flower} @green,farm ; the plants @green,farm ; the {#s vegetable} @green,farm
rake raked raking | the leaves @green,wood ; the hay @farm
walk walked walking | along the stream @water,wood,hill ; under the trees @green,wood,hill ; with bare feet ; on top of the wall
march marched marching | like a soldier ; up and down the road ; in a long line
spin spun spinning | around and around ; like a top ; until the world turned
crawl crawled crawling | under the bushes ; through the tall grass ; like {#a bug}
whistle whistled whistling | a tune ; like {#a bird} ; to the {#s bird}
lie lay lying | in the grass ; in the sun ; under the {#tree}
count counted counting | the {#s bird} ; the clouds ; {#s small_nature} ; ladybugs
look looked looking | for {#s bug} ; for {#s small_nature} ; at the clouds ; under every stone
listen listened listening | to the {#s bird} ; to the wind ; to the {#s bug}
balance balanced balancing | on a log ; on one leg ; on the low wall
float floated floating | little boats @water ; leaves on the water @water ; on the water @water
fish fished fishing | with a stick @water ; for tiny fish @water
juggle juggled juggling | three {#s fruit} ; little balls ; pinecones
leap leaped leaping | over the stream @water,wood ; from log to log ; over the {#low_thing}
wade waded wading | in the stream @water ; in the shallow water @water
build built building | a little house of sticks ; sandcastles @water ; a dam of stones @water ; a fort of branches
"""

# Things that are fun in a room.
INDOOR_PLAY = """
draw drew drawing | pictures of {#s animal} ; {#a animal} ; funny faces ; maps ; a picture of {#a fancy}
paint painted painting | pictures ; {#a animal} ; {#color} stars ; a picture of {#a vehicle} ; {#s flower}
read read reading | storybooks ; about {#s animal} ; books about {#s fancy} ; comics
bake baked baking | {#s baked} ; bread ; {#a baked} for everyone
cook cooked cooking | {#dish} ; dinner ; {#dish} with {#s vegetable}
build built building | towers of blocks ; a fort with pillows ; {#a vehicle} out of boxes ; a tiny house
stack stacked stacking | blocks ; cups ; boxes
sew sewed sewing | little dresses ; {#a soft_toy} ; buttons on cloth
knit knitted knitting | scarves ; tiny socks ; {#a clothes}
fold folded folding | paper planes ; paper hats ; paper {#s animal}
cut cut cutting | out paper stars ; out paper {#s animal}
glue glued gluing | paper hearts together ; feathers on paper ; colored paper on a box
write wrote writing | stories ; letters ; poems about {#s animal} ; little notes
tell told telling | stories ; jokes ; riddles ; stories about {#s fancy}
sing sang singing | songs ; funny songs ; songs about {#s animal}
dance danced dancing | around the room ; to the music ; with the broom
play played playing | house ; school ; with blocks ; the {#instrument} ; cards ; shop
pretend pretended pretending | to be {#a fancy} ; to be {#a person} ; to be {#a animal} ; to drive {#a machine} ; to fly a rocket
dress dressed dressing | up like {#a fancy} ; up like {#a person} ; the dolls
hide hid hiding | under the bed ; behind the curtain ; in the closet
jump jumped jumping | on the bed ; on the cushions ; like {#a hopper}
mix mixed mixing | colors ; dough ; flour and sugar
stir stirred stirring | the batter ; the {#dish}
color colored coloring | pictures ; a picture of {#a animal} ; maps
sort sorted sorting | buttons ; {#s small_nature} ; coins
drum drummed drumming | on pots ; on the table ; on a tin box
hum hummed humming | a tune ; happy songs ; a lullaby
whisper whispered whispering | secrets ; stories
wrap wrapped wrapping | presents ; little boxes
string strung stringing | beads ; buttons on a thread
tickle tickled tickling | the cat ; the baby ; the puppy
learn learned learning | new songs ; magic tricks ; the names of {#s animal}
practice practiced practicing | the {#instrument} ; magic tricks ; handstands
fix fixed fixing | old toys ; broken {#s hard_toy}
invent invented inventing | games ; machines ; funny words
bounce bounced bouncing | a ball ; on the bed ; on the sofa
decorate decorated decorating | cookies ; boxes ; the room with paper stars
laugh laughed laughing | at funny pictures ; at jokes
solve solved solving | puzzles ; riddles
measure measured measuring | everything with a string ; the table
"""

# Tasks with which somebody can help.
CHORES = """
wash washed washing | the dishes ; the windows ; the {#vehicle} ; the {#s clothes} ; the floor
sweep swept sweeping | the floor ; the porch ; the path ; the kitchen
clean cleaned cleaning | the {#furniture} ; the kitchen ; the windows ; the {#s furniture}
dust dusted dusting | the shelves ; the {#furniture} ; the lamps
tidy tidied tidying | the bedroom ; the closet ; the shelves ; the toy chest
fold folded folding | the towels ; the {#s clothes} ; the blankets
set set setting | the table
carry carried carrying | the {#s tool} ; the wood ; the bags ; the {#s fruit}
pack packed packing | the bags ; the lunch ; the {#s house_thing}
polish polished polishing | the spoons ; the {#furniture} ; the shoes
peel peeled peeling | the {#s vegetable} ; the {#s fruit}
chop chopped chopping | the {#s vegetable} ; the wood
stir stirred stirring | the {#dish}
pour poured pouring | the {#drink}
feed fed feeding | the {#s farm_animal} ; the {#pet} ; the {#farm_animal}
brush brushed brushing | the {#pet} ; the horse ; the rug
water watered watering | the plants ; the {#s flower} ; the {#s vegetable}
weed weeded weeding | the garden
rake raked raking | the leaves ; the yard
shovel shoveled shoveling | the snow ; the sand
mend mended mending | the {#clothes} ; the fence ; the {#s clothes}
sew sewed sewing | the buttons back on ; the {#clothes}
paint painted painting | the fence ; the {#furniture} ; the door
hang hung hanging | up the wash ; up the {#s clothes}
scrub scrubbed scrubbing | the pots ; the bathtub ; the floor
wipe wiped wiping | the table ; the {#furniture} ; the plates
sort sorted sorting | the socks ; the {#s vegetable} ; the {#s house_thing}
mop mopped mopping | the floor ; the kitchen
bake baked baking | {#a baked} ; the bread
milk milked milking | the cow ; the goat
harvest harvested harvesting | the {#s vegetable} ; the {#s fruit}
load loaded loading | the {#vehicle} ; the wheelbarrow
empty emptied emptying | the trash ; the buckets
fetch fetched fetching | the {#tool} ; water ; the mail ; the {#house_thing}
dry dried drying | the dishes ; the plates ; the cups
iron ironed ironing | the {#s clothes} ; the curtains
"""

# What can be done on a stage, before people.
STAGE = """
sing sang singing | a song about {#a animal} ; a lullaby ; three funny songs
dance danced dancing | like {#a animal} ; in {#color} shoes ; with a broom
juggle juggled juggling | {#number} {#s fruit} ; with {#s breakable}
tell told telling | jokes about {#s animal} ; a story about {#a fancy}
read read reading | a poem about {#a animal} ; a story about {#a person} out loud
whistle whistled whistling | a tune ; like {#a bird}
pretend pretended pretending | to be {#a animal} ; to be {#a fancy} ; to be {#a person}
drum drummed drumming | on {#number} pots
play played playing | the {#instrument} ; {#a animal} in a play
balance balanced balancing | {#a fruit} on one finger ; {#a household} on the nose
hum hummed humming | a song of {#s bird}
spin spun spinning | around {#number} times
"""

# What two can do in a contest; "who can ... best?".
CONTESTS = """
run ran running | around the field @green,farm ; up the hill @green,farm ; to the old {#tree} and back @green,farm,town
jump jumped jumping | over {#a hurdle} @green,farm ; over a high rope
hop hopped hopping | on one foot @green,farm,town ; in a sack @green,farm,town
climb climbed climbing | up a rope ; the tall {#tree} @green,farm
throw threw throwing | a ball @green,farm ; {#a vegetable} into a basket
carry carried carrying | an egg on a spoon ; a tower of {#s fruit}
swim swam swimming | across the pond @farm
bake baked baking | {#a baked}
eat ate eating | {#number} {#s baked}
paint painted painting | {#a animal} ; {#a vehicle}
draw drew drawing | {#a animal} with closed eyes
build built building | a tower of {#s household} ; {#a vehicle} out of boxes
stack stacked stacking | {#s breakable} ; {#s vegetable}
sing sang singing | a high note ; a song about {#a animal}
whistle whistled whistling | like {#a bird}
roll rolled rolling | a barrel @farm,town ; {#a vegetable} down the hill @green,farm
balance balanced balancing | on one leg ; {#a household} on one finger
catch caught catching | a greased {#farm_animal} @farm ; {#s fruit} with a hat
row rowed rowing | a boat @green
grow grew growing | the biggest {#vegetable}
"""

# Skills that must be practised: all can stand after "how to".
SKILLS = """
swim swam swimming | - @water
whistle whistled whistling | -
ride rode riding | a bike @green,town ; a pony @farm ; a scooter @green,town
juggle juggled juggling | three {#s fruit} ; four balls
sew sewed sewing | {#a clothes} ; a button
knit knitted knitting | {#a clothes}
bake baked baking | {#a baked}
cook cooked cooking | {#dish}
write wrote writing | neat letters ; a poem
tie tied tying | a bow ; a strong knot
draw drew drawing | {#a animal} ; {#a vehicle} ; {#a fancy}
paint painted painting | {#a animal} ; {#a vehicle}
play played playing | the {#instrument}
climb climbed climbing | a tree @green,wood ; a rope
dance danced dancing | -
jump jumped jumping | rope
read read reading | -
count counted counting | to a hundred
dive dived diving | - @water
row rowed rowing | a boat @water
spell spelled spelling | long words
catch caught catching | a ball @green
throw threw throwing | a frisbee @green
sing sang singing | a high note
fold folded folding | a paper boat ; a paper {#animal}
carve carved carving | a little {#animal}
plant planted planting | {#s vegetable} @green,farm
snap snapped snapping | two fingers
wink winked winking | with one eye
"""
