#ifndef STILE_VERIFIER_BUDGET_CHECK_H_
#define STILE_VERIFIER_BUDGET_CHECK_H_

#include <cstdint>
#include <memory>

#include "challenge/clearance.h"
#include "challenge/unix_millis.h"
#include "verifier/budgets.h"
#include "verifier/clearance_check.h"
#include "verifier/policy/policy.h"
#include "verifier/request.h"

namespace stile {

// What budgets say of one request. 0 is never a pass.
enum class BudgetVerdict : std::uint8_t {
  kNone = 0,
  kWithin = 1,
  kOver = 2,        // The client's own budget is spent.
  kPrefixOver = 3,  // That of all clients of its addresses is.
};

struct BudgetFinding {
  BudgetVerdict verdict = BudgetVerdict::kNone;
  std::uint32_t wait_ms = 0;  // With kOver: until when there is enough again.
};

// Charges the requests of one site to budgets. Immutable but for the tables; safe to share between
// threads. Nothing here allocates, blocks, logs, throws or reads a clock.
//
// Each charge is of one request, and made once: a request that is refused takes nothing from the
// budget that refuses it, but what was taken before from a narrower one is gone.
class BudgetCheck {
 public:
  // Without `budgets` everything is within them.
  BudgetCheck(std::shared_ptr<Budgets> budgets, std::shared_ptr<const Policy> policy,
              std::uint32_t site);

  // Asks for the memory that a request with this finding will be charged in, so that it is near
  // once the policy has been asked.
  void Prefetch(const Request& request, const ClearanceFinding& finding) const noexcept;

  // A request that `clearance` carries and `match` lets through. In this order: its rule's own
  // budget; the clearance's, of which its copies and renewed editions share one; that of all
  // clearances of the address's prefix, which one that was bought at the raised price has paid
  // already.
  [[nodiscard]] BudgetFinding ChargeCleared(const Request& request, const Clearance& clearance,
                                            const PolicyMatch& match,
                                            UnixMillis now) const noexcept;

  // The same of `cost` alone, for what no rule decides about.
  [[nodiscard]] BudgetFinding ChargeClearance(const Request& request, const Clearance& clearance,
                                              std::uint32_t cost, UnixMillis now) const noexcept;

  // A request that `match` lets through without clearance. In this order: its rule's own budget,
  // one for each prefix; that of the address's prefix; that of the ring around it.
  [[nodiscard]] BudgetFinding ChargeUncleared(const Request& request, const PolicyMatch& match,
                                              UnixMillis now) const noexcept;

  // A request that is answered with a challenge: as ChargeUncleared, and no path is free. False if
  // the price is to be raised.
  [[nodiscard]] bool ChargeChallenge(const Request& request, std::uint32_t cost,
                                     UnixMillis now) const noexcept;

  // What is had without clearance where everything passes, and yet is not to be had without end: as
  // a request, and who is over hears for how long.
  [[nodiscard]] BudgetFinding ChargeStranger(const Request& request, UnixMillis now) const noexcept;

  // True if what all clearances of the address's prefix may do together is spent, so that one that
  // is bought at the ordinary price wouldn't pass. Takes nothing.
  [[nodiscard]] bool IsClearedPrefixSpent(const Request& request, UnixMillis now) const noexcept;

 private:
  [[nodiscard]] Taking ChargeAddress(const Request& request, std::uint32_t cost,
                                     UnixMillis now) const noexcept;
  [[nodiscard]] Taking ChargeOwn(const OwnBudget& own, BudgetTable& table, TakingLedger& untold,
                                 const HitterId& id, UnixMillis now) const noexcept;
  [[nodiscard]] const OwnBudget* OwnOf(const PolicyMatch& match) const noexcept;
  // What it costs to let `request` pass.
  [[nodiscard]] std::uint32_t CostOf(const Request& request,
                                     const PolicyMatch& match) const noexcept;
  [[nodiscard]] HitterId PrefixOf(const IpAddress& address) const noexcept;
  [[nodiscard]] HitterId RingOf(const IpAddress& address) const noexcept;

  std::shared_ptr<Budgets> budgets_;
  std::shared_ptr<const Policy> policy_;
  const BudgetTerms* terms_;  // The policy's.
  std::uint32_t site_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_BUDGET_CHECK_H_
