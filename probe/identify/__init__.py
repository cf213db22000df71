"""Name the convention of any resizer, or estimate its parameters where it has no name."""
