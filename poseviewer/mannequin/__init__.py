"""The articulated mannequin: a rendered test figure whose true joints are known."""
