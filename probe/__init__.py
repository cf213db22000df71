"""What an implementation really does: measure its matrix, compare, attribute, identify."""
