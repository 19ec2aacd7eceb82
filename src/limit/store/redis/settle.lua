-- Corrects buckets when requests have ended. The arithmetic is `Budget::settled` of `budget.rs`, on pairs as in `reserve.lua`.
--
-- KEYS: how far this gateway's batches have come; then the bucket of each correction.
-- ARGV: the time in microseconds ('': this server's); the number of the batch; how long that is remembered, in ms; then nine for each
-- correction:
--   'flow',     amount, taken at, end (whole, rest), 'less' or 'more', difference (whole, rest), memory in ms
--   'calendar', 'less' or 'more', difference, when it ends in µs, when it is over in ms, the most that is counted
--   'land',     number of the place
--   'renew',    number of the place, lease in µs
-- Returns whether this was news: a batch that comes twice, because nobody knew whether it had come, counts once.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
if (tonumber(redis.call('GET', KEYS[1]) or '') or -1) >= tonumber(ARGV[2]) then
  return 0
end

-- No debt is longer than a hundred years.
local CENTURY = 100 * 366 * 86400 * 1000000

local function text(number)
  return string.format('%.0f', number)
end

local function is_less(whole, rest, other_whole, other_rest)
  return whole < other_whole or (whole == other_whole and rest < other_rest)
end

local correct = {}

function correct.flow(at, key)
  local amount, taken = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local end_whole, end_rest = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local by_whole, by_rest = tonumber(ARGV[at + 6]), tonumber(ARGV[at + 7])
  local whole, rest = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)$')
  local found = whole ~= nil
  whole, rest = tonumber(whole), tonumber(rest)
  if ARGV[at + 5] == 'less' then
    if not found or whole < now then return end
    -- What of the stretch has passed has been given back by time.
    local left_whole, left_rest = end_whole - now, end_rest
    if left_whole < 0 then left_whole, left_rest = 0, 0 end
    if is_less(left_whole, left_rest, by_whole, by_rest) then by_whole, by_rest = left_whole, left_rest end
    whole, rest = whole - by_whole, rest - by_rest
    if rest < 0 then whole, rest = whole - 1, rest + amount end
    if whole < now then whole, rest = now, 0 end
  else
    if found then
      if whole < taken then whole, rest = taken, 0 end
    elseif end_whole < now then
      whole, rest = end_whole, end_rest
    else
      whole, rest = now, 0
    end
    whole, rest = whole + by_whole, rest + by_rest
    if rest >= amount then whole, rest = whole + 1, rest - amount end
    if whole >= now + CENTURY then whole, rest = now + CENTURY, 0 end
    if not found and (whole < now or (whole == now and rest == 0)) then return end
  end
  local lives = math.max(math.ceil((whole - now) / 1000), 0) + 1 + ARGV[at + 8]
  redis.call('SET', key, text(whole) .. ' ' .. text(rest), 'PX', text(lives))
end

function correct.calendar(at, key)
  if tonumber(ARGV[at + 3]) <= now then return end
  local used = tonumber(redis.call('GET', key) or '')
  local by = tonumber(ARGV[at + 2])
  if ARGV[at + 1] == 'less' then by = -by end
  local sum = math.min(math.max((used or 0) + by, 0), tonumber(ARGV[at + 5]))
  if used or sum > 0 then
    redis.call('SET', key, text(sum))
    redis.call('PEXPIREAT', key, ARGV[at + 4])
  end
end

function correct.land(at, key)
  redis.call('ZREM', key, ARGV[at + 1])
end

function correct.renew(at, key)
  local lease = tonumber(ARGV[at + 2])
  redis.call('ZADD', key, text(now + lease), ARGV[at + 1])
  redis.call('PEXPIRE', key, text(math.ceil(lease / 1000) + 1))
end

for correction = 2, #KEYS do
  local at = (correction - 2) * 9 + 4
  correct[ARGV[at]](at, KEYS[correction])
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
