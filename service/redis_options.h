#ifndef STILE_SERVICE_REDIS_OPTIONS_H_
#define STILE_SERVICE_REDIS_OPTIONS_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "service/config.h"

namespace stile {

// What asks a shared store, besides the configuration.
struct RedisOptions {
  RedisConfig config;  // Its password file is read anew for each connection.
  std::uint16_t node = 0;
  std::uint64_t boot = 0;  // Random, of this process.
  std::chrono::seconds token_lifetime{300};
  std::chrono::seconds skew{30};  // How far its clock may be from ours.
  std::size_t room = 4'096;       // Questions that may wait.
};

// What became of it all. Anyone reads it.
struct RedisTotals {
  using Count = std::atomic<std::uint64_t>;
  // By SpendEpochs::SpendReply.
  std::array<Count, 7> replies{};
  Count refused{0};      // Never asked: of an epoch that is over.
  Count away{0};         // The store couldn't be asked.
  Count timed_out{0};    // Asked, and no answer in time.
  Count overflowed{0};   // No room to wait.
  Count unconfirmed{0};  // Too few replicas had it in time.
  Count local{0};        // Of the store's tokens, answered by this node alone.
  Count connects{0};     // Connections that came to serve.
  Count epoch_changes{0};
  Count epoch{0};
  Count waiting{0};  // Questions now.
  std::atomic<bool> up{false};
  std::atomic<bool> broken_contract{false};
  std::atomic<bool> refuses{false};  // It is up, and refuses what needs more memory or disk.
  // How long answers took, by the bounds below, and more than the last.
  static constexpr std::array<double, 9> kBounds = {0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                    0.01,    0.025,  0.1,   0.25};
  std::array<Count, kBounds.size() + 1> took{};
  Count took_micros{0};
};

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_OPTIONS_H_
