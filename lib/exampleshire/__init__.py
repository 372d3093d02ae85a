"""Exampleshire: a fictional area with every source in its real layout, made by a seeded generator.

`python -m exampleshire` writes data/areas/exampleshire again, byte for byte. Nothing in it is real:
people, places, forces and the figures for England beside them are invented.
"""
