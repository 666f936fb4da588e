"""Media: values that are more than a number or a text; `run.log` takes them alone, in lists, and in cells of tables.

A file for each: what it takes, and what is copied of it when it is logged. What becomes of that, and how it is read
again, is in the file of the same name in runid.media. NumPy, Pillow and other libraries are used only where the user's
program has loaded them: what is theirs cannot come from a program that has not.
"""
