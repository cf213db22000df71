"""Loads the options and hooks of the suites wherever pytest is started in this folder."""

pytest_plugins = ["halfpixel.suites.session"]
