"""How neighbours are weighed along the motion: numbers of ``denoise(radius)`` that its network's training repeats.

Needs no vapoursynth.
"""

SOFTNESS = 0.5  # of the check of flow against flow back, in units of its tolerance: how gently confidence falls
# Pixels by which the flow back may miss. Wide, because the pictures themselves tell good flow from bad here, and flat
# areas under noise have no flow to agree on: 0.7 instead costs 0.5 dB there.
TOLERANCE = 3.0
# What Catmull-Rom (Keys 1981, a = -0.5) leaves of the variance of white noise at a displacement d along one axis: the
# sum of its squared weights, with u = t (1 - t) of the fraction t of d, is 1 - 4.5 u² - 5 u³: 1 at whole pixels, 0.64
# between them. WAVE cos(2 pi d) + LEVEL comes within 0.01 of that.
WAVE, LEVEL = 0.18, 0.82
