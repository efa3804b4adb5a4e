"""The published claims, judged on whatever results there are: claims as data, a verdict rule, sentences, a picture.

`../claims.toml` holds the claims; ``load`` reads it, ``evidence`` finds what was measured, ``judge`` compares by
``verdicts``, ``sentences`` says it, and ``write`` puts it into files. Nothing here knows any workload by name.
"""
