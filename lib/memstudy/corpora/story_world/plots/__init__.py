"""The plots, what kinds of things they turn on, and which story features they can carry."""

from memstudy.corpora.story_world.plots import (
    animals,
    care,
    company,
    friends,
    journeys,
    lost_and_found,
    mishaps,
    outside,
    skills,
    together,
    wants,
    wonders,
)

_MODULES = (
    lost_and_found,
    friends,
    company,
    care,
    wants,
    mishaps,
    animals,
    outside,
    journeys,
    skills,
    together,
    wonders,
)
PLOT_FORMS = tuple(module.FORMS for module in _MODULES)
PLOTS = tuple(plot for module in _MODULES for plot in module.PLOTS)
