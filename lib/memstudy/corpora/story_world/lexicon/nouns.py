"""Nouns that a small child knows, grouped by kind.

An underscore joins the words of one noun. Every noun is a singular count noun unless its kind is in
``MASS``. A kind is the unit in which the stories draw words, so the words of one kind can stand in
the same sentences.
"""

NOUNS: dict[str, str] = {
    # Living things. The kinds below are joined into "animal".
    "pet": """dog cat kitten puppy hamster rabbit bunny goldfish turtle guinea_pig pony mouse
        gerbil ferret canary parrot""",
    "farm_animal": """cow pig hen horse goat sheep duck donkey goose lamb chick calf rooster
        turkey duckling piglet foal bull ram mule""",
    "wood_animal": """fox deer owl squirrel bear hedgehog badger wolf mole raccoon skunk beaver
        otter chipmunk hare porcupine bat weasel fawn moose bobcat opossum cub""",
    "wild_animal": """lion tiger elephant monkey giraffe zebra hippo rhino kangaroo koala panda
        camel crocodile snake gorilla leopard penguin ostrich flamingo peacock lizard cheetah
        llama yak sloth meerkat baboon antelope alligator iguana walrus lemur parakeet buffalo
        jackal hyena tortoise chameleon""",
    "bird": """robin sparrow crow pigeon seagull eagle hawk bluebird wren swallow magpie
        blackbird finch cuckoo dove raven hummingbird falcon nightingale toucan goldfinch
        starling""",
    "bug": """ant bee ladybug butterfly beetle spider snail worm cricket grasshopper caterpillar
        dragonfly moth fly firefly bumblebee centipede wasp slug gnat""",
    "water_animal": """fish frog crab whale dolphin seal shark octopus starfish swan pelican
        toad lobster jellyfish seahorse clam shrimp tadpole newt eel salmon trout squid stork
        heron""",
    # Food. "fruit" .. "snack" can be counted and handed over; dishes and drinks are masses.
    "fruit": """apple banana pear peach plum orange lemon cherry strawberry melon mango kiwi
        coconut fig apricot pineapple raspberry blueberry blackberry tangerine lime papaya
        grapefruit watermelon""",
    "vegetable": """carrot potato tomato onion pumpkin cucumber cabbage pepper mushroom radish
        beet turnip lettuce bean pea squash zucchini parsnip leek cauliflower""",
    "baked": """cake cookie pie muffin cupcake donut bun pancake waffle pretzel cracker biscuit
        tart brownie bagel croissant gingerbread_man cheesecake scone roll""",
    "sweet": """lollipop gumdrop candy_cane caramel jelly_bean mint toffee marshmallow
        ice_cream_cone popsicle chocolate_bar candy_apple""",
    "snack": """sandwich sausage burger hot_dog taco omelet peanut walnut hazelnut almond
        chestnut burrito dumpling meatball egg nugget""",
    "dish": """soup pizza salad porridge cereal oatmeal stew spaghetti chili macaroni rice pasta
        popcorn toast noodle_soup fish_stew rice_pudding potato_soup tomato_soup pea_soup
        roast_chicken bread_and_butter corn_chowder vegetable_pie lasagna""",
    "spread": """butter jam honey syrup peanut_butter applesauce cheese cream gravy yogurt
        custard maple_syrup mustard ketchup sugar salt flour""",
    "drink": """milk juice water lemonade cocoa tea hot_chocolate apple_juice orange_juice cider
        ginger_ale soda""",
    # Things that can be owned and carried.
    "hard_toy": """train truck toy_car toy_boat robot block whistle drum flute sword trumpet
        yo-yo puzzle toy_horse toy_spaceship toy_plane marble toy_wagon rattle music_box
        toy_tractor racket baseball_bat xylophone tambourine magnet kaleidoscope toy_castle
        spinning_top chess_set jigsaw domino windmill fire_truck""",
    "soft_toy": """doll teddy_bear puppet toy_rabbit toy_dog toy_lion stuffed_monkey rag_doll
        toy_bear sock_puppet toy_duck stuffed_elephant toy_dragon beanbag toy_cat
        stuffed_penguin toy_mouse""",
    "sport_toy": """ball kite balloon frisbee jump_rope beach_ball football baseball hula_hoop
        basketball slingshot pinwheel boomerang bubble_wand snow_globe water_gun tennis_ball
        bowling_pin""",
    "paper_thing": """book card letter picture map notebook storybook comic poster photo drawing
        sticker postcard stamp painting diary valentine calendar ticket coloring_book""",
    "instrument": """guitar horn violin banjo fiddle accordion ukulele harmonica recorder
        triangle mandolin bugle""",
    "clothes": """hat cap scarf coat jacket sweater shirt apron vest robe raincoat cape costume
        mask helmet poncho headband sunhat cloak hood wig sweatshirt overcoat bandana pullover
        beret bathrobe cardigan tunic top_hat cowboy_hat nightcap straw_hat""",
    "accessory": """sock shoe boot mitten glove sandal slipper belt backpack necklace ring
        bracelet crown watch ribbon bow purse earring brooch button badge wallet handkerchief
        bow_tie necktie skirt dress tutu keychain hairpin handbag wristband zipper shoelace
        locket""",
    "tool": """shovel rope hammer rake saw wrench net drill spade screwdriver axe trowel oar hoe
        hook fishing_rod paddle pickaxe broom bucket crowbar chisel pole iron_bar
        garden_fork plank""",
    "gadget": """lamp flashlight lantern paintbrush watering_can tape_measure magnifying_glass
        compass mop pail toolbox telescope measuring_cup kitchen_timer hand_fan walking_stick
        sewing_kit picnic_basket paint_box weather_vane egg_timer pocket_watch music_stand
        camping_stove""",
    "household": """basket bag box kettle brush comb sponge key lock bell tray spool pillow
        blanket towel pencil crayon marker pen ruler eraser flag chain thimble cushion quilt rug
        suitcase lunchbox dustpan feather_duster toothbrush hairbrush whisk rolling_pin napkin
        straw doorbell medal coin penny envelope parcel spoon fork pan ladle broomstick
        dishcloth tablecloth corkscrew coat_hanger""",
    "breakable": """jar cup mug plate bowl pot clock mirror pitcher teapot vase teacup saucer
        camera radio umbrella piggy_bank cookie_jar bottle thermos hourglass trophy globe
        birdcage candle sugar_bowl alarm_clock fishbowl picture_frame jewelry_box flower_vase
        lampshade butter_dish milk_jug glass_bowl""",
    "small_nature": """leaf flower stone pebble stick acorn pinecone feather shell seashell seed
        twig rock nut crystal gem pearl fossil four-leaf_clover petal bone icicle snowball
        branch log horseshoe nest bird_egg""",
    # Things that are seen, not carried.
    "flower": """rose daisy tulip sunflower lily violet buttercup dandelion poppy bluebell pansy
        marigold daffodil snowdrop primrose lilac crocus foxglove orchid lavender_bush""",
    "tree": """oak pine maple willow birch apple_tree cherry_tree pear_tree palm_tree fir
        chestnut_tree elm hazel_bush holly_bush rosebush plum_tree""",
    "sky": """rainbow cloud star moonbeam shooting_star sunset sunrise sunbeam snowflake
        raindrop lightning_flash hot-air_balloon airplane""",
    "furniture": """bed table chair sofa couch shelf desk drawer closet cupboard bench stool
        crib cabinet dresser bookcase armchair rocking_chair bathtub sink stove oven fridge
        fireplace carpet curtain window door staircase hammock cradle mattress bunk_bed
        highchair toy_chest wardrobe piano_stool fan heater chimney piano harp dollhouse
        rocking_horse""",
    "outdoor_thing": """fence gate swing slide seesaw sandbox fountain mailbox signpost
        birdhouse doghouse flowerpot picnic_table haystack scarecrow puddle bush hedge well
        stump stepping_stone streetlight path wall anthill beehive spiderweb statue campfire
        lamppost flagpole trash_can bird_feeder woodpile doormat sprinkler vine burrow
        waterwheel sundial snowman sandcastle wishing_well merry-go-round carousel tunnel
        wheelbarrow ladder hose""",
    "vehicle": """car bus bike tractor van rocket helicopter taxi sailboat canoe raft ship
        submarine motorcycle ambulance bulldozer crane ferry hay_wagon police_car cable_car
        carriage rowboat digger steamroller limousine tugboat garbage_truck""",
    # People.
    "person": """baker farmer teacher doctor nurse firefighter mailman gardener librarian cook
        sailor captain fisherman painter builder driver pilot clown king queen prince princess
        knight wizard shopkeeper zookeeper dentist policeman carpenter musician dancer singer
        explorer hunter shepherd tailor shoemaker juggler magician artist astronaut judge waiter
        barber plumber conductor soldier miller beekeeper blacksmith potter postman guard
        lifeguard referee coach inventor scientist""",
    "fancy": """fairy giant witch pirate dragon unicorn elf mermaid ghost monster dwarf gnome
        genie goblin troll superhero alien dinosaur""",
}

