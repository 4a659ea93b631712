"""Polygons cleaned as one tiling: edges match, gaps are measured, nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from gridmap import tiling

Polygons = tiling.Polygons


def polygons(*shapes: shapely.Geometry) -> Polygons:
    return np.array(shapes, dtype=object)


def town(seed: int, count: int) -> Polygons:
    """Cells of a round town that fit exactly."""
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(rng.uniform(0, 2000, (count, 2)))
    cells = np.array(shapely.get_parts(shapely.voronoi_polygons(points)), dtype=object)
    cells = shapely.intersection(cells, shapely.buffer(shapely.Point(1000, 1000), 950))
    return np.asarray(cells[~shapely.is_empty(cells)], dtype=object)


def drawn_apart(cells: Polygons, seed: int, metres: float) -> Polygons:
    """The cells as if each had been drawn by another hand, up to some metres off."""
    phases = np.random.default_rng(seed).uniform(0, 9, len(cells))
    moved = [
        shapely.transform(cell, lambda xy, p=phase: xy + metres * np.sin(1.7 * xy[:, ::-1] + p))
        for cell, phase in zip(cells, phases, strict=True)
    ]
    return np.asarray(shapely.make_valid(polygons(*moved), method="structure", keep_collapsed=False), dtype=object)


towns = st.builds(
    lambda seed, count, metres: drawn_apart(town(seed, count), seed, metres),
    st.integers(0, 10_000),
    st.integers(2, 25),
    st.sampled_from([0.0, 1e-9, 1e-4, 0.01, 0.5, 1.5]),
)


@settings(max_examples=40, deadline=None)
@given(cells=towns)
def test_cleaned_cells_are_a_tiling_without_gaps_or_losses(cells: Polygons) -> None:
    cleaned = tiling.clean(cells)
    narrow = [gap for gap in tiling.gaps(cleaned) if gap.width <= 5]
    whole = tiling.clean(tiling.fill(cleaned, narrow))
    assert tiling.is_clean(whole)
    assert shapely.coverage_is_valid(whole)
    assert not shapely.is_empty(whole).any()
    assert not [gap for gap in tiling.gaps(whole) if gap.width <= 5]
    off = shapely.length(cells) * 3.2 + 1
    assert (np.abs(shapely.area(whole) - shapely.area(cells)) <= off).all()


@settings(max_examples=20, deadline=None)
@given(cells=towns)
def test_cleaning_twice_changes_nothing(cells: Polygons) -> None:
    once = tiling.clean(cells)
    assert shapely.equals_identical(tiling.clean(once), once).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 25))
def test_cells_that_fit_move_by_a_millimetre_at_most(seed: int, count: int) -> None:
    cells = town(seed, count)
    moved = shapely.area(shapely.symmetric_difference(tiling.clean(cells), cells))
    assert (moved <= shapely.length(cells) * 0.001).all()


def test_vertices_lie_on_the_millimetre_grid() -> None:
    xy = shapely.get_coordinates(tiling.clean(drawn_apart(town(1, 12), 1, 0.5)))
    assert np.array_equal(np.round(xy, 3), xy)


def test_overlaps_are_found_with_width_and_area() -> None:
    cells = polygons(box(0, 0, 103, 100), box(100, 0, 200, 100), box(200, 0, 300, 100))
    [overlap] = tiling.overlaps(cells)
    assert overlap.members == (0, 1)
    assert overlap.width == pytest.approx(3, abs=0.05)
    assert overlap.area == pytest.approx(300)


def test_a_polygon_inside_another_overlaps_it() -> None:
    assert [m.members for m in tiling.overlaps(polygons(box(0, 0, 9, 9), box(3, 3, 6, 6)))] == [(0, 1)]
    assert [m.members for m in tiling.overlaps(polygons(box(0, 0, 9, 9), box(0, 0, 9, 9)))] == [(0, 1)]


def test_a_lake_is_no_gap_and_stays() -> None:
    lake = box(40, 40, 43, 43)
    cells = polygons(shapely.difference(box(0, 0, 100, 100), lake), box(100, 0, 200, 100))
    assert tiling.gaps(tiling.clean(cells)) == []
    assert shapely.area(tiling.clean(cells)[0]) == pytest.approx(100 * 100 - 9)


def test_a_gap_goes_to_the_longest_border() -> None:
    cells = polygons(box(0, 0, 100, 50), box(0, 53, 100, 100), box(-9, 0, 0, 100), box(100, 0, 109, 100))
    cells[1] = shapely.union_all([cells[1], box(0, 50, 10, 53)])
    [gap] = tiling.gaps(tiling.clean(cells))
    assert set(gap.members) == {0, 1, 3}
    assert gap.width == pytest.approx(3, abs=0.05)
    filled = tiling.clean(tiling.fill(tiling.clean(cells), [gap]))
    assert shapely.area(filled[1]) == pytest.approx(shapely.area(cells[1]) + 270)
    assert tiling.is_clean(filled)


def test_a_moat_around_an_enclave_is_a_gap() -> None:
    around = shapely.difference(box(0, 0, 100, 100), box(40, 40, 60, 60))
    [gap] = tiling.gaps(tiling.clean(polygons(around, box(41, 41, 59, 59))))
    assert gap.members == (0, 1)
    assert gap.width == pytest.approx(1.17, abs=0.05)


def test_corners_that_touch_are_no_border_of_a_gap() -> None:
    left = shapely.difference(box(0, 0, 100, 100), Polygon([(100, 50), (90, 55), (90, 45)]))
    cells = tiling.clean(polygons(left, box(100, 0, 200, 40), box(100, 60, 200, 100)))
    assert tiling.gaps(cells) == []


def test_nothing_comes_of_nothing() -> None:
    none = np.empty(0, dtype=object)
    assert len(tiling.clean(none)) == 0
    assert tiling.gaps(none) == []
    assert tiling.overlaps(none) == []
    assert tiling.width(Polygon()) == 0
