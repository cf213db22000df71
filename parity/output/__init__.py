"""The verdict as terminal text, JSON and report fields."""
