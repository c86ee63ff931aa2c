"""What every program has."""

import re

from negotiation.kernels.compiler.numbers import FUNCTIONS
from negotiation.kernels.compiler.text import PRELUDE, Writer, number


def test_every_function_that_is_called_is_declared():
    write = Writer()
    for function, translate in FUNCTIONS.items():
        if function is not len:
            translate(write, [number(0.5)] * 2)
    called = set(re.findall(r"@([\w.]+)", "\n".join(write.block.lines)))
    declared = set(re.findall(r"(?:declare|define).*@([\w.]+)", PRELUDE))
    assert called
    assert called <= declared
