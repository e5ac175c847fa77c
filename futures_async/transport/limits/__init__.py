"""The rate limits: pools, permits and the limiters that hand them out.

- `limiter`: the seam `Limiter`, its pools and permits
- `pools`: from the limits that a venue declares to the pools that a call takes from
- `window`: the arithmetic of one pool; `queue`: those who wait for it
- `local`: the limiter of one process; `host`: of the processes of a host; `redis`: of several hosts; `none`: no limit
- `host_file`: the file of one host, and what could double its limits
- `own_slots`: what a process tells a server again that has forgotten
- `redis_server`: one server, a cluster, or a master behind sentinels; `redis_scripts`: what runs in it
- `stored`: what the two share that keep their pools outside of the process; `loops`: what they need of an event loop
- `claims`: one number for an account, whichever of its objects says it
- `retry_after`: what a Retry-After header says
"""
