#ifndef STILE_VERIFIER_RATE_TABLE_H_
#define STILE_VERIFIER_RATE_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <tl/expected.hpp>

#include "challenge/entropy.h"
#include "challenge/error.h"
#include "challenge/ip_address.h"
#include "challenge/unix_millis.h"
#include "verifier/rate.h"

namespace stile {

// The generic cell rate algorithm (ITU-T I.371 annex A) over a fixed table of cells, one 64-bit
// word each, picked by a keyed hash of an address prefix. Two prefixes that share a cell share
// its rate: errors are on the side of limiting. Memory never grows. Where `count` doesn't divide
// `period`, the time between two is rounded up to a microsecond.
//
// A clock that goes back by up to a minute limits for that much longer; one that goes back further
// costs each cell its burst.
//
// Safe to use from many threads at once; lock-free.
class RateTable {
 public:
  // Returns kOutOfRange if a number in `rate` is 0, `count` or `burst` is over 1,000,000,000,
  // `period` is over one day, or `cells` is over 2^30; kInternal if the system gives no memory, or
  // no randomness for the hash key. `cells` is rounded up to a power of two, at least 64.
  [[nodiscard]] static tl::expected<std::unique_ptr<RateTable>, Error> Create(const Rate& rate,
                                                                              std::size_t cells);

  // The same over memory of somebody else's, which outlives it: BytesFor(cells) bytes aligned to 8,
  // zeroed before their first use. `key` is the same for all who use that memory, and so is
  // `cells`; each has a rate of its own.
  [[nodiscard]] static tl::expected<std::unique_ptr<RateTable>, Error> CreateIn(
      const Rate& rate, std::size_t cells, std::span<std::byte> memory,
      const std::array<std::uint8_t, 16>& key);
  [[nodiscard]] static std::size_t BytesFor(std::size_t cells) noexcept;

  // Takes one from the cell of `key` at `now` if one is left. Returns whether it did.
  [[nodiscard]] bool Take(std::uint64_t key, UnixMillis now) noexcept;

  // Returns a cell key for a prefix of an address: the same for every address in it.
  [[nodiscard]] static std::uint64_t PrefixKey(const IpAddress& address, int ipv4_prefix,
                                               int ipv6_prefix) noexcept;

  // When a Take for `key` would succeed again; `now` or earlier means at once.
  [[nodiscard]] UnixMillis NextAt(std::uint64_t key, UnixMillis now) const noexcept;

 private:
  RateTable(const Rate& rate, std::size_t cells) noexcept;
  // Without cells yet.
  [[nodiscard]] static tl::expected<std::unique_ptr<RateTable>, Error> CreateEmpty(
      const Rate& rate, std::size_t cells);
  [[nodiscard]] std::size_t CellOf(std::uint64_t key) const noexcept;

  std::int64_t interval_us_;   // Between two, at the steady rate.
  std::int64_t tolerance_us_;  // How far ahead of now a cell may be.
  std::size_t mask_;
  std::unique_ptr<std::atomic<std::int64_t>[]> own_;  // Null: the memory is somebody else's.
  std::atomic<std::int64_t>* next_us_ = nullptr;      // Theoretical arrival time.
  std::array<std::uint8_t, 16> hash_key_{};
};

}  // namespace stile

#endif  // STILE_VERIFIER_RATE_TABLE_H_
