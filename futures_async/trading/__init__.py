"""Orders, cancels, settings and pages in terms of an adapter's hooks: all of order safety, none of a venue's words.

In the order of an order:

- `trading`: place: the request checked, and handed to the desk; `holding`: what it relies on held, or repeated;
  `editing`: edit, by what stands afterwards; `closing`: close what is held, by the orders of `closing_orders`
- `planning`: what is wrong with a request, before anything is signed; `bounds`: the caller's own limits on orders
- `several`: several orders, made ready together; `batch`: placed in one call; `batch_cancels`: several cancels
- `desk`: every order that leaves is known by its id until its fate is certain: `books`, in which each is entered first,
  in memory and in the journal, for which nobody waits for ever (`journalling`); `handing`: an intent that a manager has
  written down before; `acceptance`: what the answer is worth; `resolving`: what became of an open question
- `search`: the search for an order whose fate is open; `recovering`: orders of which an id alone is left
- `cancelling`: cancels, each of which ends in a reading of the order; `cancelling_all`: all of a contract;
  `late_cancels`: among these, what waits for a price, and what was just being placed; `countdown`: what a venue's
  dead man's switch is told
- `waiting`: orders that wait for a price; `waiting_edits`, `waiting_cancels`: their edits and cancels; `trigger_edits`:
  edits by an adapter's two hooks; `stops`:
  take-profits and stop-losses of a part of a position
- `settings`: leverage, modes and margin: set, and never called done before they were read back; `turns`: whose turn
  it is; `relying`: what orders under way rely on, and what waits for them; `adjusting`: margin moved into an isolated
  position, or out of it; `leveraging`: leverage; `moding`: modes
- `history`, `paging`: past orders, fills and changes of balance, by the page or to their end; `windows`: lists that a
  venue shows by windows of time and a cursor; `walks`: lists without a cursor; `fan_out`: lists in
  parts; `derived`: reads that follow from others
- `facts`: what orders wait for, read once for all that ask meanwhile; `rules`: what contracts are, read when it is
  needed; `contracts`: what was read of them
- `streaming`: the account's streams; `watching`: what is watched, by which rules
- `hooks`: what an adapter tells of its venue's orders; `ordering`: the data that these hooks hand over
- `adapter`: the base class of every venue's client: all of the above, and construction, names, closing;
  `capabilities`: what follows from its hooks; `options`: what its constructor takes; `identity`: which account it
  acts for
"""
