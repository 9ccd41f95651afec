"""Where each set of recordings keeps its clips, and what is known of them."""
