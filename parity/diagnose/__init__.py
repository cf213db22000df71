"""Run a model on several runtimes, and find which resize differs and why."""
