#ifndef STILE_ENGINE_CONFIG_ENGINE_BUILD_H_
#define STILE_ENGINE_CONFIG_ENGINE_BUILD_H_

#include <memory>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "engine/config/engine_config.h"
#include "engine/config/key_rings.h"
#include "engine/engine.h"
#include "verifier/agents/reverse_names.h"
#include "verifier/budgets.h"
#include "verifier/effort/effort_table.h"
#include "verifier/redeemer.h"
#include "verifier/spend_store.h"
#include "verifier/tables/revocation_table.h"

namespace stile {

// What an engine knows and counts that outlives it, beside its redeem tables. Each may be null.
struct EngineMemory {
  std::shared_ptr<const ReverseNames> names;
  std::shared_ptr<SpendNumbers> spends;
  std::shared_ptr<Budgets> budgets;
  std::shared_ptr<const RevocationTable> revocations;
  std::shared_ptr<EffortTable> effort = nullptr;
};

// Makes the engine of `config`, whose policies are compiled, with the rings of its keys.
// `keys_degraded` is about the common ones. The places of errors are the sites' in the
// configuration. A site whose key file has no ring is kInternal: it never gets the common one.
[[nodiscard]] tl::expected<std::unique_ptr<const Engine>, Errors> BuildEngine(
    const EngineConfig& config, const KeyRings& rings, bool keys_degraded,
    std::shared_ptr<RedeemTables> tables, EngineMemory memory = {});

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_ENGINE_BUILD_H_
