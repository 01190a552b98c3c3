#ifndef STILE_ENGINE_CONFIG_ENGINE_CONFIG_H_
#define STILE_ENGINE_CONFIG_ENGINE_CONFIG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/error.h"
#include "engine/config/admission_config.h"
#include "engine/config/site_config.h"
#include "verifier/budgets.h"
#include "verifier/redeemer.h"

namespace stile {

// Who remembers which response tokens were used.
enum class SpendBackend : std::uint8_t { kMemory = 0, kSharedFile = 1, kRedis = 2 };

// Whether budgets are counted together with other nodes.
enum class BudgetMerging : std::uint8_t { kOff = 0, kRedis = 1 };
struct BudgetMergeConfig {
  BudgetMerging merging = BudgetMerging::kOff;  // kRedis: through spend.redis.
  std::chrono::milliseconds interval{1'000};
  std::uint64_t entries = 65'536;  // For what other nodes have not heard of yet.

  // What Budgets::Sizes has for it.
  [[nodiscard]] std::uint64_t untold() const {
    return merging == BudgetMerging::kOff ? 0 : entries;
  }
  friend bool operator==(const BudgetMergeConfig&, const BudgetMergeConfig&) = default;
};

// How much is remembered of response tokens.
struct SpendSizes {
  std::uint64_t tokens = 4'000'000;  // Sold and not yet expired.
  std::uint64_t attempts = 262'144;  // Used up with an idempotency key, and not yet expired.

  friend bool operator==(const SpendSizes&, const SpendSizes&) = default;
};

// What a stile.toml says of the engine, whoever runs it, read and checked, with nothing opened yet.
// docs/operations.md describes every key.
struct EngineConfig {
  std::vector<SiteConfig> sites;
  std::string public_prefix = "/.stile";
  std::uint16_t node = 0;  // Which Stile this is, for references.
  std::string keys_file;   // As written; empty: none is named.
  std::string keys_place;  // name:line:column of keys_file, for errors about the file.
  RedeemTables::Options redeem_limits;
  Budgets::Sizes budget_sizes;
  BudgetMergeConfig budget_merge;  // The process merges; the tables are made for it.
  SpendBackend spend_backend = SpendBackend::kMemory;
  SpendSizes spend_sizes;
  AdmissionConfig admission;
};

inline constexpr std::size_t kMaxConfig = 1024 * 1024;  // Bytes.

// Reads what a complete stile.toml says of the engine, for a program that embeds it. `name` is the
// file's name, for the places of errors. Sections and keys that concern the process of stiled alone
// (listeners, metrics, upstreams and the like) are known by name and not judged, and may be left
// out. Returns every mistake of the rest at once with name:line:column and what to change: text
// over 1 MiB (kOutOfRange, before it is parsed), TOML that doesn't parse, unknown keys with the
// nearest known name, wrong types, numbers outside their limits, a duration or host that isn't one,
// a name used twice. What could be read is in `config` all the same, so that the files that it
// names can be checked in the same go. Empty: there is no mistake.
[[nodiscard]] Errors ReadEngineConfig(std::string_view text, std::string_view name,
                                      EngineConfig& config);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_ENGINE_CONFIG_H_
