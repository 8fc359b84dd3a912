"""Read one type of posts from a WordPress site's REST interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from harvesters.clean.html import html
from harvesters.fetch import BadContent, BadStatus, FetchError, Refused, RobotsForbidden, TooLarge
from harvesters.readers.first_of import NotOffered
from harvesters.readers.page import Data, PageRules, UnreadablePage, extract
from harvesters.readers.site import Site
from harvesters.readers.sitemap_html import page_data, satisfies
from harvesters.reading import Context, Item, Partial, RawRecord, SourceFailed, Unreadable

_CLOSED = (400, 401, 403, 404, 405, 410)
"""What a site answers whose REST interface or post type is not open to the public."""

_OVERLAP = timedelta(hours=1)  # their clock is not ours


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One record per post; the key is the post's number.

    Data: `id`, `slug`, `link`, `title` (text), `terms` (list of `taxonomy`, `slug`, `name`), `acf` where there is one,
    and either what `page` finds in the content (or, where that has nothing that `require` asks for, in the post's own
    page), or without `page` the `content` and `excerpt` as markup.

    Options:
        url: the site's address; host: the name it publishes itself under, if `url` is a mirror.
        type: the type's name or REST base, such as "posts", "pages" or "orte".
        page: table of `harvesters.readers.page.PageRules`; require: keys of the data, one of which is wanted.
        changes_for_days: within so many days after the last complete run ask only for what was modified; 0: never.
            Deletions are then seen only by the next complete run.

    Raises:
        NotOffered: when the site has no REST interface, or not this type, or no post of it.
    """
    reading = _Reading.of(options, context)
    since = reading.since()
    posts = reading.posts(reading.base(), since)
    first = next(posts, None)
    if first is None and since is None:
        raise NotOffered(f"{reading.site.url} lists no posts of type '{reading.type}'")
    if since is not None:
        yield Partial(f"only what was modified since {since:%Y-%m-%d %H:%M} UTC was read")
    if first is not None:
        yield reading.record(first) if isinstance(first, Mapping) else first
        for post in posts:
            yield reading.record(post) if isinstance(post, Mapping) else post


