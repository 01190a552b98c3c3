// What goes wrong in a fleet, and how it is put right again.
#include <algorithm>
#include <utility>

#include "tests/simulation/fleet.h"

namespace stile::simulation {
namespace {

constexpr Span kFirstFault = 20 * kSecond;
constexpr Span kLastFault = 560 * kSecond;
// For how long numbers come from a block that the store may no longer have.
constexpr Span kBlockWindow = 62 * kSecond;

}  // namespace

void Fleet::PlanFaults() {
  // In some runs nothing does.
  const std::uint64_t count = world_.random.OneIn(8) ? 0 : world_.random.Between(2, 7);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Instant at = world_.random.Between(kFirstFault / kSecond, kLastFault / kSecond) * kSecond;
    world_.agenda.At(at, [this] { BreakSomething(); });
    // Thieves try again while it is broken, and when it may have been put right.
    for (const Span after : {Span{5}, 3 * kSecond, 12 * kSecond, 40 * kSecond}) {
      world_.agenda.At(at + after, [this] { ReplayRecent(); });
    }
  }
}

void Fleet::BreakSomething() {
  const std::uint64_t draw = world_.random.Below(100);
  if (!UsesStore(world_.mode)) {
    if (draw < 50) return KillNode();
    return draw < 90 ? StepNodeClock() : RotateKeys();
  }
  if (draw < 10) return KillNode();
  if (draw < 18) return StepNodeClock();
  if (draw < 22) return RotateKeys();
  if (draw < 62) return BreakRoles();
  BreakStore();
}

void Fleet::BreakRoles() {
  if (std::exchange(roles_change_, true)) return;
  switch (world_.random.Below(6)) {
    case 0:
      return RestartStore(Fault::kStoreKilled);
    case 1:
      return RestartStore(Fault::kStorePowerLost);
    case 2:
      return RestartStore(Fault::kOldDumpRestored);
    case 3:
      return FailOver();
    case 4:
      return SplitBrain();
    default:
      return PromoteAgain();
  }
}

void Fleet::BreakStore() {
  switch (world_.random.Below(7)) {
    case 0:
      return HangStore();
    case 1:
      return CutLink();
    case 2:
      return CutReplication();
    case 3:
      return ForgetInStore();
    case 4:
      return BreakContract();
    case 5:
      return FillStore();
    default:
      return StepStoreClock();
  }
}

void Fleet::KillNode() {
  const std::size_t index = world_.random.Below(nodes_.size());
  if (!nodes_[index].up()) return;
  Count(world_.faults, Fault::kNodeKilled);
  const Span down = world_.random.Between(1, 5000) * kMillisecond;
  const bool kept = world_.random.OneIn(3);
  world_.Say("node %zu is killed; its memory is %s", index, kept ? "kept" : "lost");
  Disturb(down);
  nodes_[index].Kill();
  world_.agenda.After(kSecond, [this, index] { believed_up_[index] = nodes_[index].up(); });
  world_.agenda.After(down, [this, index, kept] {
    world_.Say("node %zu starts", index);
    nodes_[index].Start(kept);
    Disturb(0);
    world_.agenda.After(kSecond, [this, index] { believed_up_[index] = nodes_[index].up(); });
  });
}

void Fleet::StepNodeClock() {
  Count(world_.faults, Fault::kNodeClockStep);
  const std::size_t index = world_.random.Below(nodes_.size());
  const std::int64_t size =
      static_cast<std::int64_t>(world_.random.OneIn(2) ? world_.random.Between(1, 50) * 1000
                                                       : world_.random.Between(100, 4000) * 1000);
  const std::int64_t step = world_.random.OneIn(2) ? size : -size;
  const Span lasts = world_.random.Between(1, 40) * kSecond;
  world_.Say("node %zu's clock steps by %lld ms", index, static_cast<long long>(step));
  // Where one has stood still, tokens have longer or shorter lives for as long as the step.
  Disturb(lasts + 70 * kSecond);
  nodes_[index].MoveClock(step);
  world_.agenda.After(lasts, [this, index, step] {
    world_.Say("node %zu's clock is set right", index);
    nodes_[index].MoveClock(-step);
    Disturb(70 * kSecond);
    ReplayRecent();
  });
}

// Published everywhere, then signed with, and the old one dropped when nothing lives that it
// signed.
void Fleet::RotateKeys() {
  if (key_step_ != 0) return;
  Count(world_.faults, Fault::kKeysRotated);
  key_step_ = 1;
  constexpr Span kAfter[] = {0, 12 * kSecond, 360 * kSecond};
  for (std::size_t step = 1; step <= 3; ++step) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Span after = kAfter[step - 1] + world_.random.Below(10'000) * kMillisecond;
      world_.agenda.After(after, [this, i, step] { nodes_[i].SetKeyStep(step); });
    }
  }
}

