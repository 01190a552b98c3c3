#include "bench/flood/flood_run.h"

#include <algorithm>
#include <cmath>

#include "bench/flood/herd.h"

namespace stile::bench {
namespace {

constexpr double kMomentSeconds = 2;
constexpr std::size_t kNoted = 400;  // Answers of a tick that the loop hears of, of each party.

double Quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = std::min(values.size() - 1, static_cast<std::size_t>(share * values.size()));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

VisitorFigures FiguresOf(const std::vector<Visitor>& visitors, double from, double until) {
  VisitorFigures figures;
  std::vector<double> seconds;
  double through = 0, fallback = 0, fallback_through = 0, pages = 0, failed = 0;
  for (const Visitor& visitor : visitors) {
    if (visitor.comes < from || visitor.comes >= until) continue;
    const bool passed = visitor.passed >= 0;
    seconds.push_back(passed ? visitor.passed : Crowd::kPatience);
    through += passed;
    if (visitor.puzzle != Puzzle::kHashwx) {
      fallback += 1;
      fallback_through += passed;
    }
    pages += visitor.pages;
    failed += visitor.failed_pages;
    figures.asked_again += visitor.asked_again;
  }
  figures.came = static_cast<std::uint32_t>(seconds.size());
  figures.through = through / std::max<double>(1, figures.came);
  figures.through_fallback = fallback > 0 ? fallback_through / fallback : 1;
  figures.failed_pages = pages > 0 ? failed / pages : 0;
  figures.p50 = Quantile(seconds, 0.5);
  figures.p95 = Quantile(seconds, 0.95);
  return figures;
}

class FloodRun {
 public:
  FloodRun(const Scenario& scenario, PriceLoop& loop)
      : scenario_(scenario),
        loop_(loop),
        dice_(scenario.seed),
        bot_prefixes_(std::max<std::uint32_t>(1, scenario.bot_count() / scenario.bots_per_prefix)),
        origin_(scenario.origin),
        // The last prefix is nobody's: it is asked for the price.
        door_(scenario.door, bot_prefixes_ + scenario.visitors + 1, loop),
        farm_(scenario.farm, door_, loop, dice_),
        herd_(scenario, bot_prefixes_, door_, loop, farm_, dice_),
        crowd_(scenario, bot_prefixes_, door_, loop, origin_, dice_) {}

  FloodResult Run() {
    const auto ticks = static_cast<std::uint64_t>(scenario_.phases.ends() / scenario_.tick);
    for (std::uint64_t i = 1; i <= ticks; ++i) Tick(static_cast<double>(i) * scenario_.tick);
    Finish();
    return std::move(result_);
  }

 private:
  void Tick(double now) {
    const double requests = crowd_.Step(now) + herd_.Step(scenario_.tick, now);
    origin_.Serve(requests, scenario_.tick);
    Note(crowd_.active(), now);
    Note(herd_.active(), now);
    const Phases& phases = scenario_.phases;
    if (now > phases.quiet && now <= phases.attack_ends()) {
      offered_ += requests;
      failed_ += origin_.failed();
      result_.peak_load = std::max(result_.peak_load, requests / scenario_.tick);
    }
    since_ += 1;
    reached_ += requests;
    failed_since_ += origin_.failed();
    if (now - moment_ >= kMomentSeconds) Keep(now);
  }

  // Tells the loop how the origin answered some of them.
  void Note(const std::vector<std::uint64_t>& clearances, double now) {
    const std::size_t count = std::min(kNoted, clearances.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = clearances.size() * i / count;
      const bool failed = dice_.Uniform() < origin_.error_share();
      loop_.OnAnswer(clearances[at], failed, origin_.latency(), now);
    }
  }

  void Keep(double now) {
    const double seconds = since_ * scenario_.tick;
    const double price = loop_.PriceFor(bot_prefixes_ + scenario_.visitors, now);
    const auto redeemed = static_cast<double>(door_.counts().redeemed - redeemed_);
    result_.moments.push_back({now, price, redeemed / seconds, reached_ / seconds,
                               reached_ > 0 ? std::min(1.0, failed_since_ / reached_) : 0});
    if (now > scenario_.phases.attack_ends()) {
      if (price > 100)
        result_.settled = -1;
      else if (result_.settled < 0)
        result_.settled = now - scenario_.phases.attack_ends();
    }
    redeemed_ = door_.counts().redeemed;
    moment_ = now;
    since_ = reached_ = failed_since_ = 0;
  }

  void Finish() {
    const Phases& phases = scenario_.phases;
    // The last who come have not had the time to pass.
    const double end = phases.ends() - Crowd::kPatience;
    const auto& visitors = crowd_.visitors();
    result_.before = FiguresOf(visitors, 0, phases.quiet - Crowd::kPatience);
    result_.during = FiguresOf(visitors, phases.quiet, phases.attack_ends());
    result_.after = FiguresOf(visitors, phases.attack_ends(), end);
    result_.mean_load = offered_ / phases.attack;
    result_.error_share = offered_ > 0 ? failed_ / offered_ : 0;
    result_.bill = farm_.bill();
    result_.bot_clearances = herd_.clearances();
    result_.bot_requests = herd_.passed();
    result_.door = door_.counts();
  }

  const Scenario& scenario_;
  PriceLoop& loop_;
  Dice dice_;
  std::uint32_t bot_prefixes_;
  OriginModel origin_;
  Door door_;
  SolverFarm farm_;
  Herd herd_;
  Crowd crowd_;
  FloodResult result_;
  double offered_ = 0, failed_ = 0;  // In the attack.
  double moment_ = 0, since_ = 0, reached_ = 0, failed_since_ = 0;
  std::uint64_t redeemed_ = 0;
};

}  // namespace

FloodResult RunFlood(const Scenario& scenario, PriceLoop& loop) {
  return FloodRun(scenario, loop).Run();
}

}  // namespace stile::bench
