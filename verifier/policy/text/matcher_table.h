#ifndef STILE_VERIFIER_POLICY_TEXT_MATCHER_TABLE_H_
#define STILE_VERIFIER_POLICY_TEXT_MATCHER_TABLE_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "verifier/policy/index/reading.h"
#include "verifier/policy/matchers.h"
#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/mistake/source_tally.h"
#include "verifier/policy/text/decision_table.h"
#include "verifier/policy/text/field_test_table.h"
#include "verifier/policy/text/named_lists.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

inline constexpr std::array<std::string_view, 20> kMatcherKeys = {"host",       "path",
                                                                  "path_regex", "method",
                                                                  "query",      "header",
                                                                  "user_agent", "user_agent_regex",
                                                                  "ip",         "ip_list",
                                                                  "country",    "asn",
                                                                  "agent",      "tls_fingerprint",
                                                                  "rank",       "rate",
                                                                  "overload",   "any",
                                                                  "all",        "not"};

// Reads matchers, from a rule and from the tables in it. What it is made with must outlive it.
class MatcherReader {
 public:
  // `agents` are the names of all agents that the policy knows.
  MatcherReader(const std::vector<std::string>& agents, DecisionReader& decisions,
                NamedLists& lists, SourceTally& tally, FileErrors& errors)
      : agents_(agents),
        decisions_(decisions),
        lists_(lists),
        tally_(tally),
        errors_(errors),
        fields_(tally, errors) {}

  // Reads the matchers of a rule, whose own keys `reader` has seen to.
  void Read(TableReader& reader, Reading reading, Matchers& matchers) {
    ReadTable(reader, reading, 0, matchers);
  }

 private:
  void ReadTable(TableReader& reader, Reading reading, std::size_t depth, Matchers& matchers);
  void ReadRequest(TableReader& reader, Reading reading, Matchers& matchers);
  void ReadClient(TableReader& reader, Matchers& matchers);
  void ReadAsns(TableReader& reader, Matchers& matchers);
  void ReadAgents(TableReader& reader, Matchers& matchers);
  void ReadRank(TableReader& reader, Matchers& matchers);
  void ReadNested(TableReader& reader, Reading reading, std::size_t depth, Matchers& matchers);
  // Appends the table inside, unless it is too deep or says nothing.
  void ReadInside(const toml::table& table, Reading reading, std::size_t depth,
                  std::vector<Matchers>& out);
  [[nodiscard]] std::vector<std::string> ReadRegexes(TableReader& reader, std::string_view key);

  const std::vector<std::string>& agents_;
  DecisionReader& decisions_;
  NamedLists& lists_;
  SourceTally& tally_;
  FileErrors& errors_;
  FieldTestReader fields_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_MATCHER_TABLE_H_
