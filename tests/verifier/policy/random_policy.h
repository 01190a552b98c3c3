#ifndef STILE_TESTS_VERIFIER_POLICY_RANDOM_POLICY_H_
#define STILE_TESTS_VERIFIER_POLICY_RANDOM_POLICY_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "verifier/policy/policy.h"

namespace stile {

// A request with what its views look at.
struct OwnedRequest {
  std::deque<std::string> texts;
  std::vector<RequestField> fields;
  Request request;
};

// Makes policies and requests of a small world, in which everything meets everything.
class RandomPolicy {
 public:
  explicit RandomPolicy(std::uint32_t seed);

  PolicySource Source();
  std::unique_ptr<OwnedRequest> NewRequest();
  // Without reverse names.
  ClientFacts Facts();
  IpAddress Address();

  // A number below `end`.
  std::size_t Below(std::size_t end) { return random_() % end; }
  bool OneIn(std::size_t n) { return Below(n) == 0; }

 private:
  void FillTable(Matchers& table, bool strict, std::size_t depth);
  void FillMatcher(Matchers& table, std::size_t kind);
  FieldTest Field(bool is_header);
  Rule NewRule();
  Rule RuleThatGivesUp();
  Cidr Range();
  std::string Target();
  std::string Query();
  template <typename List>
  auto Pick(const List& list) {
    return list[Below(std::size(list))];
  }
  template <typename List>
  std::vector<std::string> Some(const List& list);

  std::mt19937 random_;
  std::vector<std::shared_ptr<const RangeList>> lists_;
};

}  // namespace stile

#endif  // STILE_TESTS_VERIFIER_POLICY_RANDOM_POLICY_H_
