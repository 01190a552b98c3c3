#ifndef STILE_TESTS_DRILLS_LIBRARY_BAD_CANDIDATES_H_
#define STILE_TESTS_DRILLS_LIBRARY_BAD_CANDIDATES_H_

#include <string>
#include <vector>

namespace stile::drills {

// More than half of the rules that a policy may have.
inline constexpr std::size_t kManyRules = 5'100;

struct BadCandidate {
  std::string name;
  std::string source;
};

// What a deployment may bring in place of `good`: twice as much, half of it, nothing, too deep, an
// expression that explodes, garbage.
[[nodiscard]] std::vector<BadCandidate> BadCandidates(const std::string& good);
// Expressions and trees that are too much to be compiled.
[[nodiscard]] std::vector<BadCandidate> Bombs(const std::string& good);

[[nodiscard]] std::string Repeated(const std::string& text, std::size_t times);

}  // namespace stile::drills

#endif  // STILE_TESTS_DRILLS_LIBRARY_BAD_CANDIDATES_H_
