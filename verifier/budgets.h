#ifndef STILE_VERIFIER_BUDGETS_H_
#define STILE_VERIFIER_BUDGETS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <tl/expected.hpp>

#include "challenge/clearance.h"
#include "challenge/error.h"
#include "challenge/ip_address.h"
#include "challenge/unix_millis.h"
#include "verifier/tables/budget_table.h"
#include "verifier/tables/heavy_hitters.h"
#include "verifier/tables/merge_seat.h"
#include "verifier/tables/table_hash.h"
#include "verifier/tables/taking_ledger.h"

namespace stile {

// What is counted against whom, for all sites: what a clearance, all clearances of one address
// prefix, an address prefix without clearance, and a wider ring of addresses without clearance have
// taken of late. The four never share a cell. Outlives engines, so that a reload forgives nothing.
//
// Views of memory like the tables in it; safe to share between threads and processes.
struct Budgets {
  // Addresses are counted together by these many bits: those that one household or office has, and
  // those that one network hands out.
  static constexpr int kIpv4Prefix = 24;
  static constexpr int kIpv6Prefix = 56;
  static constexpr int kIpv4Ring = 16;
  static constexpr int kIpv6Ring = 40;

  // How many cells each table has. Each takes about 9 bytes.
  struct Sizes {
    std::size_t clearances = 262'144;
    std::size_t cleared_prefixes = 65'536;
    std::size_t uncleared_prefixes = 65'536;
    std::size_t uncleared_rings = 16'384;
    // Entries for what other nodes have not heard of, shared out among the tables; 0: nothing is
    // merged with other nodes. Each takes about 42 bytes.
    std::size_t untold = 0;

    friend bool operator==(const Sizes&, const Sizes&) noexcept = default;
  };
  static constexpr std::size_t kMaxCells = std::size_t{1} << 30;
  static constexpr std::size_t kMaxUntold = std::size_t{1} << 24;

  // How much memory all of them need: a multiple of 64.
  [[nodiscard]] static std::size_t BytesFor(const Sizes& sizes) noexcept;

  // Budgets in `memory`, aligned to 64 and of at least BytesFor(sizes) bytes, zeroed before their
  // first use. `hash` is the same for all who use that memory. Borrowed.
  Budgets(std::span<std::byte> memory, const Sizes& sizes, const TableHash& hash) noexcept;

  // Budgets with memory of their own, for one process. Returns kOutOfRange if a number of cells is
  // 0 or over kMaxCells, or `untold` over kMaxUntold; kInternal if the system gives no memory, or
  // no randomness for the hash key.
  [[nodiscard]] static tl::expected<std::shared_ptr<Budgets>, Error> Create(const Sizes& sizes);

  // The keys of the tables. `part` sets apart what a client has of its own at one rule; 0: not
  // one rule's.
  [[nodiscard]] static HitterId IdOf(const TokenId& clearance, std::uint32_t site) noexcept;
  [[nodiscard]] static HitterId IdOf(const IpAddress& address, int ipv4_prefix, int ipv6_prefix,
                                     std::uint32_t site) noexcept;
  [[nodiscard]] static BudgetName NameOf(const HitterId& id, std::uint64_t part = 0) noexcept {
    return {id.high ^ part, id.low ^ (std::uint64_t{id.site} << 32)};
  }
  [[nodiscard]] std::uint64_t KeyOf(const BudgetName& name) const noexcept {
    return hash.Of(name.high, name.low);
  }
  [[nodiscard]] std::uint64_t KeyOf(const HitterId& id, std::uint64_t part = 0) const noexcept {
    return KeyOf(NameOf(id, part));
  }

  // Makes all budgets whole: BudgetTable::Forget.
  void Forget() noexcept;

  // The tables by number, as messages between nodes have them.
  static constexpr std::size_t kTables = 4;
  [[nodiscard]] BudgetTable& table(std::size_t number) noexcept;
  [[nodiscard]] TakingLedger& untold(std::size_t number) noexcept;

  TableHash hash;
  BudgetTable clearances;
  BudgetTable cleared_prefixes;
  BudgetTable uncleared_prefixes;
  BudgetTable uncleared_rings;
  HeavyHitters heavy_clearances;
  HeavyHitters heavy_cleared_prefixes;
  HeavyHitters heavy_uncleared_prefixes;
  // What was taken from each of the four tables and other nodes have not heard of. Separate, so
  // that a flood without clearances leaves no clearance uncounted elsewhere.
  TakingLedger untold_clearances;
  TakingLedger untold_cleared_prefixes;
  TakingLedger untold_uncleared_prefixes;
  TakingLedger untold_uncleared_rings;
  MergeSeat seat;
};

}  // namespace stile

#endif  // STILE_VERIFIER_BUDGETS_H_
