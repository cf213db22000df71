"""Are the claims that tutorials make about ``align_corners`` true?"""
