"""Projects: clips with all that a person has chosen, marked and put right in them, in one file."""

ENDING = ".poseviewer"
"""Of the names of project files."""
