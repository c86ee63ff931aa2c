"""Sweeps on disk: finished runs of points, then one output file.

While a sweep runs, every finished run of points is a file of its own beside the output, written
whole or not at all. What a killed sweep leaves behind is therefore either usable or absent, and the
output, made from those files in order, has the same bytes however often the sweep was interrupted.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from negotiation.errors import UsageError, near_name
from negotiation.files.writing import refuse_special, write_whole
from negotiation.sweeps.grid import rectangles
from negotiation.sweeps.sweep import Column, Job, axis_notes, columns_of, notes, provenance, tidy

__all__ = ["KINDS", "Parts", "check_output", "finish"]

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Parts:
    """The finished runs of points of one sweep, in a folder beside its output.

    Attributes
    ----------
    job
        The sweep.
    output
        Where its result goes.
    at_once
        Points in a run.
    """

    job: Job
    output: Path
    at_once: int

    @property
    def folder(self) -> Path:
        """Folder that holds the runs."""
        return self.output.with_name(self.output.name + ".parts")

    @property
    def count(self) -> int:
        """Number of runs in all."""
        return -(-self.job.points.size // self.at_once)

    def bounds(self, number: int) -> tuple[int, int]:
        """Return the first point of a run and the one after its last."""
        start = number * self.at_once
        return start, min(start + self.at_once, self.job.points.size)

    def open(self, *, resume: bool) -> None:
        """Make the folder, or check that it belongs to the same sweep.

        Raises
        ------
        UsageError
            If there are finished runs and `resume` is False, or they are of another sweep.
        """
        mine, note = self._description(), self.folder / "sweep.json"
        with _writing(self.output):
            _refuse_planted(self.folder)
            begun = note.exists() and self._any_finished()
            for left in () if note.exists() else self._finished():
                left.unlink()  # of a folder that was being deleted
        if begun:
            if not resume:
                raise UsageError(
                    f"{self.folder} holds an unfinished sweep; add --resume to go on with it, or "
                    "delete it"
                )
            if note.read_text() != mine:
                raise UsageError(
                    f"{self.folder} holds another sweep: the model, the settings, the grid or the "
                    "version differ; delete it to start anew"
                )
        with _writing(self.output):
            self.folder.mkdir(exist_ok=True)
        try:
            write_whole(note, mine.encode())
        except UsageError:
            with suppress(OSError):
                self.folder.rmdir()
            raise

    def _description(self) -> str:
        points = self.job.points
        digest = sha256(b"".join(np.ascontiguousarray(v).tobytes() for v in points.values))
        facts = {
            **provenance(self.job),
            "names": points.names,
            "shape": points.shape,
            "values": digest.hexdigest(),
            "at_once": self.at_once,
            **({"bears": True} if self.job.bears else {}),
        }
        return json.dumps(facts, indent=1) + "\n"

    def missing(self) -> list[int]:
        """List the runs that are still to be done."""
        return [k for k in range(self.count) if not self._file(k).exists()]

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:08d}.npz"

    def save(self, number: int, columns: Columns) -> None:
        """Keep a finished run."""
        buffer = BytesIO()
        np.savez(buffer, **columns)  # type: ignore[arg-type]  # its keywords are the columns
        write_whole(self._file(number), buffer.getvalue())

    def load(self, number: int) -> Columns:
        """Read a finished run.

        Raises
        ------
        UsageError
            If its file is damaged.
        """
        try:
            with np.load(self._file(number)) as archive:
                return {name: archive[name] for name in archive.files}
        except (OSError, ValueError, EOFError, BadZipFile):
            raise UsageError(
                f"{self._file(number)} is damaged; delete it, and --resume makes it anew"
            ) from None

    def runs(self) -> Iterator[tuple[int, int, Columns]]:
        """Read all runs in order: first point, the one after the last, columns."""
        for number in range(self.count):
            yield (*self.bounds(number), self.load(number))

    def remove(self) -> None:
        """Delete the folder, once the output is there."""
        shutil.rmtree(self.folder)

    def remove_if_useless(self) -> None:
        """Delete the folder if no run was finished."""
        if self.folder.exists() and not self._any_finished():
            self.remove()

    def _any_finished(self) -> bool:
        return any(True for _ in self._finished())

    def _finished(self) -> Iterator[Path]:
        return self.folder.glob("[0-9]" * 8 + ".npz")


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Raise an error that names an output that cannot be written, and the reason."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {output}: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    """Return what the system says; HDF5 hides its number in a long message."""
    hidden = re.search(r"errno = (\d+)", str(error))
    return os.strerror(int(hidden[1])) if hidden else error.strerror or str(error)


def _refuse_planted(folder: Path) -> None:
    """Refuse a folder of parts that is a link, or that is somebody else's."""
    try:
        facts = folder.lstat()
    except FileNotFoundError:
        return
    own = not hasattr(os, "geteuid") or facts.st_uid == os.geteuid()
    if not (stat.S_ISDIR(facts.st_mode) and own):
        raise UsageError(f"{folder} is in the way: it is not a folder of yours; delete or move it")


