"""The rule that both axes of a resizer follow: observations, kernels and laws, the search, its verification."""
