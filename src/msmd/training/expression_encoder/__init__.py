"""The expression encoder's training: people that do not exist, drawn with expressions that are known."""
