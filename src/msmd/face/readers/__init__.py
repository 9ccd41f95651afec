"""Curves of other programs, read into the motion of this one. `any_curves.read_curves` takes any of them."""
