"""The actions of the window: their table, their functions, the menus."""
