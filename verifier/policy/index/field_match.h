#ifndef STILE_VERIFIER_POLICY_INDEX_FIELD_MATCH_H_
#define STILE_VERIFIER_POLICY_INDEX_FIELD_MATCH_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/policy/index/reading.h"
#include "verifier/policy/index/regex_set.h"
#include "verifier/policy/index/truth.h"
#include "verifier/policy/matchers.h"
#include "verifier/request.h"

namespace stile {

// The longest query, and the longest header field, that is compared with values.
inline constexpr std::size_t kMaxFieldSearched = 8192;

// One question about a header field or the query, ready to be asked. Immutable.
class FieldMatch {
 public:
  // `regexes` holds the test's values if its question is kRegex.
  FieldMatch(FieldTest test, RegexSet regexes);

  // Each field of the name is an occurrence. Linear in the fields.
  [[nodiscard]] Truth InHeader(std::span<const RequestField> fields,
                               Reading reading) const noexcept;
  // `query` is what follows the first '?' of a target. Linear in it; decodes on the stack.
  [[nodiscard]] Truth InQuery(std::string_view query, Reading reading) const noexcept;

  // False if the answer can't be kGaveUp.
  [[nodiscard]] bool CanGiveUp() const noexcept {
    return test_.question != FieldQuestion::kPresent && test_.question != FieldQuestion::kAbsent;
  }
  [[nodiscard]] const FieldTest& test() const noexcept { return test_; }
  [[nodiscard]] std::size_t Bytes() const noexcept;

 private:
  [[nodiscard]] bool IsName(std::string_view sent) const noexcept;
  [[nodiscard]] Truth Satisfies(std::string_view text) const noexcept;
  [[nodiscard]] Truth InWholeQuery(std::string_view query, Reading reading) const noexcept;
  [[nodiscard]] Truth HasParameter(std::string_view query, Reading reading) const noexcept;
  [[nodiscard]] Truth InParameters(std::string_view query, Reading reading) const noexcept;

  FieldTest test_;
  std::string case_bits_;  // As long as the name: the bit that a letter's case may change.
  RegexSet regexes_;
};

// Decodes once: '+' is a space, and %XX is a byte; what is no encoding stays. `to` has room for
// text.size() bytes and may be where `text` is. Returns the new size.
std::size_t DecodeParameter(std::string_view text, char* to) noexcept;

// The part of `target` behind the first '?'; empty if there is none.
[[nodiscard]] std::string_view QueryOf(std::string_view target) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_FIELD_MATCH_H_
