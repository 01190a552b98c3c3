#ifndef STILE_TOOL_ANUBIS_CONDITION_H_
#define STILE_TOOL_ANUBIS_CONDITION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stile {

// What a rule asks of a request, on its way into a policy file: matchers of docs/policy.md and
// what joins them.
struct Condition {
  enum class Kind : std::uint8_t { kAlways, kMatcher, kAll, kAny, kNot };

  Kind kind = Kind::kAlways;
  std::string key;                  // Of a matcher: "path".
  std::vector<std::string> values;  // In TOML: "\"/a\"", "64500", "{ name = ... }".
  std::vector<Condition> parts;     // Of kAll, kAny and kNot.
  std::string field;                // Of a matcher made by Field: the name, and
  std::string question;             // what is asked.

  // A matcher whose values are texts.
  [[nodiscard]] static Condition Texts(std::string_view key, std::vector<std::string> texts);
  // One whose values are written as they are.
  [[nodiscard]] static Condition Written(std::string_view key, std::vector<std::string> values);
  // header = { name = ..., question = ... }; without texts `question` is "present" or "absent".
  [[nodiscard]] static Condition Field(std::string_view key, std::string_view name,
                                       std::string_view question,
                                       const std::vector<std::string>& texts);
  // Every part, or some part; parts of the same kind are taken in, and of kAny those of the same
  // matcher joined, so that nothing nests without need.
  [[nodiscard]] static Condition All(std::vector<Condition> parts);
  [[nodiscard]] static Condition Any(std::vector<Condition> parts);
  [[nodiscard]] static Condition Not(Condition part);
};

// `text` as a string of TOML. Control bytes and what isn't UTF-8 can't be written: see IsWritable.
[[nodiscard]] std::string TomlText(std::string_view text);
[[nodiscard]] bool IsWritable(std::string_view text);

// The keys and values that a rule with this condition has, one a line.
[[nodiscard]] std::string TomlMatchers(const Condition& condition);

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_CONDITION_H_
