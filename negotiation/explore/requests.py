"""Requests and replies as plain data that can travel between processes."""

from __future__ import annotations

from dataclasses import dataclass

from negotiation.explore.shelf import Typed

__all__ = ["HTML", "TEXT", "YAML", "ZIP", "Reply", "Request"]

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
YAML, ZIP = "application/yaml; charset=utf-8", "application/zip"


@dataclass(frozen=True)
class Request:
    """Request: a path, its query and its body.

    Attributes
    ----------
    name
        Of the handler.
    query
        Of the address.
    body
        What was sent, if anything.
    typed
        The text behind the model that the address names, unless it is bundled.
    home
        Key of the model shown if the address names none.
    """

    name: str
    query: str = ""
    body: str = ""
    typed: Typed | None = None
    home: str = "chips-for-rare-earths"


@dataclass(frozen=True)
class Reply:
    """Reply: a status, a body and its type.

    Attributes
    ----------
    body
        The bytes.
    status, kind
        HTTP status and content type.
    filename
        Name under which to keep it, for downloads.
    """

    body: bytes
    status: int = 200
    kind: str = HTML
    filename: str = ""
