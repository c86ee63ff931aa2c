"""How numba compiles a function that only other compiled functions call.

numba optimises every function together with all that it calls and makes machine code of it, each
time anew for whatever calls that. Of a helper neither is used: its callers take the intermediate
code. So a helper is left as that, and everything is optimised once, in the kernel that calls it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["HelperCompiler"]

_CODEGEN: Any = import_module("numba.core.codegen")
_COMPILER: Any = import_module("numba.core.compiler")


class _Intermediate(_CODEGEN.JITCodeLibrary):  # type: ignore[misc]
    """Code to be linked, not to be run."""

    @property
    def codegen(self) -> _Intermediate:
        """Be asked to `set_env` itself."""
        return self

    def set_env(self, name: str, env: object) -> None:
        """Do nothing: what is not run needs no environment."""

    def _optimize_final_module(self) -> None:
        """Leave that to the caller."""

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002
        """Return 0, which is numba's for "not there"."""
        self._ensure_finalized()
        return 0


class HelperCompiler(_COMPILER.CompilerBase):  # type: ignore[misc]
    """numba's own steps, with nothing done twice."""

    def define_pipelines(self) -> list[object]:
        """Return the steps."""
        state = self.state
        state.library = _Intermediate(state.targetctx.codegen(), state.func_id.func_qualname)
        return [_COMPILER.DefaultPassBuilder.define_nopython_pipeline(state)]
