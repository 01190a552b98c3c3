#ifndef STILE_ENGINE_CONFIG_ENGINE_SECTIONS_H_
#define STILE_ENGINE_CONFIG_ENGINE_SECTIONS_H_

#include <array>
#include <string_view>

#include "engine/config/engine_config.h"
#include "engine/config/toml_section.h"

namespace stile {

// Every key and section at the root of a stile.toml, in the order in which mistakes list them.
inline constexpr std::array<std::string_view, 18> kRootKeys = {
    "listener", "site",   "public_prefix", "node",   "keys",      "metrics",
    "control",  "state",  "budgets",       "spend",  "log",       "limits",
    "wait",     "sha256", "geo",           "agents", "admission", "clock"};

// Each reads one of them into `config`, if it is there.
void ReadPublicPrefix(TomlSection& root, EngineConfig& config);
void ReadNode(TomlSection& root, EngineConfig& config);
void ReadKeys(TomlSection& root, EngineConfig& config);
void ReadWait(TomlSection& root, EngineConfig& config);
void ReadSha256(TomlSection& root, EngineConfig& config);

// Of sections that say something to the process, too: these leave it to the caller to read that and
// to finish. Mistakes list a section's keys in the order in which they were read.
void ReadBudgetSizes(TomlSection& budgets, EngineConfig& config);
void ReadBudgetMerge(TomlSection& budgets, EngineConfig& config);
void ReadSpendBackend(TomlSection& spend, EngineConfig& config);
void ReadSpendSizes(TomlSection& spend, EngineConfig& config);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_ENGINE_SECTIONS_H_
