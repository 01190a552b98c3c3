#include "service/mode_overrides.h"

#include <utility>

namespace stile {

std::string_view GateModeName(GateMode mode) noexcept {
  switch (mode) {
    case GateMode::kEnforce:
      return "enforce";
    case GateMode::kShadow:
      return "shadow";
    case GateMode::kOpen:
      return "open";
    case GateMode::kAttack:
      return "attack";
  }
  return "enforce";
}

void ModeOverrides::Set(const std::string& site, ModeOverride override,
                        std::optional<Instant> ends) {
  if (site.empty()) entries_.clear();
  entries_[site] = Entry{std::move(override), ends};
}

void ModeOverrides::Clear(const std::string& site) {
  if (site.empty()) {
    entries_.clear();
  } else if (entries_.contains("")) {
    entries_[site] = Entry{};
  } else {
    entries_.erase(site);
  }
}

std::vector<std::string> ModeOverrides::Expire(Instant now) {
  std::vector<std::string> ended;
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (at->second.ends && *at->second.ends <= now) {
      ended.push_back(at->first);
      at = entries_.erase(at);
    } else {
      ++at;
    }
  }
  return ended;
}

std::optional<ModeOverrides::Instant> ModeOverrides::next_end() const {
  std::optional<Instant> next;
  for (const auto& [site, entry] : entries_) {
    if (entry.ends && (!next || *entry.ends < *next)) next = entry.ends;
  }
  return next;
}

std::optional<ModeOverride> ModeOverrides::Of(const std::string& site) const {
  auto found = entries_.find(site);
  if (found == entries_.end()) found = entries_.find("");
  return found == entries_.end() ? std::nullopt : found->second.override;
}

Config ModeOverrides::Applied(Config config) const {
  for (SiteConfig& site : config.sites) {
    if (const auto override = Of(site.options.name)) site.options.mode = override->mode;
  }
  return config;
}

std::vector<SiteMode> ModeOverrides::Modes(const Config& config) const {
  std::vector<SiteMode> modes;
  modes.reserve(config.sites.size());
  for (const SiteConfig& site : config.sites) {
    modes.push_back({site.options.name, site.options.mode, Of(site.options.name)});
  }
  return modes;
}

}  // namespace stile
