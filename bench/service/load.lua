-- For wrk: every fourth request is work. Counts the answers of each kind, and ends with one line of JSON.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

local asked = 0
hello, work, other = 0, 0, 0

function request()
  asked = asked + 1
  return wrk.format("GET", asked % 4 == 0 and "/work" or "/")
end

function response(status, headers, body)
  if status ~= 200 then
    other = other + 1
  elseif body:sub(1, 4) == "work" then
    work = work + 1
  elseif body == "hello\n" then
    hello = hello + 1
  else
    other = other + 1
  end
end

function done(summary, latency)
  local sum = { hello = 0, work = 0, other = 0 }
  for _, thread in ipairs(threads) do
    for kind in pairs(sum) do
      sum[kind] = sum[kind] + thread:get(kind)
    end
  end
  -- What fails to connect has asked nothing.
  local broken = summary.errors.read + summary.errors.write
  io.write(string.format(
    '\n{"completed":%d,"hello":%d,"work":%d,"other":%d,"broken":%d,"microseconds":%d,"p50":%d,"p99":%d}\n',
    summary.requests, sum.hello, sum.work, sum.other, broken, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
