#ifndef STILE_TESTS_SIMULATION_FAULT_H_
#define STILE_TESTS_SIMULATION_FAULT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stile::simulation {

// What goes wrong in a run, by kind.
enum class Fault : std::uint8_t {
  kNodeKilled,
  kNodeClockStep,
  kKeysRotated,
  kRequestLost,
  kRequestDuplicated,
  kStoreKilled,
  kStorePowerLost,
  kOldDumpRestored,
  kFailover,
  kSplitBrain,
  kPromotedAgain,
  kStoreHung,
  kLinkCut,
  kReplicationCut,
  kStoreFlushed,
  kKeyEvicted,
  kContractBroken,
  kStoreFull,
  kStoreClockStep,
  kCount,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Fault::kCount)> kFaultNames =
    {"node killed",     "node clock step", "keys rotated",     "request lost",
     "request doubled", "store killed",    "store power lost", "old dump restored",
     "failover",        "split brain",     "promoted again",   "store hung",
     "link cut",        "replication cut", "store flushed",    "key evicted",
     "contract broken", "store full",      "store clock step"};

using FaultCounts = std::array<std::uint64_t, static_cast<std::size_t>(Fault::kCount)>;

inline void Count(FaultCounts& counts, Fault fault) { ++counts[static_cast<std::size_t>(fault)]; }

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_FAULT_H_
