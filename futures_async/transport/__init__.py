"""One call, end to end: wait for the limit, stamp, sign, send, judge, and again where that is safe.

In the order of a call:

- `shared`: what accounts at one venue share: connections, clock, limits, the retry budget
- `channel`: one account's way to its venue; here the rate limit is waited for
- `asking`: when a write was asked for, and until when it may be signed; `job`: a call, before its first attempt
- `limits/`: the rate limits themselves
- `attempt`: one try, past the queue: stamped, signed and sent, whatever becomes of the caller
- `http/`: the backends that send
- `answers`: what an answer means: the envelope judged, the payload decoded, or the error named
- `retry`: which errors may be tried again, and when
- `verdicts`: what the caller of a call that failed is told, and until when a write may still land
- `deeds`: writes under way, each seen through to its verdict
- `stops`: what keeps a call from leaving: a halt, or the closing of its exchange object
- `learning`: the venue's time, read before the first write
- `lockout`: refused keys stop private calls for a while

What an adapter declares of its venue: `endpoint` (a row for each call), `dialect` (how it signs, wraps and refuses).
What all of them stand on: `runtime` (the event loop), `clock` (the venue's time), `urls` (where requests may go),
`events` (what `on_event` gets).
"""
