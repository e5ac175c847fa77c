"""`python -m futures_async.cli`."""

from futures_async.cli import main

main()
