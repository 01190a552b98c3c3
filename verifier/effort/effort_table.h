#ifndef STILE_VERIFIER_EFFORT_EFFORT_TABLE_H_
#define STILE_VERIFIER_EFFORT_EFFORT_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/effort/origin_trouble.h"
#include "verifier/effort/prefix_prices.h"
#include "verifier/tables/table_hash.h"

namespace stile {

struct EffortCell;

// What the effort controls of all sites have learned, in fixed memory: of this process or of all
// that share their tables. Outlives engines, so that a reload forgets no price. Safe for any number
// of threads and processes.
class EffortTable {
 public:
  static constexpr std::size_t kSites = 64;
  static constexpr std::size_t kPrefixes = std::size_t{1} << 15;
  static constexpr std::size_t kPaths = std::size_t{1} << 12;

  // A table with memory of its own. Returns kInternal if the system gives no memory, or no
  // randomness for the hash key.
  [[nodiscard]] static tl::expected<std::shared_ptr<EffortTable>, Error> Create();

  // The same over memory of `owner`, which it keeps: BytesInMemory() bytes aligned to 64, zeroed
  // before their first use. `key` is the same for all who use that memory. Returns kOutOfRange if
  // the memory is too small.
  [[nodiscard]] static tl::expected<std::shared_ptr<EffortTable>, Error> CreateIn(
      std::span<std::byte> memory, const std::array<std::uint8_t, 16>& key,
      std::shared_ptr<const void> owner);
  [[nodiscard]] static std::size_t BytesInMemory() noexcept;

  // The cell of the site with this id; null if kSites others have theirs. A site keeps its cell as
  // long as the memory lasts.
  [[nodiscard]] EffortCell* CellOf(std::uint32_t site) noexcept;
  [[nodiscard]] PrefixPrices& prefixes() noexcept { return prefixes_; }
  [[nodiscard]] std::span<OriginTrouble::PathCell> paths() noexcept { return paths_; }
  [[nodiscard]] const TableHash& hash() const noexcept { return hash_; }

  // How many redemptions wait for this process to check them, of how many that may. Whoever has
  // such a queue says so whenever it changes; it counts as trouble once a quarter of it is used.
  void SetQueue(std::size_t waiting, std::size_t most) noexcept;
  // The same of a queue whose length stands in `waiting` all the time. Call it once.
  void WatchQueue(std::shared_ptr<const std::atomic<std::uint64_t>> waiting,
                  std::size_t most) noexcept;
  // 0 to 1: how full the queue is.
  [[nodiscard]] double queue() const noexcept;

  ~EffortTable();

 private:
  EffortTable(std::span<std::byte> memory, const TableHash& hash) noexcept;

  struct Deleter {
    void operator()(std::byte* memory) const noexcept;
  };
  std::unique_ptr<std::byte, Deleter> own_;  // Null: the memory is somebody else's.
  std::shared_ptr<const void> owner_;
  EffortCell* sites_ = nullptr;
  PrefixPrices prefixes_;
  std::span<OriginTrouble::PathCell> paths_;
  TableHash hash_;
  std::atomic<std::uint32_t> queue_{0};  // In 65,536ths.
  std::shared_ptr<const std::atomic<std::uint64_t>> watched_;
  std::size_t most_waiting_ = 0;
  std::atomic<const std::atomic<std::uint64_t>*> waiting_{nullptr};  // Null: nobody's is watched.
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_EFFORT_TABLE_H_
