#include "redis/script.h"

namespace orderstream::redis {

// The key lives for a whole life from now, though its row is shown only for a life from its read: as long as a row that
// is older than this one may still come, what keeps it out must be there. Such a row was read before this one was
// committed, so its ticket is older than now and it comes too late when this key is gone.
//
// What has our head but would stay for ever was not written here. Numbers are compared as doubles: they are exact up to
// 2^53, and microseconds reach that in 2255.
const std::string_view offer_script = R"lua(
local version, processed, read_at = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local life = tonumber(ARGV[5])
if read_at > 0 then
    local time = redis.call('TIME')
    local age = time[1] * 1000000 + time[2] - read_at
    if age < 0 or age > life * 1000 then return 0 end
end
local head = redis.pcall('GETRANGE', KEYS[1], 0, 63)
if type(head) == 'string' then
    local v, p, at = string.match(head, '^(%d+) (%d+) (%d+) %d+\n')
    if v then
        v, p, at = tonumber(v), tonumber(p), tonumber(at)
        local keep = v > version or v == version and (p > processed or p == processed and at >= read_at)
        if keep and redis.call('PTTL', KEYS[1]) >= 0 then return 0 end
    end
end
local answer = redis.pcall('SET', KEYS[1], ARGV[4], 'PX', life)
if answer.err then
    redis.call('DEL', KEYS[1])
    return answer
end
return 1
)lua";

}  // namespace orderstream::redis
