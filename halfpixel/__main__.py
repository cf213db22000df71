"""``python -m halfpixel`` is the command ``halfpixel``."""

from halfpixel.cli import entry

if __name__ == "__main__":
    entry()
