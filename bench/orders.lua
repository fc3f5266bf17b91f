-- wrk script: creates orders, every one different. Counts the answers by status, for only the expected one says that an
-- order went as far as was asked.
--
--   wrk ... -s orders.lua URL -- FORM SEED [RATE]
--
-- FORM is one of `forms`; another seed makes other orders. With a rate, requests leave at that many per second, evenly, as
-- long as a connection is free: the next free one takes the next place in the timetable.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")

threads = {}   -- where done() runs
statuses = {}  -- in each thread

function setup(thread)
    table.insert(threads, thread)
    thread:set("id", #threads)
end

-- 250 bytes.
local generic = '{"user_id":"CCCCCCCC-0000-4000-8000-000000000000","payload":{"id":"order-NNNNNNNNNN",'
    .. '"currency":"USD","note":"please ring twice and leave it at the door","items":['
    .. '{"sku":"AB-101","price":19.99,"quantity":2},{"sku":"CD-2002","price":5,"quantity":1}]}}'

-- Three items, an address, and what a shop adds: 675 bytes.
local checkout = '{"customer_id":"CCCCCCCC-0000-4000-8000-000000000000","email":"customer@example.com","currency":"USD",'
    .. '"items":[{"product_id":"11111111-0000-4000-8000-000000000000","name":"a tea pot","price":49.99,"quantity":3},'
    .. '{"product_id":"22222222-0000-4000-8000-000000000000","name":"a cup","price":12.5,"quantity":4},'
    .. '{"product_id":"33333333-0000-4000-8000-000000000000","name":"tea, 250 g","price":9.95,"quantity":1}],'
    .. '"metadata":{"source":"web","cart":"NNNNNNNNNN"},'
    .. '"shipping_address":{"street":"Main St, 1","city":"Minsk","country":"BY","zip_code":"220030"},'
    .. '"billing_address":{"street":"Main St, 1","city":"Minsk","country":"BY","zip_code":"220030"}}'

-- The path, the body, and how long to wait: each route's own way if nothing is said.
local forms = {
    ["generic, done"] = {"/orders", generic},
    ["generic, stored"] = {"/orders", generic, "respond-async"},
    ["checkout, confirmed"] = {"/api/v1/orders", checkout, "wait=30"},
    ["checkout, stored"] = {"/api/v1/orders", checkout},
}

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
    math.randomseed(tonumber(args[2]) * 1000 + id)
    if args[3] then keep_to(tonumber(args[3])) end
    local path, body, prefer = unpack(forms[args[1]])
    local request = "POST " .. path .. " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        .. (prefer and "Prefer: " .. prefer .. "\r\n" or "")
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
