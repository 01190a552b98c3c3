#include "tests/simulation/budget_fleet.h"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace stile::simulation {
namespace {

constexpr Span kRunTime = 90 * kSecond;
constexpr Span kSteadyTime = 180 * kSecond;
constexpr std::int64_t kBeginMillis = 1'772'366'400'000;
constexpr std::size_t kHonest = 2;
// From a taking to its being charged everywhere, where nothing goes wrong: until the next round of
// its machine, and of each other's, and the ways between them.
constexpr double kDelay = 2.5;
// The longest that a message may take and still be charged, with what is held back before it and
// until it is read: what an honest client may be charged too much, in seconds of his rate.
constexpr double kLongestDelay = 4 + 10 + 10;
// What a store that is full for some seconds adds to it: then all is told, only later.
constexpr double kFullDelay = 5;
constexpr double kQuantum = 1.0 / 16;

}  // namespace

void BudgetFleet::Exact::Flow(Instant now) {
  level = std::max(0.0, level - static_cast<double>(now - at) / kSecond * rate);
  at = now;
}

bool BudgetFleet::Exact::Take(double cost, Instant now) {
  Flow(now);
  if (level + cost > burst) return false;
  level += cost;
  return true;
}

BudgetFleet::BudgetFleet(std::uint64_t seed, BudgetMutant mutant)
    : random_(seed),
      log_(agenda_, random_),
      mutant_(mutant),
      quiet_(IsQuiet(seed)),
      only_full_(seed % 8 == 1),
      steady_(seed % 8 == 4 || seed % 8 == 1) {
  const Rate rates[] = {{60, std::chrono::seconds{60}, 60},
                        {60, std::chrono::seconds{60}, 90},
                        {120, std::chrono::seconds{60}, 120}};
  const Rate& rate = rates[random_.Below(3)];
  pace_ = BudgetTable::PaceOf(rate);
  rate_ = 64'000.0 / static_cast<double>(pace_.interval);
  burst_ = rate.burst;
  machines_.resize(random_.Between(2, 5));
  const double others = static_cast<double>(machines_.size()) - 1;
  const double delay = kDelay + (quiet_ ? 0 : kFullDelay);
  // What one machine lets pass meanwhile: its whole burst, or no more than it is asked for.
  const double at_once = steady_ ? 1 : burst_;
  bound_ = burst_ + others * (at_once + rate_ * delay + burst_ * kQuantum) + 1;
  greedy_ = {std::numeric_limits<double>::infinity(), rate_};
  honest_.assign(kHonest, {burst_ - rate_ * kLongestDelay, rate_});
}

