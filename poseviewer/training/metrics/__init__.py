"""How right an answer is: the field's measures, each telling the rule it followed."""
