#ifndef STILE_ENGINE_ADMISSION_GENERATIONS_H_
#define STILE_ENGINE_ADMISSION_GENERATIONS_H_

#include <cstddef>
#include <string>
#include <vector>

namespace stile {

// What a candidate was made of, and its digest.
struct Generation {
  std::string digest;
  std::string source;

  friend bool operator==(const Generation&, const Generation&) = default;
};

// The sources of the last generations that have proven good, latest first. No digest twice.
class Generations {
 public:
  // Holds at most `limit`, and one at least.
  explicit Generations(std::size_t limit) : limit_(limit == 0 ? 1 : limit) {}

  // Makes `generation` the latest. Forgets the oldest if there are too many. Returns false if it is
  // the latest already.
  bool Promote(Generation generation);

  // The latest whose digest isn't `bad`; null if there is none.
  [[nodiscard]] const Generation* LatestBut(const std::string& bad) const;
  [[nodiscard]] const std::vector<Generation>& all() const { return all_; }

 private:
  std::size_t limit_;
  std::vector<Generation> all_;
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_GENERATIONS_H_
