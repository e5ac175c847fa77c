"""Accounts from where their keys are kept: a private file, the system's keyring, the environment.

- `load`: `load_accounts`, which looks in all three and makes the exchange objects
- `source`: one account as it was found, and the words that describe it
- `keys_file`, `system_keyring`, `environment`: the three places

A wing of its own, because the command line, web services and bots look accounts up in the same way: it lies below
`cli` and beside `manager` and `probe`, which are given exchange objects and never look for keys.
"""
