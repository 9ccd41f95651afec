"""The procedural performer: a face from phones, loudness and melody by rules, without a network."""
