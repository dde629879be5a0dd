"""One network per file, its card, the registry, weights and engines."""
