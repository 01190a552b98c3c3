#ifndef STILE_TESTS_DRILLS_LIBRARY_OUTCOME_H_
#define STILE_TESTS_DRILLS_LIBRARY_OUTCOME_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stile::drills {

// What came of a drill: its figures in the order that they were found, and which invariants it
// broke, by their names in tests/drills/outcome.py.
class Outcome {
 public:
  void Figure(const std::string& name, std::string value);
  void Breach(const std::string& invariant, std::string what);
  // Returns `holds`.
  bool Require(bool holds, const std::string& invariant, std::string what);

  // One line of JSON: {"figures": {..}, "broken": {"I1": ["..", ..]}}.
  [[nodiscard]] std::string Json() const;

 private:
  std::vector<std::pair<std::string, std::string>> figures_;
  std::map<std::string, std::vector<std::string>> broken_;
};

}  // namespace stile::drills

#endif  // STILE_TESTS_DRILLS_LIBRARY_OUTCOME_H_
