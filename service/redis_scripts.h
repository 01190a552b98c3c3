#ifndef STILE_SERVICE_REDIS_SCRIPTS_H_
#define STILE_SERVICE_REDIS_SCRIPTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "challenge/spend_id.h"

namespace stile {

// What the shared store is told, in its own language: the scripts of verifier/spend_epochs.h.
enum class RedisScript : std::uint8_t {
  // KEYS: sentinel. ARGV: floor, now in seconds. Answers the epoch.
  kAdopt = 0,
  // KEYS: sentinel, block. ARGV: epoch, bytes, time to live in ms. Answers "opened", "taken" or
  // "stale".
  kOpen = 1,
  // KEYS: sentinel, then each token's block. ARGV: for each token its epoch and position. Answers
  // the sentinel's epoch and a letter for each token (SpendEpochs::SpendReplyOf), or {0, ""}:
  // stale.
  // Allocates nothing for what it stores, so it goes on where Redis is full.
  kSpend = 2,
  // The same for attempts with an idempotency id. KEYS: sentinel, then each token's block and
  // attempt. ARGV: for each token its epoch, its position, the id, and how many ms to keep it for.
  kAttempt = 3,
};
inline constexpr std::size_t kRedisScriptCount = 4;

[[nodiscard]] std::string_view RedisScriptText(RedisScript script) noexcept;

// The keys. The braces keep them on one server of a cluster.
[[nodiscard]] std::string SentinelKey(std::string_view prefix);
[[nodiscard]] std::string BlockKey(std::string_view prefix, const SpendId& id, std::uint32_t block);
[[nodiscard]] std::string AttemptKey(std::string_view prefix, const SpendId& id);

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_SCRIPTS_H_
