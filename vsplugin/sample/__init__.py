"""Procedural clips with a known truth: made here, deterministic, frame n from n alone.

``film`` is damaged as old film is (grain, gate weave, flicker, dust, hairs, scratches, stains: :mod:`.film` does that
to any clip), ``video`` as consumer video is (sensor noise, block quantisation), ``hdr`` is PQ BT.2020 with mastering
display data. Each shows the antialiased half of ``truth(name)``, which is twice as large.
"""

from .clips import FILM_DAMAGE, FILM_SEED, REVISION, clean, clip, film_damage, names, truth

__all__ = ["FILM_DAMAGE", "FILM_SEED", "REVISION", "clean", "clip", "film_damage", "names", "truth"]
