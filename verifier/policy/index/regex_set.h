#ifndef STILE_VERIFIER_POLICY_INDEX_REGEX_SET_H_
#define STILE_VERIFIER_POLICY_INDEX_REGEX_SET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/policy/index/literal_finder.h"
#include "verifier/policy/index/truth.h"

namespace stile {

// Some regular expressions of which one suffices (RE2), behind a filter of literals. Expressions
// see bytes, whatever their encoding. Immutable; safe to share between threads, though RE2 locks
// and allocates where a text is unlike those before.
class RegexSet {
 public:
  // What each expression may take, compiled and with what RE2 keeps of texts it has seen: 256 MiB
  // for the 1,024 that a policy may have, of which ordinary ones use some KiB each.
  static constexpr std::int64_t kMemory = std::int64_t{256} << 10;
  // Shorter literals say too little.
  static constexpr int kShortestAtom = 3;

  // Gives up on every text.
  RegexSet();
  ~RegexSet();
  RegexSet(RegexSet&&) noexcept;
  RegexSet& operator=(RegexSet&&) noexcept;

  // Returns kInvalidArgument for what RE2 can't read and for an expression without a literal of
  // kShortestAtom bytes that every match has (or one of several), kOutOfRange for one that takes
  // more than `memory`. The place is empty.
  [[nodiscard]] static tl::expected<RegexSet, Error> Create(
      const std::vector<std::string>& expressions, std::int64_t memory = kMemory);

  // Literals in lower case. A text that has none of them, in any case of its ASCII letters, has no
  // match. Of each expression the fewest and the rarest that suffice.
  [[nodiscard]] const std::vector<LiteralFinder::Literal>& atoms() const noexcept;

  // Whether some expression is found in `text`, or RE2 gave up.
  [[nodiscard]] Truth Find(std::string_view text) const noexcept;
  // The same for a text that is known to have an atom.
  [[nodiscard]] Truth FindBehindAtom(std::string_view text) const noexcept;

  [[nodiscard]] std::size_t Bytes() const noexcept;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;  // Null: gives up.
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_REGEX_SET_H_
