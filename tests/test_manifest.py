"""The rules of hassfest and of HACS that need no network, on the files that are shipped."""

import ast
from collections.abc import Iterator
import importlib
from importlib import metadata
import json
from pathlib import Path
import re
import struct
import sys
from typing import Any, Final

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.loader import async_get_integration
import probatio
import pytest

from custom_components.printernizer_stats.const import (
    DATABASE_FILE,
    DOMAIN,
    NAME,
    PRIVACY_URL,
    PROJECT_URL,
)

from .helpers import INTEGRATION

ROOT: Final = INTEGRATION.parents[1]
MANIFEST: Final[dict[str, Any]] = json.loads((INTEGRATION / "manifest.json").read_text(encoding="utf-8"))
# Integrations that are always there, so that nobody need depend on them.
ALWAYS_THERE: Final = {
    "automation", "frontend", "homeassistant", "persistent_notification", "script", "system_health",
    "system_log", "timer", "webhook", "websocket_api", "zone",
}  # fmt: skip


def _documentation(value: str) -> str:
    url = str(cv.url(value))
    if not url.startswith("https://") or url.startswith("https://www.home-assistant.io/integrations"):
        raise probatio.Invalid("not a documentation of our own")
    return url


def _version(value: str) -> str:
    AwesomeVersion(
        value,
        ensure_strategy=[
            AwesomeVersionStrategy.CALVER,
            AwesomeVersionStrategy.SEMVER,
            AwesomeVersionStrategy.SIMPLEVER,
            AwesomeVersionStrategy.BUILDVER,
            AwesomeVersionStrategy.PEP440,
        ],
    )
    return value


