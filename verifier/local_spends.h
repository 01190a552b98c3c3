#ifndef STILE_VERIFIER_LOCAL_SPENDS_H_
#define STILE_VERIFIER_LOCAL_SPENDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/spend_store.h"
#include "verifier/tables/idempotency_table.h"
#include "verifier/tables/spend_ring.h"

namespace stile {

// The spends of one machine: exact among all that share the memory, and void without it. Whoever
// starts with other memory is another boot.
class LocalSpends : public SpendStore {
 public:
  // `boot` is what the memory is known by: random, made with it, never 0. `owner` keeps the memory
  // of both views; it may be null where something else does.
  LocalSpends(SpendRing ring, IdempotencyTable attempts, std::uint16_t node, std::uint64_t boot,
              std::shared_ptr<const void> owner) noexcept;

  // One with memory and a boot of its own, which the children of a fork() share. Returns
  // kOutOfRange if a number is 0 or over its table's limit, kInternal if the system gives no memory
  // or no randomness.
  struct Options {
    std::size_t tokens = std::size_t{1} << 20;    // Unexpired at a time.
    std::size_t attempts = std::size_t{1} << 16;  // With an idempotency key, unexpired.
    std::uint16_t node = 0;
  };
  [[nodiscard]] static tl::expected<std::shared_ptr<LocalSpends>, Error> Create(
      const Options& options);

  [[nodiscard]] bool Issue(UnixMillis now, std::uint32_t seconds,
                           SpendGrant& out) noexcept override;
  [[nodiscard]] SpendAnswer Spend(const SpendQuestion& question, UnixMillis now) noexcept override;

  [[nodiscard]] std::uint64_t boot() const noexcept { return boot_; }
  [[nodiscard]] const SpendRing& ring() const noexcept { return ring_; }

 private:
  SpendRing ring_;
  IdempotencyTable attempts_;
  std::uint16_t node_;
  std::uint64_t boot_;
  std::shared_ptr<const void> owner_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_LOCAL_SPENDS_H_
