# ruff: noqa: E501 - one template a line
"""Facts and sentences of articles on invented places: towns, rivers, islands, mountains."""

from __future__ import annotations

from random import Random

from memstudy.corpora.story_world.encyclopedia import names

CLIMATES = """humid continental; subarctic; temperate oceanic; semi-arid; cool maritime; dry
    continental; mild and foggy; monsoonal"""
GOODS = """salt; linen; wool; copper; slate; barley; timber; glassware; dried fish; cheese; paper;
    rope; cider; beeswax; leather; tin; marble; saffron; amber; iron; flax; honey; porcelain; lace;
    silk; charcoal; mustard; resin; pottery; parchment"""
ROCKS = """limestone; granite; basalt; sandstone; slate; gneiss; chalk; dolomite; marl; quartzite"""
BUILDINGS = """cathedral; covered market; aqueduct; customs house; observatory; town hall; monastery;
    granary; lighthouse; railway viaduct; citadel; public baths; botanical garden; mint"""
EVENTS = """a great fire; an earthquake; a flood; a siege; an outbreak of cholera; a volcanic eruption;
    a famine; a landslide; a harbor mutiny; a plague of locusts"""
ORES = "tin; copper; iron; silver; lead; zinc; coal; gypsum; nickel; garnet"
UPHEAVALS = "a flood; an earthquake; a landslide; a volcanic eruption; a rockfall; a dam failure"
DIRECTIONS = """north; south; east; west; northeast; northwest; southeast; southwest"""
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
KINDS = ("town", "river", "island", "mountain")


def _pick(rng: Random, text: str) -> str:
    return rng.choice([" ".join(item.split()) for item in text.split(";")])


def _two(rng: Random, text: str) -> list[str]:
    return rng.sample([" ".join(item.split()) for item in text.split(";")], 2)


def draw(rng: Random) -> dict[str, str]:
    """Everything that an article on one place knows; the values are words of its sentences."""
    kind = rng.choice(KINDS)
    own = names.town(rng) if kind == "town" else names.word(rng, 2)
    title = {
        "town": own,
        "river": f"{own} River",
        "island": f"{own} Island",
        "mountain": f"Mount {own}",
    }[kind]
    first, last = names.person(rng)
    good, good2 = _two(rng, GOODS)
    building, building2 = _two(rng, BUILDINGS)
    founded = rng.randint(870, 1690)
    people = rng.randint(12, 980) * 100
    length = rng.randint(31, 990)
    area = length * rng.randint(9, 40) if kind == "river" else rng.randint(9, 840)
    return {
        "title": title,
        "kind": kind,
        "name": own,
        "the": {"river": f"the {title}"}.get(kind, title),
        "region": names.region(rng),
        "district": names.word(rng, 2),
        "country": names.region(rng),
        "town": names.town(rng),
        "town2": names.town(rng),
        "river": names.word(rng, 2),
        "sea": f"{names.word(rng, 2)} Sea",
        "range": f"{names.word(rng, 2)} Hills",
        "people": names.word(rng, 2) + "i",
        "old": names.word(rng, 3),
        "first": first,
        "last": last,
        "climber": " ".join(names.person(rng)),
        "founded": str(founded),
        "event": _pick(rng, EVENTS),
        "ore": _pick(rng, ORES),
        "upheaval": _pick(rng, UPHEAVALS),
        "year": str(founded + rng.randint(60, 140)),
        "year2": str(rng.randint(1831, 1960)),
        "census": str(rng.randint(1990, 2020)),
        "population": f"{people:,}",
        "before": f"{people * rng.randint(45, 90) // 100:,}",
        "area": f"{area:,} square kilometers",
        "height": f"{rng.randint(12, 2900)} meters",
        "length": f"{length} kilometers",
        "distance": f"{rng.randint(8, 120)} kilometers",
        "distance2": f"{rng.randint(5, 90)} kilometers",
        "direction": _pick(rng, DIRECTIONS),
        "climate": _pick(rng, CLIMATES),
        "rain": f"{rng.randint(220, 2600)} millimeters",
        "month": rng.choice(MONTHS),
        "rock": _pick(rng, ROCKS),
        "good": good,
        "good2": good2,
        "building": building,
        "building2": building2,
        "animal": names.creature(rng),
        "dish": names.word(rng, 2).lower(),
    }


BOX = {
    "town": (
        ("Country", "country"),
        ("Province", "region"),
        ("River", "river"),
        ("Founded", "founded"),
        ("Population", "population"),
        ("Area", "area"),
        ("Elevation", "height"),
        ("Main product", "good"),
    ),
    "river": (
        ("Country", "country"),
        ("Source", "range"),
        ("Mouth", "sea"),
        ("Length", "length"),
        ("Basin", "area"),
        ("Largest town", "town"),
        ("Tributary", "river"),
    ),
    "island": (
        ("Country", "country"),
        ("Location", "sea"),
        ("Area", "area"),
        ("Highest point", "height"),
        ("Population", "population"),
        ("Capital", "town"),
        ("Export", "good"),
    ),
    "mountain": (
        ("Country", "country"),
        ("Range", "range"),
        ("Elevation", "height"),
        ("Rock", "rock"),
        ("First ascent", "year2"),
        ("First climbed by", "climber"),
        ("Nearest town", "town"),
    ),
}

