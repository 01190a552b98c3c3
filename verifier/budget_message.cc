#include "verifier/budget_message.h"

#include <utility>

#include "verifier/budgets.h"

namespace stile {
namespace {

// "StB" and a version, then how many charges, then the boot; all numbers with the lowest byte
// first.
constexpr std::uint64_t kLastMillis = (std::uint64_t{1} << 48) - 1;  // In the year 10889.
constexpr std::string_view kMagic("StB\x01", 4);

void Append(std::string& bytes, std::uint64_t number, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
}

// Cuts the number off that `bytes` begin with, which are at least so many.
std::uint64_t Cut(std::string_view& bytes, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  bytes.remove_prefix(size);
  return number;
}

bool CutCharge(std::string_view& bytes, BudgetMessage::Charge& charge) {
  UntoldTaking& taking = charge.taking;
  taking.name.high = Cut(bytes, 8);
  taking.name.low = Cut(bytes, 8);
  taking.pace.interval = Cut(bytes, 8);
  taking.pace.span = Cut(bytes, 8);
  const std::uint64_t cost = Cut(bytes, 4);
  const std::uint64_t table = Cut(bytes, 4);
  taking.cost = static_cast<std::uint32_t>(cost);
  charge.table = static_cast<std::uint8_t>(table);
  return BudgetTable::IsPace(taking.pace) && cost >= 1 && cost <= TakingLedger::kMaxCost &&
         table < Budgets::kTables;
}

}  // namespace

std::string WriteBudgetMessage(std::uint64_t boot, UnixMillis said_at,
                               std::span<const BudgetMessage::Charge> charges) {
  std::string bytes;
  bytes.reserve(BudgetMessage::kHeaderBytes + charges.size() * BudgetMessage::kChargeBytes);
  bytes += kMagic;
  Append(bytes, charges.size(), 4);
  Append(bytes, boot, 8);
  Append(bytes, static_cast<std::uint64_t>(said_at.value), 8);
  for (const BudgetMessage::Charge& charge : charges) {
    const UntoldTaking& taking = charge.taking;
    Append(bytes, taking.name.high, 8);
    Append(bytes, taking.name.low, 8);
    Append(bytes, taking.pace.interval, 8);
    Append(bytes, taking.pace.span, 8);
    Append(bytes, taking.cost, 4);
    Append(bytes, charge.table, 4);
  }
  return bytes;
}

bool ReadBudgetMessage(std::string_view bytes, BudgetMessage& out) {
  out = BudgetMessage();
  if (bytes.size() < BudgetMessage::kHeaderBytes || bytes.size() > BudgetMessage::kMaxBytes ||
      !bytes.starts_with(kMagic)) {
    return false;
  }
  bytes.remove_prefix(kMagic.size());
  const std::uint64_t count = Cut(bytes, 4);
  const std::uint64_t boot = Cut(bytes, 8);
  const std::uint64_t said_at = Cut(bytes, 8);
  if (count == 0 || boot == 0 || said_at > kLastMillis ||
      bytes.size() != count * BudgetMessage::kChargeBytes) {
    return false;
  }
  std::vector<BudgetMessage::Charge> charges(static_cast<std::size_t>(count));
  for (BudgetMessage::Charge& charge : charges) {
    if (!CutCharge(bytes, charge)) return false;
  }
  out.boot = boot;
  out.said_at = UnixMillis{static_cast<std::int64_t>(said_at)};
  out.charges = std::move(charges);
  return true;
}

}  // namespace stile
