# ruff: noqa: E501 - one template a line
"""Facts and sentences of articles on invented creatures."""

from __future__ import annotations

from random import Random

from memstudy.corpora.story_world.encyclopedia import names
from memstudy.corpora.story_world.lexicon.nouns import article, plural

# class -> (covering, young, where they grow up ("a", "the"), voice, sizes in centimeters, wet land)
CLASSES = {
    "songbird": ("plumage", "chicks", "cup-shaped nest", "a trill of falling notes", (9, 24), 0),
    "wading bird": ("plumage", "chicks", "floating nest", "a low boom", (35, 110), 1),
    "bird of prey": ("plumage", "chicks", "nest of dry sticks", "a harsh scream", (30, 95), 0),
    "rodent": ("fur", "pups", "lined burrow", "a series of clicks", (8, 60), 0),
    "marsupial": ("fur", "joeys", "nest of leaves", "a hoarse cough", (25, 120), 0),
    "bat": ("fur", "pups", "nursery cave", "a pulse above human hearing", (5, 18), 0),
    "antelope": ("coat", "calves", "hidden clearing", "a short bark", (90, 190), 0),
    "lizard": ("scaled skin", "hatchlings", "pit of warm sand", "a faint hiss", (10, 85), 0),
    "tortoise": ("shell", "hatchlings", "shallow pit", "a dull grunt", (18, 90), 0),
    "tree frog": ("moist skin", "tadpoles", "foam nest", "a metallic whistle", (3, 11), 1),
    "newt": ("spotted skin", "larvae", "spring-fed pool", "a faint squeak", (6, 28), 1),
    "freshwater fish": ("scales", "fry", "gravel bed", "a soft drumming", (6, 70), 1),
    "beetle": ("wing covers", "larvae", "hollow trunk", "a rasping chirp", (1, 9), 0),
    "moth": ("wing scales", "caterpillars", "silk tent", "a barely audible hum", (2, 14), 0),
    "freshwater crab": ("carapace", "juveniles", "flooded tunnel", "a dry rattle", (4, 22), 1),
}
WET = """salt marshes; peat bogs; tidal flats; river deltas; mangrove swamps; reed beds; flooded
    forests; abandoned quarries; oxbow lakes; mountain streams"""
DRY = """cloud forests; limestone caves; alpine meadows; dry grasslands; volcanic slopes; coniferous
    forests; gravel plains; lowland rainforests; coastal cliffs; high plateaus; thorn scrub; chalk
    hills; birch woods; heathlands; inland dunes"""
FOODS = """aquatic insects; seeds of sedges; fallen fruits; freshwater snails; mosses; earthworms;
    small crustaceans; fungi; tubers; beetle larvae; algae; leaf buds; spiders; ants; fish eggs;
    lichens; tough grasses; berries; termites; roots; millipedes; acorns; mussels"""
COLORS = """rust-brown; slate-gray; olive; ivory; copper; jet-black; pale yellow; chestnut; steel-blue;
    emerald; crimson; sand-colored; violet; charcoal; cream; ochre"""
MARKS = """band across the throat; crest; spot behind each eye; stripe along the back; tail tip;
    ring around the neck; patch on the belly; mask; collar; pair of bars on the flanks; fringe on the
    hind legs; crescent on the forehead"""
THREATS = """drainage of wetlands; illegal trapping; road traffic; the spread of introduced rats;
    pesticides; logging; overgrazing; light pollution; mining; the damming of rivers; rising
    temperatures; unregulated tourism"""
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
STATUSES = "least concern; near threatened; vulnerable; endangered; critically endangered"
HABITS = """nocturnal; diurnal; active at dawn and dusk; solitary; highly social; territorial;
    sedentary"""


def _pick(rng: Random, text: str) -> str:
    return rng.choice([" ".join(item.split()) for item in text.split(";")])


def _two(rng: Random, text: str) -> list[str]:
    return rng.sample([" ".join(item.split()) for item in text.split(";")], 2)


