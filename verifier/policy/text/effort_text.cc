#include "verifier/policy/text/effort_text.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "verifier/policy/mistake/effort_mistake.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 7> kKeys = {"control", "admissions", "longest",     "quiet",
                                                   "held",    "pin",        "prefix_share"};
// In the order of QuietAsk.
constexpr std::array<std::string_view, 2> kQuiet = {"light", "none"};
// For MistakeInEffort: a 0 that is written is not one that isn't.
constexpr double kNone = -1;

}  // namespace

EffortOptions ReadEffortOptions(const toml::table* table, FileErrors& errors) {
  EffortOptions options;
  if (table == nullptr) return options;
  TableReader reader(*table, "[effort]", kKeys, errors);
  if (const auto control = reader.Boolean("control")) options.control = *control;
  // The limits are MistakeInEffort's.
  if (const auto number = reader.Number("admissions")) {
    options.admissions = *number == 0 ? kNone : *number;
  }
  if (const auto longest = reader.Duration("longest")) options.longest = *longest;
  if (const auto quiet = reader.OneOf("quiet", kQuiet)) {
    options.quiet = static_cast<QuietAsk>(*quiet);
  }
  if (const auto held = reader.Boolean("held")) options.held = *held;
  if (const auto pin = reader.Integer("pin", kConfiguredPrice, kMostPrice)) {
    options.pin = static_cast<std::uint32_t>(*pin);
  }
  if (const auto share = reader.Number("prefix_share")) options.prefix_share = *share;
  if (auto mistake = MistakeInEffort(options)) {
    errors.Add(PlaceOf(*table), mistake->code, std::move(mistake->message));
  }
  if (!options.control && table->size() > 1) {
    errors.Add(reader.PlaceOfKey("control"),
               "with control = false nothing else in [effort] has an effect: remove the rest");
  }
  return options;
}

}  // namespace stile