def _write_csv(parts: Parts, draft: Path) -> None:
    """Write one row for each point, and beside the output what the columns mean."""
    job = parts.job
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for start, stop, columns in parts.runs():
            table = tidy(job, job.points.at(start, stop), columns)
            if start == 0:
                writer.writerow(table)
            writer.writerows(zip(*(_plain(v) for v in table.values()), strict=True))
        file.flush()
        os.fsync(file.fileno())
    described = {**provenance(job), "columns": _meanings(job)}
    beside = parts.output.with_name(parts.output.name + "-metadata.json")
    write_whole(beside, (json.dumps(described, indent=1, ensure_ascii=False) + "\n").encode())


def _plain(values: npt.NDArray[Any]) -> list[Any]:
    """Return the entries of the table: 0 and 1 for booleans, 15 digits for numbers."""
    if values.dtype == np.bool_:
        return list(values.astype(np.int8).tolist())
    if values.dtype.kind == "f":
        return [format(x, ".15g") for x in values.tolist()]
    return list(values.tolist())


def _meanings(job: Job) -> dict[str, dict[str, str]]:
    axes = {name: axis_notes(job, name) for name in job.points.names}
    return {**axes, **{c.name: notes(c) for c in columns_of(job)}}


def _write_netcdf(parts: Parts, draft: Path) -> None:
    """Write NetCDF 4, block by block."""
    import h5netcdf
    import h5py

    with h5netcdf.File(draft, "w") as file:
        file.attrs.update(provenance(parts.job))
        file.dimensions = dict(_sizes(parts.job))

        def create(name: str, dims: tuple[str, ...], kind: Any, about: dict[str, Any]) -> Any:
            kind = h5py.string_dtype() if kind is str else kind
            variable = file.create_variable(name, dims, kind)
            variable.attrs.update(about)
            return variable

        _fill(parts, create)


