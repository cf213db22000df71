"""scikit-image."""
