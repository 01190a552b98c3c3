// Policies of Anubis. Whatever is converted makes a policy file that parses and compiles; the same
// text converts to the same again; every note has a place and a sentence. The text is also taken
// for one expression and one regular expression.

#include <string>

#include "tests/fuzz/fuzz_target.h"
#include "tool/anubis/anubis_policy.h"
#include "tool/anubis/expression.h"
#include "tool/anubis/regex_texts.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

std::string Convert(const YamlNode& tree, ImportNotes& notes, std::size_t& converted) {
  AnubisPolicy policy(
      [](const std::string& /*path*/) -> tl::expected<std::string, std::string> {
        return tl::unexpected(std::string("there is no such file"));
      },
      "", notes);
  std::string text = policy.Convert(tree, "policy.yaml");
  converted = policy.converted();
  return text;
}

void CheckPolicy(std::string_view text) {
  const auto tree = ParseYaml(text, "policy.yaml");
  if (!tree) {
    Reach("refused YAML");
    STILE_REQUIRE(tree.error().place.starts_with("policy.yaml"));
    STILE_REQUIRE(!tree.error().message.empty());
    return;
  }
  ImportNotes notes;
  std::size_t converted = 0;
  const std::string policy = Convert(*tree, notes, converted);
  if (converted != 0) Reach("converted rule");
  if (notes.lost() != 0) Reach("lost rule");
  for (const ImportNotes::Note& note : notes.all()) {
    STILE_REQUIRE(note.place.starts_with("policy.yaml:") && !note.message.empty());
  }
  ImportNotes notes_again;
  std::size_t converted_again = 0;
  STILE_REQUIRE(Convert(*tree, notes_again, converted_again) == policy);
  // More thresholds or rules than a policy holds are said by the command itself.
  const auto source = ParsePolicyFile(policy, "policy.toml");
  if (!source) {
    for (const Error& error : source.error()) STILE_REQUIRE(error.code == ErrorCode::kOutOfRange);
    return;
  }
  STILE_REQUIRE(Policy::Compile(*source).has_value());
}

void CheckExpression(std::string_view text) {
  const auto converted = ConvertExpression(text);
  if (!converted) {
    STILE_REQUIRE(converted.error().offset <= text.size() && !converted.error().reason.empty());
    return;
  }
  Reach("converted expression");
  STILE_REQUIRE(converted->condition.kind != Condition::Kind::kAlways);
  const std::string rule =
      "[[rule]]\n" + TomlMatchers(converted->condition) + "action = \"deny\"\n";
  // It is TOML at least: what a matcher refuses has a place inside the rule.
  const auto source = ParsePolicyFile(rule, "policy.toml");
  if (!source) {
    for (const Error& error : source.error()) {
      STILE_REQUIRE(!error.message.starts_with("this is no TOML"));
    }
  }
}

}  // namespace

void FuzzAnubisPolicy(FuzzInput input) {
  const std::string_view text = TextOf(input);
  CheckPolicy(text);
  CheckExpression(text);
  if (const auto texts = TextsOfRegex(text)) {
    Reach("texts of a regular expression");
    STILE_REQUIRE(!texts->empty() && texts->size() <= 512);
  }
  std::string joined;
  for (const std::string& branch : RegexBranches(text)) joined += "|" + branch;
  STILE_REQUIRE(joined.substr(1) == text);
}

}  // namespace stile