def _write_zarr(parts: Parts, draft: Path) -> None:
    """Write a zarr store, block by block."""
    import zarr

    root = zarr.open_group(str(draft), mode="w", zarr_format=2)
    root.attrs.update(provenance(parts.job))
    sizes = _sizes(parts.job)

    def create(name: str, dims: tuple[str, ...], kind: Any, about: dict[str, Any]) -> Any:
        shape = tuple(sizes[d] for d in dims)
        variable = root.create_array(
            name, shape=shape, dtype=kind, chunks=_chunks(shape), fill_value=None
        )
        variable.attrs.update({**about, "_ARRAY_DIMENSIONS": list(dims)})
        return variable

    _fill(parts, create)
    zarr.consolidate_metadata(str(draft))


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Cut long axes so that a block of two of them is about a megabyte."""
    return tuple(min(n, 256) for n in shape)


def _sizes(job: Job) -> dict[str, int]:
    grid = dict(zip(job.points.dims, job.points.shape, strict=True))
    return {**grid, "outcome": len(job.outcomes), "player": 2}


def _fill(parts: Parts, create: Callable[..., Any]) -> None:
    """Create every variable and write the runs into them; memory holds one run at a time."""
    job = parts.job
    _fill_axes(job, create)
    variables = {
        c.name: create(c.name, (*job.points.dims, *c.per), *_stored(c)) for c in columns_of(job)
    }
    for start, stop, columns in parts.runs():
        done = 0
        for block in rectangles(start, stop, job.points.shape):
            shape = tuple(s.stop - s.start for s in block)
            size = int(np.prod(shape))
            for name, variable in variables.items():
                piece = columns[name][done : done + size]
                piece = piece.astype(np.int8) if piece.dtype == np.bool_ else piece
                rest = piece.shape[1:]
                variable[(*block, *(slice(None),) * len(rest))] = piece.reshape(*shape, *rest)
            done += size


def _fill_axes(job: Job, create: Callable[..., Any]) -> None:
    points = job.points
    for name, values in zip(points.names, points.values, strict=True):
        dims = points.dims if points.sampled else (name,)
        create(name, dims, np.dtype("f8"), axis_notes(job, name))[:] = values
    for name, words in (("outcome", job.outcomes), ("player", job.model.players)):
        create(name, (name,), str, {"long_name": name})[:] = np.array(words, dtype=object)


def _stored(column: Column) -> tuple[np.dtype[Any], dict[str, Any]]:
    """Return type and attributes of a variable; names of codes follow the CF conventions."""
    about: dict[str, Any] = dict(notes(column))
    if column.names:
        about["flag_values"] = np.arange(len(column.names), dtype=np.int8).tolist()
        about["flag_meanings"] = " ".join(n.replace(" ", "_") for n in column.names)
    kind = np.dtype(np.int8 if column.kind == "?" else column.kind)
    return kind, about


KINDS: dict[str, Callable[[Parts, Path], None]] = {
    ".csv": _write_csv,
    ".nc": _write_netcdf,
    ".zarr": _write_zarr,
}
"""What an output's ending says about how it is written."""

_NEEDS = {".csv": (), ".nc": ("h5netcdf", "h5py"), ".zarr": ("zarr",)}


def check_output(output: Path) -> None:
    """Refuse an output that could not be written, before anything is computed.

    Raises
    ------
    UsageError
        If its ending is unknown, a library is missing, its folder does not exist, or it is itself
        a folder other than a .zarr store, which would be replaced.
    """
    if output.suffix not in KINDS:
        near = near_name(output.suffix, KINDS)
        raise UsageError(
            f"cannot write {output.name!r}; expected a name ending in {', '.join(KINDS)}"
            + (f"; did you mean {near}?" if near else "")
        )
    for library in _NEEDS[output.suffix]:
        if find_spec(library) is None:
            raise UsageError(
                f"writing {output.suffix} needs {library}; install it with "
                "pip install 'negotiation[sweep]'"
            )
    refuse_special(output, folders=True)
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent}")
    if output.is_dir() and not (output / ".zgroup").exists():
        raise UsageError(f"{output} is a folder, and not one that an earlier sweep wrote")


def finish(parts: Parts) -> None:
    """Write the output from the finished runs, and delete them.

    It is drafted among the runs, so that nothing but them is left if it comes to nothing.
    """
    output = parts.output
    draft, old = (parts.folder / f"{name}{output.suffix}" for name in ("draft", "old"))
    with _writing(output):
        for left in (draft, old):
            if left.is_dir():
                shutil.rmtree(left)
        KINDS[output.suffix](parts, draft)
        if output.is_dir():
            output.replace(old)
        draft.replace(output)
        parts.remove()
