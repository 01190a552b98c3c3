#include "bench/flood/crowd.h"

#include <algorithm>

namespace stile::bench {
namespace {

const Device& DeviceOf(double share) {
  for (const Device& device : kDevices) {
    if (share < device.share) return device;
    share -= device.share;
  }
  return kDevices.back();
}

Puzzle PuzzleOf(double share) {
  if (share < kWithoutScript) return Puzzle::kWait;
  return share < kWithoutScript + kWithoutWasm ? Puzzle::kSha256 : Puzzle::kHashwx;
}

}  // namespace

Crowd::Crowd(const Scenario& scenario, std::uint32_t first_prefix, Door& door, PriceLoop& loop,
             const OriginModel& origin, Dice& dice)
    : door_(door), loop_(loop), origin_(origin), dice_(dice), visitors_(scenario.visitors) {
  std::uint32_t prefix = first_prefix;
  for (Visitor& visitor : visitors_) {
    const bool beside_bots = first_prefix > 0 && dice.Below(20) == 0;
    visitor.prefix = beside_bots ? dice.Below(first_prefix) : prefix++;
    visitor.device = &DeviceOf(dice.Uniform());
    visitor.puzzle = PuzzleOf(dice.Uniform());
    visitor.comes = visitor.next = dice.Uniform() * scenario.phases.ends();
    visitor.leaves = visitor.comes + kPatience + dice.Exponential(kStay);
  }
  std::sort(visitors_.begin(), visitors_.end(),
            [](const Visitor& a, const Visitor& b) { return a.comes < b.comes; });
}

double Crowd::Step(double now) {
  reached_ = 0;
  active_.clear();
  for (std::size_t i = first_; i < visitors_.size() && visitors_[i].comes <= now; ++i) {
    Visitor& visitor = visitors_[i];
    while (visitor.stage != Visitor::Stage::kGone && visitor.next <= now) Advance(visitor, now);
    if (i == first_ && visitor.stage == Visitor::Stage::kGone) ++first_;
  }
  return reached_;
}

void Crowd::Advance(Visitor& visitor, double now) {
  if (visitor.passed < 0 && visitor.next > visitor.comes + kPatience) {
    visitor.stage = Visitor::Stage::kGone;
    return;
  }
  switch (visitor.stage) {
    case Visitor::Stage::kAway:
      return Ask(visitor);
    case Visitor::Stage::kSolving:
      return Redeem(visitor, now);
    case Visitor::Stage::kLoading:
      return Load(visitor, now);
    case Visitor::Stage::kBrowsing:
      return Browse(visitor, now);
    case Visitor::Stage::kGone:
      return;
  }
}

double Crowd::SolveSeconds(const Visitor& visitor) {
  const double effort = door_.EffortOf(visitor.challenge, visitor.puzzle);
  if (visitor.puzzle == Puzzle::kWait) return effort;
  const double worker =
      visitor.puzzle == Puzzle::kHashwx ? kWorkerHashwxRate : kWorkerPlainSha256Rate;
  const double rate = worker * visitor.device->speed * visitor.device->workers;
  return dice_.Work(effort, door_.PartsOf(visitor.puzzle)) / rate;
}

void Crowd::Ask(Visitor& visitor) {
  door_.Refuse(1);
  visitor.challenge = door_.Ask(visitor.prefix, visitor.next);
  visitor.stage = Visitor::Stage::kSolving;
  const double asked = visitor.next + kRoundTrip;
  // Who is offered nothing that it can do looks again, until its patience ends.
  if (!loop_.Offers(visitor.puzzle, visitor.next)) {
    visitor.stage = Visitor::Stage::kAway;
    visitor.next = asked + 5;
    return;
  }
  visitor.next = asked + SolveSeconds(visitor);
}

void Crowd::Redeem(Visitor& visitor, double) {
  const Door::Redemption redemption = door_.Redeem(visitor.challenge, visitor.puzzle, visitor.next);
  if (redemption.result == Door::Result::kCleared) {
    visitor.clearance = redemption.clearance;
    visitor.stage = visitor.passed < 0 ? Visitor::Stage::kLoading : Visitor::Stage::kBrowsing;
    visitor.next += kRoundTrip;
  } else if (redemption.result == Door::Result::kLimited) {
    visitor.next += std::max(1.0, redemption.retry_after);
  } else {
    visitor.stage = Visitor::Stage::kAway;
  }
}

// The first page. Who gets an error loads it again.
void Crowd::Load(Visitor& visitor, double now) {
  if (door_.Take(visitor.clearance, 1, visitor.next) < 1) {
    visitor.stage = Visitor::Stage::kAway;
    return;
  }
  reached_ += 1;
  active_.push_back(visitor.clearance.id);
  if (dice_.Uniform() < origin_.error_share()) {
    visitor.next += 3;
    return;
  }
  const double there = visitor.next + origin_.latency() - visitor.comes;
  if (there > kPatience) {
    visitor.stage = Visitor::Stage::kGone;
    return;
  }
  visitor.passed = there;
  visitor.stage = Visitor::Stage::kBrowsing;
  visitor.next = std::max(now, visitor.next) + dice_.Exponential(kBetweenPages);
}

void Crowd::Browse(Visitor& visitor, double) {
  if (visitor.next >= visitor.leaves) {
    visitor.stage = Visitor::Stage::kGone;
    return;
  }
  if (door_.Take(visitor.clearance, 1, visitor.next) < 1) {
    // A budget that is empty fills again; a clearance that is no longer enough is earned anew.
    if (visitor.clearance.puzzle == Puzzle::kNone) {
      visitor.asked_again += 1;
      visitor.stage = Visitor::Stage::kAway;
    } else {
      visitor.next += kBetweenPages;
    }
    return;
  }
  reached_ += 1;
  active_.push_back(visitor.clearance.id);
  visitor.pages += 1;
  if (dice_.Uniform() < origin_.error_share()) visitor.failed_pages += 1;
  visitor.next += dice_.Exponential(kBetweenPages);
}

}  // namespace stile::bench
