-- Embeds libstile.so from LuaJIT through its FFI, as OpenResty does, with stile.h as the compiler's
-- preprocessor leaves it: nothing in the header is out of such a caller's reach.
--
-- Usage: luajit embed.lua LIBSTILE_SO STILE_H
local ffi = require("ffi")

local function check(condition, text)
  if not condition then
    print("FAILED: " .. text)
    os.exit(1)
  end
end

local preprocess = io.popen("cc -E -P -DSTILE_API= -DSTILE_API_VOID= " .. arg[2] ..
  " | sed -n '/typedef int32_t stile_status/,$p'")
ffi.cdef(preprocess:read("*a"))
preprocess:close()
local C = ffi.load(arg[1])

local kept = {}  -- What C borrows.
local function str(text)
  kept[#kept + 1] = text
  return ffi.new("stile_str", { ffi.cast("const char*", text), #text })
end
local function text_of(view) return ffi.string(view.data, view.size) end
local function sized(name, members)
  local made = ffi.new(name, members or {})
  made.struct_size = ffi.sizeof(name)
  return made
end

local files = ffi.new("stile_file[3]")
local texts = {
  { "stile.toml", '[[site]]\nname = "main"\nhosts = ["*"]\npolicy = "policy.toml"\n' ..
    '[keys]\nfile = "keys.toml"\n' },
  { "policy.toml", '[[rule]]\nname = "docs"\npath = ["/docs/*"]\naction = "challenge"\n' ..
    'level = "wait"\n[default]\naction = "allow"\n' },
  { "keys.toml", '[[key]]\nid = 1\nsecret = "' .. string.rep("a2tr", 10) .. 'a2s"\n' ..
    "sign_from = 2026-01-01T00:00:00Z\n" },
}
for i, file in ipairs(texts) do
  files[i - 1].name = str(file[1])
  files[i - 1].text = str(file[2])
end

local now = 1790000000000LL
local config = sized("stile_config", { files = files, file_count = 3 })
local options = sized("stile_engine_options", { now_ms = now })
local room = ffi.new("char[4096]")
local report = sized("stile_report", { text = room, text_room = 4096 })
local engine = ffi.new("stile_engine*[1]")
local status = C.stile_engine_new(config, options, report, engine)
check(status == C.STILE_OK, "stile_engine_new: " .. ffi.string(room))
local worker = ffi.new("stile_worker*[1]")
check(C.stile_worker_new(engine[0], worker) == C.STILE_OK, "no worker")

local function ask(path)
  local fields = ffi.new("stile_field[2]")
  fields[0].name, fields[0].value = str("Host"), str("example.org")
  fields[1].name, fields[1].value = str("Accept"), str("text/html")
  local request = sized("stile_request", {
    method = str("GET"), target = str(path), host = str("example.org"),
    fields = fields, field_count = 2, address_family = 4,
  })
  local decision = sized("stile_decision")
  check(C.stile_decide(worker[0], request, now, decision) == C.STILE_OK, "stile_decide")
  local answer = sized("stile_answer")
  check(C.stile_respond(worker[0], request, decision, str(""), now, answer) == C.STILE_OK,
    "stile_respond")
  return decision, answer
end

local decision, answer = ask("/")
check(decision.action == C.STILE_ACTION_ALLOW and answer.status == 0, "what no rule is about passes")
decision, answer = ask("/docs/")
check(decision.action == C.STILE_ACTION_CHALLENGE, "the rule challenges")
check(text_of(decision.rule) == "docs", "by its name")
check(answer.status == 403 and text_of(answer.body):find("<html", 1, true), "with a page")

local message = ffi.new("char[65536]")
local size = ffi.new("size_t[1]")
check(C.stile_answer_write(answer, C.STILE_WRITE_CLOSE, message, 65536, size) == C.STILE_OK, "write")
check(ffi.string(message, size[0]):find("^HTTP/1.1 403 Forbidden\r\n"), "as a message")

local stats = sized("stile_stats")
check(C.stile_engine_stats(engine[0], stats) == C.STILE_OK, "stile_engine_stats")
check(stats.allowed == 1 and stats.challenged == 1, "it counts")

C.stile_worker_free(worker[0])
C.stile_engine_free(engine[0])
print("stile " .. ffi.string(C.stile_version()) .. ": challenged")
