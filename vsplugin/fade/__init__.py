"""Colour film whose dyes have faded: density, dyes, decay, and the correction that undoes it (unfade).

``density`` turns light into density; ``dyes`` says how much of each light a dye absorbs; ``decay`` fades pictures
with a known truth; ``correction`` is the inverse, nine numbers; ``network`` and ``estimate`` find them in pictures,
``anchors`` from points a person names; ``scenes`` says which frames share them; ``judge`` does all that for a clip,
``sheet`` writes it down, ``graph`` corrects frames.
"""
