"""Planted worlds with known answers, and the analysis run over them."""
