#include "engine/counters.h"

#include <cstddef>

namespace stile {
namespace {

void AddAll(Counter& sum, const Counter& one) noexcept { sum.Add(one.Get()); }

template <typename T, std::size_t kSize>
void AddAll(std::array<T, kSize>& sums, const std::array<T, kSize>& ones) noexcept {
  for (std::size_t i = 0; i < kSize; ++i) AddAll(sums[i], ones[i]);
}

}  // namespace

void Counters::Add(const Counters& other) noexcept {
  AddAll(decisions, other.decisions);
  AddAll(rule_matches, other.rule_matches);
  AddAll(rule_kills, other.rule_kills);
  AddAll(redeems, other.redeems);
  AddAll(token_sales, other.token_sales);
  AddAll(spends, other.spends);
  AddAll(siteverifies, other.siteverifies);
  AddAll(challenges_issued, other.challenges_issued);
  AddAll(issue_failures, other.issue_failures);
  AddAll(clearances_renewed, other.clearances_renewed);
  AddAll(client_address_unknown, other.client_address_unknown);
  AddAll(passed_unasked, other.passed_unasked);
  AddAll(held_asked, other.held_asked);
}

}  // namespace stile
