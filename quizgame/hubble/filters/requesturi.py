"""Go's ``url.ParseRequestURI``, as far as the path of a request's URL needs it.

# Source: Go net/url parse with viaRequest: no fragment; a scheme without a slash after it leaves no path.
"""

from __future__ import annotations

import re

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_BAD_HOST = re.compile(r"[ \\^`{|}#/?@]|%(?!25|[89A-Fa-f])")
_BAD_USER = re.compile(r"[^A-Za-z0-9._:~!$&'()*+,;=%@-]")
_PORT = re.compile(r"(?::[0-9]*)?", re.ASCII)


def request_path(url: str) -> str | None:
    """Return the decoded path of a URL, ``None`` if Go would refuse the URL (relative, empty, malformed)."""
    if not url or _CONTROL.search(url) or url.startswith(":"):
        return None
    if url == "*":
        return "*"
    scheme = _SCHEME.match(url)
    rest = (url[scheme.end() :] if scheme else url).partition("?")[0]
    if not rest.startswith("/"):
        return "" if scheme else None
    if scheme and rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        if not _is_authority(authority):
            return None
        rest = slash + path
    if _BAD_ESCAPE.search(rest):
        return None
    raw = _ESCAPE.sub(lambda escape: chr(0xDC00 + int(escape[1], 16)), rest)
    return b"".join(
        bytes([ord(char) - 0xDC00]) if 0xDC00 <= ord(char) <= 0xDCFF else char.encode("utf-8", "replace")
        for char in raw
    ).decode(errors="replace")


def _is_authority(authority: str) -> bool:
    user, at, host = authority.rpartition("@")
    if at and (_BAD_USER.search(user) or _BAD_ESCAPE.search(user)):
        return False
    if _BAD_ESCAPE.search(host) or _BAD_HOST.search(host):
        return False
    if host.startswith("["):
        end = host.rfind("]")
        return end >= 0 and _PORT.fullmatch(host[end + 1 :]) is not None
    colon = host.rfind(":")
    return colon < 0 or _PORT.fullmatch(host[colon:]) is not None
