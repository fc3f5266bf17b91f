-- wrk script: POST /orders, every order different, each body 250 bytes. Counts the answers by status, for only a 201
-- says that an order went all the way.
--
--   wrk ... -s create_orders.lua URL -- SEED [RATE]
--
-- Another seed makes other orders. With a rate, requests leave at that many per second, evenly, as long as a connection
-- is free: the next free one takes the next place in the timetable.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")

threads = {}   -- where done() runs
statuses = {}  -- in each thread

function setup(thread)
    table.insert(threads, thread)
    thread:set("id", #threads)
end

-- A request but for its customer (8 digits) and its number (10 digits).
local before_customer, before_number, after_number
local number = 0

-- wrk has no clock for scripts; LuaJIT reaches the system's.
local function keep_to(rate)
    local ffi = require("ffi")
    ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment* now);")
    local monotonic, moment = 1, ffi.new("moment")
    local function milliseconds()
        ffi.C.clock_gettime(monotonic, moment)
        return tonumber(moment.seconds) * 1e3 + tonumber(moment.nanoseconds) / 1e6
    end
    local place = milliseconds()
    function delay()
        local now = milliseconds()
        -- Who was late does not catch up by a burst of more than a hundredth of a second.
        place = math.max(place + 1e3 / rate, now - 10)
        return math.max(0, math.floor(place - now))
    end
end

function init(args)
    math.randomseed(tonumber(args[1]) * 1000 + id)
    if args[2] then keep_to(tonumber(args[2])) end
    local body = '{"user_id":"CCCCCCCC-0000-4000-8000-000000000000","payload":{"id":"order-NNNNNNNNNN",'
        .. '"currency":"USD","note":"please ring twice and leave it at the door","items":['
        .. '{"sku":"AB-101","price":19.99,"quantity":2},{"sku":"CD-2002","price":5,"quantity":1}]}}'
    local request = "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
    before_customer, before_number, after_number = request:match("^(.-)CCCCCCCC(.-)NNNNNNNNNN(.*)$")
end

function request()
    number = number + 1
    return before_customer .. string.format("%08d", math.random(0, 9999))
        .. before_number .. string.format("%010d", number) .. after_number
end

function response(status)
    statuses[status] = (statuses[status] or 0) + 1
end
