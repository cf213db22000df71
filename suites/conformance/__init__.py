"""Does each call do what its documentation claims?"""