@dataclass(frozen=True)
class _Reading:
    context: Context
    site: Site
    type: str
    rules: PageRules | None
    require: tuple[str, ...]
    changes_for: timedelta

    @classmethod
    def of(cls, options: Mapping[str, Any], context: Context) -> _Reading:
        known = {"url", "host", "type", "page", "require", "changes_for_days"}
        if unknown := options.keys() - known:
            raise SourceFailed(
                f"the reader 'wordpress' has no option '{min(unknown)}'; it knows {', '.join(sorted(known))}"
            )
        for name in ("url", "type"):
            if not isinstance(options.get(name), str):
                raise SourceFailed(f"the reader 'wordpress' needs the option '{name}'")
        rules = PageRules.of(options["page"]) if "page" in options else None
        days = timedelta(days=float(options.get("changes_for_days", 0)))
        require = tuple(options.get("require", ()))
        return cls(context, Site(options["url"], options.get("host")), options["type"], rules, require, days)

    def since(self) -> datetime | None:
        since = self.context.since
        return None if since is None or datetime.now(UTC) - since > self.changes_for else since

    def base(self) -> str:
        """The type's REST address; a type's REST base may differ from its name."""
        name = self.type
        try:
            types = self.context.fetch.get(self.site.at("wp-json/wp/v2/types")).json()
        except (BadStatus, BadContent) as error:
            if isinstance(error, BadStatus) and error.status not in _CLOSED:
                raise
            types = {}
        if isinstance(types, dict) and isinstance(types.get(name), dict):
            name = types[name].get("rest_base") or name
        return self.site.at(f"wp-json/wp/v2/{name}")

    def posts(self, address: str, since: datetime | None) -> Iterator[Mapping[str, Any] | Item]:
        """All posts, page by page; a `Partial` where there were to be more than came."""
        params = {"per_page": "100", "orderby": "id", "order": "asc", "_embed": "wp:term"}
        if since is not None:
            params["modified_after"] = f"{since.astimezone(UTC) - _OVERLAP:%Y-%m-%dT%H:%M:%S}"
        seen: set[int] = set()
        number, pages, total = 1, 1, 0
        while number <= pages:
            try:
                response = self.context.fetch.get(address, params={**params, "page": str(number)})
                posts = response.json()
            except (BadStatus, BadContent) as error:
                if number == 1 and (isinstance(error, BadContent) or error.status in _CLOSED):
                    raise NotOffered(str(error)) from None
                if isinstance(error, BadStatus) and error.status == 400:
                    break  # rest_post_invalid_page_number: fewer pages than the first answer said
                raise
            if not isinstance(posts, list):
                if number == 1:
                    raise NotOffered(f"{address} does not answer with a list of posts")
                raise SourceFailed(f"page {number} of {address} is not a list of posts")
            if not posts:
                break
            fresh = [post for post in posts if not (isinstance(post, dict) and post.get("id") in seen)]
            if not fresh:
                yield Partial(f"page {number} of {address} repeats the pages before it")
                return
            seen.update(post["id"] for post in fresh if isinstance(post, dict) and isinstance(post.get("id"), int))
            yield from (self.checked(post) for post in fresh)
            pages, total = _count(response.headers, "X-WP-TotalPages"), _count(response.headers, "X-WP-Total")
            if not pages:  # some hosts strip these headers: go on until a page is not full
                pages = number + (len(posts) >= 100)
            number += 1
        if len(seen) < total:
            yield Partial(f"{address} says it has {total} posts and gave {len(seen)}")

    @staticmethod
    def checked(post: Any) -> Mapping[str, Any] | Unreadable:
        if isinstance(post, dict) and isinstance(post.get("id"), int) and _text(post.get("title")):
            return post
        key = str(post["id"]) if isinstance(post, dict) and isinstance(post.get("id"), int) else None
        return Unreadable(
            key, "a post needs a number and a title", str(post)[:200], "ein Beitrag braucht eine Nummer und einen Titel"
        )

    def record(self, post: Mapping[str, Any]) -> RawRecord | Unreadable:
        link = post.get("link") if isinstance(post.get("link"), str) else self.site.at(f"?p={post['id']}")
        data: Data = {"id": post["id"], "slug": post.get("slug"), "link": link, "title": _text(post.get("title"))}
        if terms := _terms(post):
            data["terms"] = terms
        if isinstance(post.get("acf"), dict) and post["acf"]:
            data["acf"] = post["acf"]
        modified = post.get("modified_gmt")
        if self.rules is None:
            data |= {"content": _rendered(post.get("content")), "excerpt": _rendered(post.get("excerpt"))}
        else:
            try:
                data = self.described(post, data, self.rules)
            except (BadStatus, BadContent, Refused, RobotsForbidden, TooLarge, UnreadablePage) as error:
                if isinstance(error, FetchError) and getattr(error, "status", 0) >= 500:
                    raise
                return Unreadable(str(post["id"]), str(error), str(link)[:200])
        stated = f"{modified}Z" if isinstance(modified, str) and modified and not modified.endswith("Z") else modified
        return RawRecord(str(post["id"]), data, page=link, modified=stated if isinstance(stated, str) else None)

    def described(self, post: Mapping[str, Any], data: Data, rules: PageRules) -> Data:
        """What the rules find in the content, and where that lacks what they require, in the page itself."""
        classes = post.get("class_list")
        hints = [*(f"{term['slug']} {term['name']}" for term in data.get("terms", ()))]
        hints += [str(name) for name in (classes.values() if isinstance(classes, dict) else classes or ())]
        content = _rendered(post.get("content")) or ""
        found = extract(f"<main>{content}</main>", data["link"], rules, title=data["title"], hints=hints)
        if not satisfies(found, self.require):
            response = self.context.fetch.get(self.site.fetched(data["link"]), accept="text/html")
            page = page_data(response, rules, self.site)
            marks = [name for name in rules.marks if name in {*page.get("marks", ()), *found.get("marks", ())}]
            found = {**found, **page, **({"marks": marks} if marks else {})}
        return {**found, **data}


def _rendered(field: Any) -> str | None:
    """The markup of a field, which WordPress gives as `{"rendered": …}`."""
    value = field.get("rendered") if isinstance(field, Mapping) else field
    return value if isinstance(value, str) and value.strip() else None


def _text(field: Any) -> str | None:
    return html(_rendered(field) or "")


def _terms(post: Mapping[str, Any]) -> list[dict[str, str]]:
    embedded = post.get("_embedded")
    groups = embedded.get("wp:term", []) if isinstance(embedded, Mapping) else []
    terms = [term for group in groups if isinstance(group, list) for term in group if isinstance(term, Mapping)]
    return [{key: str(term.get(key) or "") for key in ("taxonomy", "slug", "name")} for term in terms]


def _count(headers: Mapping[str, str], name: str) -> int:
    value = headers.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 7 else 0
