"""Outputs: what a run writes into folders of its user's, found, and kept when it is whole.

    patterns      which files are outputs, and which folders are, as units
    walk          what lies in the folders now
    state         what earlier scans saw and archived
    stability     which of it is whole, and worth archiving
    archive       copies, and their entries
    retention     which copies have to go

All of it is pure but for the files it names, and runs in a worker process (runid.jobs.scan). When scans are made is
the keeper's business (runid.watches), what becomes of entries the fold's (runid.store.outputs).
"""