void Fleet::PointEverybodyAt(std::size_t server, Span within) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    world_.agenda.After(world_.random.Below(within / kMillisecond + 1) * kMillisecond,
                        [this, i, server] { world_.network.PointAt(i, server); });
  }
}

void Fleet::RestartStore(Fault fault) {
  Count(world_.faults, fault);
  world_.Say("the store: %s", kFaultNames[static_cast<std::size_t>(fault)].data());
  const Span down = world_.random.Between(20, 6000) * kMillisecond;
  StoreNetwork::Loss loss = StoreNetwork::Loss::kKill;
  if (fault == Fault::kStorePowerLost) loss = StoreNetwork::Loss::kPower;
  if (fault == Fault::kOldDumpRestored) loss = StoreNetwork::Loss::kOldDump;
  Disturb(down + 2 * kSecond);
  // What was used in the last moment is what is lost.
  ReplayRecent();
  world_.agenda.After(20 * kMillisecond, [this] { world_.network.Down(primary_); });
  world_.agenda.After(20 * kMillisecond + down, [this, loss] {
    world_.network.Up(primary_, loss);
    world_.Say("the store is back");
    roles_change_ = false;
    Disturb(2 * kSecond);
    ReplayRecent();
  });
}

// The master dies behind a link that was cut for a while, and its replica takes over.
void Fleet::FailOver() {
  Count(world_.faults, Fault::kFailover);
  const Span cut = world_.random.Below(4000) * kMillisecond;
  world_.Say("failover, replication cut for %llu ms before",
             static_cast<unsigned long long>(cut / kMillisecond));
  Disturb(cut + 12 * kSecond);
  world_.network.CutReplication();
  ReplayRecent();
  world_.agenda.After(cut, [this] {
    const std::size_t old = primary_;
    world_.network.Down(old);
    primary_ = 1 - old;
    world_.agenda.After(world_.random.Between(1, 2000) * kMillisecond, [this, old] {
      world_.network.Promote(1 - old);
      PointEverybodyAt(1 - old, 3 * kSecond);
    });
    world_.agenda.After(8 * kSecond, [this, old] {
      world_.network.Up(old, StoreNetwork::Loss::kKill);
      world_.network.HealReplication();
      world_.network.Demote(old);
      roles_change_ = false;
      Disturb(2 * kSecond);
    });
  });
}

// Two masters for a while: the old one goes on for those that still find it.
void Fleet::SplitBrain() {
  Count(world_.faults, Fault::kSplitBrain);
  const Span lasts = world_.random.Between(1, 20) * kSecond;
  world_.Say("two masters for %llu s", static_cast<unsigned long long>(lasts / kSecond));
  Disturb(lasts + 12 * kSecond);
  world_.network.CutReplication();
  const std::size_t old = primary_;
  primary_ = 1 - old;
  // Before the other one takes over, and while both serve.
  ReplayRecent();
  world_.agenda.After(world_.random.Between(10, 3000) * kMillisecond, [this, old, lasts] {
    world_.network.Promote(1 - old);
    PointEverybodyAt(1 - old, lasts);
    // Those who keep their connections stay; some of the others are turned away from the old one.
    if (world_.random.OneIn(2)) world_.network.SetLink(0, old, false);
    world_.agenda.After(lasts / 2, [this] { ReplayRecent(); });
    world_.agenda.After(lasts, [this, old] {
      world_.network.SetLink(0, old, true);
      world_.network.HealReplication();
      world_.network.Demote(old);
      roles_change_ = false;
      Disturb(6 * kSecond);
      ReplayRecent();
    });
  });
}

// A master is demoted, takes over what its successor has, which is less, and is promoted again: its
// run id is the same as ever, and no connection to it was lost.
void Fleet::PromoteAgain() {
  Count(world_.faults, Fault::kPromotedAgain);
  world_.Say("the master is demoted and promoted again");
  Disturb(16 * kSecond);
  const std::size_t master = primary_;
  const std::size_t other = 1 - master;
  world_.network.CutReplication();
  world_.agenda.After(50 * kMillisecond, [this] { ReplayRecent(); });
  world_.agenda.After(2 * kSecond, [this, master, other] {
    world_.network.Promote(other);
    world_.network.HealReplication();
    world_.network.Demote(master);
  });
  const Span back = world_.random.Between(3, 800) * kMillisecond;
  world_.agenda.After(2 * kSecond + back, [this, master, other] {
    world_.network.Promote(master);
    world_.network.Demote(other);
    roles_change_ = false;
    Disturb(8 * kSecond);
    ReplayRecent();
  });
}

