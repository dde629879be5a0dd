"""The dock that shows how the answer moved from stage to stage."""
