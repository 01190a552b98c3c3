#include "service/budget_report.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "challenge/concat.h"
#include "challenge/ip_address.h"
#include "challenge/key_ring.h"
#include "service/log.h"

namespace stile {
namespace {

constexpr std::size_t kHeaviest = 10;

std::string HexOf(std::uint64_t word) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[word >> shift & 15];
  return text;
}

std::string IdOfClearance(const HitterId& id) { return HexOf(id.high) + HexOf(id.low); }

// As Budgets::IdOf of an address wrote it.
std::string PrefixText(const HitterId& id) {
  IpAddress::Bytes16 bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(id.high >> (56 - 8 * i));
  }
  const bool is_v6 = id.low >> 8 == 6;
  const IpAddress address =
      is_v6 ? IpAddress::V6(bytes) : IpAddress::V4({bytes[0], bytes[1], bytes[2], bytes[3]});
  return Concat(address.ToString(), "/", id.low & 0xFF);
}

std::string SiteName(std::uint32_t site, const Engine& engine) {
  for (std::size_t i = 0; i < engine.site_count(); ++i) {
    const std::string& name = engine.site_options(i).name;
    if (SiteId(name) == site) return name;
  }
  return "";
}

// The name and value of `heaviest`, after a comma.
std::string HeaviestJson(const HeavyHitters& heavy, std::string_view what,
                         std::string (*text_of)(const HitterId&), const Engine& engine,
                         UnixMillis now) {
  std::array<HeavyHitter, kHeaviest> top;
  const std::size_t count = heavy.Top(top, now);
  std::string heaviest;
  for (const HeavyHitter& hitter : std::span(top).first(count)) {
    heaviest += Concat(heaviest.empty() ? "" : ",", "{\"", what, "\":\"", text_of(hitter.id),
                       "\",\"site\":", JsonString(SiteName(hitter.id.site, engine)),
                       ",\"weight\":", hitter.weight, "}");
  }
  return Concat(",\"heaviest\":[", heaviest, "]");
}

}  // namespace

std::string BudgetsJson(const Budgets& budgets, const Engine& engine, UnixMillis now,
                        bool with_heaviest) {
  const auto of_table = [&](const BudgetTable& table, const HeavyHitters& heavy,
                            std::string_view what, std::string (*text_of)(const HitterId&)) {
    return Concat("{\"cells\":", table.cells(), ",\"in_use\":", table.CellsInUse(now),
                  with_heaviest ? HeaviestJson(heavy, what, text_of, engine, now) : "", "}");
  };
  return Concat(
      "{\"clearances\":",
      of_table(budgets.clearances, budgets.heavy_clearances, "clearance", IdOfClearance),
      ",\"cleared_prefixes\":",
      of_table(budgets.cleared_prefixes, budgets.heavy_cleared_prefixes, "prefix", PrefixText),
      ",\"uncleared_prefixes\":",
      of_table(budgets.uncleared_prefixes, budgets.heavy_uncleared_prefixes, "prefix", PrefixText),
      "}");
}

}  // namespace stile
