"""The documents say what is so: examples run, links lead somewhere, every code is explained."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gridmap.partition.reasons import REASONS
from gridmap.rules import PRESETS

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "geodata").rglob("*.md")])
READMES = ("README.md", "README.zh.md")
EXAMPLE = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^ {4}\S*gridmap((?: --lang \w+)? (?:check|partition|map|serve|demo)\b.*)$", re.MULTILINE)


def text(place: str) -> str:
    return (ROOT / place).read_text(encoding="utf-8")


def sentences(table: str) -> set[str]:
    """The keys of a table in all English catalogues."""
    found: set[str] = set()
    for catalogue in (ROOT / "gridmap" / "locale" / "en").glob("*.toml"):
        found |= set(tomllib.loads(catalogue.read_text(encoding="utf-8")).get(table, {}))
    return found


def test_the_example_of_each_readme_gives_the_output_that_stands_under_it(tmp_path: Path) -> None:
    (code, output), chinese = (EXAMPLE.findall(text(readme))[0] for readme in READMES)
    assert chinese == (code, output)
    assert len([line for line in code.splitlines() if line]) == 5
    command = [sys.executable, "-X", "utf8", "-c", f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == output


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    missing = [link for link in links if not (document.parent / link.partition("#")[0]).exists()]
    assert missing == []


def test_every_fault_and_note_is_explained() -> None:
    heads = re.findall(r"^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|", text("docs/data.md"), re.MULTILINE)
    told = [code.strip("`") for head in heads for code in head.split(", ")]
    assert sorted(told) == sorted(sentences("fault") | sentences("note"))


def test_every_reason_and_every_proof_is_explained() -> None:
    rules = text("docs/rules.md")
    assert re.findall(r"^\| `([A-Z_]+)` \|", rules, re.MULTILINE) == list(REASONS)
    proofs = {key.removeprefix("UNIT_INDIVISIBLE_").lower() for key in sentences("reason") - set(REASONS)}
    assert proofs == set(re.findall(r"^- `(\w+)`: ", rules, re.MULTILINE))


def test_the_preset_stands_in_the_rules_as_it_is() -> None:
    rules = text("docs/rules.md")
    for name, preset in PRESETS.items():
        assert f"`{name}`, version {preset.version}" in rules
        for class_ in ("rural", "urban"):
            band = preset.band(class_)
            assert f"| {class_} | {band.lo} | {band.target} | {band.hi} |" in rules


def test_the_numbers_of_grids_in_the_rules_are_right() -> None:
    row = re.compile(r"^\| (rural|urban) \| ([\d,]+) \| ([^|]*) \| [^|]* \| (\d+) \|", re.MULTILINE)
    rows = row.findall(text("docs/rules.md"))
    assert len(rows) >= 5
    for class_, households, legal, count in rows:
        band, load = PRESETS["putuo-2008"].band(class_), int(households.replace(",", ""))
        told = [] if legal.startswith("none") else [int(k) for k in legal.split(",")]
        assert (list(band.counts(load)), band.count(load)) == (told, int(count))


@pytest.mark.parametrize("document", [*READMES, "docs/cli.md"])
def test_the_options_of_commands_exist(document: str) -> None:
    from typer.main import get_command

    from gridmap.cli import app

    group = get_command(app)
    commands = COMMAND.findall(text(document))
    assert commands
    for command in commands:
        words = re.sub(r"--lang \w+ ", "", command.strip()).split()
        known = {option for parameter in group.commands[words[0]].params for option in parameter.opts}
        known |= {option for parameter in group.commands[words[0]].params for option in parameter.secondary_opts}
        assert {word for word in words if word.startswith("--")} <= known, command


def test_the_change_log_has_the_current_version() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", text("CHANGELOG.md"), re.MULTILINE)


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs" / "images").glob("*.png")}
    assert sizes
    assert {name for name, size in sizes.items() if size > 300_000} == set()
