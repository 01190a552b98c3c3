#include "engine/config/engine_sections.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/site_options.h"

namespace stile {
namespace {

constexpr std::size_t kMaxPath = 4'096;
constexpr std::int64_t kFewest = 64;  // Cells of a table.

void ReadRate(TomlSection& limits, std::string_view key, Rate& rate) {
  std::optional<TomlSection> section = limits.Child(key);
  if (!section) return;
  constexpr std::int64_t kMost = 1'000'000'000;
  if (const auto count = section->Integer("requests", 1, kMost)) {
    rate.count = static_cast<std::uint32_t>(*count);
    rate.burst = rate.count;
  }
  if (const auto period =
          section->Duration("per", std::chrono::seconds{1}, std::chrono::hours{24})) {
    rate.period = *period;
  }
  if (const auto burst = section->Integer("burst", 1, kMost)) {
    rate.burst = static_cast<std::uint32_t>(*burst);
  }
  section->Finish();
}

}  // namespace

void ReadPublicPrefix(TomlSection& root, EngineConfig& config) {
  const auto prefix = root.Text("public_prefix", 64);
  if (!prefix) return;
  if (!IsPublicPrefix(prefix->value)) {
    root.Complain(prefix->where, ErrorCode::kInvalidArgument,
                  "public_prefix must be a plain path that begins with '/' and doesn't end "
                  "with one, such as \"/.stile\"");
    return;
  }
  config.public_prefix = prefix->value;
}

void ReadNode(TomlSection& root, EngineConfig& config) {
  std::optional<TomlSection> section = root.Child("node");
  if (!section) return;
  if (const auto id = section->Integer("id", 0, 65'535)) {
    config.node = static_cast<std::uint16_t>(*id);
  }
  section->Finish();
}

void ReadKeys(TomlSection& root, EngineConfig& config) {
  std::optional<TomlSection> section = root.Child("keys");
  if (!section) return;
  config.keys_place = section->Place(section->where());
  if (auto file = section->Text("file", kMaxPath)) {
    config.keys_place = section->Place(file->where);
    config.keys_file = std::move(file->value);
  }
  section->Finish();
}

void ReadWait(TomlSection& root, EngineConfig& config) {
  std::optional<TomlSection> section = root.Child("wait");
  if (!section) return;
  ReadRate(*section, "per_prefix", config.redeem_limits.wait_per_prefix);
  ReadRate(*section, "global", config.redeem_limits.wait_global);
  if (const auto bits = section->Integer("ipv4_prefix", 8, 32)) {
    config.redeem_limits.ipv4_prefix = static_cast<int>(*bits);
  }
  if (const auto bits = section->Integer("ipv6_prefix", 16, 64)) {
    config.redeem_limits.ipv6_prefix = static_cast<int>(*bits);
  }
  section->Finish();
}

void ReadSha256(TomlSection& root, EngineConfig& config) {
  std::optional<TomlSection> section = root.Child("sha256");
  if (!section) return;
  ReadRate(*section, "per_prefix", config.redeem_limits.sha256_per_prefix);
  ReadRate(*section, "global", config.redeem_limits.sha256_global);
  section->Finish();
}

void ReadBudgetSizes(TomlSection& budgets, EngineConfig& config) {
  constexpr auto kMost = static_cast<std::int64_t>(Budgets::kMaxCells);
  const auto read = [&budgets](std::string_view key, std::size_t& cells) {
    if (const auto count = budgets.Integer(key, kFewest, kMost)) {
      cells = static_cast<std::size_t>(*count);
    }
  };
  Budgets::Sizes& sizes = config.budget_sizes;
  read("clearances", sizes.clearances);
  read("cleared_prefixes", sizes.cleared_prefixes);
  read("uncleared_prefixes", sizes.uncleared_prefixes);
  read("uncleared_rings", sizes.uncleared_rings);
}

void ReadBudgetMerge(TomlSection& budgets, EngineConfig& config) {
  BudgetMergeConfig& merge = config.budget_merge;
  if (const auto choice = budgets.Choice("merge", {"off", "redis"})) {
    merge.merging = static_cast<BudgetMerging>(*choice);
  }
  if (const auto time = budgets.Duration("merge_interval", std::chrono::milliseconds{100},
                                         std::chrono::seconds{10})) {
    merge.interval = *time;
  }
  if (const auto count = budgets.Integer("merge_entries", kFewest, Budgets::kMaxUntold)) {
    merge.entries = static_cast<std::uint64_t>(*count);
  }
}

void ReadSpendBackend(TomlSection& spend, EngineConfig& config) {
  if (const auto backend = spend.Choice("backend", {"memory", "shared-file", "redis"})) {
    config.spend_backend = static_cast<SpendBackend>(*backend);
  }
}

void ReadSpendSizes(TomlSection& spend, EngineConfig& config) {
  if (const auto tokens = spend.Integer("tokens", 1'000, 10'000'000'000)) {
    config.spend_sizes.tokens = static_cast<std::uint64_t>(*tokens);
  }
  if (const auto attempts = spend.Integer("attempts", 64, 100'000'000)) {
    config.spend_sizes.attempts = static_cast<std::uint64_t>(*attempts);
  }
}

}  // namespace stile
