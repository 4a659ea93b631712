"""The command line: what it writes and says, how it fails, and that it can be told to be quiet."""

from __future__ import annotations

import inspect
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import geopandas as gpd
import httpx
import pytest
import uvicorn
from rich.console import Console
from typer.testing import CliRunner, Result

import gridmap
from gridmap import maps
from gridmap.cli import app
from gridmap.cli.check import check
from gridmap.cli.options import Inputs
from gridmap.cli.partition import partition
from gridmap.cli.progress import peak_memory, stages
from gridmap.cli.serving import PortError, listening
from gridmap.cli.terminal import Terminal, system_language
from gridmap.locale import sentence
from gridmap.release import release
from tests.api import town

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = {"GRIDMAP_LANG": "en"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layers of the town in one file."""
    return town.write(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def plan_file(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town, divided by the command line."""
    path = tmp_path_factory.mktemp("plan") / "town.gpkg"
    assert run("partition", *layers(source), "--out", path).exit_code == 0
    return path


def run(*arguments: object, lang: str = "en") -> Result:
    """The program in this process."""
    return CliRunner().invoke(app, [str(each) for each in arguments], env={"GRIDMAP_LANG": lang}, prog_name="gridmap")


def layers(source: Path) -> list[str]:
    """The options that name the town's layers."""
    return [part for name in ("communities", "buildings", "barriers") for part in (f"--{name}", f"{source}:{name}")]


def environment(**more: str) -> dict[str, str]:
    """The environment of a program of its own."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), **more}


@contextmanager
def serving(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service of its own and the address that it says."""
    command = [sys.executable, "-m", "gridmap.cli", "serve", *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment(**ENGLISH)) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            yield process, next((word for word in said.split() if word.startswith("http")), said)
        finally:
            process.kill()


def test_every_command_has_help() -> None:
    for command in ("demo", "check", "partition", "map", "serve"):
        shown = run(command, "--help")
        assert shown.exit_code == 0
        assert command in shown.stdout
    assert f"gridmap {release()}\n" == run("--version").stdout


def test_check_takes_the_input_options_of_partition() -> None:
    asked, taken = (inspect.signature(command).parameters for command in (check, partition))
    assert {each.name for each in fields(Inputs)} < set(asked) < set(taken)


def test_partition_writes_the_plan_its_report_and_its_map(source: Path, tmp_path: Path) -> None:
    plan, report, page = (tmp_path / name for name in ("a.gpkg", "a.json", "a.html"))
    done = run("partition", *layers(source), "--out", plan, "--report", report, "--map", page)
    assert done.exit_code == 0, done.stderr
    whole = gridmap.read_plan(plan)
    assert json.loads(report.read_text(encoding="utf-8"))["total"] == whole.report()["total"]
    assert '<html lang="en"' in page.read_text(encoding="utf-8")
    assert f"{int(whole.grids['households'].sum()):,}" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gpkg", "a.html", "a.json"]


@pytest.mark.parametrize("suffix", [".geojson", ".fgb", ".csv"])
def test_partition_writes_grids_alone_by_suffix(source: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"grids{suffix}"
    assert run("partition", *layers(source), "--out", out, "--quiet").exit_code == 0
    assert len(gpd.read_file(out)) >= len(town.COMMUNITIES)


def test_partition_says_each_miss_in_words(source: Path, tmp_path: Path) -> None:
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg", "--report", tmp_path / "a.json")
    missed = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["problems"]
    assert missed
    words = " ".join(done.stdout.replace("│", " ").split())
    for row in missed:
        assert row["grid_code"] in done.stdout
        assert row["sentence"]["en"].split(".")[0][:40] in words


def test_json_is_the_report_and_nothing_else(source: Path, tmp_path: Path) -> None:
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg", "--json")
    assert json.loads(done.stdout)["total"]["households"] == town.buildings()["households"].sum()


def test_quiet_says_nothing(source: Path, tmp_path: Path) -> None:
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg", "--quiet")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_stages_are_told_where_no_bar_can_move(source: Path, tmp_path: Path) -> None:
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg")
    told = [line for line in done.stderr.splitlines() if line]
    order = [sentence(f"stage.{stage}") for stage in ("read", "check", "units", "search", "outlines", "write")]
    assert told == [line for line in order if line in told]
    assert set(told) >= set(order[2:])


def test_strict_tells_a_miss_by_its_exit_code(source: Path, tmp_path: Path) -> None:
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg", "--strict", "--quiet")
    assert done.exit_code == 3
    assert (tmp_path / "a.gpkg").exists()


def test_options_reach_the_plan(source: Path, tmp_path: Path) -> None:
    more = ["--seed", 7, "--basis", "resident", "--as-of", "2026-03", "--grids", "330903104=6", "--jobs", 1]
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg", *more)
    assert done.exit_code == 0, done.stderr
    plan = gridmap.read_plan(tmp_path / "a.gpkg")
    assert (plan.seed, plan.basis, plan.as_of) == (7, "resident", "2026-03")
    assert plan.report()["total"]["grids"] == 6


def test_columns_can_be_named(tmp_path: Path) -> None:
    town.communities().rename(columns={"community_id": "code", "town_id": "t", "class": "c"}).to_file(
        tmp_path / "c.geojson"
    )
    town.buildings().rename(columns={"households": "hushu", "building_id": "hao"}).to_file(tmp_path / "b.geojson")
    names = ["--community-id", "code", "--town-id", "t", "--class", "c", "--households", "hushu"]
    inputs = ["--communities", tmp_path / "c.geojson", "--buildings", tmp_path / "b.geojson", "--crs", "4549"]
    done = run("check", *inputs, *names, "--column", "buildings.building_id=hao", "--json")
    assert done.exit_code == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["households"] == town.buildings()["households"].sum()


def faulty(folder: Path) -> list[str]:
    """A file with faults in two layers."""
    path = folder / "faulty.gpkg"
    town.communities().drop(columns=["community_id"]).to_file(path, layer="communities")
    town.buildings().assign(households=-1).to_file(path, layer="buildings")
    return ["--communities", f"{path}:communities", "--buildings", f"{path}:buildings"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_faults_are_all_told_and_nothing_is_written(tmp_path: Path, lang: str) -> None:
    inputs = faulty(tmp_path)
    done = run("partition", *inputs, "--out", tmp_path / "a.gpkg", "--report", tmp_path / "a.json", lang=lang)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "communities" in done.stderr and "buildings" in done.stderr
    assert ("处问题" in done.stderr) == (lang == "zh")
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["faulty.gpkg"]


def test_check_tells_the_same_faults(tmp_path: Path) -> None:
    inputs = faulty(tmp_path)
    told, as_json = run("check", *inputs), run("check", *inputs, "--json")
    assert told.exit_code == as_json.exit_code == 1
    faults = json.loads(as_json.stdout)["faults"]
    assert {fault["layer"] for fault in faults} == {"communities", "buildings"}
    assert all(f"[{fault['code']}]" in told.stderr for fault in faults)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_check_says_what_the_layers_hold(source: Path, lang: str) -> None:
    done = run("check", *layers(source), lang=lang)
    assert done.exit_code == 0, done.stderr
    assert sentence("check.good", lang) in done.stdout
    assert f"{town.buildings()['households'].sum():,}" in done.stdout


REFUSED = [
    (["--buildings", "b.gpkg", "--units", "u.gpkg", "--out", "a.gpkg"], "Give one of --buildings and --units."),
    (["--out", "a.gpkg"], "Give one of --buildings and --units."),
    (["--units", "u.gpkg", "--out", "a.shp"], "a.shp must end in one of .gpkg, .geojson, .parquet, .fgb, .csv."),
    (["--units", "u.gpkg", "--out", "a.gpkg", "--report", "a.txt"], "a.txt must end in one of .json."),
    (["--units", "u.gpkg", "--out", "a.gpkg", "--map", "a.pdf"], "a.pdf must end in one of .html, .htm."),
    (["--units", "u.gpkg", "--out", "nowhere/a.gpkg"], "There is no folder nowhere."),
    (["--units", "u.gpkg", "--out", "folder.gpkg"], "folder.gpkg is a folder."),
    (["--units", "here.gpkg:units", "--out", "here.gpkg"], "here.gpkg is an input and would be overwritten."),
    (["--units", "u.gpkg", "--out", "a.gpkg", "--column", "households=n"], "'households=n' is not LAYER.NAME=COLUMN;"),
    (["--units", "u.gpkg", "--out", "a.gpkg", "--column", "roads.kind=n"], "'roads.kind=n' is not LAYER.NAME=COLUMN;"),
    (["--units", "u.gpkg", "--out", "a.gpkg", "--crs", "usual"], "'usual' is no coordinate reference system;"),
    (["--units", "u.gpkg", "--out", "a.gpkg", "--as-of", "last spring"], "'last spring' is no date;"),
    (["--units", "u.gpkg", "--out", "a.gpkg", "--report", "twin.json", "--map", "twin.html"], "have the same name."),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_what_cannot_be_is_refused_before_any_work(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.gpkg").mkdir()
    (tmp_path / "here.gpkg").touch()
    (tmp_path / "twin.html").symlink_to(tmp_path / "twin.json")
    done, chinese = (run("partition", "--communities", "c.gpkg", *arguments, lang=lang) for lang in ("en", "zh"))
    assert done.exit_code == chinese.exit_code == 2
    assert unboxed(told) in unboxed(done.stderr)
    assert unboxed(told) not in unboxed(chinese.stderr)
    assert len(list(tmp_path.iterdir())) == 3


def unboxed(text: str) -> str:
    """Text as it was before it was wrapped into a box."""
    return "".join(text.replace("│", "").split())


def test_an_unknown_option_and_a_missing_one_are_usage() -> None:
    assert run("partition", "--nonsense").exit_code == 2
    assert run("partition").exit_code == 2
    assert run("nonsense").exit_code == 2


@pytest.mark.parametrize(("lang", "told"), [("en", "no rule set named"), ("zh", "没有名为")])
def test_an_error_of_ours_is_its_text(source: Path, tmp_path: Path, lang: str, told: str) -> None:
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg", "--rules", "nowhere", lang=lang)
    assert done.exit_code == 1
    assert told in done.stderr
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_output_that_fails_says_which_are_there(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(maps, "save", full)
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg", "--map", tmp_path / "a.html", lang=lang)
    assert done.exit_code == 1
    assert "No space left on device" in done.stderr
    assert str(tmp_path / "a.gpkg") in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.gpkg"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_first_output_that_fails_says_that_nothing_is_there(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(gridmap.Plan, "save", full)
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg", "--report", tmp_path / "a.json", lang=lang)
    assert done.exit_code == 1
    told = sentence("error.OUTPUT_FAILED", lang, file=tmp_path / "a.gpkg", why="No space left on device")
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def full(*_: object, **__: object) -> None:
    """A disk with no room."""
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_map_writes_a_page(plan_file: Path, tmp_path: Path, lang: str) -> None:
    out = tmp_path / "page.html"
    assert run("map", plan_file, "--out", out, "--lang", lang).exit_code == 0
    assert f'<html lang="{lang}' in out.read_text(encoding="utf-8")


def test_map_needs_a_plan_and_a_page(plan_file: Path, tmp_path: Path) -> None:
    assert run("map", plan_file, "--out", tmp_path / "page.pdf").exit_code == 2
    away = run("map", tmp_path / "away.gpkg", "--out", tmp_path / "page.html")
    assert away.exit_code == 1
    assert "away.gpkg" in away.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_demo_writes_its_six_files(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = {"communities": f"{source}:communities", "buildings": f"{source}:buildings"}
    monkeypatch.setitem(vars(gridmap), "sample", lambda name: sample)
    done = run("demo", "--no-serve", "--out", tmp_path / "new" / "demo")
    assert done.exit_code == 0, done.stderr
    names = ["putuo.csv", "putuo.en.html", "putuo.geojson", "putuo.gpkg", "putuo.json", "putuo.zh.html"]
    assert sorted(path.name for path in (tmp_path / "new" / "demo").iterdir()) == names
    assert sentence("demo.beside_origin") in done.stdout
    assert "桃花镇" in done.stdout
    assert '<html lang="zh' in (tmp_path / "new" / "demo" / "putuo.zh.html").read_text(encoding="utf-8")


def test_the_demo_serves_its_plan_on_the_next_free_port(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = {"communities": f"{source}:communities", "buildings": f"{source}:buildings"}
    monkeypatch.setitem(vars(gridmap), "sample", lambda name: sample)
    monkeypatch.setattr(uvicorn.Server, "run", interrupted)
    with listening("127.0.0.1", 0, tries=1) as taken:
        port = taken.getsockname()[1]
        done = run("demo", "--out", tmp_path / "demo", "--port", port)
    assert done.exit_code == 0, done.stderr
    assert f"Port {port} is busy" in done.stderr
    assert "http://127.0.0.1:" in done.stdout
    assert f":{port} " not in done.stdout


def interrupted(*_: object, **__: object) -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def test_an_interrupted_division_ends_without_a_trace(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(gridmap), "divide", interrupted)
    done = run("partition", *layers(source), "--out", tmp_path / "a.gpkg")
    assert done.exit_code == 130
    assert sentence("serve.stopped") in done.stderr
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_demo_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("demo", "--no-serve", "--out", tmp_path / "file" / "demo")
    assert done.exit_code == 1
    assert "file" in done.stderr


def test_serve_answers_and_ends_cleanly(plan_file: Path) -> None:
    with serving(plan_file, "--port", 0) as (process, address):
        assert httpx.get(f"{address}/health", trust_env=False).json()["plans"] == 1
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Traceback" not in errors
        assert sentence("serve.stopped") in errors


def test_serve_moves_from_a_busy_port_and_says_so(plan_file: Path) -> None:
    try:
        taken = listening("127.0.0.1", 8000, tries=1)
    except PortError:  # somebody else has it, which is as good
        taken = listening("127.0.0.1", 0, tries=1)
    with taken, serving(plan_file) as (process, address):
        assert not address.endswith(":8000")
        assert httpx.get(f"{address}/health", trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        assert "Port 8000 is busy" in process.communicate(timeout=30)[1]


def test_a_port_that_was_named_is_not_changed(plan_file: Path) -> None:
    with listening("127.0.0.1", 0, tries=1) as taken:
        done = run("serve", plan_file, "--port", taken.getsockname()[1])
    assert done.exit_code == 1
    assert "--port" in done.stderr


def test_the_next_free_port_is_taken() -> None:
    with listening("127.0.0.1", 0, tries=1) as taken:
        port = taken.getsockname()[1]
        with listening("127.0.0.1", port, tries=20) as found:
            assert port < found.getsockname()[1] < port + 20


def test_a_host_that_is_not_ours_is_an_error(plan_file: Path) -> None:
    done = run("serve", plan_file, "--host", "192.0.2.1", "--port", 0)
    assert done.exit_code == 1
    assert "192.0.2.1" in done.stderr


def test_ports_end() -> None:
    with pytest.raises(PortError, match="65535"), socket.socket() as taken:
        taken.bind(("127.0.0.1", 65535))
        taken.listen()
        listening("127.0.0.1", 65535, tries=5)


def test_serve_names_the_file_that_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "letter.gpkg").write_text("Dear colleague")
    done = run("serve", tmp_path / "letter.gpkg", "--port", 0)
    assert done.exit_code == 1
    assert "letter.gpkg" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_a_narrow_console_does_not_end_the_program(plan_file: Path, tmp_path: Path, encoding: str) -> None:
    page = tmp_path / "é網.html"
    command = [sys.executable, "-m", "gridmap.cli", "--lang", "zh", "map", str(plan_file), "--out", str(page)]
    done = subprocess.run(command, env=environment(PYTHONIOENCODING=encoding), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert page.exists()


@pytest.mark.parametrize(
    ("given", "lang"),
    [
        ({"GRIDMAP_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "zh_CN.GBK", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "en_US", "LANG": "zh_CN"}, "en"),
        ({"LANG": "de_DE"}, "en"),
        ({}, "en"),
    ],
)
def test_the_system_says_its_language(given: Mapping[str, str], lang: str) -> None:
    assert system_language(given) == lang


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    away = ["map", tmp_path / "away.gpkg", "--out", tmp_path / "a.html"]
    assert run("--lang", "en", *away, lang="zh").stderr == run(*away).stderr != run(*away, lang="zh").stderr
    assert run(*away, lang="fr").exit_code == 2


def test_a_bar_moves_for_each_stage_on_a_terminal() -> None:
    screen = io.StringIO()
    terminal = Terminal("en", Console(file=io.StringIO()), Console(file=screen, force_terminal=True, width=100))
    with stages(terminal, quiet=False) as progress:
        for stage in ("units", "search"):
            for done in range(5):
                progress(stage, done, 4)
        progress("write", 0, 0)
    assert set(progress.seconds) == {"units", "search", "write"}
    for stage in ("units", "search", "write"):
        assert sentence(f"stage.{stage}") in screen.getvalue()
    assert screen.getvalue().count("100%") >= 3


def test_memory_is_in_bytes() -> None:
    peak = peak_memory()
    assert peak is None or 10e6 < peak < 1e12
