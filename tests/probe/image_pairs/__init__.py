"""Conventions that explain files, and checks of grey levels on whole images."""
