"""Many accounts seen together; none of them can delay or hide another.

- `portfolio`: `Portfolio`: snapshots of many accounts at once
- `feeds`: one kind of read at one venue, shared by all who ask for it
- `live`: the same with a watch in front, which makes reads unnecessary while its stream stands
- `snapshot`: what was seen at one moment: what makes an account `Ok`, `Stale` or `Failed`, and sums over accounts
- `share`: `RedisShare`: one process reads for all that hold the same accounts
- `monitor`: `RiskMonitor`: watches a portfolio, alerts, and acts where it is told to
- `rules`: the monitor's rules, as data; `remedies`: what they do about a position
"""
