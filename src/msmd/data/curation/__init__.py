"""From raw recordings to training data: small stages, pure per clip, cached by content (section 5.1)."""
