"""Settings: `registry.toml` in the data directory. Every one has a default that works."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from harvesters.gazetteer_files import GazetteerFiles
from harvesters.web_address import is_web_address

FILE = "registry.toml"
_MAY_BE_ZERO = {
    "server.port", "limits.query_queue", "limits.result_rows", "limits.proposals_open", "fetch.retries", "fetch.delay",
    "feed.full_log_days", "feed.deletions_days",
}  # fmt: skip


class ConfigError(Exception):
    """Settings that cannot be used; one sentence naming the file, the key and what is expected."""


@dataclass(frozen=True)
class Server:
    """Where the process listens, on which IRIs do not depend, and how it logs: `plain` or `json`."""

    host: str = "127.0.0.1"
    port: int = 8000
    log: str = "plain"


@dataclass(frozen=True)
class Limits:
    """What one visitor may use. Times in seconds, memory in MiB, sizes in bytes; 0 rows means no limit of rows."""

    query_seconds: float = 10.0
    query_workers: int = 4
    query_queue: int = 16
    query_memory: int = 512
    query_size: int = 65_536
    query_nesting: int = 100
    result_rows: int = 0
    result_bytes: int = 100_000_000
    write_seconds: float = 60.0
    write_bytes: int = 20_000_000
    writes_per_minute: int = 120
    page_size: int = 50
    page_size_max: int = 1000
    connections: int = 500
    request_seconds: float = 60.0
    validate_bytes: int = 5_000_000
    validate_seconds: float = 30.0
    validate_per_minute: int = 20
    proposals_open: int = 100


@dataclass(frozen=True)
class Map:
    """What lies below the points of maps: a tile address such as `https://tiles.example/{z}/{x}/{y}.png`, or nothing.

    Visitors' browsers load the tiles from there, so the operator must be allowed to use them; nothing else in any page
    comes from elsewhere.
    """

    tiles: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class Fetch:
    """How harvesters behave on the web. Times in seconds, sizes in bytes."""

    allow_private_hosts: tuple[str, ...] = ()
    timeout: float = 30.0
    retries: int = 3
    delay: float = 1.0
    max_bytes: int = 50_000_000
    proxy: str = ""


@dataclass(frozen=True)
class Feed:
    """What the feeds promise: seconds between two polls, and days that things are kept (0: for ever).

    `notify` are peers that are told when there is news: their inboxes, or addresses that lead to them.
    """

    poll_seconds: int = 60
    full_log_days: int = 365
    deletions_days: int = 3650
    notify: tuple[str, ...] = ()


@dataclass(frozen=True)
class Engine:
    """A SPARQL engine elsewhere that answers queries instead of the one in our own memory; none without `url`.

    `url` answers queries, `update_url` takes SPARQL updates (the same as `url` when empty), and
    `graph_store_url`, if any, fills it faster. `authentication` is `none`,
    `basic` or `digest`; `kind` is `sparql`, `oxigraph` or `virtuoso`, and asked for when empty.
    """

    url: str = ""
    update_url: str = ""
    graph_store_url: str = ""
    authentication: str = "none"
    user: str = ""
    password: str = field(default="", repr=False)
    kind: str = ""


@dataclass(frozen=True)
class Config:
    """All settings of one registry, and the data directory they were read from."""

    data: Path
    base_url: str = "http://127.0.0.1:8000"
    title: Mapping[str, str] = field(
        default_factory=lambda: {
            "de": "Orte – Kooperations- und Innovationsorte in Mitteldeutschland",
            "en": "Orte – cooperation and innovation places in central Germany",
        }
    )
    publisher: str = "Orte"
    contact: str = ""
    licence: str = "https://creativecommons.org/publicdomain/zero/1.0/"
    dcat_contributor: str = ""
    sources_folder: str = "sources"
    server: Server = Server()
    limits: Limits = Limits()
    fetch: Fetch = Fetch()
    map: Map = Map()
    feed: Feed = Feed()
    engine: Engine = Engine()
    gazetteer: GazetteerFiles = field(default_factory=GazetteerFiles)
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.sqlite"

    @property
    def user_agent(self) -> str:
        """Says who harvests and how to reach them."""
        return f"Orte/0.1 (+{self.contact or self.base_url})"


def load(data: Path) -> Config:
    """Read the settings of a data directory; without a `registry.toml` the defaults hold.

    Raises:
        ConfigError: one sentence for the operator.
    """
    if data.exists() and not data.is_dir():
        raise ConfigError(f"{data} is a file; the data directory is a folder")
    file = data / FILE
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
    if "data" in table:
        raise ConfigError(f"{file}: 'data' is no setting; the data directory is chosen by --data or ORTE_DATA")
    config: Config = _build(Config, table, file, "", data=data)
    if not is_web_address(config.base_url):
        raise ConfigError(f'{file}: base_url must be an http(s) address, e.g. "https://orte.example.org"')
    if config.base_url.endswith("/"):
        raise ConfigError(f"{file}: base_url must not end with a slash")
    if not is_web_address(config.licence):
        raise ConfigError(f'{file}: licence must be an http(s) address, e.g. "{Config.licence}"')
    if config.map.tiles and not re.match(r"https?://[\w.:-]+/", config.map.tiles):
        raise ConfigError(f"{file}: map.tiles must be an http(s) address with {{z}}, {{x}} and {{y}}")
    for address in config.feed.notify:
        if not re.match(r"https?://[^/\s]+", address):
            raise ConfigError(f"{file}: feed.notify must be a list of http(s) addresses, '{address}' is none")
    if config.server.log not in ("plain", "json"):
        raise ConfigError(f'{file}: server.log must be "plain" or "json"')
    _check_engine(config.engine, file)
    _check_numbers(config, file)
    return config


def _check_numbers(settings: Any, file: Path, prefix: str = "") -> None:
    for one in fields(settings):
        name, value = prefix + one.name, getattr(settings, one.name)
        if is_dataclass(value):
            _check_numbers(value, file, f"{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            zero = name in _MAY_BE_ZERO
            if not (value > 0 or (zero and value == 0)) or value == math.inf:
                least = "0 or more" if zero else "1 or more" if isinstance(value, int) else "above 0"
                raise ConfigError(f"{file}: {name} must be {least}")
    if not prefix and settings.limits.page_size > settings.limits.page_size_max:
        raise ConfigError(f"{file}: limits.page_size must not be above limits.page_size_max")


def _check_engine(engine: Engine, file: Path) -> None:
    for name in ("url", "update_url", "graph_store_url"):
        url = getattr(engine, name)
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc):
            raise ConfigError(f"{file}: engine.{name} must be an http(s) address without a user name")
    if engine.update_url and not engine.url:
        raise ConfigError(f"{file}: engine.url must name the address for queries, too")
    for name, value, known in (
        ("authentication", engine.authentication, ("none", "basic", "digest")),
        ("kind", engine.kind, ("", "sparql", "oxigraph", "virtuoso")),
    ):
        if value not in known:
            raise ConfigError(f"{file}: engine.{name} must be one of {', '.join(one or 'empty' for one in known)}")


def settings(cls: type = Config, prefix: str = "") -> dict[str, Any]:
    """Every setting by its dotted name, with its default."""
    found: dict[str, Any] = {}
    for one in fields(cls):
        if one.name == "data":
            continue
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if is_dataclass(default):
            found |= settings(type(default), f"{prefix}{one.name}.")
        else:
            found[prefix + one.name] = default
    return found


def _build(cls: Any, table: Mapping[str, Any], file: Path, prefix: str, **given: Any) -> Any:
    hints = get_type_hints(cls)
    names = {one.name for one in fields(cls)} - given.keys()
    if unknown := sorted(table.keys() - names):
        meant = [name for name in settings() if name.rpartition(".")[2] == unknown[0]]
        meant = meant or get_close_matches(prefix + unknown[0], settings(), 1)
        known = ", ".join(sorted(prefix + name for name in names))
        hint = f"did you mean {' or '.join(meant)}?" if meant else f"known are: {known}"
        raise ConfigError(f"{file}: '{prefix}{unknown[0]}' is no setting; {hint}")
    values = {name: _value(hints[name], table[name], file, prefix + name) for name in names if name in table}
    return cls(**given, **values)


def _value(hint: Any, value: Any, file: Path, name: str) -> Any:
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{file}: [{name}] must be a table")
        return _build(hint, value, file, f"{name}.")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if get_origin(hint) is tuple:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise ConfigError(f"{file}: {name} must be a list of texts")
    if get_origin(hint) is not None and issubclass(get_origin(hint), Mapping):
        inner = get_args(hint)[1]
        if isinstance(value, dict) and all(
            isinstance(v, str) if inner is str else isinstance(v, dict) for v in value.values()
        ):
            return value
        raise ConfigError(f"{file}: {name} must be a table of {'texts' if inner is str else 'tables'}")
    if not isinstance(value, hint) or isinstance(value, bool) != (hint is bool):
        kinds = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
        raise ConfigError(f"{file}: {name} must be {kinds[hint]}")
    return value
