"""Pushes that stay true: what a venue sends of itself, merged with what it answers when asked.

In the order of a push:

- `backend`: the seam `StreamBackend`, its connections and how they end; `picows` is the one that ships
- `session`: one connection, from its handshake to its end: login, subscriptions, heartbeat;
  `pace`: what it may still send
- `line`: a connection that lives: session after session, within the venue's limits; `spread`: several as one
- `picture`: push and read merged by rule; pure. `rows`, `orders`, `fills` are the pictures, `rules` what their rows are
- `feed`: one kind of thing kept true: `streamed`, by pushes: buffer, read, replay, audit, and what ended in a gap;
  `polled`, by reads alone
- `watch`: what users iterate
- `account`: all feeds and lines of one account; what `trading` asks for

What an adapter declares of its venue: `dialect` (channels, login, heartbeat, limits).
"""
