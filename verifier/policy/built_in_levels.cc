#include "verifier/policy/built_in_levels.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "verifier/policy/budget_terms.h"

namespace stile {
namespace {

constexpr std::uint32_t kHour = 3600;

Alternative Wait() { return {Puzzle::kWait, 1, 0, 0, kMinWaitMillis, kMaxWaitedSeconds}; }

Level MakeWait() { return {"wait", 1, 1, {Wait()}, {"wait"}}; }

Level MakeLight() {
  const Alternative work = {Puzzle::kHashwx,     2,         kHashwxParts, kWholeBudget,
                            2 * kMinLightHashwx, 12 * kHour};
  const Alternative fallback = {Puzzle::kSha256, 2,        kSha256Parts, kHalf,
                                kMinLightSha256, 3 * kHour};
  return {"light", 2, 3, {work, fallback, Wait()}, {"light", "light", "wait"}};
}

Level MakeStandard() {
  const Alternative work = {Puzzle::kHashwx,     3,        kHashwxParts, kWholeBudget,
                            8 * kMinLightHashwx, 6 * kHour};
  const Alternative fallback = {Puzzle::kSha256,     3,        kSha256Parts, kHalf,
                                4 * kMinLightSha256, 2 * kHour};
  return {"standard", 3, 2, {work, fallback}, {"standard", "standard"}};
}

template <typename Holds>
const Level* Find(const std::vector<Level>& levels, Holds holds) {
  const auto at = std::find_if(levels.begin(), levels.end(), holds);
  return at == levels.end() ? nullptr : &*at;
}

void FillEarned(const std::vector<Level>& levels, Level& level) {
  const std::size_t count = std::min<std::size_t>(level.alternative_count, kMaxAlternatives);
  for (std::size_t i = 0; i < count; ++i) {
    Alternative& alternative = level.alternatives[i];
    std::string& name = level.earns[i];
    if (alternative.rank == 0 && name.empty()) name = level.name;
    if (alternative.rank == 0) {
      const Level* earned = Find(levels, [&](const Level& l) { return l.name == name; });
      if (earned != nullptr) alternative.rank = earned->rank;
    } else if (name.empty()) {
      const Level* earned =
          Find(levels, [&](const Level& l) { return l.rank == alternative.rank; });
      if (earned != nullptr) name = earned->name;
    }
  }
}

bool IsOnlyWaitedFor(const Level& level) {
  const std::size_t count = std::min<std::size_t>(level.alternative_count, kMaxAlternatives);
  return count > 0 && std::all_of(level.alternatives.begin(),
                                  level.alternatives.begin() + static_cast<std::ptrdiff_t>(count),
                                  [](const Alternative& a) { return a.puzzle == Puzzle::kWait; });
}

void FillBudgets(std::vector<Level>& levels) {
  for (Level& level : levels) {
    if (!level.budget && !IsOnlyWaitedFor(level)) level.budget = kDefaultBudget;
  }
  const Level* light = Find(levels, [](const Level& l) { return l.name == "light"; });
  const Rate whole = light != nullptr && light->budget ? *light->budget : kDefaultBudget;
  for (Level& level : levels) {
    if (!level.budget) level.budget = TenthOf(whole.count == 0 ? kDefaultBudget : whole);
  }
}

void FillBudgetClasses(const std::vector<Level>& levels, Level& level) {
  const std::size_t count = std::min<std::size_t>(level.alternative_count, kMaxAlternatives);
  for (std::size_t i = 0; i < count; ++i) {
    Alternative& alternative = level.alternatives[i];
    if (alternative.puzzle == Puzzle::kSha256 && level.IsFallback(i)) {
      alternative.budget_class = kHalf;
    }
    if (alternative.puzzle != Puzzle::kWait) continue;
    const Level* earned = Find(levels, [&](const Level& l) { return l.rank == alternative.rank; });
    if (earned != nullptr && !IsOnlyWaitedFor(*earned)) alternative.budget_class = kTenth;
  }
}

}  // namespace

const std::array<Level, 3>& BuiltInLevels() {
  static const std::array<Level, 3> levels = {MakeWait(), MakeLight(), MakeStandard()};
  return levels;
}

const Level* FindBuiltInLevel(std::string_view name) {
  const auto& levels = BuiltInLevels();
  const auto at = std::find_if(levels.begin(), levels.end(),
                               [name](const Level& level) { return level.name == name; });
  return at == levels.end() ? nullptr : &*at;
}

void CompleteLevels(std::vector<Level>& levels) {
  for (const Level& built_in : BuiltInLevels()) {
    const Level* found = Find(levels, [&](const Level& l) { return l.name == built_in.name; });
    if (found == nullptr) levels.push_back(built_in);
  }
  std::stable_sort(levels.begin(), levels.end(),
                   [](const Level& a, const Level& b) { return a.rank < b.rank; });
  for (Level& level : levels) FillEarned(levels, level);
  FillBudgets(levels);
  for (Level& level : levels) FillBudgetClasses(levels, level);
}

}  // namespace stile
