"""Places, grouped by what can be seen, done and hidden there.

One line a place: ``noun | preposition of rest``. A spot is a prepositional phrase that says where
in the place a thing lies; a sight completes "they saw ...".
"""

PLACES: dict[str, str] = {
    "green": """park|in  garden|in  meadow|in  field|in  orchard|in  backyard|in  playground|at
        vegetable_garden|in  rose_garden|in  picnic_ground|at  sports_field|at  front_yard|in
        village_green|on  clover_field|in  lawn|on""",
    "wood": """forest|in  jungle|in  pine_forest|in  oak_forest|in  campground|at
        clearing|in  bamboo_grove|in  thicket|in  glade|in""",
    "water": """beach|on  lake|by  river|by  pond|by  stream|by  seashore|on  harbor|at
        waterfall|by  creek|by  duck_pond|by  bay|in  riverbank|on  swamp|in  fishing_dock|on
        lagoon|by""",
    "hill": """hill|on  mountain|on  valley|in  cave|in  cliff|on  hilltop|on  canyon|in
        rocky_path|on  volcano|on  quarry|in  ridge|on""",
    "farm": """farm|on  barn|in  stable|in  henhouse|in  pasture|in  barnyard|in  greenhouse|in
        mill|at  ranch|on  pigpen|by  hayloft|in  chicken_coop|by""",
    "town": """market|at  town_square|in  station|at  fair|at  circus|at  zoo|at  bus_stop|at
        street|on  bridge|on  parade|at  airport|at  carnival|at  old_tower|at
        petting_zoo|at  train_station|at  fire_station|at""",
    "shop": """bakery|in  toy_shop|in  bookstore|in  grocery_store|in  pet_shop|in  candy_shop|in
        flower_shop|in  shoe_store|in  hardware_store|in  ice_cream_shop|in  gift_shop|in
        hat_shop|in  music_shop|in""",
    "house": """kitchen|in  bedroom|in  attic|in  basement|in  living_room|in  garage|in
        playroom|in  laundry_room|in  dining_room|in  hallway|in  porch|on  workshop|in  cellar|in
        treehouse|in  shed|in  cabin|in  tent|in  balcony|on  guest_room|in""",
    "hall": """library|in  school|at  museum|in  castle|in  classroom|in  theater|in  gym|in
        hospital|in  palace|in  clinic|at  post_office|in  town_hall|in  art_room|in  lighthouse|in
        aquarium|at""",
}

SPOTS: dict[str, str] = {
    "green": """under the bench; behind the bush; in the tall grass; under the big tree; beside
        the fence; next to the swing; in the flower bed; behind the shed; near the gate; on top
        of the wall; under the slide; beside the fountain; between two rocks; in the hollow
        tree; under the pile of leaves; behind the watering can; by the hedge; under the
        rosebush; on the stump; next to the sandbox; in the wheelbarrow""",
    "wood": """under the log; behind the fallen tree; in the ferns; under the mushroom; beside
        the old stump; on the moss; between the roots; in the hollow tree; behind the mossy
        rock; under the pine tree; beside the path; in the bushes; next to the anthill; under
        the branch; near the campfire; by the crooked oak; in the brambles""",
    "water": """between two rocks; in the wet sand; under the dock; beside the boat; in the
        reeds; behind the big stone; under the piece of driftwood; near the water; in the
        shallow pool; under the bridge; in the old rowboat; beside the fishing net; on the muddy
        bank; behind the dune; inside the bucket; under the upside-down boat; in the seaweed""",
    "hill": """under the flat rock; behind the boulder; beside the path; on the ledge; next to
        the bush; in the long shadows; between the stones; near the top; behind the pile of
        rocks; in the dark corner; under the thorny bush; beside the tiny spring; behind the
        signpost""",
    "farm": """in the hay; behind the tractor; under the trough; beside the haystack; in the
        feed bucket; on the fence; under the wagon; behind the barn door; next to the scarecrow;
        in the straw; under the ladder; beside the well; behind the sack of corn; in the pumpkin
        patch; next to the water pump""",
    "town": """under the bench; behind the fountain; next to the lamppost; beside the mailbox;
        under the cart; on the steps; behind the barrel; near the ticket booth; by the flower
        stand; under the table; in the basket; next to the bus stop; behind the clock tower;
        beside the trash can; in front of the gate; under the parked car; between two crates; on
        the windowsill""",
    "shop": """on the top shelf; under the counter; behind the door; next to the window; in the
        basket; beside the cash register; under the table; on the stool; behind the stack of
        boxes; in the barrel; near the entrance; in the corner; on the lowest shelf; beside the
        scale""",
    "house": """under the bed; behind the sofa; in the drawer; under the table; on the shelf; in
        the closet; behind the curtain; under the pillow; on the windowsill; in the toy chest;
        behind the door; in the laundry basket; under the rug; beside the lamp; on top of the
        cupboard; under the chair; behind the bookcase; in the cardboard box; under the blanket;
        next to the clock; in the dusty trunk""",
    "hall": """under the chair; on the top shelf; behind the curtain; beside the piano; under
        the stairs; in the corner; on the bench; behind the pillar; next to the door; in the
        glass case; under the desk; on the windowsill; behind the statue; near the coat hooks;
        beside the globe; in the open drawer; on the stage""",
}