MASS = frozenset({"dish", "spread", "drink"})

IRREGULAR_PLURALS: dict[str, str] = {
    "mouse": "mice",
    "goose": "geese",
    "calf": "calves",
    "sheep": "sheep",
    "deer": "deer",
    "wolf": "wolves",
    "moose": "moose",
    "fish": "fish",
    "goldfish": "goldfish",
    "starfish": "starfish",
    "jellyfish": "jellyfish",
    "salmon": "salmon",
    "trout": "trout",
    "squid": "squid",
    "shrimp": "shrimp",
    "octopus": "octopuses",
    "buffalo": "buffalo",
    "potato": "potatoes",
    "tomato": "tomatoes",
    "mango": "mangoes",
    "leaf": "leaves",
    "scarf": "scarves",
    "shelf": "shelves",
    "elf": "elves",
    "dwarf": "dwarfs",
    "foot": "feet",
    "tooth": "teeth",
    "policeman": "policemen",
    "mailman": "mailmen",
    "postman": "postmen",
    "fisherman": "fishermen",
    "snowman": "snowmen",
    "gingerbread_man": "gingerbread men",
    "toy_mouse": "toy mice",
    "hot_dog": "hot dogs",
    "baby": "babies",
    "piano": "pianos",
    "yo-yo": "yo-yos",
    "kangaroo": "kangaroos",
    "banjo": "banjos",
    "hippo": "hippos",
    "rhino": "rhinos",
    "photo": "photos",
    "burrito": "burritos",
    "taco": "tacos",
    "flamingo": "flamingos",
    "radio": "radios",
    "cello": "cellos",
    "poncho": "ponchos",
    "domino": "dominoes",
    "cuckoo": "cuckoos",
    "hair": "hairs",
    "zucchini": "zucchinis",
    "watch": "watches",
}


def plural(noun: str) -> str:
    """Plural of a singular count noun; only its last word changes."""
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    head, _, last = noun.rpartition("_")
    if last in IRREGULAR_PLURALS and head:
        return f"{head} {IRREGULAR_PLURALS[last]}".replace("_", " ")
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun.replace("_", " ") + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1].replace("_", " ") + "ies"
    return noun.replace("_", " ") + "s"


def article(phrase: str) -> str:
    """``a`` or ``an`` by the sound with which the phrase begins."""
    first = phrase.split(" ", 1)[0].lower()
    if first.startswith(("uni", "use", "one", "eu", "uku", "utens")):
        return "a"
    if first.startswith(("hour", "honest")):
        return "an"
    return "an" if first[0] in "aeiou" else "a"
