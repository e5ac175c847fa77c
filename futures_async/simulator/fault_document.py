"""`FAULTS.md`: `python -m futures_async.simulator.fault_document` prints it from the tables."""

from __future__ import annotations

import sys

from futures_async.simulator.faults import LEGEND, matrix
from futures_async.simulator.stream_faults import stream_matrix

_DOCUMENT = """\
# What can go wrong, and what the library does then

Printed by `python -m futures_async.simulator.fault_document`; the same table drives the simulated exchange and the
tests, which put every adapter through every row and compare its verdicts with the exchange's own book.

{matrix}

{legend}

*Executed* says whether the venue has acted on the request. "A or B" depends on the venue, or on the spot that is hit:

- `429`: the first where the venue's rate limit is known to answer before the order is read
  (`VenueTraits.rate_429_is_gateway`), the second elsewhere.
- `stale`: a venue that does not sign its reads answers with another refusal.
- `null-payload`: `OrderNotFound` where the venue documents null for "nothing there".
- `ban-403`: a page of HTML may come from an edge that had passed the request on. So `Banned` from a cancel or a setting
  has `outcome` UNKNOWN: it was not repeated, and nothing can be read before the ban ends. `unresolved()` lists the
  setting.

What happens inside the client (its caller is cancelled, it is closed, its queue is full, the process is killed) needs
no simulated exchange and is not in this table.

## Streams

{streams}

*When*: as the connection is asked for, as a login or a subscription is answered, as a frame of data leaves, as a
heartbeat is answered, as a private read over REST is answered (its `channels` are paths). A push to a picture is
evidence of what is there, never of what is not.

## Faults on purpose

```console
$ futures-async simulate --port 8000 --faults plan.toml
```

```toml
seed = 7                      # equal seeds and equal requests: equal faults

[[fault]]
name = "answer-lost"          # from the table
probability = 0.05            # of each matching request; default 1
kinds = ["order", "cancel"]   # read, order, cancel, setting, delta; default all
paths = ["/api/*/order/*"]    # shell patterns; default all
venues = ["some-venue"]       # adapter ids; default all
most = 100                    # at most so often; default no bound
after = 0                     # let so many matching requests pass first
applied = true                # where the table says "either"; default: by lot
delay_s = [0.1, 0.5]          # from, to; or one number; default: the fault's own

[[fault]]
name = "push-lost"            # of a stream: neither kinds, paths nor applied, but
channels = ["orders"]         # the venue's words, shell patterns; default all
```

A server cannot keep a request from being sent: rows whose evidence is "not sent" close the connection there. In
process they are what they say, and time can be virtual:

```python
plan = FaultPlan(seed=7)
plan.add("answer-lost", kinds=["order"], most=1)
simulated = SimulatedExchange()
exchange = connect("some-venue", credentials, http=InProcessBackend(simulated, plan))
streams = InProcessStreams(simulated, plan)  # the same for pushes: a `StreamBackend`
```

{connection}"""

_CONNECTION = """\
## What a connection can't tell

HTTP/1.1 answers carry no number: they belong to the requests in the order of the requests. One answer too many on a
connection that stays open, and each later answer would be taken for that of the next request. What stands against it:

- A second answer that is already there when the first has been read, or that comes while the connection is idle:
  neither HTTP backend uses that connection again.
- One that comes after the next request has left looks exactly like its answer, and no HTTP client can know better.
  Then only what the answer says about itself helps: an order's acknowledgement must name our client order id where the
  venue repeats it, a setting is read back, a cancelled order is read, an order that is read must be the one that was
  asked for, and an answer whose server time lies before its request is refused.
- What names nothing of the request (a list of positions, a refusal) can still be the answer to an earlier request, at
  most as old as the margin of the server-time check: one second and the error of the clock. Where the venue's answers
  carry no time of its own there is no such bound. So a copy of a refusal that arrives on the same connection within
  that second, after the next order has left, would be taken for that order's refusal: no client of these venues can
  have more, for a refusal repeats no id.
"""


def document() -> str:
    """`FAULTS.md`."""
    legend = "\n".join(f"- **{code}**: {meaning}" for code, meaning in LEGEND.items())
    return _DOCUMENT.format(matrix=matrix(), legend=legend, streams=stream_matrix(), connection=_CONNECTION)


if __name__ == "__main__":
    sys.stdout.write(document())
