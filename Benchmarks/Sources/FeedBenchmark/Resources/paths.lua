-- For wrk: asks for a random one of the paths in a file, and prints at the end what was answered.
-- Usage: wrk --script paths.lua URL -- FILE SEED
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  math.randomseed(tonumber(arguments[2]) * 1000003 + number * 7919 + 1)
  requests = {}
  for line in io.lines(arguments[1]) do
    if line ~= "" then requests[#requests + 1] = wrk.format("GET", line) end
  end
  count = #requests
end

function request()
  return requests[math.random(count)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"us":%d,"bytes":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,'
      .. '"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, summary.bytes, errors.connect, errors.read, errors.write, errors.status,
    errors.timeout, latency:percentile(50), latency:percentile(99)))
end
