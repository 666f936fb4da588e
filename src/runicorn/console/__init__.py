"""What is printed becomes text of the run: `init(capture_console=True)`.

    training process                            the copier, a process of its own
      print, C, children --> fds 1 and 2 ------>  reads, and writes to the terminal at once
                             (pipe or pty)        --> lines --> its own outbox --> the daemon

The reader is a process and no thread: a C extension that prints while it holds the interpreter's lock would wait for a
thread for ever, and what a killed trainer left in the pipe would be lost. See runicorn.console.capture for the
training process' part, .copier and .text for the other, .lines for what becomes a line, .streams for Python's own.
"""

from runicorn.text import RunicornLoggingHandler

__all__ = ["RunicornLoggingHandler"]
