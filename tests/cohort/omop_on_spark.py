"""``python -m tests.cohort.omop_on_spark [people]``: an OMOP instance read by statements alone, on Spark beside DuckDB.

The whole table of facts is compared, of a hostile instance; on two cores it takes some three minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb

from cobalens.engines import spark
from cobalens.engines.sql.dialects import in_steps, written
from cobalens.serve.cohort.text import codes_of, omop_text, own_names
from cobalens.serve.cohort.text import instance as places_of
from cobalens.serve.cohort.wordings import meanings_text, units_of, words_text
from tests.cohort.omop_hostile import instance
from tests.cohort.omop_people import write
from tests.cohort.rules_agreement import DOOR
from tests.cohort.spark_java import provide_java

READ_AS = {"concepts": places_of(None)["concepts"]}
ORDER = "ORDER BY person_id, index_day"


def main(people: int = 160) -> int:
    tables, pack = instance(people, seed=31), DOOR.pack.name
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = folder / "words.csv"
        with duckdb.connect() as base:
            for table, rows in tables.items():
                base.register(table, rows)
            listed = written(words_text(codes_of(pack), own_names()), "duckdb", READ_AS)
            base.sql(listed).write_csv(str(words))
            text = omop_text(pack, "latest", "", units_of(str(words)))
            base.execute(meanings_text(str(words), None, "duckdb", None))
            for statement in in_steps(text, "duckdb", READ_AS, None, "made"):
                base.execute(statement)
            there = base.sql(f"FROM made {ORDER}").to_arrow_table().to_pylist()
        write(tables, folder / "cdm")
        provide_java(folder / "java")
        with spark.connected(folder / "scratch") as held:
            session = held.session
            for table in tables:
                session.read.parquet(str(folder / "cdm" / f"{table}.parquet")).createOrReplaceTempView(table)
            meant = meanings_text(str(words), None, "spark", None)
            for statement in (*meant.split(";\n"), *in_steps(text, "spark", READ_AS, None, "made")):
                for one in statement.split(";\n"):
                    session.sql(one)
            here = session.sql(f"SELECT * FROM made {ORDER}").toArrow().to_pylist()
    differ = sum(one[key] != other[key] for one, other in zip(here, there, strict=True) for key in one)
    print(
        f"{len(here)} people, {sum(map(len, here)):,} values of facts from an OMOP instance, {differ} differ"
    )
    return 1 if differ or not here else 0


if __name__ == "__main__":
    raise SystemExit(main(*(int(one) for one in sys.argv[1:2])))
