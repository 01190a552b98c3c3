#ifndef STILE_SERVICE_TICKET_KEYS_H_
#define STILE_SERVICE_TICKET_KEYS_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "challenge/entropy.h"
#include "service/timer_wheel.h"

namespace stile {

// What the session tickets of a process are sealed with: random, in memory alone, and replaced
// while the process runs, so that whoever reads its memory can't open last week's traffic. They
// outlive reloads, so that a new certificate costs nobody a full handshake. Any thread.
class TicketKeys {
 public:
  // A key seals for this long, and opens for as long again.
  static constexpr std::chrono::hours kPeriod{6};

  struct Key {
    std::array<std::uint8_t, 16> name{};
    std::array<std::uint8_t, 32> cipher{};
    std::array<std::uint8_t, 32> mac{};
    Instant made{};

    Key() = default;
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();  // Wipes.
  };

  // The key that seals at `now`. nullopt if the system gives no randomness: then no tickets.
  [[nodiscard]] std::optional<Key> Current(Instant now);

  // The key called `name` if it still opens at `now`.
  [[nodiscard]] std::optional<Key> Find(std::span<const std::uint8_t, 16> name, Instant now);

  // Fills `out`, as Entropy does.
  [[nodiscard]] bool Fill(std::span<std::uint8_t> out);

 private:
  std::mutex mutex_;
  Entropy entropy_;
  std::optional<Key> current_;
  std::optional<Key> previous_;
};

}  // namespace stile

#endif  // STILE_SERVICE_TICKET_KEYS_H_
