// What another node, or whoever can write to the store, says of budgets: what is read is written
// the same, a clearance that has spent its budget gets none of it back, and nobody owes for ever.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "tests/fuzz/fuzz_target.h"
#include "verifier/budget_merge.h"
#include "verifier/budget_message.h"

namespace stile {
namespace {

constexpr UnixMillis kNow{1'790'000'000'000};
constexpr std::uint64_t kBoot = 7;
const Rate kRate{600, std::chrono::minutes{10}, 300};

void CheckMessage(std::string_view bytes) {
  BudgetMessage message;
  if (!ReadBudgetMessage(bytes, message)) {
    STILE_REQUIRE(message.charges.empty());
    return Reach("refused message");
  }
  STILE_REQUIRE(WriteBudgetMessage(message.boot, message.said_at, message.charges) == bytes);
  STILE_REQUIRE(message.charges.size() <= BudgetMessage::kMaxCharges);
}

void CheckCharges(std::string_view bytes) {
  BudgetMessage message;
  if (!ReadBudgetMessage(bytes, message)) return;
  const std::shared_ptr<Budgets> budgets = *Budgets::Create({64, 64, 64, 64});
  BudgetMerge merge(budgets, {.boot = kBoot, .who = 1});
  const Pace pace = BudgetTable::PaceOf(kRate);
  const auto take = [&](const BudgetMessage::Charge& charge, std::uint32_t requests,
                        UnixMillis when) {
    return budgets->table(charge.table)
        .Take(budgets->KeyOf(charge.taking.name), pace, requests, when)
        .taken;
  };
  for (const BudgetMessage::Charge& charge : message.charges)
    static_cast<void>(take(charge, 300, kNow));
  std::uint64_t cost = 0;
  const BudgetMerge::Hearing hearing = merge.Hear(bytes, message.said_at, kNow, cost);
  STILE_REQUIRE(hearing == (message.boot == kBoot ? BudgetMerge::Hearing::kOwn
                                                  : BudgetMerge::Hearing::kCharged));
  STILE_REQUIRE((cost == 0) == (hearing == BudgetMerge::Hearing::kOwn));
  Reach(message.boot == kBoot ? "own message" : "charged message");
  for (const BudgetMessage::Charge& charge : message.charges) {
    // One has come back.
    STILE_REQUIRE(!take(charge, 2, kNow + std::chrono::seconds{1}));
    // 32 bursts of five minutes, and a shared cell's day.
    STILE_REQUIRE(
        budgets->table(charge.table)
            .Look(budgets->KeyOf(charge.taking.name), pace, 1, kNow + std::chrono::hours{24 * 12})
            .taken);
  }
  const UnixMillis late = message.said_at + (merge.terms().late + std::chrono::milliseconds{1});
  STILE_REQUIRE(merge.Hear(bytes, late, kNow, cost) != BudgetMerge::Hearing::kCharged);
}

}  // namespace

void FuzzBudgetMessage(FuzzInput input) {
  const std::string_view text = TextOf(input);
  const std::string exact(text);
  CheckMessage(exact);
  CheckCharges(exact);
  const auto mark = BudgetMerge::MarkOf(text.substr(0, 64));
  if (!mark) return;
  Reach("place in the log");
  STILE_REQUIRE(*BudgetMerge::MarkOf(BudgetMerge::IdOf(*mark)) == *mark);
}

}  // namespace stile