BudgetOutcome BudgetFleet::Run() {
  for (Machine& machine : machines_) {
    machine.clock_offset = static_cast<std::int64_t>(random_.Below(40'000)) - 20'000;
    StartMachine(machine);
  }
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    agenda_.After(random_.Between(2, 6) * kSecond, [this, i] { GreedyTurn(i); });
  }
  for (std::size_t who = 0; who < kHonest; ++who) {
    agenda_.After(random_.Between(2, 6) * kSecond, [this, who] { HonestTurn(who); });
  }
  if (!quiet_) PlanFault();
  const Span time = steady_ ? kSteadyTime : kRunTime;
  agenda_.RunUntil(time);
  outcome_.allowed = static_cast<std::uint64_t>(burst_ + rate_ * (time / kSecond));
  outcome_.commands = log_.commands();
  return outcome_;
}

void BudgetFleet::StartMachine(Machine& machine) {
  machine.budgets = *Budgets::Create({64, 64, 64, 64, 128});
  machine.boot = random_.Next() | 1;
  machine.processes.clear();
  const std::uint64_t processes = random_.Between(1, 2);
  for (std::uint64_t i = 0; i < processes; ++i) machine.processes.push_back(NewProcess(machine));
}

std::shared_ptr<BudgetCourier> BudgetFleet::NewProcess(Machine& machine) {
  const BudgetCourier::Place place{agenda_, random_, log_, machine.clock_offset, mutant_};
  const auto process = std::make_shared<BudgetCourier>(
      place, machine.budgets, machine.boot, static_cast<std::uint32_t>(random_.Next() | 1));
  process->Start(process);
  return process;
}

void BudgetFleet::PlanFault() {
  agenda_.After(random_.Between(5, only_full_ ? 7 : 30) * kSecond, [this] {
    const auto any = random_.Below(static_cast<std::uint64_t>(BudgetFault::kCount));
    DoFault(only_full_ ? BudgetFault::kStoreFull : static_cast<BudgetFault>(any));
    PlanFault();
  });
}

// While nobody hears of anybody for so long, each passes what it would alone.
void BudgetFleet::Grant(Span longest) {
  const double seconds = static_cast<double>(longest) / kSecond + kDelay + 10;
  bound_ += static_cast<double>(machines_.size()) * (burst_ + rate_ * seconds);
}

void BudgetFleet::DoFault(BudgetFault fault) {
  ++outcome_.faults[static_cast<std::size_t>(fault)];
  Machine& machine = machines_[random_.Below(machines_.size())];
  const Span span = random_.Between(500, 25'000) * kMillisecond;
  switch (fault) {
    case BudgetFault::kProcessKilled: {
      // Between taking out of the ledger and telling, as often as not. What it held is lost, and
      // nobody merges for its machine until its seat is free.
      auto& process = machine.processes[random_.Below(machine.processes.size())];
      process->Kill();
      Grant(10 * kSecond);
      process = NewProcess(machine);
      return;
    }
    case BudgetFault::kMachineRestarted:
      for (auto& process : machine.processes) process->Kill();
      Grant(10 * kSecond);
      StartMachine(machine);
      return;
    case BudgetFault::kStoreHung: {
      const Span long_span = span * 2;
      Grant(long_span);
      log_.SetHung(true);
      agenda_.After(long_span, [this] { log_.SetHung(false); });
      return;
    }
    case BudgetFault::kStoreAway:
      Grant(span);
      log_.away = true;
      agenda_.After(span, [this] { log_.away = false; });
      return;
    case BudgetFault::kStoreFull: {
      if (log_.full) return;
      const Span shortly = random_.Between(500, 4'000) * kMillisecond;
      log_.full = true;
      agenda_.After(shortly, [this] { log_.full = false; });
      return;
    }
    case BudgetFault::kStoreFlushed:
      Grant(0);
      log_.Flush();
      return;
    case BudgetFault::kLinkCut: {
      Grant(span);
      const auto process = machine.processes[random_.Below(machine.processes.size())];
      process->link_cut = true;
      agenda_.After(span, [process] { process->link_cut = false; });
      return;
    }
    case BudgetFault::kRepliesLost:
      Grant(span);
      log_.loses_replies = true;
      agenda_.After(span, [this] { log_.loses_replies = false; });
      return;
    case BudgetFault::kClockStepped: {
      // For a while, or for good. What was said before, and is heard after, is not charged.
      Grant(2 * span);
      const auto step = static_cast<std::int64_t>(random_.Between(1'000, 120'000));
      const std::int64_t signed_step = random_.OneIn(2) ? step : -step;
      log_.clock_step += signed_step;
      if (random_.OneIn(2)) return;
      agenda_.After(span, [this, signed_step] { log_.clock_step -= signed_step; });
      return;
    }
    case BudgetFault::kCount:
      return;
  }
}

Taking BudgetFleet::Take(Machine& machine, std::uint64_t who) {
  const UnixMillis now{kBeginMillis + machine.clock_offset +
                       static_cast<std::int64_t>(agenda_.now() / kMillisecond)};
  const BudgetName name{who, 7};
  const std::uint64_t key = machine.budgets->KeyOf(name);
  const Taking taking = machine.budgets->clearances.Take(key, pace_, 1, now);
  const bool told = mutant_ != BudgetMutant::kOnlyHeavyTold || taking.heavy;
  if (taking.taken && told) {
    machine.budgets->untold_clearances.Note(key, name, pace_, 1, now);
  }
  return taking;
}

void BudgetFleet::GreedyTurn(std::size_t number) {
  const int most = steady_ ? 1 : 200;
  for (int i = 0; i < most && Take(machines_[number], 1).taken; ++i) {
    ++outcome_.passed;
    static_cast<void>(greedy_.Take(1, agenda_.now()));
  }
  if (greedy_.level > bound_) Blame("passes more than the bound");
  outcome_.excess = std::max(outcome_.excess, greedy_.level / bound_);
  const auto interval = static_cast<Span>(kSecond / rate_);
  const Span pause = random_.Between(100, 900) * kMillisecond;
  agenda_.After(steady_ ? interval : pause, [this, number] { GreedyTurn(number); });
}

void BudgetFleet::HonestTurn(std::size_t who) {
  Machine& machine = machines_[random_.Below(machines_.size())];
  // The first takes all he may at once, and waits until it has come back.
  const bool lumpy = who == 0;
  const std::uint64_t most = lumpy || random_.OneIn(3) ? 200 : random_.Below(8);
  for (std::uint64_t i = 0; i < most && honest_[who].Take(1, agenda_.now()); ++i) {
    if (!Take(machine, 100 + who).taken) {
      Blame("refuses one who stays within the budget");
      break;
    }
    ++outcome_.honest;
  }
  // Right when what he took is about to be told.
  if (lumpy && !quiet_ && !only_full_ && random_.OneIn(8)) {
    const auto fault = random_.OneIn(2) ? BudgetFault::kStoreHung : BudgetFault::kRepliesLost;
    agenda_.After(random_.Below(kSecond), [this, fault] { DoFault(fault); });
  }
  const std::uint64_t pause = lumpy ? random_.Between(5'000, 50'000) : random_.Between(200, 6'000);
  agenda_.After(pause * kMillisecond, [this, who] { HonestTurn(who); });
}

void BudgetFleet::Blame(const std::string& mistake) {
  if (!outcome_.mistake.empty()) return;
  char text[160];
  std::snprintf(text, sizeof text, "%s after %.1f s on %zu machines: %.0f of %.0f", mistake.c_str(),
                static_cast<double>(agenda_.now()) / kSecond, machines_.size(), greedy_.level,
                bound_);
  outcome_.mistake = text;
}

}  // namespace stile::simulation
