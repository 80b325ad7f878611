"""The plots, what kinds of things they turn on, and which story features they can carry."""

from memstudy.corpora.story_world.plots import (
    friends,
    home,
    kindness,
    lost_and_found,
    outside,
    skills,
    wonders,
)

_MODULES = (lost_and_found, friends, kindness, home, outside, skills, wonders)
PLOT_FORMS = tuple(module.FORMS for module in _MODULES)
PLOTS = tuple(plot for module in _MODULES for plot in module.PLOTS)
