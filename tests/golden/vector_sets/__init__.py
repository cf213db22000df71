"""Are the vectors true, and does every flag mean what it says?"""
