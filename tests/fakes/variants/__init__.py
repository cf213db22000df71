"""Resizers with one fault each that shows for some dtypes, scales, ranks, gradients, edges or paths only."""
