"""What do exporters and runtimes make of each call?"""
