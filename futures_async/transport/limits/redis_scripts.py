"""What runs in the Redis server: each script decides as one, on the server's clock.

Each pool is four keys: slots (sorted set, id -> when it is back), waiting (hash, ticket -> lane, since, until), routes
(hash, process -> credit, when told), closed (text, until and when told). The keys of one call lie on one node of a
cluster.

Beside them stands how many calls of each process got their slots of late. One that remembers more has found the server
forgetful (a restart, a failover to a replica that lagged, an old snapshot): it writes its own slots again, and nobody
gets any for a moment, in which others do the same.
"""

from __future__ import annotations

PREFIX = "{futures-async}:"
"""In braces, so that a cluster keeps all pools on one node: a call takes from several at once."""

UNSURE_S = 2.5
"""So long a server that has forgotten grants nothing: longer than most windows."""

_COMMON = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6

local function keep(pool, longest)  -- of slots that are written although the pool may not be there
    if redis.call('TTL', pool .. ':slots') < 0 then
        redis.call('EXPIRE', pool .. ':slots', math.ceil(longest) + 60)
    end
end

local function close(pool, till)
    redis.call('SET', pool .. ':closed', string.format('%.6f|%.6f', till, now), 'EX', math.ceil(till - now) + 1)
end

local function closed_until(pool)
    local till, told = string.match(redis.call('GET', pool .. ':closed') or '0|0', '(.*)|(.*)')
    till, told = tonumber(till), tonumber(told)
    if told > now then  -- the server's clock was set back: so long as it was to be from then, it is from now
        till = now + till - told
        close(pool, till)
    end
    return till
end
"""

_NAMES = f"""
local GRANTED, FORGOT, UNSURE = '{PREFIX}granted:', '{PREFIX}forgot', {UNSURE_S}
"""

# KEYS: pools. ARGV: ticket, lane, since or '', process, lease, grace, pause, longest wait, longest closing, how long
# credits are kept, how many calls of this process got their slots as far as it knows, seconds since the last; then for
# each pool: limit, span, id of the slot, this process's credit, slots taken. The slots of a call that takes several are
# id, id:2, id:3 …
# Returns {1}, or {0, pool's index, wait, closed for, since}, or {2}: REMEMBER first.
TAKE = (
    _COMMON
    + _NAMES
    + """
local ticket, lane, process = ARGV[1], tonumber(ARGV[2]), ARGV[4]
local since = tonumber(ARGV[3]) or now
local lease, grace, pause, longest = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local max_closed, kept = tonumber(ARGV[9]), tonumber(ARGV[10])
local told, ago = tonumber(ARGV[11]), tonumber(ARGV[12])
local fixed = 12

local granted = tonumber(redis.call('GET', GRANTED .. process) or '0')
local forgot = tonumber(redis.call('GET', FORGOT) or '0')
if granted < told then
    if forgot < now - ago or forgot > now then
        redis.call('SET', FORGOT, string.format('%.6f', now), 'EX', math.ceil(UNSURE))
    end
    return {2}
end

local function look(pool, limit, span, own_credit, weight)
    local closed = closed_until(pool)
    if now < closed and closed <= now + max_closed then
        return math.min(closed - now, longest), closed - now
    end
    if forgot <= now and now < forgot + math.min(span, UNSURE) then
        return math.min(forgot + math.min(span, UNSURE) - now, longest), 0
    end
    -- Hosts have routes of their own: the least credit of all holds, and none for one that is not known yet.
    redis.call('HSET', pool .. ':routes', process, string.format('%.6f|%.6f', own_credit, now))
    local credit = math.min(own_credit, span)
    local routes = redis.call('HGETALL', pool .. ':routes')
    for i = 1, #routes, 2 do
        local told, at = string.match(routes[i + 1], '(.*)|(.*)')
        if tonumber(at) < now - kept then
            redis.call('HDEL', pool .. ':routes', routes[i])
        else
            credit = math.min(credit, tonumber(told))
        end
    end
    redis.call('ZREMRANGEBYSCORE', pool .. ':slots', '-inf', string.format('%.6f', now))
    -- Further ahead than anything that could have been written: the server's clock was set back.
    redis.call('ZREMRANGEBYSCORE', pool .. ':slots', string.format('%.6f', now + lease + span + 1), '+inf')
    -- Those that are back only thanks to the credit stay written: it is less when another host joins.
    local after = string.format('(%.6f', now + credit)
    local used = redis.call('ZCOUNT', pool .. ':slots', after, '+inf')
    local free = limit - used
    if free < weight then
        local first = string.format('%d', weight - free - 1)
        local rest = redis.call('ZRANGEBYSCORE', pool .. ':slots', after, '+inf', 'WITHSCORES', 'LIMIT', first, 1)
        local back = tonumber(rest[2])
        return math.max(0, math.min(back - credit - now, span - credit, longest)), 0
    end
    local ahead = 0
    local waiting = redis.call('HGETALL', pool .. ':waiting')
    for i = 1, #waiting, 2 do
        local l, s, u = string.match(waiting[i + 1], '(.*)|(.*)|(.*)')
        l, s, u = tonumber(l), tonumber(s), tonumber(u)
        if u <= now or u > now + longest + 2 * grace then
            redis.call('HDEL', pool .. ':waiting', waiting[i])
        elseif waiting[i] ~= ticket
            and (l < lane or (l == lane and (s < since or (s == since and waiting[i] < ticket)))) then
            ahead = ahead + 1
        end
    end
    if free - ahead < weight then return pause, 0 end
    return nil
