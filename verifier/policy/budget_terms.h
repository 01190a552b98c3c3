#ifndef STILE_VERIFIER_POLICY_BUDGET_TERMS_H_
#define STILE_VERIFIER_POLICY_BUDGET_TERMS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/clearance.h"
#include "verifier/rate.h"
#include "verifier/request.h"
#include "verifier/tables/budget_table.h"

namespace stile {

// What a clearance's budget class says, besides its rank: see docs/wire-format.md. A class that
// isn't known counts as kTenth.
inline constexpr std::uint8_t kWholeBudget = 0;  // It has the budget of its level,
inline constexpr std::uint8_t kTenth = 1;        // a tenth of it,
inline constexpr std::uint8_t kHalf = 2;         // or half.
// Set besides: it was bought at the raised price, and passes where its prefix has spent its budget.
inline constexpr std::uint8_t kBoughtDear = 0x80;

// What a level's clearances may do where the policy doesn't say.
inline constexpr Rate kDefaultBudget{600, std::chrono::minutes{10}, 300};

inline constexpr std::uint8_t kMaxCost = 100;
inline constexpr std::uint32_t kMaxPrice = 64;
inline constexpr std::size_t kMaxStaticAssets = 64;
inline constexpr std::size_t kMaxExtension = 8;

// What a policy says about budgets of many clients together, as written. A rate of 0 limits
// nothing.
struct BudgetRules {
  Rate cleared_prefix{12'000, std::chrono::minutes{10}, 6'000};
  Rate uncleared_prefix{600, std::chrono::minutes{10}, 600};
  Rate uncleared_ring{12'000, std::chrono::minutes{10}, 6'000};
  // By how much a challenge is raised where a prefix has spent its budget: 1 to kMaxPrice.
  std::uint32_t price = 4;
  // The extensions of paths that cost nothing, in lower case and without dot, for GET and HEAD.
  std::vector<std::string> static_assets = {
      "apng", "avif", "bmp", "css", "cur", "eot", "gif", "ico",  "jpeg", "jpg",  "js",
      "jxl",  "map",  "mjs", "otf", "png", "svg", "ttf", "wasm", "webp", "woff", "woff2"};
};

// The budget that one rule has of its own.
struct OwnBudget {
  Pace pace;
  std::uint64_t part = 0;  // Its name's hash: sets it apart in the tables. Never 0.
};

// The extensions of static assets, ready to look up.
class StaticAssets {
 public:
  StaticAssets() = default;
  explicit StaticAssets(const std::vector<std::string>& extensions);

  // True if `request` reads a path whose last segment has one of the extensions. Looks at the last
  // 9 bytes of the path.
  [[nodiscard]] bool Has(const Request& request) const noexcept;

 private:
  std::vector<std::uint64_t> extensions_;  // Sorted; see Packed in the source.
};

// What a policy says about budgets, ready to charge by.
struct BudgetTerms {
  // The pace of what a clearance may do: its level's, by its budget class. A rank that no level has
  // counts as that of the next higher level, or of the highest.
  [[nodiscard]] const Pace& PaceOf(const Clearance& clearance) const noexcept {
    const std::size_t of = clearance.budget_class & ~kBoughtDear;
    return levels[level_of_rank[clearance.rank]][of < kBudgetClasses ? of : kTenth];
  }

  std::array<std::uint8_t, 256> level_of_rank{};
  static constexpr std::size_t kBudgetClasses = 3;
  std::vector<std::array<Pace, kBudgetClasses>> levels = {{}};  // By class. Never empty.
  std::vector<OwnBudget> own;
  Pace cleared_prefix;
  Pace uncleared_prefix;
  Pace uncleared_ring;
  std::uint32_t price = 1;
  StaticAssets static_assets;
};

// A tenth of a rate, or half of it: of its count and of its burst, each at least 1.
[[nodiscard]] Rate TenthOf(const Rate& rate) noexcept;
[[nodiscard]] Rate HalfOf(const Rate& rate) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_BUDGET_TERMS_H_
