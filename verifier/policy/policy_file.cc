#include "verifier/policy/policy_file.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include <toml++/toml.h>

#include "challenge/toml_plain_text.h"
#include "verifier/policy/level_table.h"
#include "verifier/policy/rule_table.h"
#include "verifier/policy/table_reader.h"

namespace stile {
namespace {

constexpr std::size_t kMaxFile = std::size_t{4} << 20;
constexpr std::array<std::string_view, 3> kFileKeys = {"level", "rule", "default"};

PolicySource ReadPolicy(const toml::table& file, FileErrors& errors) {
  PolicySource source;
  TableReader reader(file, "a policy", kFileKeys, {}, errors);
  source.levels = ReadLevels(reader.Table("level"), errors);
  RuleReader rules(source.levels, errors);
  if (const toml::node* node = file.get("rule")) {
    if (const toml::array* list = node->as_array()) {
      source.rules = rules.ReadRules(*list);
    } else {
      errors.Add(PlaceOf(*node), "rules are a list: begin each with [[rule]]");
    }
  }
  if (const toml::table* table = reader.Table("default")) rules.ReadDefault(*table, source);
  return source;
}

}  // namespace

tl::expected<PolicySource, Errors> ParsePolicyFile(std::string_view text, std::string_view name,
                                                   const RangeListSource& lists) {
  static_cast<void>(lists);
  FileErrors errors(name);
  if (text.size() > kMaxFile) {
    errors.Add({}, ErrorCode::kOutOfRange,
               "the policy has " + std::to_string(text.size()) + " bytes: keep it under 4 MiB");
    return tl::unexpected(std::move(errors).Take());
  }
  if (const auto place = FindUnquotedNonAscii(text)) {
    errors.Add({place->line, place->column}, std::string(kNonAsciiAdvice));
    return tl::unexpected(std::move(errors).Take());
  }
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    errors.Add({at.line, at.column},
               "this is no TOML: " + std::string(parsed.error().description()));
    return tl::unexpected(std::move(errors).Take());
  }
  PolicySource source = ReadPolicy(parsed.table(), errors);
  if (errors.size() != 0) return tl::unexpected(std::move(errors).Take());
  return source;
}

}  // namespace stile
