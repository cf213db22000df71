"""Do calls that claim the same convention agree?"""
