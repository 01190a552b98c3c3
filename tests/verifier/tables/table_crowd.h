#ifndef STILE_TESTS_VERIFIER_TABLES_TABLE_CROWD_H_
#define STILE_TESTS_VERIFIER_TABLES_TABLE_CROWD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "challenge/clearance.h"
#include "challenge/unix_millis.h"
#include "verifier/tables/tables.h"

namespace stile {

// What processes that use the same tables saw, in memory that they share and that outlives each of
// them: the truth that the tables are held against. Whoever sees something that must not be adds to
// `violations` in the same instruction that finds it, so that nothing is lost by being killed.
struct TableLedger {
  static constexpr std::size_t kNumbers = std::size_t{1} << 24;
  static constexpr std::size_t kKeys = 64;
  static constexpr std::size_t kIds = 4096;

  std::uint64_t clock_ms = 0;        // Of all processes; only goes on.
  std::uint64_t numbered_twice = 0;  // A number that was given to two.
  std::uint64_t accepted_twice = 0;  // A number that was used up twice.
  std::uint64_t forgotten = 0;       // A revocation that was over before its time.
  std::uint64_t surprises = 0;       // A revocation of what nobody revoked.
  std::uint64_t strangers = 0;       // A process that came to other tables.
  std::uint64_t rounds = 0;
  std::uint64_t last_number = 0;
  std::uint64_t passed[kKeys] = {};  // Takings of one budget each.
  std::uint64_t misnamed = 0;        // A taking from a budget that nobody has.
  std::uint64_t noted[kKeys] = {};   // Takings that other nodes are to hear of.
  std::uint64_t told[kKeys] = {};    // Those of them that they would have heard of.
  std::uint8_t revoked[kIds] = {};
  std::uint8_t given[kNumbers] = {};
  std::uint8_t accepted[kNumbers] = {};
  std::uint32_t expires_at[kNumbers] = {};  // 0: not yet known.

  // Zeroed, shared with every child.
  [[nodiscard]] static std::shared_ptr<TableLedger> Create();

  [[nodiscard]] std::uint64_t violations() const;
};

// Tables so small that everything happens in them all the time: bits come around, cells are evicted
// and overflow, attempts fill their buckets.
[[nodiscard]] TableSizes CrowdedSizes();

// A whole burst of what TableCrowd takes from each key.
inline constexpr std::uint32_t kCrowdBurst = 5'000;

// One process of the crowd: uses all tables at `path` as fast as it can, for `rounds` rounds.
void RunCrowd(const std::string& path, std::uint64_t boot, std::uint64_t seed, std::uint64_t rounds,
              TableLedger& ledger);

[[nodiscard]] TokenId CrowdId(std::uint64_t number);

}  // namespace stile

#endif  // STILE_TESTS_VERIFIER_TABLES_TABLE_CROWD_H_
