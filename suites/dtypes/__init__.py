"""How does each call treat other dtypes?"""
