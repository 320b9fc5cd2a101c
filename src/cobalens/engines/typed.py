"""Answers of many people as typed columns of Parquet: words of closed lists, the day as a date, findings as a list of codes."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cobalens.engines.bitmaps import FINDINGS
from cobalens.engines.sql.answers import CARRIED, KEYS, Output, Query
from cobalens.model.cohort import DIED

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

NAMED = 127
"""As many words as the narrowest whole number with a sign can name."""
LISTED = f"{FINDINGS}.list.element"
"""What Parquet calls the codes in the list of the findings."""
BOUNDED = [*CARRIED, "as_of"]
"""Columns of which a file tells the least and the greatest value; of words nobody asks for these."""


def written(answers: Iterable[pa.RecordBatch], typed: Typed, target: Path) -> int:
    """Writes the keys and the numbers of the answers as a file of typed columns; how many rows. There is one batch at least."""
    rows = 0
    # What was answered is written while the next people are judged; the executor ends before the file does.
    with ExitStack() as opened, ThreadPoolExecutor(1) as writer:
        file: pq.ParquetWriter | None = None
        waiting: Future[None] | None = None
        for numbers in answers:
            batch = typed.batch(numbers)
            if file is None:
                file = opened.enter_context(opened_file(target, batch.schema))
            if waiting is not None:
                waiting.result()
            waiting = writer.submit(file.write_batch, batch)
            rows += batch.num_rows
        if waiting is not None:
            waiting.result()
    return rows


def opened_file(target: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Words are written by their places; who is meant and when is written as it is, since most of it stands there once."""
    import pyarrow.parquet as pq

    words = [LISTED if name == FINDINGS else name for name in schema.names if name not in BOUNDED]
    return pq.ParquetWriter(
        target, schema, use_dictionary=words, write_statistics=BOUNDED, store_schema=False
    )


class Words:
    """What the numbers of an output stand for."""

    def __init__(self, output: Output) -> None:
        import numpy
        import pyarrow

        said = tuple(dict.fromkeys(word for word in output.words if word))
        kind = "int8" if len(said) <= NAMED else "int16"
        self.name = output.name
        self.words = pyarrow.array(said, pyarrow.string())
        self.places = numpy.array([said.index(word) if word else 0 for word in output.words], kind)
        self.nothing = numpy.array([not word for word in output.words])
        self.alike = said == output.words
        """The numbers are the places of the words."""
        self.always = None if output.cases else output.otherwise
        """The number of everybody, where it is the same for all."""

    def column(self, batch: pa.RecordBatch) -> pa.DictionaryArray:
        import numpy
        import pyarrow

        if self.always is None:
            numbers = batch.column(self.name).to_numpy()
        else:
            numbers = numpy.full(batch.num_rows, self.always, "uint16")
        if self.alike:
            places = pyarrow.array(numbers)
        else:
            mask = self.nothing[numbers] if self.nothing.any() else None
            places = pyarrow.array(self.places[numbers], mask=mask)
        return pyarrow.DictionaryArray.from_arrays(places, self.words, safe=False)


class Typed:
    """The columns of the result, made of batches of the keys and the numbers of the answers."""

    def __init__(self, query: Query) -> None:
        import pyarrow

        self.words = [Words(one) for one in query.outputs]
        codes = [one.code for one in query.outputs if one.code]
        self.codes = pyarrow.array(codes, pyarrow.string()) if codes else None

    def batch(self, numbers: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow

        columns: dict[str, Any] = {key: numbers.column(key) for key in KEYS}
        columns["as_of"] = dates(numbers.column("index_day").to_numpy(zero_copy_only=False))
        columns[DIED] = numbers.column(DIED)
        if self.codes is not None:
            columns[FINDINGS] = listed(numbers.column(FINDINGS), self.codes)
        columns |= {one.name: one.column(numbers) for one in self.words}
        return pyarrow.RecordBatch.from_pydict(columns)


def dates(days: NDArray[np.int64]) -> pa.Array:
    """Days since 1970 as dates. Day 0 is that of records which count from it and name no date."""
    import pyarrow

    return pyarrow.array(days.astype("int32"), mask=days == 0).cast(pyarrow.date32())


def listed(places: pa.ListArray, codes: pa.Array) -> pa.Array:
    """The codes for lists of their places, counted from one."""
    import numpy
    import pyarrow

    which = numpy.subtract(places.flatten().to_numpy(), 1, dtype="int16", casting="unsafe")
    return pyarrow.ListArray.from_arrays(
        places.offsets, pyarrow.DictionaryArray.from_arrays(pyarrow.array(which), codes, safe=False)
    )
