"""The NumPy time machine: the same sets in several environments, each with its own interpreter and pinned packages.

``config`` reads the environments from `asv.eras.conf.json`, ``interpreters`` finds Pythons that really run,
``environments`` makes and keeps them, ``drive`` measures in one after the other and notes what cannot be had.
asv stops at the first environment that it cannot make; this goes on and says why.
"""
