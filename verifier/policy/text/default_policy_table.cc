#include "verifier/policy/text/default_policy_table.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verifier/policy/index/reading.h"
#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/text/sound_texts.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"ai_scrapers", "feeds", "git", "credentials"};
constexpr std::array<std::string_view, 3> kAiScrapers = {"deny", "challenge", "allow"};

std::optional<SourceMistake> MistakeInExactPath(std::string_view path) {
  if (path.find_first_of("*?") != std::string_view::npos) {
    return SourceMistake{ErrorCode::kInvalidArgument,
                         "a feed is an exact path, without '*' and '?': write a rule for more"};
  }
  return MistakeInPath(path, Reading::kStrict);
}

}  // namespace

DefaultChoices ReadDefaultChoices(const toml::table& table, FileErrors& errors) {
  TableReader reader(table, "[default_policy]", kKeys, errors);
  DefaultChoices choices;
  if (const auto choice = reader.OneOf("ai_scrapers", kAiScrapers)) {
    choices.ai_scrapers = static_cast<AiScrapers>(*choice);
  }
  if (reader.Has("feeds")) {
    choices.feeds = SoundTexts(reader.TextsOrNone("feeds"), MistakeInExactPath, errors);
  }
  const auto pattern = [](std::string_view path) { return MistakeInPath(path, Reading::kStrict); };
  if (reader.Has("git")) choices.git = SoundTexts(reader.TextsOrNone("git"), pattern, errors);
  if (reader.Has("credentials")) {
    choices.credentials = SoundTexts(reader.TextsOrNone("credentials"), pattern, errors);
  }
  return choices;
}

}  // namespace stile