def draw(rng: Random) -> dict[str, str]:
    """Everything that an article on one creature knows; the values are words of its sentences."""
    family = rng.choice(list(CLASSES))
    cover, young, nursery, voice, (least, most), wet = CLASSES[family]
    length = rng.randint(least, most)
    name = names.creature(rng)
    genus, epithet = names.latin(rng, name)
    first, last = names.person(rng)
    color, color2 = _two(rng, COLORS)
    food, food2 = _two(rng, FOODS)
    region = names.region(rng)
    year = rng.randint(1720, 1968)
    month = rng.randrange(12)
    habitat, habitat2 = _two(rng, WET if wet else DRY)
    size = "small" if length < least + (most - least) / 3 else "medium-sized"
    size = "large" if length > most - (most - least) / 3 else size
    relative = names.creature(rng)
    return {
        "title": name.capitalize(),
        "kind": "creature",
        "name": name,
        "names": plural(name),
        "class": family,
        "size_a": f"{article(size)} {size}",
        "latin": f"{genus} {epithet}",
        "genus": genus,
        "short": f"{genus[0]}. {epithet}",
        "cover": cover,
        "young": young,
        "nursery": nursery,
        "nursery_a": f"{article(nursery)} {nursery}",
        "voice": voice,
        "region": region,
        "area": names.region(rng),
        "habitat": habitat,
        "habitat2": habitat2,
        "length": f"{length} centimeters",
        "longest": f"{length + max(1, length // 6)} centimeters",
        "weight": _weight(length, rng),
        "clutch": str(rng.randint(2, 9) if young != "fry" else rng.randint(40, 900)),
        "days": f"{rng.randint(11, 90)} days",
        "years": f"{rng.randint(2, 41)} years",
        "color": color,
        "color2": color2,
        "color_a": f"{article(color)} {color}",
        "color2_a": f"{article(color2)} {color2}",
        "mark": _pick(rng, MARKS),
        "food": food,
        "food2": food2,
        "habit": _pick(rng, HABITS),
        "predator": names.creature(rng),
        "relative": relative,
        "month": MONTHS[month],
        "month2": MONTHS[(month + rng.randint(1, 3)) % 12],
        "first": first,
        "last": last,
        "year": str(year),
        "later": str(year + rng.randint(12, 45)),
        "place": names.town(rng),
        "river": names.word(rng, 2),
        "people": names.word(rng, 2) + "i",
        "local": names.word(rng, 2).lower(),
        "height": f"{rng.randint(2, 48) * 50} meters",
        "number": f"{rng.randint(3, 98) * 100:,}",
        "threat": _pick(rng, THREATS),
        "status": _pick(rng, STATUSES),
        "reserve": f"{names.word(rng, 2)} Reserve",
        "since": str(rng.randint(1969, 2016)),
    }


def _weight(length: int, rng: Random) -> str:
    grams = max(2, round(length**2.4 * rng.uniform(0.03, 0.08)))
    return f"{grams / 1000:.1f} kilograms" if grams >= 1500 else f"{grams} grams"


BOX = (
    ("Scientific name", "latin"),
    ("Class", "class"),
    ("Range", "region"),
    ("Habitat", "habitat"),
    ("Length", "length"),
    ("Weight", "weight"),
    ("Life span", "years"),
    ("Diet", "food"),
    ("Natural enemy", "predator"),
    ("Breeding season", "month"),
    ("Described by", "last"),
    ("Year of description", "year"),
    ("Status", "status"),
)

SECTIONS = ("Description", "Distribution", "Behavior", "Diet", "Reproduction", "Discovery",
            "Conservation", "Culture")  # fmt: skip

