"""A 5 by 7 dot-matrix alphabet, so that pictures can carry lettering without a font file."""

from __future__ import annotations

import numpy as np

# Five columns per letter, top dot in the lowest bit.
_COLUMNS = {
    " ": "0000000000", "-": "0808080808", ".": "0060600000", ":": "0036360000", "&": "3649552250",
    "0": "3E5149453E", "1": "00427F4000", "2": "4261514946", "3": "2241494936", "4": "1814127F10",
    "5": "2745454539", "6": "3C4A494930", "7": "0171090503", "8": "3649494936", "9": "064949291E",
    "A": "7E1111117E", "B": "7F49494936", "C": "3E41414122", "D": "7F4141413E", "E": "7F49494941",
    "F": "7F09090901", "G": "3E4149497A", "H": "7F0808087F", "I": "00417F4100", "J": "2040413F01",
    "K": "7F08142241", "L": "7F40404040", "M": "7F020C027F", "N": "7F0408107F", "O": "3E4141413E",
    "P": "7F09090906", "Q": "3E4151215E", "R": "7F09192946", "S": "4649494931", "T": "01017F0101",
    "U": "3F4040403F", "V": "1F2040201F", "W": "3F4038403F", "X": "6314081463", "Y": "0708700807",
    "Z": "6151494543",
}  # fmt: skip


def draw(text: str, dot: int = 1) -> np.ndarray:
    """Coverage (0..1, float32) of a line of text, each dot ``dot`` pixels wide and high, corners rounded."""
    columns: list[list[int]] = []
    for letter in text.upper():
        code = bytes.fromhex(_COLUMNS.get(letter, _COLUMNS["-"]))
        columns += [[column >> row & 1 for row in range(7)] for column in code] + [[0] * 7]
    dots = np.array(columns[:-1], np.float32).T
    large = np.kron(dots, np.ones((dot, dot), np.float32))
    if dot == 1:
        return large
    soft = np.pad(large, 1)
    for axis in (0, 1):
        soft = (np.roll(soft, 1, axis) + soft + np.roll(soft, -1, axis)) / 3
    return np.clip(1.6 * (soft[1:-1, 1:-1] - 0.5) + 0.5, 0, 1)
