#include "verifier/effort/effort_table.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "challenge/entropy.h"
#include "verifier/effort/effort_cell.h"

namespace stile {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::uint64_t kClaimed = std::uint64_t{1} << 32;
constexpr double kQueueUnit = 65'536;

constexpr std::size_t kSiteBytes = EffortTable::kSites * sizeof(EffortCell);
constexpr std::size_t kPathBytes = EffortTable::kPaths * sizeof(OriginTrouble::PathCell);
static_assert(kSiteBytes % kAlignment == 0 && kPathBytes % kAlignment == 0);

TableHash HashOf(const std::array<std::uint8_t, 16>& key) noexcept {
  TableHash hash;
  std::memcpy(&hash.first, key.data(), sizeof hash.first);
  std::memcpy(&hash.second, key.data() + sizeof hash.first, sizeof hash.second);
  return hash;
}

double Fullness(std::size_t waiting, std::size_t most) noexcept {
  if (most == 0) return 0;
  return static_cast<double>(std::min(waiting, most)) / static_cast<double>(most);
}

}  // namespace

void EffortTable::Deleter::operator()(std::byte* memory) const noexcept {
  ::operator delete (memory, std::align_val_t{kAlignment});
}

std::size_t EffortTable::BytesInMemory() noexcept {
  return kSiteBytes + kPathBytes + PrefixPrices::BytesFor(kPrefixes);
}

EffortTable::EffortTable(std::span<std::byte> memory, const TableHash& hash) noexcept
    : sites_(reinterpret_cast<EffortCell*>(memory.data())),
      prefixes_(memory.subspan(kSiteBytes + kPathBytes, PrefixPrices::BytesFor(kPrefixes))),
      paths_(reinterpret_cast<OriginTrouble::PathCell*>(memory.data() + kSiteBytes), kPaths),
      hash_(hash) {}

EffortTable::~EffortTable() = default;

tl::expected<std::shared_ptr<EffortTable>, Error> EffortTable::Create() {
  const std::size_t bytes = BytesInMemory();
  std::unique_ptr<std::byte, Deleter> own(
      static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kAlignment}, std::nothrow)));
  if (own == nullptr) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kInternal, "", "There is no memory for the effort control."});
  }
  std::memset(own.get(), 0, bytes);
  std::array<std::uint8_t, 16> key{};
  Entropy entropy;
  if (!entropy.Fill(key)) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kInternal, "", "The system gives no randomness for the effort control."});
  }
  std::shared_ptr<EffortTable> table(new EffortTable({own.get(), bytes}, HashOf(key)));
  table->own_ = std::move(own);
  return table;
}

tl::expected<std::shared_ptr<EffortTable>, Error> EffortTable::CreateIn(
    std::span<std::byte> memory, const std::array<std::uint8_t, 16>& key,
    std::shared_ptr<const void> owner) {
  if (memory.size() < BytesInMemory()) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kOutOfRange, "", "The memory is too small for the effort control."});
  }
  std::shared_ptr<EffortTable> table(new EffortTable(memory, HashOf(key)));
  table->owner_ = std::move(owner);
  return table;
}

EffortCell* EffortTable::CellOf(std::uint32_t site) noexcept {
  const std::uint64_t mine = kClaimed | site;
  for (EffortCell& cell : std::span(sites_, kSites)) {
    std::uint64_t claim = cell.claim.load(std::memory_order_relaxed);
    if (claim == 0 && cell.claim.compare_exchange_strong(claim, mine, std::memory_order_relaxed)) {
      return &cell;
    }
    if (claim == mine) return &cell;
  }
  return nullptr;
}

void EffortTable::SetQueue(std::size_t waiting, std::size_t most) noexcept {
  queue_.store(static_cast<std::uint32_t>(Fullness(waiting, most) * kQueueUnit),
               std::memory_order_relaxed);
}

void EffortTable::WatchQueue(std::shared_ptr<const std::atomic<std::uint64_t>> waiting,
                             std::size_t most) noexcept {
  watched_ = std::move(waiting);
  most_waiting_ = most;
  waiting_.store(watched_.get(), std::memory_order_release);
}

double EffortTable::queue() const noexcept {
  if (const auto* waiting = waiting_.load(std::memory_order_acquire); waiting != nullptr) {
    return Fullness(waiting->load(std::memory_order_relaxed), most_waiting_);
  }
  return queue_.load(std::memory_order_relaxed) / kQueueUnit;
}

}  // namespace stile
