"""The vocabulary that every venue is spoken of in. It imports nothing else of the library.

- `exchange`: `FuturesExchange`, the interface that every venue's adapter offers, and its `Capability` words
- `models`: positions, orders, fills, accounts, contracts
- `enums`: their closed word lists
- `errors`: every error that the library raises
- `symbols`: `BASE/QUOTE:SETTLE` and back
- `credentials`: keys that cannot be printed; `signing`: signatures under private keys
- `secret_url`: URLs that hold a password, and are shown without it
- `convert`: from a venue's text to numbers and words, and back
- `given`: what constructors are given, refused there
- `exact`: arithmetic on Decimals
- `rows`: what a venue's row is before it is a model; `column` and `columns`: how one field of it is read, and the
  words that tables say it with; `reading`: a table of columns, by which rows become models, each alone; `quick`: how
  it does so in the fewest steps, `meanings`: and looks up what words mean once
- `callbacks`: the border to code that is not this library's, where any exception is taken
- `installed`: which adapters there are, by id; `lazy`: names that are imported when first used; `words`: "did you mean"
- `version`: the version of this distribution
"""
