"""The Review dock: what is worth a look in the results of a clip."""
