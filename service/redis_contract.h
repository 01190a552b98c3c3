#ifndef STILE_SERVICE_REDIS_CONTRACT_H_
#define STILE_SERVICE_REDIS_CONTRACT_H_

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/unix_millis.h"

namespace stile {

// What INFO is asked for to see whether a server keeps the contract.
inline constexpr std::array<std::string_view, 5> kRedisContractQuestion = {
    "INFO", "server", "replication", "memory", "persistence"};

// What a server must be so that spends may be left to it:
//   Redis 7.0 or later      what the scripts are written for
//   role master             a replica takes no spends
//   maxmemory-policy        noeviction: it refuses when it is full, and forgets nothing
//   appendonly              yes: a restart finds what was there
//   clock                   within `skew` of ours: else blocks are gone before their tokens are
// What is broken by it costs tokens that are refused, and never one that passes twice: that rests
// on the epoch (verifier/spend_epochs.h).
//
// Returns a sentence for each that isn't so, which says what to change; empty: all are. `info` is
// the answer to kRedisContractQuestion.
[[nodiscard]] std::vector<std::string> RedisContractMistakes(std::string_view info, UnixMillis now,
                                                             std::chrono::milliseconds skew);

// A field of INFO's answer; empty where there is none.
[[nodiscard]] std::string_view InfoField(std::string_view info, std::string_view name);

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_CONTRACT_H_
