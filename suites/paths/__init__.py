"""Does each call agree with itself down every path?"""
