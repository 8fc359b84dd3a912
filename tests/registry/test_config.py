from __future__ import annotations

from pathlib import Path

import pytest

from registry.config import Config, ConfigError, load, settings
from tests.conftest import ROOT


def _write(folder: Path, text: str) -> Path:
    (folder / "registry.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path) == Config(tmp_path)


def test_values_are_read_into_their_places(tmp_path: Path) -> None:
    config = load(
        _write(
            tmp_path,
            'base_url = "https://orte.example.org"\n[limits]\nquery_seconds = 2\n'
            '[fetch]\nallow_private_hosts = ["127.0.0.1:9001"]\n[sources.studie]\nenabled = false\n',
        )
    )
    assert (config.base_url, config.limits.query_seconds) == ("https://orte.example.org", 2.0)
    assert config.fetch.allow_private_hosts == ("127.0.0.1:9001",)
    assert config.sources["studie"] == {"enabled": False}


def test_nothing_waits_where_there_is_no_room_for_it(tmp_path: Path) -> None:
    """Zero is an answer: no queue, no pause, no limit of rows."""
    text = "[limits]\nquery_queue = 0\nresult_rows = 0\n[fetch]\nretries = 0\ndelay = 0\n[feed]\ndeletions_days = 0\n"
    assert load(_write(tmp_path, text)).limits.query_queue == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("base_url = 5", "base_url must be a text"),
        ('base_url = "orte.example.org"', "http(s) address"),
        ('base_url = "https://orte.example.org/"', "must not end with a slash"),
        ("[limits]\nquery_secs = 5", "'limits.query_secs' is no setting; did you mean limits.query_seconds?"),
        ("allow_private_hosts = []", "did you mean fetch.allow_private_hosts?"),
        ('[limits]\nquery_workers = "two"', "limits.query_workers must be a whole number"),
        ("[limits]\nquery_workers = true", "limits.query_workers must be a whole number"),
        ("[limits]\nquery_workers = 0", "limits.query_workers must be 1 or more"),
        ("[limits]\npage_size = 2000", "limits.page_size must not be above limits.page_size_max"),
        ("[limits]\nquery_seconds = -1", "limits.query_seconds must be above 0"),
        ("[limits]\nquery_seconds = nan", "limits.query_seconds must be above 0"),
        ("[limits]\nquery_seconds = inf", "limits.query_seconds must be above 0"),
        ("[limits]\nquery_queue = -3", "limits.query_queue must be 0 or more"),
        ("[fetch]\ntimeout = 0", "fetch.timeout must be above 0"),
        ("[fetch]\nretries = -1", "fetch.retries must be 0 or more"),
        ("[server]\nport = -5", "server.port must be 0 or more"),
        ('licence = "CC0"', "licence must be an http(s) address"),
        ('[fetch]\nallow_private_hosts = "127.0.0.1"', "must be a list of texts"),
        ("server = 8000", "[server] must be a table"),
        ("data = '/tmp'", "--data"),
        ("base_url = ", "not valid TOML"),
        ('[engine]\nurl = "localhost:7878"', "engine.url must be an http(s) address"),
        ('[engine]\nurl = "http://dba:dba@127.0.0.1/sparql"', "without a user name"),
        ('[engine]\nupdate_url = "http://127.0.0.1/update"', "engine.url must name the address for queries"),
        ('[engine]\nurl = "http://127.0.0.1/"\nauthentication = "oauth"', "engine.authentication must be one of none"),
        ('[engine]\nurl = "http://127.0.0.1/"\nkind = "jena"', "engine.kind must be one of empty, sparql"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(_write(tmp_path, text))
    assert named in str(caught.value)
    assert "registry.toml" in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    missing = [name for name in settings() if f"`{name}`" not in text]
    assert missing == []
