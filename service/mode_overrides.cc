#include "service/mode_overrides.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stile {
namespace {

// True if whatever `older` decides about, `newer` does.
bool Covers(const ModeOverride& newer, const ModeOverride& older) {
  return newer.rule == older.rule && (newer.site.empty() || newer.site == older.site);
}

// True if there is a site, or a rule of one, that both are about.
bool Meets(const ModeOverride& a, const ModeOverride& b) {
  return a.rule == b.rule && (a.site.empty() || b.site.empty() || a.site == b.site);
}

bool Replaces(const ModeOverride& newer, const ModeOverride& older) {
  const bool outlasts = !newer.ends || older.ends;
  const bool may_forget = newer.source != ModeSource::kFile || older.source == ModeSource::kFile;
  return Covers(newer, older) && outlasts && may_forget;
}

}  // namespace

bool ModeOverrides::Add(ModeOverride order) {
  const auto stays = std::count_if(orders_.begin(), orders_.end(), [&](const ModeOverride& older) {
    return !Replaces(order, older);
  });
  if (static_cast<std::size_t>(stays) >= kMost && order.source != ModeSource::kSignal) return false;
  std::erase_if(orders_, [&](const ModeOverride& older) { return Replaces(order, older); });
  orders_.push_back(std::move(order));
  Tidy();
  return true;
}

void ModeOverrides::Withdraw(ModeSource source) {
  std::erase_if(orders_, [source](const ModeOverride& order) { return order.source == source; });
  Tidy();
}

std::vector<ModeOverride> ModeOverrides::Expire(BootClock::time_point now) {
  std::vector<ModeOverride> ended;
  for (auto at = orders_.begin(); at != orders_.end();) {
    if (at->ends && *at->ends <= now) {
      ended.push_back(std::move(*at));
      at = orders_.erase(at);
    } else {
      ++at;
    }
  }
  if (!ended.empty()) Tidy();
  return ended;
}

std::optional<BootClock::time_point> ModeOverrides::next_end() const {
  std::optional<BootClock::time_point> next;
  for (const ModeOverride& order : orders_) {
    if (order.ends && (!next || *order.ends < *next)) next = order.ends;
  }
  return next;
}

const ModeOverride* ModeOverrides::Of(std::string_view site, std::string_view rule) const {
  const auto decides = [&](const ModeOverride& order) {
    return order.rule == rule && (order.site.empty() || order.site == site);
  };
  const auto found = std::find_if(orders_.rbegin(), orders_.rend(), decides);
  return found == orders_.rend() ? nullptr : &*found;
}

void ModeOverrides::Tidy() {
  for (auto at = orders_.begin(); at != orders_.end();) {
    const bool lifts = std::any_of(orders_.begin(), at,
                                   [&](const ModeOverride& older) { return Meets(*at, older); });
    at = at->mode || lifts ? std::next(at) : orders_.erase(at);
  }
}

}  // namespace stile
