"""Addresses: everything that a page shows, as the query of its address, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from negotiation.errors import UsageError
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.values import parse_setting

__all__ = ["TABS", "View", "address", "read", "settings_of"]

TABS = ("answer", "signal", "map", "time", "why", "deal", "play", "file", "report")
"""Tabs in order; where a model has nothing to show in one it is left out."""

MOST = 6_000
"""Characters of a query."""

_WORDS = ("model", "tab", "outcome", "x", "y", "who", "against", "moves", "periods", "seed")
_TEXTS = ("outcome", "x", "y", "who", "against", "moves")
_SET = "p."


@dataclass(frozen=True)
class View:
    """State of a page: everything that its address says.

    Attributes
    ----------
    model
        Key of the model; see `shelf`.
    given
        Names of parameters with the text of their values, where they differ from the file's.
    tab
        One of `TABS`.
    outcome
        The outcome looked at in tabs Why and Play; empty for the first.
    x, y
        Parameters that span the map; empty for the first two.
    who, against, moves, periods, seed
        Of the match in the tab Play.
    """

    model: str
    given: tuple[tuple[str, str], ...] = ()
    tab: str = "answer"
    outcome: str = ""
    x: str = ""
    y: str = ""
    who: str = ""
    against: str = "truce"
    moves: str = ""
    periods: int = 12
    seed: int = 0
    number: int = field(default=0, compare=False)
    """Of the request, told back with the answer so that a late one can be recognised."""

    def at(self, **changes: Any) -> str:
        """Return the address of a page that differs from this one."""
        return address(replace(self, **changes))


_FIRST = View("")


def read(query: str, home: str) -> View:
    """Read a query.

    Parameters
    ----------
    query
        What follows the question mark.
    home
        The model shown if the query names none.

    Raises
    ------
    UsageError
        If it is too long, holds something unknown, or twice the same.

    Examples
    --------
    >>> read("tab=map&p.s=0.6", "chips").given
    (('s', '0.6'),)
    """
    if len(query) > MOST:
        raise UsageError(f"the address is too long; expected at most {MOST:,} characters")
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=200
        )
    except ValueError:
        raise UsageError(
            "the address cannot be read; start again without the part after '?'"
        ) from None
    words = _once((k, v) for k, v in pairs if not k.startswith(_SET))
    given = _once((k.removeprefix(_SET), v) for k, v in pairs if k.startswith(_SET))
    unknown = [k for k in words if k not in (*_WORDS, "n")]
    if unknown:
        raise UsageError(f"the address says {unknown[0][:40]!r}, which means nothing here")
    tab = words.get("tab", "answer")
    if tab not in TABS:
        raise UsageError(f"no tab {tab[:40]!r}; the tabs are: {', '.join(TABS)}")
    texts: dict[str, Any] = {k: words[k] for k in _TEXTS if k in words}
    numbers: dict[str, Any] = {
        k: _whole(k, words[k], low) for k, low in (("periods", 1), ("seed", 0)) if k in words
    }
    return View(
        model=words.get("model", home),
        given=tuple(given.items()),
        tab=tab,
        number=_whole("n", words.get("n", "0"), 0),
        **texts,
        **numbers,
    )


def address(view: View) -> str:
    """Return the query of a view, without what is as at first.

    Examples
    --------
    >>> address(View("chips", given=(("s", "0.6"),), tab="map"))
    '?model=chips&p.s=0.6&tab=map'
    """
    pairs = [("model", view.model), *((_SET + k, v) for k, v in view.given)]
    pairs += [
        (k, str(getattr(view, k))) for k in _WORDS[1:] if getattr(view, k) != getattr(_FIRST, k)
    ]
    return "?" + urlencode(pairs)


def settings_of(model: PayoffFile, view: View) -> dict[str, Any]:
    """Return the settings of a view, each a finite number for a parameter of the model.

    Raises
    ------
    UsageError
        If a name is unknown, a value is none, or it makes no game.
    GameError
        If a payoff is not finite there.
    """
    found = {name: parse_setting(f"{name}={text}")[1] for name, text in view.given}
    if model.kind == "signalling":
        model.values(**found)
    else:
        model.frozen().game(**found)
    return found


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in pairs:
        if key in found:
            raise UsageError(f"the address says {key[:40]!r} twice")
        found[key] = value
    return found


def _whole(name: str, text: str, low: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) >= low):
        raise UsageError(f"{name} is {text[:40]!r}; expected a whole number from {low}")
    return int(text)
