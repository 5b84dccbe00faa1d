"""What `capi init` writes when the Facebook plugin is there."""

import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from capi_actions import ConsentSettings, Plugins


@pytest.fixture
def text(capi: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file, with its one blank filled in."""
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", "sesame")
    monkeypatch.setenv("FACEBOOK_APP_SECRET", "shh")
    capi("init", "-c", str(tmp_path / "init.toml"))
    return (tmp_path / "init.toml").read_text().replace('pixel_id = ""', 'pixel_id = "1"')


def test_each_setting_has_its_comment(text: str, plugins: Plugins) -> None:
    """Nobody should have to look them up."""
    settings = plugins.destinations["facebook"].settings_type
    for attribute in (*attrs.fields(settings), *attrs.fields(ConsentSettings)):
        assert re.search(rf"\n\n# \w.+(\n# .+)*\n(# )?{attribute.name} = ", text), attribute.name


def test_each_default_can_be_uncommented(capi: Any, text: str, tmp_path: Path) -> None:
    """Settings of Meta's that have no default stand there with an example that is one."""
    lines = re.findall(r"^# (\w+ = .*)$", text.partition("\n# Without mappings")[0], re.MULTILINE)
    for line in lines:
        (tmp_path / "capi.toml").write_text(text.replace(f"# {line}", line))
        result = capi("check", "-c", str(tmp_path / "capi.toml"))
        assert result.status == 0, result.err
    assert len(lines) == 9 + 4
