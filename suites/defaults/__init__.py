"""What does each framework do when it is given only a size?"""
