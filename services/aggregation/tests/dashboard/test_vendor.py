"""The files of others that lie beside the pages: what they are, and under which license."""

from hashlib import sha256
from importlib.resources import files
import json

from aggregation.rollups.values import COUNTRIES

VENDOR = files("aggregation.dashboard") / "static" / "vendor"


def test_each_file_is_the_one_that_was_built() -> None:
    lines = [line.split("  ") for line in (VENDOR / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert {file.name for file in VENDOR.iterdir()} == {*sums, "SHA256SUMS"}
    for name, expected in sums.items():
        assert sha256((VENDOR / name).read_bytes()).hexdigest() == expected


def test_each_part_has_its_license() -> None:
    text = (VENDOR / "LICENSES.txt").read_text()
    for name in ("echarts", "zrender", "tslib", "world-atlas", "topojson-client"):
        assert f"==== {name} ====" in text
    assert "Apache License" in text
    assert "Natural Earth" in text or "Michael Bostock" in text


def test_the_map_has_the_codes_that_are_counted() -> None:
    shapes = json.loads((VENDOR / "world.json").read_text())["features"]
    codes = {shape["properties"]["name"] for shape in shapes}
    assert len(codes & COUNTRIES) >= 170
    assert {"DE", "US", "XK", "NO", "FR", "TW"} <= codes