SIGHTS: dict[str, str] = {
    "green": """{#a bug} on {#a flower}; {#s bird} in the hedge; {#a bird} on the fence; a man
        with {#a vegetable} as big as {#a baked}; two {#s pet} in the grass; a row of
        {#s flower}; {#a pet} near the gate; tiny {#s bug} everywhere; {#a adj}
        {#outdoor_thing}; children with {#s sport_toy}; {#a sky}; {#s flower} and {#s flower2};
        {#a wood_animal} under {#a tree}; a girl with {#a color} {#sport_toy}; an old woman with
        {#a color} {#clothes}; {#a person} with {#a tool}""",
    "wood": """{#a wood_animal} behind {#a tree}; {#a bird} high up in {#a tree}; {#s bug} on a
        log; tall trees; {#a wood_animal} with {#a fruit}; tiny {#s flower}; tracks of
        {#a wood_animal}; a spider web; {#a bug} as big as a thumb; {#s wood_animal} and
        {#s bird}; {#a color} mushroom; the roots of {#a adj} {#tree}; {#a bird} with {#a color}
        tail; a family of {#s wood_animal}; moss as soft as a pillow""",
    "water": """{#a water_animal} near the shore; {#s water_animal} in the water; {#a vehicle}
        far away; {#a color} boat; {#s bird} over the water; {#a bird} with a fish; shells in
        the sand; {#a person} with a net; {#a water_animal} on a rock; {#a color} umbrella;
        people with {#s sport_toy}; {#a water_animal} as small as a button; two
        {#s water_animal} side by side; {#a bug} above the water; {#a pet} with wet feet""",
    "hill": """{#a bird} above the clouds; the whole village below; {#a wood_animal} on a rock;
        stones of every color; {#a color} {#small_nature}; goats on the slope; {#a vehicle} as
        small as an ant; {#a bird} on its nest; {#s flower} between the rocks; a river like a
        ribbon; {#a sky}; {#a person} with {#a tool}; bats in a dark hole; {#a bug} on a warm
        stone""",
    "farm": """{#a farm_animal} by the fence; {#s farm_animal} in the mud; {#a farm_animal} with
        {#a color} ribbon; baby {#s farm_animal}; rows of {#s vegetable}; {#a person} on a
        tractor; {#s farm_animal} and {#s pet}; {#a bird} on the roof; {#a farm_animal} asleep
        in the straw; baskets of {#s fruit}; {#a adj} {#vehicle}; {#a pet} on a bale of hay;
        {#a farm_animal} and {#a farm_animal2} side by side""",
    "town": """{#a person} with {#a adj} {#clothes}; {#a color} {#vehicle}; {#a vehicle} full of
        {#s fruit}; people with {#s house_thing}; {#a person} and {#a person2}; {#a pet} on a
        leash; a man with {#a instrument}; balloons of every color; stands with {#s baked} and
        {#s fruit}; {#a wild_animal} on a poster; children with {#s sweet}; {#a adj}
        {#outdoor_thing}; {#a bird} on the clock; a woman with {#s flower}; {#a person} with a
        basket of {#s vegetable}""",
    "shop": """shelves full of {#s house_thing}; {#a pet} asleep on the counter; boxes of
        {#s sweet}; {#a color} {#clothes} in the window; {#a person} in line; rows of
        {#s hard_toy}; jars of {#s sweet}; {#a adj} {#furniture}; {#s soft_toy} on a shelf;
        {#a color} {#house_thing} with a price tag; {#s baked} behind the glass; {#a person}
        with a full basket; a picture of {#a wild_animal}; {#a instrument} on the wall""",
    "house": """{#a color} {#clothes} on a hook; {#a bug} on the window; {#a pet} asleep on
        {#a furniture}; a pile of {#s clothes}; {#a adj} {#furniture}; {#a bird} outside the
        window; {#s house_thing} on a shelf; a picture of {#a wild_animal}; {#a color}
        {#house_thing}; a box of {#s hard_toy}; {#a soft_toy} on {#a furniture};
        {#a house_thing} full of {#s flower}; crumbs of {#a baked}; {#a pet} under
        {#a furniture}""",
    "hall": """a picture of {#a wild_animal}; rows of {#s furniture}; {#a person} with {#a adj}
        {#house_thing}; {#a color} {#furniture}; {#a person} and {#a person2}; shelves full of
        books; {#a instrument} in the corner; drawings of {#s animal}; a map on the wall; paper
        {#s bird}; {#a house_thing} with {#s flower}; {#a adj} {#furniture}; {#a fancy} made of
        paper; a model of {#a vehicle}""",
}
