#include "tests/simulation/store_network.h"

#include <algorithm>
#include <utility>

namespace stile::simulation {

StoreNetwork::StoreNetwork(Agenda& agenda, Random& random, std::uint64_t seed)
    : agenda_(agenda), random_(random), machines_{Machine(seed ^ 0x51), Machine(seed ^ 0x52)} {
  for (auto& links : links_) links.fill(true);
  server(1).Demote();
  server(1).FollowAnew(server(0));
}

// Mostly a fraction of a millisecond, now and then long enough to be overtaken by a retry.
Span StoreNetwork::Delay() {
  if (random_.PerMille(3)) return random_.Between(20, 400) * kMillisecond;
  return random_.Between(60, 900);
}

void StoreNetwork::Connect(std::size_t node, Connected done) {
  const std::size_t to = targets_[node];
  agenda_.After(Delay(), [this, node, to, done = std::move(done)] {
    const Machine& machine = machines_[to];
    if (!machine.up || !links_[node][to] || machine.hung_until > agenda_.now()) return done(0);
    const ConnectionId id = next_connection_++;
    Connection connection;
    connection.node = node;
    connection.server = to;
    connection.run = machine.run;
    connections_.emplace(id, std::move(connection));
    done(id);
  });
}

void StoreNetwork::Close(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second.open = false;
  found->second.broken = nullptr;
  // Half of the time what is under way is thrown away with the connection.
  if (random_.OneIn(2)) connections_.erase(found);
}

void StoreNetwork::OnBroken(ConnectionId id, std::function<void()> told) {
  const auto found = connections_.find(id);
  if (found != connections_.end()) found->second.broken = std::move(told);
}

void StoreNetwork::Send(ConnectionId id, StoreCommand command, Replied done) {
  Request request{std::move(command), false, 0, std::move(done)};
  Carry(id, true,
        [this, id, request = std::move(request)]() mutable { Arrive(id, std::move(request)); });
}

void StoreNetwork::SendAndWait(ConnectionId id, StoreCommand command, Span limit, Replied done) {
  Request request{std::move(command), true, limit, std::move(done)};
  Carry(id, true,
        [this, id, request = std::move(request)]() mutable { Arrive(id, std::move(request)); });
}

// Takes bytes along the connection, in order; at the far end they run `arrived`.
void StoreNetwork::Carry(ConnectionId id, bool to_server, std::function<void()> arrived) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  Instant& last = to_server ? connection.last_request : connection.last_reply;
  last = std::max(last, agenda_.now() + Delay());
  agenda_.At(last, [this, id, arrived = std::move(arrived)]() mutable {
    const auto there = connections_.find(id);
    if (there == connections_.end()) return;
    Connection& carried = there->second;
    if (!links_[carried.node][carried.server] || !carried.stalled.empty()) {
      carried.stalled.push_back(std::move(arrived));
      return;
    }
    arrived();
  });
}

void StoreNetwork::Arrive(ConnectionId id, Request request) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second.held.push_back(std::move(request));
  Work(id);
}

void StoreNetwork::Work(ConnectionId id) {
  while (true) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = found->second;
    Machine& machine = machines_[connection.server];
    if (!machine.up || machine.run != connection.run || connection.waiting) return;
    if (machine.hung_until > agenda_.now() || connection.held.empty()) return;
    Request request = std::move(connection.held.front());
    connection.held.pop_front();
    ++commands_;
    const std::size_t at = connection.server;
    const std::size_t before = machine.server.offset();
    StoreReply reply = request.command(machine.server, agenda_.now());
    if (machine.server.offset() != before) Replicate(at);
    if (request.waits && reply.ok) {
      Await(id, request, std::move(reply));
    } else {
      Answer(id, std::move(reply), request.done);
    }
  }
}

void StoreNetwork::Answer(ConnectionId id, StoreReply reply, const Replied& done) {
  Carry(id, false, [this, id, reply = std::move(reply), done] {
    const auto found = connections_.find(id);
    if (found != connections_.end() && found->second.open) done(reply);
  });
}

void StoreNetwork::Await(ConnectionId id, Request& request, StoreReply reply) {
  Connection& connection = connections_.find(id)->second;
  const std::size_t offset = machines_[connection.server].server.offset();
  if (in_step_ && offset <= confirmed_) {
    reply.replicas = 1;
    return Answer(id, std::move(reply), request.done);
  }
  connection.waiting = true;
  const std::uint64_t waiter = next_waiter_++;
  waiters_.emplace(waiter, Waiter{id, offset, std::move(reply), std::move(request.done)});
  agenda_.After(request.limit, [this, waiter] { EndWait(waiter, false); });
}