MANIFEST_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required("domain"): cv.slug,
        probatio.Required("name"): str,
        probatio.Required("codeowners"): probatio.All([probatio.Match(r"^@\S+$")], probatio.Length(min=1)),
        probatio.Required("documentation"): _documentation,
        probatio.Required("issue_tracker"): cv.url,
        probatio.Required("version"): _version,
        probatio.Required("iot_class"): probatio.In(
            [
                "assumed_state",
                "calculated",
                "cloud_polling",
                "cloud_push",
                "local_polling",
                "local_push",
            ]
        ),
        probatio.Optional("integration_type"): probatio.In(
            ["device", "entity", "hardware", "helper", "hub", "service", "system"]
        ),
        probatio.Optional("config_flow"): bool,
        probatio.Optional("single_config_entry"): bool,
        probatio.Optional("dependencies"): [cv.slug],
        probatio.Optional("after_dependencies"): [cv.slug],
        probatio.Optional("requirements"): [probatio.Match(r"^\S+$")],
        probatio.Optional("loggers"): [str],
        probatio.Optional("quality_scale"): probatio.In(["bronze", "silver", "gold", "platinum"]),
        probatio.Optional("import_executor"): bool,
    }
)


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every module of the integration with its syntax tree."""
    for file in sorted(INTEGRATION.rglob("*.py")):
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def components_in_use(tree: ast.AST) -> Iterator[str]:
    """Yield the integrations that a module imports at run time."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == "homeassistant.components":
            names = [f"homeassistant.components.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("homeassistant.components."):
                yield name.split(".")[2]
        yield from components_in_use(node)


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the packages that a module imports, its own left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def png_size(file: Path) -> tuple[int, int]:
    """Return a PNG's width and height in pixels."""
    signature, _, kind, width, height = struct.unpack(">8s4s4sII", file.read_bytes()[:24])
    assert (signature, kind) == (b"\x89PNG\r\n\x1a\n", b"IHDR"), file
    return width, height


def test_the_manifest_is_valid() -> None:
    MANIFEST_SCHEMA(MANIFEST)
    assert MANIFEST["domain"] == INTEGRATION.name == DOMAIN
    assert MANIFEST["name"] == NAME


def test_manifest_keys_are_in_order() -> None:
    keys = list(MANIFEST)
    assert keys == ["domain", "name", *sorted(keys[2:])]


async def test_home_assistant_accepts_the_version(hass: HomeAssistant) -> None:
    integration = await async_get_integration(hass, DOMAIN)
    assert not integration.disabled
    assert str(integration.version) == MANIFEST["version"]


def test_links_lead_to_the_project() -> None:
    assert MANIFEST["documentation"] == PROJECT_URL
    assert MANIFEST["issue_tracker"] == f"{PROJECT_URL}/issues"
    path = PRIVACY_URL.removeprefix(f"{PROJECT_URL}/blob/main/")
    assert (ROOT / path).is_file(), path


def test_the_config_flow_is_where_it_is_announced() -> None:
    assert MANIFEST["config_flow"] is (INTEGRATION / "config_flow.py").is_file()


def test_used_integrations_are_dependencies() -> None:
    declared = {*MANIFEST.get("dependencies", []), *MANIFEST.get("after_dependencies", [])}
    known = declared | ALWAYS_THERE | {platform.value for platform in Platform}
    own = {file.stem for file in INTEGRATION.iterdir()}
    used = {name for _, tree in sources() for name in components_in_use(tree)}
    assert used - known - own == set()
    assert declared - used == set()


def test_nothing_but_home_assistant_is_required() -> None:
    """So it runs wherever Home Assistant does, in each of its installation types, and builds nothing."""
    assert MANIFEST["requirements"] == []
    required = {
        re.split(r"[^\w.-]", each)[0].lower().replace("_", "-")
        for each in metadata.requires("homeassistant") or []
    }
    owners = metadata.packages_distributions()
    for name in {each for _, tree in sources() for each in imported(tree)} - sys.stdlib_module_names:
        # What stands in for a package counts: probatio does so for voluptuous.
        real = importlib.import_module(name).__name__.partition(".")[0]
        distributions = {each.lower().replace("_", "-") for each in owners[real]}
        assert real == "homeassistant" or distributions & required, name


@pytest.mark.parametrize("file", sorted(INTEGRATION.rglob("*.json")), ids=lambda file: file.name)
def test_json_files_parse_without_duplicates(file: Path) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), keys
        return dict(pairs)

    assert json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=unique)


def test_hacs_finds_one_integration() -> None:
    folders = [each.name for each in INTEGRATION.parent.iterdir() if each.is_dir() and each.name[0] != "_"]
    assert folders == [DOMAIN]
    described = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))
    assert described["name"] == NAME
    known = {
        "content_in_root", "country", "filename", "hide_default_branch", "homeassistant", "name",
        "persistent_directory", "zip_release",
    }  # fmt: skip
    assert described.keys() <= known
    assert ("filename" in described) is described.get("zip_release", False)


def test_hacs_asks_for_a_home_assistant_that_has_what_is_used() -> None:
    described = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))
    requirements = (ROOT / "script" / "requirements" / "hass.txt").read_text(encoding="utf-8")
    pinned = re.search(r"^homeassistant==(\S+)", requirements, re.MULTILINE)
    assert pinned is not None
    assert (
        AwesomeVersion("2026.9.0") <= AwesomeVersion(described["homeassistant"]) <= AwesomeVersion(pinned[1])
    )


def test_the_repository_has_what_hacs_demands() -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8").strip()
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_brand_images_are_square_icons() -> None:
    images = {file.name: png_size(file) for file in (INTEGRATION / "brand").glob("*.png")}
    assert images["icon.png"] == (256, 256)
    assert images.get("icon@2x.png", (512, 512)) == (512, 512)


def test_the_statistics_outlive_an_update() -> None:
    """HACS replaces the whole folder, so nothing may be written there."""
    assert not list(INTEGRATION.rglob(f"{DATABASE_FILE}*"))
    assert not (INTEGRATION / "strings.json").exists()
