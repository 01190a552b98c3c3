// What regular expressions ask, as matchers.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "tool/anubis/expression.h"
#include "tool/anubis/regex_texts.h"

namespace stile {
namespace {

constexpr std::size_t kMaxPathPattern = 512;

// A path pattern that matches what `text` finds; nothing if no pattern does.
std::optional<std::string> PathPattern(const RegexText& text) {
  const bool is_plain = text.text.find_first_of("*?%\\#;") == std::string::npos &&
                        text.text.find("//") == std::string::npos &&
                        text.text.find("/.") == std::string::npos;
  // What is under /.well-known is no dot segment.
  const bool is_well_known =
      text.text.starts_with("/.well-known/") && text.text.find("/.", 1) == std::string::npos;
  if (!is_plain && !is_well_known) return std::nullopt;
  std::string pattern = text.text;
  if (!text.at_begin) {
    // A text that begins with a slash may be the beginning of the path, where no glob finds it.
    if (pattern.starts_with('/')) return std::nullopt;
    pattern.insert(0, "/*");
  }
  if (!pattern.starts_with('/')) return std::nullopt;
  if (!text.at_end) pattern += '*';
  return pattern.size() <= kMaxPathPattern ? std::optional(pattern) : std::nullopt;
}

}  // namespace

Condition UserAgentCondition(std::string_view regex) {
  std::vector<std::string> texts;
  std::vector<std::string> regexes;
  for (const std::string& branch : RegexBranches(regex)) {
    const auto found = TextsOfRegex(branch);
    const bool is_plain = found && std::none_of(found->begin(), found->end(), [](const auto& text) {
                            return text.at_begin || text.at_end || text.text.size() > 256;
                          });
    if (!is_plain) {
      regexes.push_back(branch);
      continue;
    }
    for (const RegexText& text : *found) texts.push_back(text.text);
  }
  std::vector<Condition> parts;
  if (!texts.empty()) parts.push_back(Condition::Texts("user_agent", std::move(texts)));
  if (!regexes.empty()) parts.push_back(Condition::Texts("user_agent_regex", std::move(regexes)));
  return Condition::Any(std::move(parts));
}

Condition PathCondition(std::string_view regex) {
  std::vector<std::string> paths;
  std::vector<std::string> regexes;
  for (const std::string& branch : RegexBranches(regex)) {
    std::vector<std::string> patterns;
    const auto found = TextsOfRegex(branch);
    for (const RegexText& text : found.value_or(std::vector<RegexText>())) {
      if (auto pattern = PathPattern(text)) patterns.push_back(*std::move(pattern));
    }
    if (!found || patterns.size() < found->size()) {
      regexes.push_back(branch);
    } else {
      std::move(patterns.begin(), patterns.end(), std::back_inserter(paths));
    }
  }
  std::vector<Condition> parts;
  if (!paths.empty()) parts.push_back(Condition::Texts("path", std::move(paths)));
  if (!regexes.empty()) parts.push_back(Condition::Texts("path_regex", std::move(regexes)));
  return Condition::Any(std::move(parts));
}

Condition FieldCondition(std::string_view key, std::string_view field, std::string_view regex) {
  if (regex == ".*" || regex == "^.*$" || regex == "^.*" || regex == ".*$") {
    return Condition::Field(key, field, "present", {});
  }
  std::vector<std::string> contained;
  std::vector<std::string> equal;
  const auto found = TextsOfRegex(regex);
  if (found) {
    for (const RegexText& text : *found) {
      if (text.at_begin && text.at_end) equal.push_back(text.text);
      if (!text.at_begin && !text.at_end) contained.push_back(text.text);
    }
  }
  if (!found || contained.size() + equal.size() < found->size()) {
    return Condition::Field(key, field, "regex", RegexBranches(regex));
  }
  std::vector<Condition> parts;
  if (!contained.empty()) parts.push_back(Condition::Field(key, field, "contains", contained));
  if (!equal.empty()) parts.push_back(Condition::Field(key, field, "equals", equal));
  return Condition::Any(std::move(parts));
}

}  // namespace stile
