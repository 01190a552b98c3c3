#include "verifier/budget_check.h"

#include <algorithm>
#include <utility>

namespace stile {
namespace {

// Takes, and notes it for other nodes.
Taking Take(BudgetTable& table, TakingLedger& untold, std::uint64_t key, const BudgetName& name,
            const Pace& pace, std::uint32_t cost, UnixMillis now) noexcept {
  const Taking taking = table.Take(key, pace, cost, now);
  if (untold.keeps() && taking.taken) [[unlikely]] {
    untold.Note(key, name, pace, cost, now);
  }
  return taking;
}

// The same, and remembers who takes much.
Taking Take(BudgetTable& table, TakingLedger& untold, HeavyHitters& heavy, std::uint64_t key,
            const HitterId& id, const Pace& pace, std::uint32_t cost, UnixMillis now) noexcept {
  const Taking taking = Take(table, untold, key, Budgets::NameOf(id), pace, cost, now);
  if (taking.heavy) heavy.Add(key, id, cost, now);
  return taking;
}

BudgetFinding Over(const Taking& taking) noexcept { return {BudgetVerdict::kOver, taking.wait_ms}; }

}  // namespace

BudgetCheck::BudgetCheck(std::shared_ptr<Budgets> budgets, std::shared_ptr<const Policy> policy,
                         std::uint32_t site)
    : budgets_(std::move(budgets)),
      policy_(std::move(policy)),
      terms_(&policy_->budgets()),
      site_(site) {}

HitterId BudgetCheck::PrefixOf(const IpAddress& address) const noexcept {
  return Budgets::IdOf(address, Budgets::kIpv4Prefix, Budgets::kIpv6Prefix, site_);
}

HitterId BudgetCheck::RingOf(const IpAddress& address) const noexcept {
  return Budgets::IdOf(address, Budgets::kIpv4Ring, Budgets::kIpv6Ring, site_);
}

void BudgetCheck::Prefetch(const Request& request, const ClearanceFinding& finding) const noexcept {
  if (budgets_ == nullptr) return;
  const Budgets& budgets = *budgets_;
  const bool cleared = finding.verdict == Verdict::kValid;
  const auto prefetch = [](const BudgetTable& table, const TakingLedger& untold,
                           std::uint64_t key) {
    table.Prefetch(key);
    untold.Prefetch(key);
  };
  if (cleared) {
    prefetch(budgets.clearances, budgets.untold_clearances,
             budgets.KeyOf(Budgets::IdOf(finding.clearance.id, site_)));
  }
  if (!request.address) return;
  const std::uint64_t prefix = budgets.KeyOf(PrefixOf(*request.address));
  if (cleared) {
    return prefetch(budgets.cleared_prefixes, budgets.untold_cleared_prefixes, prefix);
  }
  prefetch(budgets.uncleared_prefixes, budgets.untold_uncleared_prefixes, prefix);
  prefetch(budgets.uncleared_rings, budgets.untold_uncleared_rings,
           budgets.KeyOf(RingOf(*request.address)));
}

const OwnBudget* BudgetCheck::OwnOf(const PolicyMatch& match) const noexcept {
  return match.own_budget < terms_->own.size() ? &terms_->own[match.own_budget] : nullptr;
}

std::uint32_t BudgetCheck::CostOf(const Request& request, const PolicyMatch& match) const noexcept {
  if (match.cost == 0) return 0;
  return match.static_is_free && terms_->static_assets.Has(request) ? 0 : match.cost;
}

Taking BudgetCheck::ChargeOwn(const OwnBudget& own, BudgetTable& table, TakingLedger& untold,
                              const HitterId& id, UnixMillis now) const noexcept {
  const BudgetName name = Budgets::NameOf(id, own.part);
  return Take(table, untold, budgets_->KeyOf(name), name, own.pace, 1, now);
}

BudgetFinding BudgetCheck::ChargeCleared(const Request& request, const Clearance& clearance,
                                         const PolicyMatch& match, UnixMillis now) const noexcept {
  if (budgets_ == nullptr) return {BudgetVerdict::kWithin};
  if (const OwnBudget* own = OwnOf(match)) {
    const HitterId id = Budgets::IdOf(clearance.id, site_);
    const Taking of_rule =
        ChargeOwn(*own, budgets_->clearances, budgets_->untold_clearances, id, now);
    if (!of_rule.taken) return Over(of_rule);
  }
  return ChargeClearance(request, clearance, CostOf(request, match), now);
}

BudgetFinding BudgetCheck::ChargeClearance(const Request& request, const Clearance& clearance,
                                           std::uint32_t cost, UnixMillis now) const noexcept {
  if (budgets_ == nullptr || cost == 0) return {BudgetVerdict::kWithin};
  Budgets& budgets = *budgets_;
  const HitterId id = Budgets::IdOf(clearance.id, site_);
  const Taking of_clearance =
      Take(budgets.clearances, budgets.untold_clearances, budgets.heavy_clearances,
           budgets.KeyOf(id), id, terms_->PaceOf(clearance), cost, now);
  if (!of_clearance.taken) return Over(of_clearance);
  if (!request.address) return {BudgetVerdict::kWithin};
  const HitterId prefix = PrefixOf(*request.address);
  const Taking of_prefix = Take(budgets.cleared_prefixes, budgets.untold_cleared_prefixes,
                                budgets.heavy_cleared_prefixes, budgets.KeyOf(prefix), prefix,
                                terms_->cleared_prefix, cost, now);
  const bool paid = (clearance.budget_class & kBoughtDear) != 0;
  return {of_prefix.taken || paid ? BudgetVerdict::kWithin : BudgetVerdict::kPrefixOver};
}

BudgetFinding BudgetCheck::ChargeUncleared(const Request& request, const PolicyMatch& match,
                                           UnixMillis now) const noexcept {
  if (budgets_ == nullptr || !request.address) return {BudgetVerdict::kWithin};
  if (const OwnBudget* own = OwnOf(match)) {
    const HitterId id = PrefixOf(*request.address);
    const Taking of_rule =
        ChargeOwn(*own, budgets_->uncleared_prefixes, budgets_->untold_uncleared_prefixes, id, now);
    if (!of_rule.taken) return {BudgetVerdict::kPrefixOver};
  }
  const std::uint32_t cost = CostOf(request, match);
  const bool within = cost == 0 || ChargeAddress(request, cost, now).taken;
  return {within ? BudgetVerdict::kWithin : BudgetVerdict::kPrefixOver};
}

bool BudgetCheck::ChargeChallenge(const Request& request, std::uint32_t cost,
                                  UnixMillis now) const noexcept {
  if (budgets_ == nullptr || !request.address) return true;
  return ChargeAddress(request, std::max<std::uint32_t>(cost, 1), now).taken;
}

BudgetFinding BudgetCheck::ChargeStranger(const Request& request, UnixMillis now) const noexcept {
  if (budgets_ == nullptr || !request.address) return {BudgetVerdict::kWithin};
  const Taking taking = ChargeAddress(request, 1, now);
  return taking.taken ? BudgetFinding{BudgetVerdict::kWithin} : Over(taking);
}

bool BudgetCheck::IsClearedPrefixSpent(const Request& request, UnixMillis now) const noexcept {
  if (budgets_ == nullptr || !request.address) return false;
  const std::uint64_t key = budgets_->KeyOf(PrefixOf(*request.address));
  return !budgets_->cleared_prefixes.Look(key, terms_->cleared_prefix, 1, now).taken;
}

Taking BudgetCheck::ChargeAddress(const Request& request, std::uint32_t cost,
                                  UnixMillis now) const noexcept {
  Budgets& budgets = *budgets_;
  const HitterId prefix = PrefixOf(*request.address);
  const Taking of_prefix = Take(budgets.uncleared_prefixes, budgets.untold_uncleared_prefixes,
                                budgets.heavy_uncleared_prefixes, budgets.KeyOf(prefix), prefix,
                                terms_->uncleared_prefix, cost, now);
  if (!of_prefix.taken) return of_prefix;
  const BudgetName ring = Budgets::NameOf(RingOf(*request.address));
  return Take(budgets.uncleared_rings, budgets.untold_uncleared_rings, budgets.KeyOf(ring), ring,
              terms_->uncleared_ring, cost, now);
}

}  // namespace stile
