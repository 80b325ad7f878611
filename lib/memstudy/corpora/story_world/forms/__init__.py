"""The sentences of the stories, as groups of templates (see ``grammar``), by what they are for."""
