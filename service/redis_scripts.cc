#include "service/redis_scripts.h"

#include <array>
#include <cinttypes>
#include <cstdio>

#include "challenge/concat.h"

namespace stile {
namespace {

// Each script asks the server who it is at that instant. What a sentinel says of itself counts only
// where it says the same.
#define STILE_REDIS_IDENTITY                                              \
  "local info = redis.call('INFO', 'server', 'replication')\n"            \
  "local me = string.match(info, 'run_id:(%x+)') .. ' ' ..\n"             \
  "           string.match(info, 'master_replid:(%x+)')\n"                \
  "local sentinel = redis.call('GET', KEYS[1]) or ''\n"                   \
  "local epoch, identity = string.match(sentinel, '^(%d+) (%x+ %x+)$')\n" \
  "epoch = tonumber(epoch) or 0\n"

constexpr std::string_view kAdopt =
    "#!lua flags=allow-oom\n" STILE_REDIS_IDENTITY
    "local floor, now = tonumber(ARGV[1]), tonumber(ARGV[2])\n"
    "if identity == me and epoch >= floor then return epoch end\n"
    "epoch = math.max(epoch, floor, now - 1) + 1\n"
    "if epoch > 4294967295 then return redis.error_reply('EPOCH has no successor') end\n"
    "redis.call('SET', KEYS[1], string.format('%.0f ', epoch) .. me)\n"
    "return epoch\n";

constexpr std::string_view kOpen =
    "#!lua\n" STILE_REDIS_IDENTITY
    "if identity ~= me or epoch ~= tonumber(ARGV[1]) then return 'stale' end\n"
    "if redis.call('EXISTS', KEYS[2]) == 1 then return 'taken' end\n"
    "redis.call('SETBIT', KEYS[2], tonumber(ARGV[2]) * 8 - 1, 0)\n"
    "redis.call('PEXPIRE', KEYS[2], ARGV[3])\n"
    "return 'opened'\n";

constexpr std::string_view kSpend =
    "#!lua flags=allow-oom\n" STILE_REDIS_IDENTITY
    "if identity ~= me then return {0, ''} end\n"
    "local letters = {}\n"
    "for i = 2, #KEYS do\n"
    "  local position = tonumber(ARGV[i * 2 - 2])\n"
    "  if tonumber(ARGV[i * 2 - 3]) ~= epoch then\n"
    "    letters[i - 1] = 'e'\n"
    "  elseif redis.call('STRLEN', KEYS[i]) * 8 <= position then\n"
    "    letters[i - 1] = 'm'\n"
    "  elseif redis.call('SETBIT', KEYS[i], position, 1) == 0 then\n"
    "    letters[i - 1] = 'f'\n"
    "  else\n"
    "    letters[i - 1] = 's'\n"
    "  end\n"
    "end\n"
    "return {epoch, table.concat(letters)}\n";

constexpr std::string_view kAttempt =
    "#!lua\n" STILE_REDIS_IDENTITY
    "if identity ~= me then return {0, ''} end\n"
    "local letters = {}\n"
    "for i = 1, (#KEYS - 1) / 2 do\n"
    "  local block, attempt = KEYS[i * 2], KEYS[i * 2 + 1]\n"
    "  local position, id = tonumber(ARGV[i * 4 - 2]), ARGV[i * 4 - 1]\n"
    "  if tonumber(ARGV[i * 4 - 3]) ~= epoch then\n"
    "    letters[i] = 'e'\n"
    "  elseif redis.call('STRLEN', block) * 8 <= position then\n"
    "    letters[i] = 'm'\n"
    "  elseif redis.call('SETBIT', block, position, 1) == 0 then\n"
    "    redis.call('SET', attempt, id, 'PX', ARGV[i * 4])\n"
    "    letters[i] = 'f'\n"
    "  elseif redis.call('GET', attempt) == id then\n"
    "    letters[i] = 'r'\n"
    "  else\n"
    "    letters[i] = 's'\n"
    "  end\n"
    "end\n"
    "return {epoch, table.concat(letters)}\n";

#undef STILE_REDIS_IDENTITY

std::string HexOf(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016" PRIx64, value);
  return text.data();
}

}  // namespace

std::string_view RedisScriptText(RedisScript script) noexcept {
  switch (script) {
    case RedisScript::kAdopt:
      return kAdopt;
    case RedisScript::kOpen:
      return kOpen;
    case RedisScript::kSpend:
      return kSpend;
    case RedisScript::kAttempt:
      return kAttempt;
  }
  return {};
}

std::string SentinelKey(std::string_view prefix) { return Concat("{", prefix, "}:epoch"); }

std::string BlockKey(std::string_view prefix, const SpendId& id, std::uint32_t block) {
  return Concat("{", prefix, "}:spent:", id.epoch, ":", id.node, ":", HexOf(id.boot), ":", block);
}

std::string AttemptKey(std::string_view prefix, const SpendId& id) {
  return Concat("{", prefix, "}:attempt:", id.epoch, ":", id.node, ":", HexOf(id.boot), ":",
                id.sequence);
}

}  // namespace stile
