#ifndef STILE_VERIFIER_POLICY_TEXT_RANGE_COLLECTOR_H_
#define STILE_VERIFIER_POLICY_TEXT_RANGE_COLLECTOR_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/policy/range_list.h"

namespace stile {

// Collects the ranges of one list and the mistakes in it.
class RangeCollector {
 public:
  // As many mistakes are named.
  static constexpr std::size_t kMaxMistakes = 100;

  enum class Family : std::uint8_t { kAny = 0, kV4 = 1, kV6 = 2 };

  // `text` is the whole list; it must outlive the collector.
  RangeCollector(std::string_view text, std::string_view name) : text_(text) { list_.name = name; }

  // Adds the range that `range` spells, or the mistake in it. Each returns false if there is no use
  // in going on: there are too many of either. Offsets are in the text.
  bool AddRange(std::string_view range, std::size_t offset, Family family = Family::kAny);
  bool AddMistake(std::size_t offset, ErrorCode code, std::string message);

  void SetCreated(std::string_view time);
  [[nodiscard]] bool is_full() const noexcept { return is_full_; }

  [[nodiscard]] tl::expected<RangeList, Errors> Take() &&;

 private:
  struct Mistake {
    std::size_t offset;
    ErrorCode code;
    std::string message;
  };
  [[nodiscard]] Errors TakeMistakes();

  std::string_view text_;
  RangeList list_;
  std::vector<Mistake> mistakes_;
  bool is_full_ = false;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_RANGE_COLLECTOR_H_
