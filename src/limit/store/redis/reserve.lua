-- Answers the claims of a request: checks all, then takes all or none. The arithmetic is that of `budget.rs`, on pairs: a number of
-- units is (whole microseconds, rest below the amount), each exact in a double.
--
-- KEYS: the bucket of each claim.
-- ARGV: the time in microseconds ('': this server's); 'take' or 'look'; then eight for each claim:
--   'flow',     shadow, amount, capacity (whole, rest), stretch (whole, rest), memory in ms
--   'calendar', shadow, capacity, cost, when it is over in ms
--   'flight',   shadow, capacity, number of the place, lease in µs
-- Returns: whether all was taken, the time, and for each claim the level before (whole, rest).
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function text(number)
  return string.format('%.0f', number)
end

local level_of, fits, take = {}, {}, {}

function level_of.flow(key)
  local whole, rest = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)$')
  if not whole or tonumber(whole) < now then return 0, 0 end
  return whole - now, tonumber(rest)
end

function fits.flow(at, whole, rest)
  local amount = tonumber(ARGV[at + 2])
  whole, rest = whole + ARGV[at + 5], rest + ARGV[at + 6]
  if rest >= amount then whole, rest = whole + 1, rest - amount end
  local most = tonumber(ARGV[at + 3])
  return whole < most or (whole == most and rest <= tonumber(ARGV[at + 4])), whole, rest
end

function take.flow(at, key, whole, rest)
  if whole > 0 or rest > 0 then
    local lives = math.ceil(whole / 1000) + 1 + ARGV[at + 7]
    redis.call('SET', key, text(now + whole) .. ' ' .. text(rest), 'PX', text(lives))
  end
end

function level_of.calendar(key)
  return tonumber(redis.call('GET', key) or '') or 0, 0
end

function fits.calendar(at, used)
  used = used + ARGV[at + 3]
  return used <= tonumber(ARGV[at + 2]), used, 0
end

function take.calendar(at, key, used)
  if used > 0 then
    redis.call('SET', key, text(used))
    redis.call('PEXPIREAT', key, ARGV[at + 4])
  end
end

function level_of.flight(key)
  return redis.call('ZCOUNT', key, '(' .. text(now), '+inf'), 0
end

function fits.flight(at, flying)
  return flying + 1 <= tonumber(ARGV[at + 2]), flying + 1, 0
end

function take.flight(at, key)
  local lease = tonumber(ARGV[at + 4])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now))
  redis.call('ZADD', key, text(now + lease), ARGV[at + 3])
  redis.call('PEXPIRE', key, text(math.ceil(lease / 1000) + 1))
end

local answer, after, admitted = { 0, now }, {}, ARGV[2] == 'take'
for claim, key in ipairs(KEYS) do
  local at = claim * 8 - 5
  local kind = ARGV[at]
  local whole, rest = level_of[kind](key)
  local enough, new_whole, new_rest = fits[kind](at, whole, rest)
  after[claim] = enough and { new_whole, new_rest }
  admitted = admitted and (enough or ARGV[at + 1] == '1')
  answer[claim * 2 + 1], answer[claim * 2 + 2] = whole, rest
end
if admitted then
  answer[1] = 1
  for claim, key in ipairs(KEYS) do
    local at = claim * 8 - 5
    if after[claim] then take[ARGV[at]](at, key, after[claim][1], after[claim][2]) end
  end
end
return answer
