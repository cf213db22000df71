"""One call down the other code paths that its framework has for it."""
