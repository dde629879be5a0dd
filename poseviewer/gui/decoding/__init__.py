"""How a decoder puts people together, step by step."""