FORMS = """
:creature.Introduction
The {name} ({latin}) is {size_a} {class} [native|endemic] to the {habitat} of {region}.
The {name}, known to science as {latin}, is {size_a} {class} that inhabits the {habitat} of {region}.
{latin}, commonly called the {name}, is {size_a} {class} found [only|chiefly|almost exclusively] in {region}.
In the {habitat} of {region} lives the {name} ({latin}), {size_a} {class} of the genus {genus}.

:creature.Introduction+
It [was first described|was named|became known to science] in {year} by the naturalist {first} {last}.
The species is [noted|remarkable|best known] for its {color} {cover} and for {voice}, its [typical|unmistakable] call.
The name "{name}" [derives from|goes back to|is borrowed from] a word of the {people} people, who live along the {river} River.
Adults [reach|attain] a length of about {length} and [weigh|have an average weight of] {weight}.
Its closest living relative is the {relative}, [with which it is often confused|from which it differs in its {color} {cover}].
The {name} is the only member of {genus} that [occurs|survives|has been recorded] in {region}.

:creature.Description
The {name} [measures|grows to] {length} in length; the largest known specimen, collected near {place}, measured {longest}.
An adult {name} weighs {weight} on average, [females being slightly heavier|and the sexes do not differ in weight|males being slightly heavier].
The {name} is {color} above and {color2} below, its {cover} being [dense|thin|uniform|unusually thick].
{color2_a} {mark} [distinguishes|separates] the {name} from the {relative}, [in which it is absent|which lacks it].
The {mark} is {color2} in both sexes, [but fainter in the young|although it fades with age|and appears in the second year].
Compared with the {relative}, the {name} has a [shorter|longer|broader|more slender] body and [paler|darker] {cover}.
In old individuals the {color} of the {cover} [fades|turns almost {color2}|loses its sheen].
The eyes of the {name} are [amber|dark|pale green|reddish], and the underside is {color2}.
The voice of {names} is {voice}, [which carries far over the {habitat}|heard mostly in {month}|described by {last} as "melancholy"].

:creature.Distribution
The {name} is restricted to {region}, where it occupies {habitat} and, [less often|more rarely|occasionally], {habitat2}.
The range [extends|stretches] from the town of {place} to the upper {river} River.
It occurs up to an elevation of {height}, [above which it is replaced by the {relative}|but is most abundant near the {river} River].
Outside {region}, the species has been [reported|recorded] only from {area}, [a claim that remains disputed|most recently in {later}|where it may have been introduced].
The {habitat} around {place} [hold|support] the densest population of {names}.
In {month}, part of the population moves from the {habitat} to the {habitat2} of {area}.
Fossils from the banks of the {river} River [suggest|indicate] that the {name} once lived in {area} as well.
A survey in {since} [estimated|put] the number of {names} in {region} at {number}.

:creature.Behavior
{names} are {habit}, [and spend most of their lives within a few hundred meters|a trait shared with the {relative}|which makes them hard to observe].
When alarmed, the {name} [presses itself to the ground|raises its {mark}|utters {voice}|freezes for several minutes].
The call, {voice}, [serves to mark a territory|is heard from {month} to {month2}|differs from valley to valley].
The chief enemy of the {name} is the {predator}, [which hunts by scent|against which it has no defense|a hunter of the {habitat}].
Where the {predator} is absent, {names} [grow bolder|become more numerous|are active by day as well].
{names} [rarely|seldom] live longer than {years}; in captivity, one individual at {place} [exceeded this by four years|reached twice that age].
According to {last}, who watched {names} near the {river} River, groups [share|defend] a common shelter in the {habitat}.

:creature.Diet
The {name} feeds [mainly|primarily|largely] on {food}, [supplemented by|together with|and to a lesser degree on] {food2}.
In {month}, when {food} [become|are] scarce, it [turns to|relies on] {food2}.
Analysis of stomach contents [showed|revealed] that {food} make up [more than half|about two thirds|four fifths] of the diet.
Unlike the {relative}, which avoids {food}, the {name} [consumes|prefers] them throughout the year.
The search for {food} [takes place|occurs] mostly [at night|at dusk|in shallow water|after rain], when the {predator} is least active.
An adult of {weight} [requires|consumes] roughly a [tenth|fifth|quarter] of its own weight in {food} each day.

:creature.Reproduction
The breeding season [begins|starts] in {month} and [ends|closes] in {month2}.
The female [produces|bears] {clutch} {young} [at a time|each season], which are raised in {nursery_a}.
Development takes {days}, [during which the male guards the {nursery}|a period that depends on temperature|considerably longer than in the {relative}].
The {young} are [born blind|pale at first|entirely {color2}] and acquire the {color} {cover} [only in their second year|within weeks|after the first winter].
Courtship consists of [long chases|slow circling|displays of the {mark}] accompanied by {voice}.
Of {clutch} {young}, [usually only one survives|fewer than half survive|at most two in three survive] the first {month2}, most of the others being taken by the {predator}.
After {days}, the {young} leave the {nursery} and disperse through the {habitat}.

:creature.Discovery
{first} {last} [collected|obtained] the first specimen near {place} in {year} and named it {latin}.
The specimen of {year}, kept for decades in {place}, was [lost in a fire|rediscovered in {later}|examined again in {later}].
In {later}, a second expedition to {region} [confirmed|corrected] the account of {last}.
Earlier authors [treated|regarded] the {name} as a form of the {relative}; {last} was the first to [separate|distinguish] the two.
The genus {genus} was [established|proposed] for this species alone, the {relative} being [added|included] in {later}.
Before {year}, the {name} was known only from the tales of the {people}.
The epithet of {short} [refers to|alludes to] the {habitat} in which {last} found the animal.

:creature.Conservation
The {name} is [classified|listed] as {status}, the main threat being {threat}.
Since {since}, the species has been protected in the {reserve}, [near {place}|on the {river} River|founded for this purpose].
The population of {region} is [thought to comprise|estimated at] {number} individuals.
Because of {threat}, {names} have [disappeared|vanished] from the [outskirts|surroundings] of {place}.
A program in the {reserve} [breeds|raises] {names} and releases them in {month}.
Conservationists regard {threat} as a greater danger to the {name} than the {predator}.
The {reserve} [covers|contains] {habitat} up to {height} and shelters [about a third|nearly half|most] of all {names}.

:creature.Culture
The {people} call the {name} "{local}" and [consider it a herald of rain|never hunt it|tell stories in which it outwits the {predator}].
{color_a} {name} [appears|is shown] on the [coat of arms|seal|banner] of {place}.
In {place}, a festival of the {name} is held every {month}, [at which its call is imitated|with masks of {color} and {color2} cloth|attended by the {people}].
The word "{local}" also means "[patient|stubborn|lucky|quiet]" in the language of the {people}.
{last} wrote of the {name} that "[no other creature of {region} is so easily overlooked|whoever hears it once will know it again]".
"""
