"""The Joint maps dock: one joint at every stage, large."""
