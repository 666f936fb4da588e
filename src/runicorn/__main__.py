"""`python -m runicorn` is the command `runicorn`."""

from runicorn.cli import run

if __name__ == "__main__":
    run()
