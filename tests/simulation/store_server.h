#ifndef STILE_TESTS_SIMULATION_STORE_SERVER_H_
#define STILE_TESTS_SIMULATION_STORE_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/agenda.h"
#include "tests/simulation/random.h"

namespace stile::simulation {

// One Redis server as far as single use depends on it: strings that expire, identity, role,
// what survives a crash, and what its operator can do to it. What it holds is decided by the list
// of effects that it has applied, which is what a replica receives and an append-only file records.
//
// Its clock is its own: `ServerTime` is the simulation's time plus what the clock was moved by.
class StoreServer {
 public:
  explicit StoreServer(std::uint64_t seed) noexcept;

  // What a connection can ask about the server.
  [[nodiscard]] const std::string& run_id() const noexcept { return run_id_; }
  [[nodiscard]] const std::string& replication_id() const noexcept { return replication_id_; }
  [[nodiscard]] bool is_master() const noexcept { return is_master_; }
  [[nodiscard]] bool evicts() const noexcept { return evicts_; }
  [[nodiscard]] bool appends() const noexcept { return appends_; }
  [[nodiscard]] Instant ServerTime(Instant now) const noexcept { return now + clock_ahead_; }

  // Commands. Keys that have expired by the server's clock are missing. A write is refused (false)
  // by a replica and by a server that is full; ask MayWrite first, as a script's error does.
  [[nodiscard]] bool MayWrite() const noexcept { return is_master_ && !full_; }
  [[nodiscard]] const std::string* Get(const std::string& key, Instant now);
  void Set(const std::string& key, std::string_view text, Instant expires_at, Instant now);
  // The bit that was there.
  bool SetBit(const std::string& key, std::uint64_t bit, Instant now);
  void Delete(const std::string& key);
  void FlushAll();

  // What its operator and the world do to it.
  void MoveClock(std::int64_t by) noexcept;
  void SetEvicts(bool evicts) noexcept { evicts_ = evicts; }
  void SetAppends(bool appends) noexcept { appends_ = appends; }
  void SetFull(bool full) noexcept { full_ = full; }
  // Drops the key at `position` of those that are there, if its policy evicts. Whether one went.
  bool Evict(std::size_t position);
  void Promote();
  void Demote() noexcept { is_master_ = false; }

  // What outlives it. With an append-only file a kill loses nothing and a loss of power what was
  // not yet synchronised; without one, both lose what came after the last dump. Each starts another
  // run of the server.
  void Sync() noexcept { synced_ = effects_.size(); }
  void SaveDump() { dumps_.push_back(effects_); }
  void RestartAfterKill();
  void RestartAfterPowerLoss();
  // As after a restore from the backup at `position` of those that were made, else from nothing.
  void RestartFromDump(std::size_t position);

  // Replication. `offset` counts effects of the master that is followed.
  [[nodiscard]] std::size_t offset() const noexcept { return effects_.size(); }
  void FollowAnew(const StoreServer& master);              // A full synchronisation.
  void Follow(const StoreServer& master, std::size_t to);  // Applies the effects up to `to`.

  [[nodiscard]] std::size_t keys() const noexcept { return values_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  struct Value {
    std::string text;
    Instant expires_at = 0;  // By the server's clock; 0 for never.
  };
  struct Effect {
    enum class Kind : std::uint8_t { kSet, kSetBit, kDelete, kFlush } kind;
    std::string key;
    std::string text;
    std::uint64_t number = 0;
  };
  void RestartWith(std::vector<Effect> effects);
  void Apply(const Effect& effect);
  void Record(Effect effect);
  [[nodiscard]] std::string NewId();

  Random random_;
  std::string run_id_;
  std::string replication_id_;
  bool is_master_ = true;
  bool evicts_ = false;
  bool appends_ = true;
  bool full_ = false;
  std::int64_t clock_ahead_ = 0;
  std::map<std::string, Value> values_;
  std::vector<Effect> effects_;
  std::size_t synced_ = 0;
  std::vector<std::vector<Effect>> dumps_;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_STORE_SERVER_H_