void StoreNetwork::EndWait(std::uint64_t waiter, bool confirmed) {
  const auto found = waiters_.find(waiter);
  if (found == waiters_.end()) return;
  Waiter ended = std::move(found->second);
  waiters_.erase(found);
  const auto connection = connections_.find(ended.id);
  if (connection == connections_.end()) return;
  connection->second.waiting = false;
  ended.reply.replicas = confirmed ? 1 : 0;
  Answer(ended.id, std::move(ended.reply), ended.done);
  Work(ended.id);
}

// What the master has done by now reaches its replica a little later, if the link is up then.
void StoreNetwork::Replicate(std::size_t master) {
  const std::uint64_t run = machines_[master].run;
  agenda_.After(Delay(), [this, master, run] {
    Machine& from = machines_[master];
    Machine& to = machines_[ReplicaOf(master)];
    if (replication_cuts_ != 0 || !from.up || !to.up || from.run != run) return;
    if (!from.server.is_master() || to.server.is_master()) return;
    if (to.hung_until > agenda_.now()) return;
    if (!in_step_) {
      to.server.FollowAnew(from.server);
      in_step_ = true;
      confirmed_ = 0;
    } else {
      to.server.Follow(from.server, from.server.offset());
    }
    const std::size_t reached = to.server.offset();
    agenda_.After(Delay(), [this, reached, master, run] {
      if (machines_[master].run != run || !machines_[master].server.is_master()) return;
      if (!in_step_) return;
      confirmed_ = std::max(confirmed_, reached);
      std::vector<std::uint64_t> confirmed;
      for (const auto& [waiter, waits] : waiters_) {
        const auto connection = connections_.find(waits.id);
        if (connection == connections_.end() || connection->second.server != master) continue;
        if (waits.offset <= reached) confirmed.push_back(waiter);
      }
      for (const std::uint64_t waiter : confirmed) EndWait(waiter, true);
    });
  });
}

void StoreNetwork::CatchUp() {
  for (std::size_t i = 0; i < kServers; ++i) {
    const std::size_t reached = server(ReplicaOf(i)).offset();
    if (server(i).is_master() && (!in_step_ || reached != server(i).offset())) Replicate(i);
  }
}

void StoreNetwork::Break(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  std::function<void()> broken = std::move(found->second.broken);
  const bool reachable = links_[found->second.node][found->second.server];
  connections_.erase(found);
  if (broken && reachable) agenda_.After(Delay(), std::move(broken));
}

void StoreNetwork::Down(std::size_t server) {
  machines_[server].up = false;
  ++machines_[server].run;
  std::vector<ConnectionId> lost;
  for (const auto& [id, connection] : connections_) {
    if (connection.server == server) lost.push_back(id);
  }
  for (const ConnectionId id : lost) Break(id);
}

void StoreNetwork::Up(std::size_t server, Loss loss) {
  Machine& machine = machines_[server];
  if (machine.up) return;
  switch (loss) {
    case Loss::kKill:
      machine.server.RestartAfterKill();
      break;
    case Loss::kPower:
      machine.server.RestartAfterPowerLoss();
      break;
    case Loss::kOldDump:
      machine.server.RestartFromDump(random_.Below(8));
      break;
  }
  machine.up = true;
  machine.hung_until = 0;
  in_step_ = false;
}

void StoreNetwork::Hang(std::size_t server, Span span) {
  Machine& machine = machines_[server];
  machine.hung_until = std::max(machine.hung_until, agenda_.now() + span);
  agenda_.At(machine.hung_until, [this, server] {
    std::vector<ConnectionId> held;
    for (const auto& [id, connection] : connections_) {
      if (connection.server == server) held.push_back(id);
    }
    for (const ConnectionId id : held) Work(id);
  });
}

void StoreNetwork::SetLink(std::size_t node, std::size_t server, bool up) {
  links_[node][server] = up;
  if (!up) return;
  std::vector<std::function<void()>> freed;
  for (auto& [id, connection] : connections_) {
    if (connection.node != node || connection.server != server) continue;
    for (auto& bytes : connection.stalled) freed.push_back(std::move(bytes));
    connection.stalled.clear();
  }
  for (const auto& bytes : freed) bytes();
}

void StoreNetwork::CutReplication() { ++replication_cuts_; }

void StoreNetwork::HealReplication() { --replication_cuts_; }

void StoreNetwork::Promote(std::size_t server) {
  machines_[server].server.Promote();
  in_step_ = false;
}

void StoreNetwork::Demote(std::size_t server) {
  machines_[server].server.Demote();
  in_step_ = false;
  // It asks the other for everything as soon as it can.
  Replicate(ReplicaOf(server));
}

}  // namespace stile::simulation
