"""Who may import whom: a file imports only from the parts listed above its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gridmap"

# From the lowest up. Parts that stand in one line may import each other, but never in a circle.
ORDER = (
    {"locale"},
    {"errors", "release"},
    {"rules"},
    {"codes"},
    {"crs"},
    {"samples"},
    {"tiling"},
    {"columns"},
    {"sources"},
    {"communities", "geometries", "households", "lines", "personal", "places", "straddles"},
    {"tables"},
    {"relations"},
    {"layers"},
    {"geojson", "io", "reading", "writing"},
    {"partition"},
    {"redraw"},
    {"coverage"},
    {"incidents"},
    {"store"},
    {"maps"},
    {"cluster"},
    {""},  # gridmap/__init__.py, the names for users
    {"api"},
    {"cli"},
)
# ``plan.explore()`` draws a map, and a plan lies below the maps: it imports them when it is called.
LAZY = {("gridmap.partition.plan", "maps")}
# Third-party packages that only one part may import.
OWNERS = {
    "branca": {"maps"},
    "fastapi": {"api"},
    "folium": {"maps"},
    "pydantic": {"api"},
    "pydantic_settings": {"api"},
    "rich": {"cli"},
    "sqlalchemy": {"store"},
    "starlette": {"api"},
    "typer": {"cli"},
    "uvicorn": {"cli"},
}
RANK = {part: rank for rank, parts in enumerate(ORDER) for part in parts}


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path) for path in files()}


def part(name: str) -> str:
    """``gridmap.partition.plan`` belongs to ``partition``, ``gridmap`` itself to the empty name."""
    return name.partition(".")[2].partition(".")[0]


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that a statement imports; a name of a package stands for the package."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, "imports are absolute"
        inside = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name if name in MODULES else node.module for name in inside)


def imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Every module that a file imports, and whether only inside a function."""
    late = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        for name in imported(node):
            yield name, id(node) in late


def for_types_only(tree: ast.Module) -> set[str]:
    """What stands under ``if TYPE_CHECKING:``; it is never imported."""
    guarded = (n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    return {name for guard in guarded for inner in ast.walk(guard) for name in imported(inner)}


def test_every_part_has_its_place() -> None:
    unplaced = {name for name in MODULES if part(name) not in RANK}
    assert not unplaced, "give these a line in ORDER"


@pytest.mark.parametrize("path", files(), ids=module)
def test_a_file_imports_only_from_the_parts_above_it(path: Path) -> None:
    name, tree = module(path), ast.parse(path.read_text(encoding="utf-8"))
    own = part(name)
    wrong = []
    for target, late in imports(tree):
        if target.partition(".")[0] != "gridmap" or RANK[part(target)] <= RANK[own]:
            continue
        if not ((name, part(target)) in LAZY and (late or target in for_types_only(tree))):
            wrong.append(target)
    assert not wrong


@pytest.mark.parametrize("path", files(), ids=module)
def test_a_third_party_package_stays_in_its_part(path: Path) -> None:
    own, tree = part(module(path)), ast.parse(path.read_text(encoding="utf-8"))
    roots = {target.partition(".")[0] for target, _ in imports(tree) if target not in for_types_only(tree)}
    assert not {root for root in roots if own not in OWNERS.get(root, {own})}


def test_no_import_goes_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        now = {target for target, late in imports(tree) if target in MODULES and not late} - for_types_only(tree)
        # A package's own __init__ gathers its modules; they do not import it back.
        graph[module(path)] = now - {module(path)}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"a circle: {' -> '.join([*trail, name])}"
        if name in done:
            return
        for target in sorted(graph[name]):
            visit(target, (*trail, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())
