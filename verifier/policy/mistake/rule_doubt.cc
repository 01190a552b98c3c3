#include "verifier/policy/mistake/rule_doubt.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "verifier/agents/agent.h"
#include "verifier/policy/index/reading.h"
#include "verifier/policy/mistake/matcher_cover.h"
#include "verifier/policy/mistake/vast_part.h"

namespace stile {
namespace {

std::array<const std::vector<Matchers>*, 3> TablesIn(const Matchers& matchers) {
  return {&matchers.any, &matchers.all, &matchers.negated};
}

const Agent* FindAgent(const std::string& name, const PolicySource& source) {
  const auto at = std::find_if(source.agents.begin(), source.agents.end(),
                               [&name](const Agent& agent) { return agent.name == name; });
  return at == source.agents.end() ? FindBuiltInAgent(name) : &*at;
}

bool CanBeVerified(const Agent& agent) {
  return !agent.lists.empty() || !agent.reverse_names.empty();
}

// The greatest rank that a clearance may carry.
std::uint8_t GreatestRank(const PolicySource& source) {
  std::uint8_t greatest = 0;
  for (const Level& level : source.levels) {
    for (std::size_t i = 0; i < level.alternative_count && i < kMaxAlternatives; ++i) {
      greatest = std::max(greatest, level.alternatives[i].rank);
    }
  }
  return greatest;
}

// Whether nothing but what is never known is in a table.
bool IsNeverKnown(const Matchers& matchers) {
  Matchers rest = matchers;
  rest.rate.reset();
  rest.overload.reset();
  return rest.empty() && !matchers.empty();
}

std::string WhyNeverKnown(const Matchers& matchers) {
  if (matchers.rate) return "nothing measures rates in this version; remove rate";
  if (matchers.overload) return "nothing measures the overload in this version; remove overload";
  return {};
}

// Finds why a table of matchers can't be true.
class TableDoubt {
 public:
  explicit TableDoubt(const PolicySource& source)
      : source_(source), greatest_rank_(GreatestRank(source)) {}

  [[nodiscard]] std::string Why(const Matchers& matchers, Reading reading) const {
    if (std::string why = WhyNeverKnown(matchers); !why.empty()) return why;
    if (matchers.rank_held && *matchers.rank_held > greatest_rank_) {
      return "no clearance has rank " + std::to_string(*matchers.rank_held) +
             "; ask for one that some level earns";
    }
    if (std::string why = WhyOfAgents(matchers); !why.empty()) return why;
    if (std::string why = WhyOfNot(matchers, reading); !why.empty()) return why;
    return WhyOfTables(matchers, reading);
  }

 private:
  [[nodiscard]] std::string WhyOfAgents(const Matchers& matchers) const {
    for (const std::string& name : matchers.agents) {
      const Agent* agent = FindAgent(name, source_);
      if (agent == nullptr || CanBeVerified(*agent)) return {};
    }
    if (matchers.agents.empty()) return {};
    return "agent \"" + matchers.agents.front() +
           "\" has neither ip_list nor reverse_dns to verify it by; add one";
  }

  [[nodiscard]] static std::string WhyOfNot(const Matchers& matchers, Reading reading) {
    if (matchers.negated.empty()) return {};
    const Matchers& negated = matchers.negated.front();
    if (IsNeverKnown(negated)) return WhyNeverKnown(negated);
    Matchers rest = matchers;
    rest.negated.clear();
    if (!Covers(negated, Opposite(reading), rest, reading)) return {};
    return "whatever its other matchers match is excluded by not; change one of them";
  }

  [[nodiscard]] std::string WhyOfTables(const Matchers& matchers, Reading reading) const {
    for (const Matchers& table : matchers.all) {
      if (std::string why = Why(table, reading); !why.empty()) return why;
    }
    std::string first;
    for (const Matchers& table : matchers.any) {
      std::string why = Why(table, reading);
      if (why.empty()) return {};
      if (first.empty()) first = std::move(why);
    }
    return first;
  }

