"""A function compiled and as it stands, side by side."""

from negotiation.kernels.compiler.machine_code import assemble, bind, taken_apart, type_of


def compiled(function, *arguments):
    types = tuple(map(type_of, arguments))
    run = bind(assemble(function, types), types)
    return lambda *given: run(taken_apart(given)[1])


def agrees(function, *arguments):
    """Compile the function for these arguments; return what it yields if Python yields the same."""
    found, plain = compiled(function, *arguments)(*arguments), function(*arguments)
    assert found == plain
    return found
