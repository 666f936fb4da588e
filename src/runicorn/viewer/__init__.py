"""The viewer: a web server that shows runs in the browser. It reads files only, and needs no daemon.

app.py puts it together, routes/ answers, live.py tells what is new, guard.py keeps others out, frames.py is the binary
form of series, library.py remembers what was read of a root; web/ is what runs in the browser.
"""