  const PolicySource& source_;
  std::uint8_t greatest_rank_;
};

// Whether there are values, and none of them is for clients of whom nothing is known: without a
// database or a header that says it, that is everybody.
template <typename Value, typename Unknown>
bool AreAllKnown(const std::vector<Value>& values, const Unknown& unknown) {
  return !values.empty() && std::find(values.begin(), values.end(), unknown) == values.end();
}

// What a client can't choose to send.
bool AsksForProof(const Matchers& matchers) {
  if (!matchers.ips.empty() || !matchers.ip_lists.empty() || !matchers.agents.empty() ||
      AreAllKnown(matchers.countries, "unknown") || AreAllKnown(matchers.asns, 0U) ||
      AreAllKnown(matchers.tls_fingerprints, "unknown") || matchers.rank_held.value_or(0) > 0) {
    return true;
  }
  return std::any_of(matchers.all.begin(), matchers.all.end(), AsksForProof) ||
         (!matchers.any.empty() &&
          std::all_of(matchers.any.begin(), matchers.any.end(), AsksForProof));
}

bool AsksForWhatIsSent(const Matchers& matchers) {
  if (!matchers.user_agents.empty() || !matchers.user_agent_regexes.empty() ||
      !matchers.headers.empty() || !matchers.queries.empty()) {
    return true;
  }
  const auto tables = TablesIn(matchers);
  return std::any_of(tables.begin(), tables.end(), [](const std::vector<Matchers>* list) {
    return std::any_of(list->begin(), list->end(), AsksForWhatIsSent);
  });
}

void FindVast(const std::vector<Cidr>& ranges, std::string_view list,
              std::vector<std::string>& found) {
  std::string text = VastPart(ranges);
  if (text.empty()) return;
  if (!list.empty()) text += " of \"" + std::string(list) + "\"";
  found.push_back(std::move(text));
}

// What stands below a `not` lets nobody through.
void FindVast(const Matchers& matchers, const PolicySource& source,
              std::vector<std::string>& found) {
  FindVast(matchers.ips, "", found);
  for (const auto& list : matchers.ip_lists) {
    if (list != nullptr) FindVast(list->ranges, list->name, found);
  }
  for (const std::string& name : matchers.agents) {
    const Agent* agent = FindAgent(name, source);
    if (agent == nullptr) continue;
    for (const auto& list : agent->lists) {
      if (list != nullptr) FindVast(list->ranges, list->name, found);
    }
  }
  for (const Matchers& table : matchers.any) FindVast(table, source, found);
  for (const Matchers& table : matchers.all) FindVast(table, source, found);
}

void FindAgents(const Matchers& matchers, const PolicySource& source,
                std::vector<const Agent*>& found) {
  for (const std::string& name : matchers.agents) {
    if (const Agent* agent = FindAgent(name, source)) found.push_back(agent);
  }
  for (const std::vector<Matchers>* list : TablesIn(matchers)) {
    for (const Matchers& table : *list) FindAgents(table, source, found);
  }
}

}  // namespace

std::string WhyNever(const Rule& rule, const PolicySource& source) {
  const Reading reading = ReadingOf(rule.action, rule.weight);
  // Such a rule may match where something gave up, whatever else is unknown.
  if (reading == Reading::kLenient && MayGiveUp(rule)) return {};
  return TableDoubt(source).Why(rule, reading);
}

bool RestsOnWhatAnyoneSends(const Rule& rule) {
  return AsksForWhatIsSent(rule) && !AsksForProof(rule);
}

std::vector<std::string> VastRanges(const Rule& rule, const PolicySource& source) {
  std::vector<std::string> found;
  FindVast(rule, source, found);
  return found;
}

std::vector<const Agent*> AgentsOf(const Rule& rule, const PolicySource& source) {
  std::vector<const Agent*> found;
  FindAgents(rule, source, found);
  return found;
}

}  // namespace stile
