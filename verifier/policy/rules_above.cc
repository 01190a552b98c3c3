#include "verifier/policy/rules_above.h"

#include <algorithm>
#include <string_view>

#include "verifier/policy/index/reading.h"
#include "verifier/policy/mistake/matcher_cover.h"

namespace stile {

void RulesAbove::Add(const Rule& rule) {
  if (rule.weight != 0 || rule.mode != RuleMode::kEnforce) return;
  const std::size_t index = rules_.size();
  rules_.push_back(&rule);
  if (rule.paths.empty()) without_path_.push_back(index);
  for (const std::string& path : rule.paths) {
    by_path_[path].push_back(index);
    if (path.ends_with('*')) by_beginning_[path.substr(0, path.size() - 1)].push_back(index);
  }
}

// A rule with paths covers only those of which it covers the first path.
RulesAbove::Indexes RulesAbove::CandidatesFor(const Rule& rule) const {
  Indexes candidates = without_path_;
  const auto append = [&candidates](const auto& map, std::string_view key) {
    const auto at = map.find(key);
    if (at == map.end()) return;
    candidates.insert(candidates.end(), at->second.begin(), at->second.end());
  };
  if (!rule.paths.empty()) {
    const std::string_view path = rule.paths.front();
    append(by_path_, path);
    const std::size_t literal = std::min(path.find_first_of("*?"), path.size());
    for (std::size_t size = 0; size <= literal; ++size) {
      append(by_beginning_, path.substr(0, size));
    }
  }
  std::sort(candidates.begin(), candidates.end());
  return candidates;
}

const Rule* RulesAbove::FindCovering(const Rule& rule) {
  const Reading reading = ReadingOf(rule.action, rule.weight);
  const bool may_match_in_doubt = reading == Reading::kLenient && MayGiveUp(rule);
  for (const std::size_t index : CandidatesFor(rule)) {
    if (pairs_left_ == 0) return nullptr;
    --pairs_left_;
    const Rule& above = *rules_[index];
    if (!Covers(above, ReadingOf(above.action, 0), rule, reading)) continue;
    if (!may_match_in_doubt || IsAlwaysKnown(above)) return &above;
  }
  return nullptr;
}

}  // namespace stile
