"""A standalone cluster of Spark on this machine: a master, a worker, and the processes to which it gives the work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import json

PATIENCE = 60
"""Seconds within which a master and a worker have found each other."""

CONFIGURED = """\
spark.master {master}
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.ui.enabled false
spark.executor.cores 1
spark.executor.memory 1g
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1
"""


@contextmanager
def cluster(folder: Path) -> Iterator[int]:
    """The process whose children do the work; ``spark-defaults.conf`` in the folder names the master."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port, page = free_ports()
    master = f"spark://127.0.0.1:{port}"
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    folder.mkdir(parents=True)
    (folder / "spark-defaults.conf").write_text(CONFIGURED.format(master=master), encoding="utf-8")
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> None:
        with (folder / f"{name}.log").open("wb") as log:
            command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))

    try:
        start("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page))
        start("worker.Worker", master, "--host", "127.0.0.1", "--webui-port", "0",
              "-c", "2", "-m", "2g", "-d", str(folder / "work"))  # fmt: skip
        wait_for_workers(page)
        yield started[-1].pid
    finally:
        for one in reversed(started):
            one.terminate()
            one.wait()


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def wait_for_workers(page: int) -> None:
    for _ in range(PATIENCE * 5):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=5) as answer:
                if json.decode(answer.read())["aliveworkers"]:
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError("No worker has found its master.")


def lose_executors(worker: int) -> int:
    """Kills what does the work of a cluster, as where its machine is lost; how many processes that were."""
    children = Path(f"/proc/{worker}/task").glob("*/children")
    found = [int(one) for file in children for one in file.read_text().split()]
    for one in found:
        os.kill(one, signal.SIGKILL)
    return len(found)
