#ifndef STILE_VERIFIER_TABLES_TABLES_H_
#define STILE_VERIFIER_TABLES_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/budgets.h"
#include "verifier/effort/effort_table.h"
#include "verifier/local_spends.h"
#include "verifier/redeemer.h"
#include "verifier/tables/idempotency_table.h"
#include "verifier/tables/revocation_table.h"
#include "verifier/tables/spend_ring.h"
#include "verifier/tables/table_header.h"
#include "verifier/tables/table_memory.h"

namespace stile {

// How large each table is. Whoever shares tables asks for the same sizes. Only words: a block's
// header repeats them.
struct TableSizes {
  // Cells, as Budgets::Sizes.
  std::uint64_t clearances = 262'144;
  std::uint64_t cleared_prefixes = 65'536;
  std::uint64_t uncleared_prefixes = 65'536;
  std::uint64_t uncleared_rings = 16'384;
  // As LocalSpends::Options.
  std::uint64_t tokens = 1'048'576;
  std::uint64_t attempts = 65'536;
  // Places of a RevocationTable.
  std::uint64_t revocations = 16'384;
  // As Budgets::Sizes. 0: budgets are not merged with those of other nodes.
  std::uint64_t untold = 0;

  friend bool operator==(const TableSizes&, const TableSizes&) noexcept = default;
};
static_assert(sizeof(TableSizes) <= sizeof(TableShape));

// Every table that is counted in, as views over one block of memory: of this process, or of all
// processes of the machine that open the same table file, such as the workers of a proxy and a
// stiled beside it. Outlives the engines that use it, and so do reloads.
//
// The tables' own functions are safe for any number of threads and processes at once.
class Tables : public std::enable_shared_from_this<Tables> {
 public:
  // Tables of this process, and of its children if it forks. Returns kOutOfRange if a size is 0, or
  // over what its table may have, and what TableMemory::Private returns.
  [[nodiscard]] static tl::expected<std::shared_ptr<Tables>, Error> Private(
      const TableSizes& sizes);

  // Those of the table file at `path`. Returns the same, and what TableMemory::Shared returns.
  [[nodiscard]] static tl::expected<std::shared_ptr<Tables>, Error> Shared(const std::string& path,
                                                                           const TableSizes& sizes);

  // Those in memory of the caller's, of at least BytesFor(sizes) bytes, which outlives everything
  // that is made with them. Returns kOutOfRange for a size as well, and what TableMemory::Borrowed
  // returns.
  [[nodiscard]] static tl::expected<std::shared_ptr<Tables>, Error> Borrowed(
      std::span<std::byte> memory, const TableSizes& sizes);
  // 0 if a size is none.
  [[nodiscard]] static std::size_t BytesFor(const TableSizes& sizes) noexcept;

  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  // Each keeps the tables. What an engine wants of them:
  //
  //   options.budgets = tables->budgets();
  //   options.spends = tables->MakeSpends(node);
  //   options.revocations = tables->revocations();
  [[nodiscard]] std::shared_ptr<Budgets> budgets() noexcept;
  [[nodiscard]] std::shared_ptr<RevocationTable> revocations() noexcept;
  // The store of spends of the node `node`, under this boot.
  [[nodiscard]] std::shared_ptr<LocalSpends> MakeSpends(std::uint16_t node);

  // What redemptions touch: at the rates of `options`, which may be each process's own. Returns
  // what RedeemTables::CreateIn returns.
  [[nodiscard]] tl::expected<std::shared_ptr<RedeemTables>, Error> MakeRedeemTables(
      const RedeemTables::Options& options);

  // What the effort controls of all sites have learned. Returns what EffortTable::CreateIn returns.
  [[nodiscard]] tl::expected<std::shared_ptr<EffortTable>, Error> MakeEffortTable();

  [[nodiscard]] std::uint64_t boot() const noexcept { return memory_.header().boot; }
  [[nodiscard]] const TableMemory& memory() const noexcept { return memory_; }
  [[nodiscard]] const TableSizes& sizes() const noexcept { return sizes_; }

 private:
  // Where each table's bytes begin, from the first cell on. To add a table: a size above, an offset
  // and a line of Of() here, a key, a member and its line in the constructor.
  struct Layout {
    std::size_t budgets = 0;
    std::size_t spends = 0;
    std::size_t attempts = 0;
    std::size_t revocations = 0;
    std::size_t redeems = 0;
    std::size_t effort = 0;
    std::size_t bytes = 0;

    [[nodiscard]] static Layout Of(const TableSizes& sizes) noexcept;
  };
  // Which of the header's keys is whose.
  enum Key : std::size_t { kRevocationKey = 0, kBudgetKey = 1, kRedeemKey = 2, kEffortKey = 3 };

  Tables(TableMemory memory, const TableSizes& sizes, const Layout& layout) noexcept;
  [[nodiscard]] std::span<std::byte> Section(std::size_t begin, std::size_t bytes) const noexcept;

  TableMemory memory_;
  TableSizes sizes_;
  Budgets budgets_;
  SpendRing spends_;
  IdempotencyTable attempts_;
  RevocationTable revocations_;
  std::size_t redeems_;  // Where their bytes begin.
  std::size_t effort_;   // Where its bytes begin.
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_TABLES_H_
