#ifndef STILE_TESTS_SIMULATION_STORE_NETWORK_H_
#define STILE_TESTS_SIMULATION_STORE_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/agenda.h"
#include "tests/simulation/random.h"
#include "tests/simulation/store_server.h"

namespace stile::simulation {

inline constexpr std::size_t kNodes = 3;
inline constexpr std::size_t kServers = 2;

// What a command answers. A default one is an error, as is what never came.
struct StoreReply {
  bool ok = false;
  std::string error;
  std::vector<std::string> values;
  std::int64_t replicas = 0;  // That had the effects when a command that waits was answered.
};

// A command: what the server does with it at one instant.
using StoreCommand = std::function<StoreReply(StoreServer& server, Instant now)>;

// A primary, its replica and the nodes' connections to them. One connection is in order both ways;
// different ones overtake each other. A cut link holds bytes back until it is healed, as TCP does,
// and lets nobody connect; a server that dies breaks its connections. What was sent on a connection
// that its node has closed may still be done. Which server nodes find under the store's address is
// each node's own view: names and virtual addresses don't move everywhere at once.
class StoreNetwork {
 public:
  using ConnectionId = std::uint64_t;
  using Connected = std::function<void(ConnectionId)>;  // 0: it can't be reached now.
  using Replied = std::function<void(StoreReply)>;

  StoreNetwork(Agenda& agenda, Random& random, std::uint64_t seed);

  void Connect(std::size_t node, Connected done);
  void Close(ConnectionId id);
  // No reply comes once the connection is closed or broken; `OnBroken` is told about the latter.
  void Send(ConnectionId id, StoreCommand command, Replied done);
  // The same, and then waits until a replica has what the command did, or for `limit`.
  void SendAndWait(ConnectionId id, StoreCommand command, Span limit, Replied done);
  // Once in a while: a replica asks again for what it hasn't.
  void CatchUp();
  void OnBroken(ConnectionId id, std::function<void()> told);

  [[nodiscard]] StoreServer& server(std::size_t index) { return machines_[index].server; }
  [[nodiscard]] std::size_t target(std::size_t node) const { return targets_[node]; }

  // Faults.
  enum class Loss : std::uint8_t { kKill, kPower, kOldDump };
  void Down(std::size_t server);
  void Up(std::size_t server, Loss loss);
  void Hang(std::size_t server, Span span);
  void SetLink(std::size_t node, std::size_t server, bool up);
  void CutReplication();  // Up again when each cut is healed.
  void HealReplication();
  void PointAt(std::size_t node, std::size_t server) { targets_[node] = server; }
  // The other server becomes a master, this one its replica once it can be reached.
  void Promote(std::size_t server);
  void Demote(std::size_t server);

  [[nodiscard]] std::uint64_t commands() const noexcept { return commands_; }

 private:
  struct Machine {
    explicit Machine(std::uint64_t seed) : server(seed) {}
    StoreServer server;
    bool up = true;
    Instant hung_until = 0;
    std::uint64_t run = 0;  // Which start of it this is; connections belong to one.
  };
  struct Request {
    StoreCommand command;
    bool waits = false;
    Span limit = 0;
    Replied done;
  };
  struct Connection {
    std::size_t node;
    std::size_t server;
    std::uint64_t run;
    bool open = true;  // By its node's side.
    Instant last_request = 0;
    Instant last_reply = 0;
    std::deque<Request> held;  // Arrived and not done: the server hangs, or an earlier one waits.
    std::deque<std::function<void()>> stalled;  // Bytes that a cut link holds back.
    bool waiting = false;
    std::function<void()> broken;
  };
  struct Waiter {
    ConnectionId id;
    std::size_t offset;
    StoreReply reply;
    Replied done;
  };

  [[nodiscard]] Span Delay();
  void Carry(ConnectionId id, bool to_server, std::function<void()> arrived);
  void Arrive(ConnectionId id, Request request);
  void Work(ConnectionId id);
  void Answer(ConnectionId id, StoreReply reply, const Replied& done);
  void Await(ConnectionId id, Request& request, StoreReply reply);
  void EndWait(std::uint64_t waiter, bool confirmed);
  void Break(ConnectionId id);
  void Replicate(std::size_t master);
  [[nodiscard]] std::size_t ReplicaOf(std::size_t master) const { return 1 - master; }

  Agenda& agenda_;
  Random& random_;
  std::array<Machine, kServers> machines_;
  std::array<std::size_t, kNodes> targets_{};
  std::array<std::array<bool, kServers>, kNodes> links_{};
  int replication_cuts_ = 0;
  std::size_t confirmed_ = 0;  // How much of it the replica has said that it holds.
  bool in_step_ = true;        // Whether the replica holds a prefix of what its master did.
  std::map<ConnectionId, Connection> connections_;
  std::map<std::uint64_t, Waiter> waiters_;
  ConnectionId next_connection_ = 1;
  std::uint64_t next_waiter_ = 1;
  std::uint64_t commands_ = 0;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_STORE_NETWORK_H_
