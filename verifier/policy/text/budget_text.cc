#include "verifier/policy/text/budget_text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/text/sound_texts.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 3> kBudgetKeys = {"requests", "per", "burst"};
constexpr std::array<std::string_view, 5> kRulesKeys = {"cleared_prefix", "uncleared_prefix",
                                                        "uncleared_ring", "price", "static_assets"};
constexpr std::array<std::string_view, 1> kNone = {"none"};
constexpr std::uint64_t kMaxRequests = 1'000'000'000;
constexpr std::chrono::seconds kMaxPeriod = std::chrono::hours(24);

// The numbers of a budget. A rate of 0 if one is missing or wrong.
Rate ReadNumbers(const toml::table& table, FileErrors& errors) {
  TableReader reader(table, "a budget", kBudgetKeys, errors);
  const auto requests = reader.Integer("requests", 1, kMaxRequests);
  const auto per = reader.Duration("per");
  const auto burst = reader.Integer("burst", 1, kMaxRequests);
  if (!reader.Has("requests") || !reader.Has("per")) {
    errors.Add(PlaceOf(table),
               "a budget needs requests and per, such as { requests = 600, per = \"10m\" }");
  }
  if (per && (per->count() < 1 || *per > kMaxPeriod)) {
    errors.Add(reader.PlaceOfKey("per"), ErrorCode::kOutOfRange,
               "per must be from \"1s\" to \"24h\"");
    return {};
  }
  if (!requests || !per || (reader.Has("burst") && !burst)) return {};
  return {static_cast<std::uint32_t>(*requests), *per,
          static_cast<std::uint32_t>(burst.value_or(*requests))};
}

}  // namespace

std::optional<Rate> ReadBudget(TableReader& reader, std::string_view key, FileErrors& errors,
                               FilePlace* place) {
  if (place != nullptr) *place = reader.PlaceOfKey(key);
  if (reader.IsText(key)) {
    if (!reader.OneOf(key, kNone)) return std::nullopt;
    return Rate{};
  }
  const toml::table* table = reader.Table(key);
  if (table == nullptr) return std::nullopt;
  if (place != nullptr) *place = PlaceOf(*table);
  const Rate rate = ReadNumbers(*table, errors);
  if (rate.count == 0) return std::nullopt;
  if (const auto mistake = MistakeInBudget(rate)) {
    errors.Add(PlaceOf(*table), mistake->code, mistake->message);
    return std::nullopt;
  }
  return rate;
}

BudgetRules ReadBudgetRules(const toml::table* table, FileErrors& errors) {
  BudgetRules rules;
  if (table == nullptr) return rules;
  TableReader reader(*table, "[budgets]", kRulesKeys, errors);
  const auto read = [&](std::string_view key, Rate& rate) {
    if (const auto written = ReadBudget(reader, key, errors)) rate = *written;
  };
  read("cleared_prefix", rules.cleared_prefix);
  read("uncleared_prefix", rules.uncleared_prefix);
  read("uncleared_ring", rules.uncleared_ring);
  if (const auto price = reader.Integer("price", 1, kMaxPrice)) {
    rules.price = static_cast<std::uint32_t>(*price);
  }
  if (reader.Has("static_assets")) {
    rules.static_assets =
        SoundTexts(reader.TextsOrNone("static_assets"), MistakeInExtension, errors);
    if (rules.static_assets.size() > kMaxStaticAssets) {
      errors.Add(reader.PlaceOfKey("static_assets"), ErrorCode::kOutOfRange,
                 "there are more than 64 extensions of static assets: remove some");
    }
  }
  return rules;
}

}  // namespace stile
