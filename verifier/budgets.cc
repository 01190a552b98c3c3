#include "verifier/budgets.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "challenge/entropy.h"

namespace stile {
namespace {

constexpr std::size_t kHeavySets = 64;
constexpr std::align_val_t kAlignment{BudgetTable::kLineBytes};

// The first bytes of a text of bytes as a number, the first byte highest.
std::uint64_t WordAt(const std::uint8_t* bytes) noexcept {
  std::uint64_t word = 0;
  for (int i = 0; i < 8; ++i) word = word << 8 | bytes[i];
  return word;
}

// Cuts off the first `size` bytes.
std::span<std::byte> CutOff(std::span<std::byte>& memory, std::size_t size) noexcept {
  const std::span<std::byte> first = memory.first(std::min(size, memory.size()));
  memory = memory.subspan(first.size());
  return first;
}

// How many entries each table's ledger has.
std::size_t HalfOf(const Budgets::Sizes& sizes) noexcept { return (sizes.untold + 1) / 2; }
std::size_t QuarterOf(const Budgets::Sizes& sizes) noexcept { return (sizes.untold + 3) / 4; }
std::size_t EighthOf(const Budgets::Sizes& sizes) noexcept { return (sizes.untold + 7) / 8; }

struct Block {
  explicit Block(std::size_t size)
      : bytes(static_cast<std::byte*>(::operator new(size, kAlignment, std::nothrow))) {
    if (bytes != nullptr) std::memset(bytes, 0, size);  // Prefaults it, too.
  }
  ~Block() { ::operator delete(bytes, kAlignment); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  std::byte* bytes;
};

// Budgets and the memory that they look at.
struct OwnBudgets {
  OwnBudgets(std::unique_ptr<const Block> memory, const Budgets::Sizes& sizes,
             const TableHash& hash)
      : block(std::move(memory)), budgets({block->bytes, Budgets::BytesFor(sizes)}, sizes, hash) {}

  std::unique_ptr<const Block> block;
  Budgets budgets;
};

}  // namespace

std::size_t Budgets::BytesFor(const Sizes& sizes) noexcept {
  return BudgetTable::BytesFor(sizes.clearances) + BudgetTable::BytesFor(sizes.cleared_prefixes) +
         BudgetTable::BytesFor(sizes.uncleared_prefixes) +
         BudgetTable::BytesFor(sizes.uncleared_rings) + 3 * HeavyHitters::BytesFor(kHeavySets) +
         TakingLedger::BytesFor(HalfOf(sizes)) + TakingLedger::BytesFor(QuarterOf(sizes)) +
         2 * TakingLedger::BytesFor(EighthOf(sizes)) + MergeSeat::kBytes;
}

Budgets::Budgets(std::span<std::byte> memory, const Sizes& sizes, const TableHash& key) noexcept
    : hash(key),
      clearances(CutOff(memory, BudgetTable::BytesFor(sizes.clearances))),
      cleared_prefixes(CutOff(memory, BudgetTable::BytesFor(sizes.cleared_prefixes))),
      uncleared_prefixes(CutOff(memory, BudgetTable::BytesFor(sizes.uncleared_prefixes))),
      uncleared_rings(CutOff(memory, BudgetTable::BytesFor(sizes.uncleared_rings))),
      heavy_clearances(CutOff(memory, HeavyHitters::BytesFor(kHeavySets))),
      heavy_cleared_prefixes(CutOff(memory, HeavyHitters::BytesFor(kHeavySets))),
      heavy_uncleared_prefixes(CutOff(memory, HeavyHitters::BytesFor(kHeavySets))),
      untold_clearances(CutOff(memory, TakingLedger::BytesFor(HalfOf(sizes)))),
      untold_cleared_prefixes(CutOff(memory, TakingLedger::BytesFor(EighthOf(sizes)))),
      untold_uncleared_prefixes(CutOff(memory, TakingLedger::BytesFor(QuarterOf(sizes)))),
      untold_uncleared_rings(CutOff(memory, TakingLedger::BytesFor(EighthOf(sizes)))),
      seat(CutOff(memory, MergeSeat::kBytes)) {}

void Budgets::Forget() noexcept {
  for (std::size_t i = 0; i < kTables; ++i) table(i).Forget();
}

BudgetTable& Budgets::table(std::size_t number) noexcept {
  BudgetTable* const tables[kTables] = {&clearances, &cleared_prefixes, &uncleared_prefixes,
                                        &uncleared_rings};
  return *tables[number];
}

TakingLedger& Budgets::untold(std::size_t number) noexcept {
  TakingLedger* const ledgers[kTables] = {&untold_clearances, &untold_cleared_prefixes,
                                          &untold_uncleared_prefixes, &untold_uncleared_rings};
  return *ledgers[number];
}

tl::expected<std::shared_ptr<Budgets>, Error> Budgets::Create(const Sizes& sizes) {
  for (const std::size_t cells : {sizes.clearances, sizes.cleared_prefixes,
                                  sizes.uncleared_prefixes, sizes.uncleared_rings}) {
    if (cells >= 1 && cells <= kMaxCells) continue;
    return tl::unexpected<Error>(
        Error{ErrorCode::kOutOfRange, "", "A table of budgets must have 1 to 2^30 cells."});
  }
  if (sizes.untold > kMaxUntold) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kOutOfRange, "", "What is untold must have at most 2^24 entries."});
  }
  auto block = std::make_unique<const Block>(BytesFor(sizes));
  if (block->bytes == nullptr) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kInternal, "", "There is no memory for budgets of this size."});
  }
  std::array<std::uint8_t, 16> random{};
  Entropy entropy;
  if (!entropy.Fill(random)) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kInternal, "", "The system gives no randomness for the budgets' key."});
  }
  const TableHash hash{WordAt(random.data()), WordAt(random.data() + 8)};
  const auto own = std::make_shared<OwnBudgets>(std::move(block), sizes, hash);
  return std::shared_ptr<Budgets>(own, &own->budgets);
}

HitterId Budgets::IdOf(const TokenId& clearance, std::uint32_t site) noexcept {
  return {WordAt(clearance.data()), WordAt(clearance.data() + 8), site};
}

HitterId Budgets::IdOf(const IpAddress& address, int ipv4_prefix, int ipv6_prefix,
                       std::uint32_t site) noexcept {
  const bool is_v6 = address.is_v6();
  const int length = is_v6 ? ipv6_prefix : ipv4_prefix;
  return {address.Prefix(length),
          static_cast<std::uint64_t>(is_v6 ? 6 : 4) << 8 | static_cast<std::uint64_t>(length),
          site};
}

}  // namespace stile
