"""A function compiled and as it stands, side by side."""

from negotiation.native import assemble, bind, type_of


def compiled(function, *arguments):
    types = tuple(map(type_of, arguments))
    return bind(assemble(function, types), types)


def agrees(function, *arguments):
    """Compile the function for these arguments; return what it yields if Python yields the same."""
    found, plain = compiled(function, *arguments)(*arguments), function(*arguments)
    assert found == plain
    return found
