"""What a run can do besides logging, a file for each sort: `runicorn.run.Run` is made of these."""
