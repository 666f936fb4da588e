"""`python -m runid`: the daemon's command line."""

from runid.cli import main

if __name__ == "__main__":
    main()
