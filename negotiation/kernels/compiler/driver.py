"""The door: a function that runs as machine code, made when it is first called."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from importlib import import_module
from threading import Lock
from typing import Any, Generic, ParamSpec, TypeVar

from negotiation.kernels.compiler import cache

__all__ = ["Compiled", "compiled"]

P = ParamSpec("P")
R = TypeVar("R")

_LOCK = Lock()


class Compiled(Generic[P, R]):
    """A function that runs as machine code.

    The first call with new types of arguments compiles it, and all that it calls, or takes what was
    kept on disk.

    Attributes
    ----------
    plain
        The function as it stands.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self.plain = function
        self.ready: dict[Any, Callable[[list[Any]], Any]] = {}
        update_wrapper(self, function)

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> R:
        """Call it by position, with numbers, arrays in C order and tuples of these.

        Raises
        ------
        TypeError
            If an argument is anything else, or something in the function is not translated.
        MemoryError
            If there is no room for an array that it makes.
        """
        if named:
            raise TypeError("what is compiled is called by position")
        code: Any = import_module(".machine_code", __package__)
        kinds, leaves = code.taken_apart(arguments)
        run = self.ready.get(kinds)
        if run is None:
            with _LOCK:
                run = self.ready.get(kinds)
                if run is None:
                    types = tuple(map(code.type_of, arguments))
                    run = self.ready[kinds] = _made(self.plain, types, code)
        found: R = run(leaves)
        return found


def compiled(function: Callable[P, R]) -> Compiled[P, R]:
    """Return the function as one that runs as machine code; a decorator.

    Examples
    --------
    >>> def total(n: int) -> int:
    ...     return sum(range(n))
    >>> compiled(total).plain(4)
    6
    """
    return Compiled(function)


def _made(function: Callable[..., Any], types: Any, code: Any) -> Callable[[list[Any]], Any]:
    name = function.__name__
    key = f"{function.__module__}.{name} {types} {code.host()}"
    held = cache.kept(name, key)
    if held is None:
        held = code.assemble(function, types)
        cache.keep(name, key, held)
    run: Callable[[list[Any]], Any] = code.bind(held, types)
    return run
