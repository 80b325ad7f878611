"""Adjectives by class, and which classes fit which kind of noun; feelings; adverbs."""

ADJECTIVES: dict[str, str] = {
    # Looks of things.
    "color": """red blue green yellow orange purple pink brown white black gray""",
    "size": """small big little tiny huge large giant mini""",
    "age": """new old""",
    "look": """pretty lovely fancy bright plain beautiful special wonderful amazing fine nice
        colorful unusual perfect cute magnificent charming simple strange""",
    "pattern": """striped spotted checkered painted dotted""",
    "sheen": """golden silver shiny sparkly glittery glossy polished gleaming""",
    "hard": """wooden strong sturdy solid heavy smooth""",
    "soft": """soft fluffy fuzzy furry cuddly floppy squishy""",
    "wear": """warm cozy woolly thick thin loose comfortable stretchy velvet silky
        patched stylish""",
    "toolish": """useful handy rusty sturdy strong long heavy light trusty reliable""",
    "round": """round smooth""",
    "rough": """rough bumpy curly flat pointy curved crooked""",
    "taste": """sweet yummy tasty juicy fresh ripe delicious""",
    "meal": """hot warm tasty yummy delicious creamy salty spicy healthy""",
    "bake": """sweet yummy crunchy sticky warm fresh tasty delicious crumbly sugary buttery""",
    "rare": """rare precious valuable magic lucky mysterious ancient delicate fragile""",
    # Temper and looks of people and animals.
    "trait": """kind brave curious clever gentle cheerful shy funny friendly helpful careful polite
        lively silly playful smart quiet happy honest patient thoughtful creative lazy messy
        stubborn bossy greedy noisy grumpy clumsy naughty adventurous independent obedient generous
        energetic bold modest sensible daring calm talkative spirited hopeful caring dreamy
        impatient forgetful selfish proud jealous hungry sleepy""",
    "creature": """tiny small little big fluffy furry friendly hungry sleepy lost fast slow young
        old plump skinny playful timid sneaky fat wild tame wise hairy fuzzy restless gentle
        lonely cuddly nervous lively thirsty fierce harmless""",
    # Places and weather.
    "place": """quiet busy lovely big small pretty old peaceful beautiful noisy crowded bright
        wide famous sunny grand cheerful magical""",
    "fair_weather": """sunny warm bright lovely beautiful clear mild fine breezy""",
    "foul_weather": """windy cold cloudy foggy chilly gray gloomy damp""",
    # Feelings.
    "glad": """happy glad proud excited thankful cheerful joyful delighted pleased
        relieved grateful""",
    "sad": """sad unhappy upset miserable disappointed heartbroken gloomy""",
    "afraid": """scared afraid frightened worried nervous""",
    "angry": """angry mad cross furious annoyed""",
    "sorry": """sorry ashamed""",
    "tired": """tired sleepy worn_out exhausted weary drowsy""",
    "bored": """bored lonely""",
    # States and other words.
}

# Which classes a thing of a kind can be described with.
FITS: dict[str, tuple[str, ...]] = {
    "hard_toy": ("color", "size", "age", "look", "sheen", "hard", "pattern"),
    "soft_toy": ("color", "size", "age", "look", "soft", "pattern"),
    "sport_toy": ("color", "size", "age", "look", "pattern"),
    "paper_thing": ("color", "size", "age", "look", "rare"),
    "instrument": ("color", "size", "age", "look", "sheen", "rare"),
    "clothes": ("color", "age", "look", "pattern", "wear"),
    "accessory": ("color", "age", "look", "pattern", "size"),
    "tool": ("color", "size", "age", "toolish"),
    "gadget": ("color", "size", "age", "look", "rare"),
    "household": ("color", "size", "age", "look", "pattern", "rare"),
    "breakable": ("color", "size", "age", "look", "pattern", "rare"),
    "small_nature": ("color", "size", "look", "sheen", "round", "rough", "rare"),
    "fruit": ("size", "taste"),
    "vegetable": ("size", "taste"),
    "baked": ("size", "bake"),
    "sweet": ("size", "color", "bake"),
    "snack": ("size", "meal"),
}

ADVERBS: dict[str, str] = {
    # How people go, and how they speak when nothing presses.
    "move": """quickly slowly carefully quietly happily bravely eagerly silently steadily calmly
        merrily lazily""",
    "talk": """softly kindly gently quietly warmly calmly firmly politely slowly thoughtfully
        earnestly simply""",
}
