#include "bench/flood/herd.h"

#include <algorithm>
#include <cmath>

namespace stile::bench {
namespace {

constexpr std::uint32_t kSharers = 10;  // Of one clearance.
constexpr double kPlainRate = 1;        // Requests a second.
// A burst of 10 s follows a pause of 30.
constexpr double kPause = 30;
constexpr double kCycle = 40;

}  // namespace

Herd::Herd(const Scenario& scenario, std::uint32_t prefixes, Door& door, PriceLoop& loop,
           SolverFarm& farm, Dice& dice)
    : phases_(scenario.phases), door_(door), loop_(loop), farm_(farm) {
  // As many as leave visitors half of what the origin can bear.
  hoard_ = TokenBucket::Of(scenario.admissions / 2, 1, 0);
  for (std::size_t k = 0; k < kBotKinds; ++k) {
    const auto kind = static_cast<BotKind>(k);
    if (kind == BotKind::kPlain) {
      plain_ = scenario.bots[k];
      continue;
    }
    const std::uint32_t each = kind == BotKind::kSharing ? kSharers : 1;
    for (std::uint32_t i = 0; i < scenario.bots[k] / each; ++i) {
      Bot bot;
      bot.kind = kind;
      bot.prefix = dice.Below(prefixes);
      bot.comes = phases_.quiet;
      if (kind == BotKind::kSlow) bot.comes += dice.Uniform() * phases_.attack;
      if (kind == BotKind::kStockpiling || kind == BotKind::kHoarding) bot.comes = 0;
      bots_.push_back(bot);
    }
  }
  std::sort(bots_.begin(), bots_.end(),
            [](const Bot& a, const Bot& b) { return a.comes > b.comes; });
  for (std::uint32_t i = 0; i < bots_.size(); ++i) Rest(i);
}

void Herd::Rest(std::uint32_t number) {
  Bot& bot = bots_[number];
  bot.stage = Bot::Stage::kIdle;
  if (!bot.listed) idle_[static_cast<std::size_t>(bot.kind)].push_back(number);
}

bool Herd::InAttack(double now) const noexcept {
  return now >= phases_.quiet && now < phases_.attack_ends();
}

bool Herd::InBurst(double now) const noexcept {
  return InAttack(now) && std::fmod(now - phases_.quiet, kCycle) >= kPause;
}

bool Herd::MayStart(BotKind kind, double now) const {
  switch (kind) {
    case BotKind::kStockpiling: {
      // Challenges that are still good when the attack begins.
      const double since = phases_.quiet - door_.options().challenge_life + 5;
      return now >= since && now < phases_.quiet;
    }
    case BotKind::kHoarding:
      return now < phases_.quiet;
    case BotKind::kBursting:
      return InAttack(now) && !InBurst(now);
    case BotKind::kWaiting:
      return InAttack(now) && loop_.Offers(Puzzle::kWait, now);
    default:
      return InAttack(now);
  }
}

// A bot whose turn to solve comes.
bool Herd::StillWants(std::uint32_t number, double now) {
  Bot& bot = bots_[number];
  const bool early = bot.kind == BotKind::kStockpiling || bot.kind == BotKind::kHoarding;
  if (now < (early ? phases_.quiet : phases_.attack_ends())) return true;
  Rest(number);
  return false;
}

// When a bot that has a solution now hands it in.
double Herd::RedeemsFrom(const Bot& bot, double now) const noexcept {
  if (bot.kind == BotKind::kWaiting) return now + door_.options().wait;
  if (bot.kind == BotKind::kStockpiling) return phases_.quiet;
  if (bot.kind != BotKind::kBursting || InBurst(now)) return now;
  return now + kPause - std::fmod(now - phases_.quiet, kCycle);
}

double Herd::RateOf(const Bot& bot, double now) const noexcept {
  if (!InAttack(now)) return 0;
  switch (bot.kind) {
    case BotKind::kSharing:
      return 2.0 * kSharers;
    case BotKind::kSlow:
      return 0.1;
    case BotKind::kBursting:
      return InBurst(now) ? 10 : 0;
    case BotKind::kWaiting:
      return 1;
    default:
      return 2;
  }
}

void Herd::StartSolving(std::uint32_t number, double now) {
  Bot& bot = bots_[number];
  if (bot.kind == BotKind::kWaiting) {
    bot.challenge = door_.Ask(bot.prefix, now);
    bot.puzzle = Puzzle::kWait;
    bot.stage = Bot::Stage::kSolved;
    solved_.push_back({number, RedeemsFrom(bot, now)});
    return;
  }
  bot.stage = Bot::Stage::kQueued;
  // What is redeemed all at once would be over the limits of a fallback.
  const bool saves = bot.kind == BotKind::kStockpiling || bot.kind == BotKind::kBursting;
  farm_.Enqueue({number, bot.prefix, saves});
}

double Herd::TryRedeem(std::uint32_t number, double now) {
  Bot& bot = bots_[number];
  const Door::Redemption redemption = door_.Redeem(bot.challenge, bot.puzzle, now);
  switch (redemption.result) {
    case Door::Result::kCleared:
      bot.clearance = redemption.clearance;
      bot.stage = Bot::Stage::kIdle;
      clearances_ += 1;
      if (!bot.listed) cleared_.push_back(number);
      bot.listed = true;
      break;
    case Door::Result::kLimited:
      return now + redemption.retry_after;
    case Door::Result::kExpired:
      Rest(number);
      break;
  }
  return now;
}

void Herd::RedeemReady(double now) {
  std::size_t kept = 0;
  std::uint32_t limited = 0;
  for (InHand in_hand : solved_) {
    if (in_hand.redeem_from <= now) {
      in_hand.redeem_from = TryRedeem(in_hand.bot, now);
      const Bot& bot = bots_[in_hand.bot];
      if (bot.stage != Bot::Stage::kSolved) continue;
      limited += bot.puzzle == Puzzle::kSha256;
    }
    solved_[kept++] = in_hand;
  }
  solved_.resize(kept);
  // Work that has to queue for the limit of a puzzle is better spent on the other one.
  farm_.set_avoids_sha256(limited > 0);
}

// Everybody with a clearance asks; who gets less than half of what it wants earns another one.
double Herd::AskAll(double seconds, double now) {
  double reached = 0;
  std::size_t kept = 0;
  active_.clear();
  for (std::size_t i = 0; i < cleared_.size(); ++i) {
    const std::uint32_t number = cleared_[i];
    Bot& bot = bots_[number];
    const double wanted = RateOf(bot, now) * seconds;
    if (wanted == 0) {
      // What was used in one burst is known by the next.
      if (bot.kind == BotKind::kBursting && !InBurst(now)) bot.clearance.puzzle = Puzzle::kNone;
    } else {
      const double taken = door_.Take(bot.clearance, wanted, now);
      if (taken > 0) active_.push_back(bot.clearance.id);
      reached += taken;
      if (taken < wanted / 2) bot.clearance.puzzle = Puzzle::kNone;
    }
    bot.listed = bot.clearance.puzzle != Puzzle::kNone;
    if (bot.listed) {
      cleared_[kept++] = number;
    } else if (bot.stage == Bot::Stage::kIdle) {
      Rest(number);
    }
  }
  cleared_.resize(kept);
  return reached;
}

void Herd::StartIdle(double now) {
  for (std::size_t k = 0; k < kBotKinds; ++k) {
    std::vector<std::uint32_t>& idle = idle_[k];
    const auto kind = static_cast<BotKind>(k);
    if (!MayStart(kind, now)) continue;
    while (!idle.empty() && bots_[idle.back()].comes <= now) {
      if (kind == BotKind::kHoarding && !hoard_.TakeOne(now)) break;
      const std::uint32_t number = idle.back();
      idle.pop_back();
      StartSolving(number, now);
    }
  }
}

double Herd::Step(double seconds, double now) {
  for (const SolverFarm::Solved& solved :
       farm_.Work(seconds, now, [&](std::uint32_t bot) { return StillWants(bot, now); })) {
    Bot& bot = bots_[solved.bot];
    bot.challenge = solved.challenge;
    bot.puzzle = solved.puzzle;
    bot.stage = Bot::Stage::kSolved;
    solved_.push_back({solved.bot, RedeemsFrom(bot, now)});
  }
  RedeemReady(now);
  const double reached = AskAll(seconds, now);
  StartIdle(now);
  if (InAttack(now)) door_.Refuse(plain_ * kPlainRate * seconds);
  passed_ += reached;
  return reached;
}

}  // namespace stile::bench
