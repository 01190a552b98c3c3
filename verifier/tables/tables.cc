#include "verifier/tables/tables.h"

#include <cstring>
#include <utility>

namespace stile {
namespace {

constexpr std::uint64_t kMostRevocations = std::uint64_t{1} << 24;

TableShape ShapeOf(const TableSizes& sizes) noexcept {
  TableShape shape{};
  std::memcpy(shape.data(), &sizes, sizeof sizes);
  return shape;
}

bool AreWithinLimits(const TableSizes& sizes) noexcept {
  const auto is_within = [](std::uint64_t size, std::uint64_t most) {
    return size >= 1 && size <= most;
  };
  return is_within(sizes.clearances, Budgets::kMaxCells) &&
         is_within(sizes.cleared_prefixes, Budgets::kMaxCells) &&
         is_within(sizes.uncleared_prefixes, Budgets::kMaxCells) &&
         is_within(sizes.uncleared_rings, Budgets::kMaxCells) &&
         is_within(sizes.tokens, SpendRing::kMaxCapacity) &&
         is_within(sizes.attempts, IdempotencyTable::kMaxEntries) &&
         is_within(sizes.revocations, kMostRevocations) && sizes.untold <= Budgets::kMaxUntold;
}

tl::unexpected<Error> OutOfRange() {
  return tl::unexpected(
      Error{ErrorCode::kOutOfRange, "", "A table's size is 0 or more than such a table may have."});
}

Budgets::Sizes BudgetSizesOf(const TableSizes& sizes) noexcept {
  return {sizes.clearances, sizes.cleared_prefixes, sizes.uncleared_prefixes, sizes.uncleared_rings,
          sizes.untold};
}

TableHash HashOf(const TableKey& key) noexcept {
  TableHash hash;
  std::memcpy(&hash.first, key.data(), sizeof hash.first);
  std::memcpy(&hash.second, key.data() + sizeof hash.first, sizeof hash.second);
  return hash;
}

}  // namespace

Tables::Layout Tables::Layout::Of(const TableSizes& sizes) noexcept {
  Layout layout;
  const auto take = [&layout](std::size_t bytes) {
    return std::exchange(layout.bytes, layout.bytes + bytes);
  };
  layout.budgets = take(Budgets::BytesFor(BudgetSizesOf(sizes)));
  layout.spends = take(SpendRing::BytesFor(sizes.tokens));
  layout.attempts = take(IdempotencyTable::BytesFor(sizes.attempts));
  layout.revocations = take(RevocationTable::BytesFor(sizes.revocations));
  layout.redeems = take(RedeemTables::BytesInMemory());
  layout.effort = take(EffortTable::BytesInMemory());
  return layout;
}

tl::expected<std::shared_ptr<Tables>, Error> Tables::Private(const TableSizes& sizes) {
  if (!AreWithinLimits(sizes)) return OutOfRange();
  const Layout layout = Layout::Of(sizes);
  auto memory = TableMemory::Private(layout.bytes, ShapeOf(sizes));
  if (!memory) return tl::unexpected(std::move(memory.error()));
  return std::shared_ptr<Tables>(new Tables(*std::move(memory), sizes, layout));
}

tl::expected<std::shared_ptr<Tables>, Error> Tables::Shared(const std::string& path,
                                                            const TableSizes& sizes) {
  if (!AreWithinLimits(sizes)) return OutOfRange();
  const Layout layout = Layout::Of(sizes);
  auto memory = TableMemory::Shared(path, layout.bytes, ShapeOf(sizes));
  if (!memory) return tl::unexpected(std::move(memory.error()));
  return std::shared_ptr<Tables>(new Tables(*std::move(memory), sizes, layout));
}

tl::expected<std::shared_ptr<Tables>, Error> Tables::Borrowed(std::span<std::byte> memory,
                                                              const TableSizes& sizes) {
  if (!AreWithinLimits(sizes)) return OutOfRange();
  const Layout layout = Layout::Of(sizes);
  auto borrowed = TableMemory::Borrowed(memory, layout.bytes, ShapeOf(sizes));
  if (!borrowed) return tl::unexpected(std::move(borrowed.error()));
  return std::shared_ptr<Tables>(new Tables(*std::move(borrowed), sizes, layout));
}

std::size_t Tables::BytesFor(const TableSizes& sizes) noexcept {
  return AreWithinLimits(sizes) ? TableHeader::kRoom + Layout::Of(sizes).bytes : 0;
}

Tables::Tables(TableMemory memory, const TableSizes& sizes, const Layout& layout) noexcept
    : memory_(std::move(memory)),
      sizes_(sizes),
      budgets_(Section(layout.budgets, layout.spends - layout.budgets), BudgetSizesOf(sizes),
               HashOf(memory_.header().keys[kBudgetKey])),
      spends_(Section(layout.spends, layout.attempts - layout.spends)),
      attempts_(Section(layout.attempts, layout.revocations - layout.attempts)),
      revocations_(Section(layout.revocations, RevocationTable::BytesFor(sizes.revocations)),
                   sizes.revocations, memory_.header().keys[kRevocationKey]),
      redeems_(layout.redeems),
      effort_(layout.effort) {}

std::shared_ptr<Budgets> Tables::budgets() noexcept { return {shared_from_this(), &budgets_}; }

std::shared_ptr<RevocationTable> Tables::revocations() noexcept {
  return {shared_from_this(), &revocations_};
}

std::shared_ptr<LocalSpends> Tables::MakeSpends(std::uint16_t node) {
  return std::make_shared<LocalSpends>(spends_, attempts_, node, boot(), shared_from_this());
}

tl::expected<std::shared_ptr<RedeemTables>, Error> Tables::MakeRedeemTables(
    const RedeemTables::Options& options) {
  return RedeemTables::CreateIn(options, Section(redeems_, RedeemTables::BytesInMemory()),
                                memory_.header().keys[kRedeemKey], shared_from_this());
}

tl::expected<std::shared_ptr<EffortTable>, Error> Tables::MakeEffortTable() {
  return EffortTable::CreateIn(Section(effort_, EffortTable::BytesInMemory()),
                               memory_.header().keys[kEffortKey], shared_from_this());
}

std::span<std::byte> Tables::Section(std::size_t begin, std::size_t bytes) const noexcept {
  return memory_.cells().subspan(begin, bytes);
}

}  // namespace stile
