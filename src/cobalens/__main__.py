"""The command line as ``python -m cobalens``."""

from cobalens.serve.start import run

if __name__ == "__main__":
    run()
