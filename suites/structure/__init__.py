"""Is each call repeatable, linear and separable?"""
