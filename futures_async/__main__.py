"""`python -m futures_async`, the same as `futures-async`."""

from futures_async.cli import main

if __name__ == "__main__":
    main()
