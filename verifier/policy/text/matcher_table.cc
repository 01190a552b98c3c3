#include "verifier/policy/text/matcher_table.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "verifier/policy/mistake/matcher_mistake.h"
#include "verifier/policy/text/cidr_text.h"
#include "verifier/policy/text/nearest_name.h"
#include "verifier/policy/text/sound_texts.h"

namespace stile {

void MatcherReader::ReadTable(TableReader& reader, Reading reading, std::size_t depth,
                              Matchers& matchers) {
  ReadRequest(reader, reading, matchers);
  ReadClient(reader, matchers);
  ReadNested(reader, reading, depth, matchers);
}

std::vector<std::string> MatcherReader::ReadRegexes(TableReader& reader, std::string_view key) {
  const auto check = [this](const std::string& pattern) {
    auto mistake = MistakeInRegex(pattern);
    return mistake ? mistake : tally_.AddRegex();
  };
  return SoundTexts(reader.Texts(key), check, errors_);
}

void MatcherReader::ReadRequest(TableReader& reader, Reading reading, Matchers& matchers) {
  const auto check_path = [reading](std::string_view path) { return MistakeInPath(path, reading); };
  const auto check_method = [this](const std::string& method) {
    auto mistake = MistakeInMethod(method);
    return mistake ? mistake : tally_.AddMethod(method);
  };
  matchers.hosts = SoundTexts(reader.Texts("host"), MistakeInHost, errors_);
  matchers.paths = SoundTexts(reader.Texts("path"), check_path, errors_);
  matchers.path_regexes = ReadRegexes(reader, "path_regex");
  matchers.methods = SoundTexts(reader.Texts("method"), check_method, errors_);
  matchers.queries = fields_.Read(reader, "query");
  matchers.headers = fields_.Read(reader, "header");
  matchers.user_agents = SoundTexts(reader.Texts("user_agent"), MistakeInUserAgent, errors_);
  matchers.user_agent_regexes = ReadRegexes(reader, "user_agent_regex");
}

void MatcherReader::ReadClient(TableReader& reader, Matchers& matchers) {
  for (const PlacedText& text : reader.Texts("ip")) {
    if (auto range = ParseCidr(text.text)) {
      matchers.ips.push_back(*range);
    } else {
      errors_.Add(text.place, range.error().code, std::move(range.error().message));
    }
  }
  matchers.ip_lists = lists_.Read(reader.Texts("ip_list"));
  matchers.countries = SoundTexts(reader.Texts("country"), MistakeInCountry, errors_);
  ReadAsns(reader, matchers);
  ReadAgents(reader, matchers);
  matchers.tls_fingerprints =
      SoundTexts(reader.Texts("tls_fingerprint"), MistakeInTlsFingerprint, errors_);
  ReadRank(reader, matchers);
  if (const auto rate = reader.Integer("rate", 1, kMaxRate)) {
    matchers.rate = static_cast<std::uint32_t>(*rate);
  }
  if (const auto percent = reader.Integer("overload", 1, kMaxOverload)) {
    matchers.overload = static_cast<std::uint8_t>(*percent);
  }
}

void MatcherReader::ReadAsns(TableReader& reader, Matchers& matchers) {
  constexpr std::string_view kWanted =
      "a list of whole numbers from 1 to 4294967295, such as asn = [64500], or \"unknown\"";
  for (const toml::node* node : reader.Values("asn", kWanted)) {
    const toml::value<std::int64_t>* number = node->as_integer();
    const toml::value<std::string>* text = node->as_string();
    if (text != nullptr && text->get() == "unknown") {
      matchers.asns.push_back(0);
    } else if (number == nullptr) {
      reader.Complain(*node, "asn", kWanted);
    } else if (number->get() < 1 || number->get() > 4'294'967'295) {
      errors_.Add(PlaceOf(*node), ErrorCode::kOutOfRange,
                  "the number of a network must be from 1 to 4294967295");
    } else {
      matchers.asns.push_back(static_cast<std::uint32_t>(number->get()));
    }
  }
}

void MatcherReader::ReadAgents(TableReader& reader, Matchers& matchers) {
  for (PlacedText& text : reader.Texts("agent")) {
    if (std::find(agents_.begin(), agents_.end(), text.text) != agents_.end()) {
      matchers.agents.push_back(std::move(text.text));
      continue;
    }
    const std::vector<std::string_view> names(agents_.begin(), agents_.end());
    std::string_view nearest = NearestName(text.text, names);
    if (nearest.empty() && text.text.size() >= 3) {  // "bing" for "bingbot".
      const auto longer = std::find_if(names.begin(), names.end(), [&](std::string_view name) {
        return name.find(text.text) != std::string_view::npos;
      });
      if (longer != names.end()) nearest = *longer;
    }
    std::string message = "there is no agent \"" + text.text + "\": ";
    message += nearest.empty() ? "define it as [agent." + text.text + "], or remove it"
                               : "did you mean \"" + std::string(nearest) + "\"?";
    errors_.Add(text.place, std::move(message));
  }
}

void MatcherReader::ReadRank(TableReader& reader, Matchers& matchers) {
  if (reader.IsText("rank")) {
    matchers.rank_held = decisions_.ReadLevel(reader, "rank");
  } else if (const auto rank = reader.Integer("rank", 1, 255)) {
    matchers.rank_held = static_cast<std::uint8_t>(*rank);
  }
}

void MatcherReader::ReadNested(TableReader& reader, Reading reading, std::size_t depth,
                               Matchers& matchers) {
  for (const toml::table* table : reader.Tables("any")) {
    ReadInside(*table, reading, depth + 1, matchers.any);
  }
  for (const toml::table* table : reader.Tables("all")) {
    ReadInside(*table, reading, depth + 1, matchers.all);
  }
  if (const toml::table* table = reader.Table("not")) {
    ReadInside(*table, Opposite(reading), depth + 1, matchers.negated);
  }
}

void MatcherReader::ReadInside(const toml::table& table, Reading reading, std::size_t depth,
                               std::vector<Matchers>& out) {
  if (depth > Matchers::kMaxDepth) {
    errors_.Add(PlaceOf(table), ErrorCode::kOutOfRange,
                "any, all and not are nested more than 8 deep: take some apart into rules");
    return;
  }
  if (table.empty()) {
    errors_.Add(PlaceOf(table),
                "a table without matchers matches everything: write one into it, or remove it");
    return;
  }
  TableReader reader(table, "a table of matchers", kMatcherKeys, errors_);
  Matchers inside;
  ReadTable(reader, reading, depth, inside);
  out.push_back(std::move(inside));
}

}  // namespace stile
