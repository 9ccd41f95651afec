"""Units, errors, configurations and the values that travel between the floors."""
