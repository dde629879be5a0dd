"""What a person can do: the table of actions, their functions, the menus."""
