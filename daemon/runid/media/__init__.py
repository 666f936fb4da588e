"""Media: a file for each kind, with its format, the job that makes it in a worker process, and what reads it again.

What a program logged reaches a job as bytes, in media/.incoming, and the ask that describes them (see runid.incoming).
"""
