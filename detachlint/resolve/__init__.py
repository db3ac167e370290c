"""Between parse and models: what a name means, from the imports and definitions alone; nothing is
evaluated.
"""