_SETTLED = ("Geography", "History", "Economy", "Population", "Climate", "Sights", "Legends")
SECTIONS = {
    "town": _SETTLED,
    "island": _SETTLED,
    "river": ("Course", "Geography", "Navigation", "Climate", "Legends"),
    "mountain": ("Geology", "Geography", "Ascents", "Climate", "Legends"),
}

FORMS = """
:town.Introduction
{name} is a town in the province of {region}, {country}, [situated|located] on the {river} River, {distance} {direction} of {town}.
{name} (formerly {old}) is the [administrative seat|largest settlement] of the {district} district in {region}, {country}.
The town of {name} lies in the {direction} of {region}, a province of {country}, on both banks of the {river} River.

:town.Introduction+
At the census of {census}, {name} had {population} inhabitants.
It is [known|noted] for its {building} and for the [production|export] of {good}.
{name} was founded in {founded} by {first} {last} and [received a charter|was granted market rights] in {year}.

:river.Introduction
The {title} is a river in {country} that [rises|has its source] in the {range} and [empties|flows] into the {sea}.
The {title} is the [longest|most important|second longest] river of {region}, {country}, with a length of {length}.

:river.Introduction+
On its way of {length} it passes the towns of {town} and {town2}.
Its basin [covers|comprises] {area}, most of it [underlain by|composed of] {rock}.
Its principal tributary is the {river}, which [joins|enters] the {title} near {town}.

:island.Introduction
{title} is an island in the {sea}, {distance} {direction} of the coast of {country}.
{title}, called {old} by the {people}, is the [largest|most remote|highest] island of the {sea} and belongs to {country}.

:island.Introduction+
It has an area of {area} and [a population of|is inhabited by] {population} people.
The capital, {town}, was founded in {founded} by {first} {last}.
The highest point of {name} [reaches|rises to] {height}.

:mountain.Introduction
{title} is a mountain in the {range} of {country}, {distance} {direction} of {town}.
{title}, which [rises|reaches] {height} above sea level, is the [highest|second highest|most prominent] peak of the {range} in {country}.

:mountain.Introduction+
Its summit of {rock} has an elevation of {height}.
It was first climbed in {year2} by {climber}, [starting from|in the company of a guide from] {town}.
The {people} call it {old}, [a word of unknown origin|"the old one"|after a figure of their legends].

:place.Geography
The [surroundings|vicinity] of {name} [consist|are composed] of {rock}, [overlain by thin soils|which is quarried near {town}|deeply cut by the {river}].
The distance from {name} to {town2} is {distance2}; the road [follows|crosses] the {river}.
To the {direction}, the land [rises|slopes gently] toward the {range}, [from which the {sea} is visible|whose rocks are of {rock}].
The {river} [drains|borders] the {direction} of {the} and [floods|freezes] in {month}.
The {animal}, [a creature of {rock} slopes|depicted in the arms of {town}|which the {people} hold sacred], is [common|still found] around {name}.
The area measures {area}, of which [a third|a fifth|less than half] is [forested|cultivated|under protection].
Between {name} and {town2} [extends|lies] a plain of {rock} gravel[|, left behind by glaciers|, deposited by the {river}].
An elevation of {height} [has been measured|is reached] within sight of the {sea}.

:place.Course
The {title} [rises|springs] from {rock} in the {range} at an elevation of {height}.
After leaving the {range}, the {title} [turns|bends] to the {direction} and [reaches|passes] {town}, {distance} from its source.
Near {town} it [receives|is joined by] the {river}, [its only large tributary|whose water is noticeably darker|which doubles its flow].
Between {town} and {town2}, the river [divides|splits] into several arms [around islands of {rock}|that dry out in {month}|inhabited by the {animal}].
Below {town2}, it [enters|crosses] the plain of {region} and finally [reaches|discharges into] the {sea}.
The {title} has a total length of {length}; its basin [measures|covers] {area}.
In {month}, melting snow from the {range} [raises|swells] the {title} by [two|three|four] meters at {town}.

:place.Navigation
Boats carrying {good} [have used|have traveled] the {title} between {town} and {town2} since {founded}.
The stretch above {town} is not navigable, [because of rapids over {rock}|except in {month}|as the {river} brings down gravel].
In {year2}, a canal was [dug|opened] at {town2} to avoid the [rapids|shallows] and to ship {good2}.
A ferry at {town}, [first mentioned in {founded}|operated by the {people}], [connects|links] the two banks.
{^upheaval} of {year} [blocked|changed] the course of the {title} near {town2}.
{good} and {good2} are loaded at {town} and [reach|arrive at] the {sea} within [three|five|eight] days.
The bridge of {town2}, completed in {year2}, is the only one on the lower {title}.

:place.Geology
{title} consists [mainly|largely|almost entirely] of {rock}, [which is quarried near {town}|folded during the rise of the {range}|rich in fossils].
The {rock} of {title} [weathers|erodes] quickly on the {direction} side, where it forms steep walls.
A cave in the {rock}, [discovered|explored] in {year2}, contains bones of the {animal}.
The summit, at {height}, is a [narrow ridge|broad dome|jagged crest] of {rock}.
Springs at the foot of {title} feed the {river}, which flows {direction} to {town}.
Small deposits of {ore} were [mined|exploited] here until {year2}.

:place.Ascents
The first ascent of {title} was made in {year2} by {climber} from {town}.
{climber} [needed|took] [two|three|four] days for the ascent and described the summit as "[a table of {rock}|a sea of stones]".
Earlier attempts, among them one by {first} {last} in {year}, [failed|ended] on the {direction} ridge.
The usual route starts in {town}, follows the {river}, and climbs the {direction} ridge to {height}.
A hut built in memory of {climber} [stands|is located] {distance2} by road from {town2}.
In {month}, the ascent is [closed|forbidden] out of respect for the {people}, who [worship|bury] the {animal} there.

:place.History
The earliest [mention|record] of {name}, under the form {old}, [dates from|is found in a document of] {founded}.
In {founded}, {first} {last} [arrived|landed|settled] here with a [company|group] of {people} families.
In {year}, {event} [destroyed|devastated|badly damaged] {name}; [only the {building} survived|rebuilding took twenty years|many moved to {town}].
After {event} of {year}, the {people} [rebuilt|resettled] the area around the {building}.
The name {old} [remained in use|was abandoned] until {year2}, when {country} [adopted|introduced] the present form.
In {year2}, a railway from {town} [reached|was extended to] {name}, and the [trade|export] of {good} [doubled|flourished].
The descendants of {first} {last} [governed|owned] {name} until {year2}.
A treaty between {country} and the {people}, [signed|concluded] at {town} in {year}, [settled|defined] the status of {name}.

:place.Economy
The economy [rests|depends] on {good} and, [to a lesser extent|increasingly|in the {direction}], on {good2}.
Since {year2}, {good2} from {name} has been [shipped|sold] to {town} and {town2}.
The {good} of {name} [is mentioned|is praised] as early as {founded}.
Until {year2}, most families [lived by|were engaged in] the [making|trade] of {good}; today {good2} is [more profitable|of equal importance].
The market of {town2}, {distance2} away, [takes|buys] nearly all {good} [produced|made] around {name}.
A cooperative founded by a grandson of {last} in {year2} still [exports|produces] {good}.

:place.Population
In {census}, the population of {the} was [recorded|counted] as {population}, compared with {before} in {year2}.
About [a quarter|a third|half] of the {population} inhabitants [belong to|speak the language of] the {people}.
The {people}, who call {name} {old}, [form the majority|live mostly in the {direction}|settled here before {founded}].
Between {year2} and {census}, the number of inhabitants rose from {before} to {population}.
Many [of those who leave|young people] move to {town2}, [the nearest large town|where {good} is traded|{distance2} away].

:place.Climate
The climate of {name} is {climate}, with an annual [rainfall|precipitation] of {rain}.
Most of the {rain} of rain [falls|is recorded] in {month}.
In {month}, winds from the {sea} [bring fog|lower the temperature|carry salt as far as {town}].
Because of its {climate} climate, {name} [is unsuited to|is well suited to] the [storage|making] of {good2}.
The range of the {range} [shelters|shields] {name} from {direction} winds.

:place.Sights
The {building}, [built|completed] in {year} by order of the heirs of {first} {last}, is the [principal sight|oldest structure] of {name}.
Visitors [usually begin|often start] at the {building2}, from which the {range} can be seen.
The {building} [withstood|was damaged by] {event} of {year} and was [restored|enlarged] in {year2}.
A museum in the {building2} [displays|preserves] {good} and letters of {first} {last}.
Near the {building2} stands a monument to the {animal}, [carved from|made of] {rock}.
The local dish, {dish}, is [served|prepared] every {month} in front of the {building}.

:place.Legends
According to a legend of the {people}, {name} was created when a giant {animal} [lay down to sleep|dropped a stone of {rock}|drank the {river} dry].
It is said that {last} buried [a chest|a bell|a crown] under the {building} before {event} of {year}.
The {people} believe that whoever [sees|hears] the {animal} in {month} will [return to|never leave] {name}.
In the tales of {town}, {old} is the name of a [king|ferryman|shepherdess] who [married|deceived|outlived] {first} {last}.
"""