void Fleet::HangStore() {
  Count(world_.faults, Fault::kStoreHung);
  const Span span = world_.random.Between(50, 30'000) * kMillisecond;
  world_.Say("the store hangs for %llu ms", static_cast<unsigned long long>(span / kMillisecond));
  Disturb(span + 3 * kSecond);
  world_.network.Hang(primary_, span);
}

void Fleet::CutLink() {
  Count(world_.faults, Fault::kLinkCut);
  const std::size_t node = world_.random.Below(nodes_.size());
  const std::size_t server = primary_;
  const Span span = world_.random.Between(50, 30'000) * kMillisecond;
  world_.Say("node %zu can't reach the store for %llu ms", node,
             static_cast<unsigned long long>(span / kMillisecond));
  Disturb(span + 3 * kSecond);
  world_.network.SetLink(node, server, false);
  world_.agenda.After(span, [this, node, server] {
    world_.network.SetLink(node, server, true);
    ReplayRecent();
  });
}

void Fleet::CutReplication() {
  Count(world_.faults, Fault::kReplicationCut);
  const Span span = world_.random.Between(50, 20'000) * kMillisecond;
  Disturb(span + 3 * kSecond);
  world_.network.CutReplication();
  world_.agenda.After(span, [this] {
    world_.network.HealReplication();
    Disturb(3 * kSecond);
  });
}

void Fleet::ForgetInStore() {
  StoreServer& server = world_.network.server(primary_);
  Disturb(kBlockWindow);
  ReplayRecent();
  if (world_.random.OneIn(2)) {
    Count(world_.faults, Fault::kStoreFlushed);
    world_.Say("FLUSHALL");
    server.FlushAll();
  } else {
    Count(world_.faults, Fault::kKeyEvicted);
    world_.Say("some keys are evicted");
    server.SetEvicts(true);
    for (int i = 0; i < 3; ++i) server.Evict(world_.random.Below(64));
    server.SetEvicts(false);
  }
}

void Fleet::BreakContract() {
  if (roles_change_) return;
  Count(world_.faults, Fault::kContractBroken);
  const Span span = world_.random.Between(1, 20) * kSecond;
  const std::size_t at = primary_;
  Disturb(span + kBlockWindow);
  StoreServer& server = world_.network.server(at);
  if (world_.random.OneIn(2)) {
    world_.Say("the store evicts");
    server.SetEvicts(true);
    world_.agenda.After(span / 2, [this, at] {
      for (int i = 0; i < 4; ++i) world_.network.server(at).Evict(world_.random.Below(64));
    });
  } else {
    world_.Say("the store keeps no file, and is killed");
    server.SetAppends(false);
    roles_change_ = true;
    world_.agenda.After(span / 2, [this] { RestartStore(Fault::kStoreKilled); });
  }
  world_.agenda.After(span, [this, at] {
    world_.network.server(at).SetEvicts(false);
    world_.network.server(at).SetAppends(true);
    Disturb(kBlockWindow);
  });
}

void Fleet::FillStore() {
  Count(world_.faults, Fault::kStoreFull);
  const Span span = world_.random.Between(1, 30) * kSecond;
  const std::size_t at = primary_;
  world_.Say("the store is full for %llu s", static_cast<unsigned long long>(span / kSecond));
  Disturb(span);
  world_.network.server(at).SetFull(true);
  world_.agenda.After(span, [this, at] { world_.network.server(at).SetFull(false); });
}

void Fleet::StepStoreClock() {
  Count(world_.faults, Fault::kStoreClockStep);
  const std::int64_t size = static_cast<std::int64_t>(world_.random.Between(1, 1000)) * 1'000'000;
  const std::int64_t step = world_.random.OneIn(3) ? -size : size;
  const std::size_t at = primary_;
  const Span span = world_.random.Between(1, 20) * kSecond;
  world_.Say("the store's clock steps by %lld s", static_cast<long long>(step / 1'000'000));
  Disturb(span + kBlockWindow);
  world_.network.server(at).MoveClock(step);
  ReplayRecent();
  world_.agenda.After(span, [this, at, step] {
    world_.network.server(at).MoveClock(-step);
    Disturb(kBlockWindow);
    ReplayRecent();
  });
}

}  // namespace stile::simulation