end

-- Asked again, since the first answer was lost.
if redis.call('ZSCORE', KEYS[1] .. ':slots', ARGV[fixed + 3]) then return {1} end

local blocked, wait, closed
for i, pool in ipairs(KEYS) do
    local at = fixed + (i - 1) * 5
    wait, closed = look(
        pool, tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]))
    if wait then
        blocked = i
        break
    end
end
for i, pool in ipairs(KEYS) do
    local at = fixed + (i - 1) * 5
    local span = tonumber(ARGV[at + 2])
    if i == blocked then
        redis.call('HSET', pool .. ':waiting', ticket,
            string.format('%d|%.6f|%.6f', lane, since, now + wait + grace))
    else
        redis.call('HDEL', pool .. ':waiting', ticket)
        if not blocked then
            local back = string.format('%.6f', now + lease + span)
            redis.call('ZADD', pool .. ':slots', back, ARGV[at + 3])
            for n = 2, tonumber(ARGV[at + 5]) do
                redis.call('ZADD', pool .. ':slots', back, ARGV[at + 3] .. ':' .. n)
            end
        end
    end
    local keep = math.ceil(lease + span + kept)
    for _, part in ipairs({':slots', ':waiting', ':routes'}) do redis.call('EXPIRE', pool .. part, keep) end
end
if blocked then
    return {0, blocked - 1, string.format('%.6f', wait), string.format('%.6f', closed), string.format('%.6f', since)}
end
redis.call('SET', GRANTED .. process, granted + 1, 'EX', kept)
return {1}
"""
)

# KEYS: the process's count of calls, so that there is a key also where no slot stands: a cluster would else run this on
# any of its nodes; then pools. ARGV: how many calls got their slots, how long that is kept; then for each pool how many
# slots it has there, and for each of these: id, seconds until it is back.
REMEMBER = (
    _COMMON
    + _NAMES
    + """
local told, kept, at = tonumber(ARGV[1]), tonumber(ARGV[2]), 3
for number = 2, #KEYS do
    local pool, longest = KEYS[number], 0
    local last = at + 2 * tonumber(ARGV[at])
    for i = at + 1, last, 2 do
        longest = math.max(longest, tonumber(ARGV[i + 1]))
        redis.call('ZADD', pool .. ':slots', 'NX', string.format('%.6f', now + tonumber(ARGV[i + 1])), ARGV[i])
    end
    keep(pool, longest)
    at = last + 1
end
local granted = tonumber(redis.call('GET', KEYS[1]) or '0')
redis.call('SET', KEYS[1], math.max(granted, told), 'EX', kept)
-- Forgotten once more, after it was found out.
redis.call('SET', FORGOT, string.format('%.6f', now), 'EX', math.ceil(UNSURE), 'NX')
return 1
"""
)

# KEYS: pools. ARGV: for each its span, '' for a slot whose call was never sent; and the slot's id.
GIVE_BACK = (
    _COMMON
    + """
for i, pool in ipairs(KEYS) do
    local span, id = ARGV[2 * i - 1], ARGV[2 * i]
    if span == '' then
        redis.call('ZREM', pool .. ':slots', id)
    else
        -- Also where it is not known any more: the venue counts the call whose answer has come now.
        redis.call('ZADD', pool .. ':slots', string.format('%.6f', now + tonumber(span)), id)
        keep(pool, tonumber(span))
    end
end
return 1
"""
)

# KEYS: pools. ARGV: seconds.
CLOSE = (
    _COMMON
    + """
for _, pool in ipairs(KEYS) do
    close(pool, math.max(now + tonumber(ARGV[1]), closed_until(pool)))
    redis.call('DEL', pool .. ':routes')
end
return 1
"""
)

# KEYS: one pool. ARGV: limit, span, what the venue has left, prefix for ids.
CORRECT = (
    _COMMON
    + """
local slots = KEYS[1] .. ':slots'
redis.call('ZREMRANGEBYSCORE', slots, '-inf', string.format('%.6f', now))
local strangers = tonumber(ARGV[1]) - redis.call('ZCARD', slots) - math.max(0, tonumber(ARGV[3]))
for n = 1, strangers do
    redis.call('ZADD', slots, string.format('%.6f', now + tonumber(ARGV[2])), ARGV[4] .. n)
end
redis.call('EXPIRE', slots, math.ceil(tonumber(ARGV[2])) + 60)
return 1
"""
)

# KEYS: one series. ARGV: the least number, how long the last one is kept. Returns text: Lua has doubles only.
SERIAL = """
local number = math.max(tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0') + 1)
redis.call('SET', KEYS[1], string.format('%d', number), 'EX', ARGV[2])
return string.format('%d', number)
"""

WITHDRAW = "return redis.call('HDEL', KEYS[1] .. ':waiting', ARGV[1])"

# KEYS: any of ours. Returns what the node that holds it says of its memory.
MEMORY = "return redis.call('INFO', 'memory')"
