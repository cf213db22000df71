"""How each runtime loads a model and runs it; each module here is imported in that runtime's own process only."""
