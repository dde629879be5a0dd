"""The Springs dock: a pictorial structure on the maps of one stage."""
