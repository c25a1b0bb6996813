"""IC_TC_P (BT.2100) and the colour difference ΔE_ITP (BT.2124): how far apart two HDR colours look."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .transfer import Floats, pq_eotf, pq_inverse_eotf

# BT.2100-2, table 7: exact fractions.
_LMS = np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096
_ICTCP = np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096


def ictcp(light: ArrayLike) -> Floats:
    """BT.2020 R, G, B ``(..., 3)`` in cd/m² -> I, C_T, C_P (BT.2100-2, table 7, PQ). Negative cone responses are 0."""
    return np.asarray(pq_inverse_eotf(np.asarray(light, np.float64) @ _LMS.T) @ _ICTCP.T)


def light_of_ictcp(colours: ArrayLike) -> Floats:
    """The inverse of :func:`ictcp`, in cd/m²; components of colours outside BT.2020 are negative."""
    lms = pq_eotf(np.asarray(colours, np.float64) @ np.linalg.inv(_ICTCP).T)
    return np.asarray(lms @ np.linalg.inv(_LMS).T)


def delta_e_itp(one: ArrayLike, other: ArrayLike) -> Floats:
    """ΔE_ITP of BT.2020 colours ``(..., 3)`` in cd/m², broadcast (BT.2124-0, annex 1): 1 is just visible."""
    difference = ictcp(one) - ictcp(other)
    return np.asarray(720 * np.sqrt(difference**2 @ np.array([1, 0.25, 1])))
