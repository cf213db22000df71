"""Is each gradient the transpose of its matrix?"""
