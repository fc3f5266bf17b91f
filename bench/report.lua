-- wrk script: prints what a run measured as one line of JSON. Times are microseconds.

function done(summary, latency, requests)
    local by_status = {}
    for _, thread in ipairs(threads or {}) do
        for status, count in pairs(thread:get("statuses")) do
            by_status[status] = (by_status[status] or 0) + count
        end
    end
    local statuses = {}
    for status, count in pairs(by_status) do
        statuses[#statuses + 1] = string.format('"%d": %d', status, count)
    end
    local errors = summary.errors
    io.write(string.format(
        '{"duration": %d, "requests": %d, "bytes": %d, "p50": %d, "p99": %d, "max": %d, '
            .. '"failed": %d, "lost": %d, "statuses": {%s}}\n',
        summary.duration, summary.requests, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout, table.concat(statuses, ", ")))
end
