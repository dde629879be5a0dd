"""Who belongs to whom: the pairing of two sets with the highest total."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def best_pairs(value: NDArray[np.floating], *, least: float) -> list[tuple[int, int]]:
    """The pairs (row, column) whose values add up to the most, each row and column once.

    The Hungarian method with potentials (Kuhn 1955; Jonker & Volgenant 1987), for the few
    people of a frame.

    Args:
        value: (n, m), at least 0.
        least: Pairs worth less are not made, and count nothing in the total.

    Returns:
        Pairs by rising row.
    """
    rows, columns = value.shape
    if not rows or not columns:
        return []
    if rows == columns == 1:
        return [(0, 0)] if value[0, 0] >= least else []
    worth = np.where(value >= least, value, 0.0)
    if rows > columns:
        pairs = sorted((row, column) for column, row in enumerate(_rows_of(-worth.T)))
    else:
        pairs = list(enumerate(_rows_of(-worth)))
    return [(row, column) for row, column in pairs if value[row, column] >= least]


def _rows_of(cost: NDArray[np.floating]) -> list[int]:
    """The column of each row at the least total cost (n, m), n <= m."""
    rows, columns = cost.shape
    # Row and column 0 stand for "none", so everything counts from 1.
    price = np.zeros(columns + 1)
    rent = np.zeros(rows + 1)
    owner = np.zeros(columns + 1, np.intp)
    for row in range(1, rows + 1):
        owner[0], column = row, 0
        slack = np.full(columns + 1, np.inf)
        came = np.zeros(columns + 1, np.intp)
        used = np.zeros(columns + 1, np.bool_)
        while owner[column]:
            used[column] = True
            left = cost[owner[column] - 1] - rent[owner[column]] - price[1:]
            better = ~used[1:] & (left < slack[1:])
            slack[1:][better], came[1:][better] = left[better], column
            open_slack = np.where(used, np.inf, slack)
            open_slack[0] = np.inf
            following = int(open_slack.argmin())
            step = slack[following]
            rent[owner[used]] += step
            price[used] -= step
            slack[~used] -= step
            column = following
        while column:
            owner[column] = owner[came[column]]
            column = int(came[column])
    found = [0] * rows
    for column in range(1, columns + 1):
        if owner[column]:
            found[owner[column] - 1] = column - 1
    return found
