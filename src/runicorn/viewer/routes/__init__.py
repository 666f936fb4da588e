"""What the viewer answers: a file for each part of its pages. All addresses are below /api/v1."""
