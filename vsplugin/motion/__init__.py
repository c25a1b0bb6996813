"""Where the motion comes from: one file per way to find it, all with the same contract.

``raw(luma, delta)`` takes an 8-bit GRAY clip and returns RGBS of its size: dx, dy in pixels such that frame n + delta
warped by them lies on frame n, and 1 in the third plane. Where that frame does not exist or shows another scene, all
is 0.
"""
