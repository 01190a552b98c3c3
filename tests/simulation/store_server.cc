#include "tests/simulation/store_server.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stile::simulation {

StoreServer::StoreServer(std::uint64_t seed) noexcept : random_(seed) {
  run_id_ = NewId();
  replication_id_ = NewId();
}

std::string StoreServer::NewId() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id(40, '0');
  for (char& digit : id) digit = kDigits[random_.Below(16)];
  return id;
}

const std::string* StoreServer::Get(const std::string& key, Instant now) {
  const auto found = values_.find(key);
  if (found == values_.end()) return nullptr;
  const Instant expires_at = found->second.expires_at;
  if (expires_at != 0 && expires_at <= ServerTime(now)) {
    if (is_master_) Delete(key);
    return nullptr;
  }
  return &found->second.text;
}

void StoreServer::Set(const std::string& key, std::string_view text, Instant expires_at,
                      Instant now) {
  static_cast<void>(Get(key, now));
  Record({Effect::Kind::kSet, key, std::string(text), expires_at});
}

bool StoreServer::SetBit(const std::string& key, std::uint64_t bit, Instant now) {
  const std::string* const text = Get(key, now);
  const std::uint64_t byte = bit / 8;
  const bool was_set =
      text != nullptr && byte < text->size() && (((*text)[byte] >> (7 - bit % 8)) & 1) != 0;
  Record({Effect::Kind::kSetBit, key, {}, bit});
  return was_set;
}

void StoreServer::Delete(const std::string& key) { Record({Effect::Kind::kDelete, key, {}, 0}); }

void StoreServer::FlushAll() { Record({Effect::Kind::kFlush, {}, {}, 0}); }

void StoreServer::MoveClock(std::int64_t by) noexcept { clock_ahead_ += by; }

bool StoreServer::Evict(std::size_t position) {
  if (!evicts_ || values_.empty()) return false;
  const auto victim = std::next(values_.begin(), static_cast<std::ptrdiff_t>(position % keys()));
  Delete(std::string(victim->first));
  return true;
}

void StoreServer::Promote() {
  if (is_master_) return;
  is_master_ = true;
  replication_id_ = NewId();
}

void StoreServer::RestartAfterKill() {
  if (appends_) {
    RestartWith(std::move(effects_));
  } else {
    RestartFromDump(dumps_.size() - 1);
  }
}

void StoreServer::RestartAfterPowerLoss() {
  if (appends_) effects_.resize(std::min(synced_, effects_.size()));
  RestartAfterKill();
}

void StoreServer::RestartFromDump(std::size_t position) {
  RestartWith(position < dumps_.size() ? dumps_[position] : std::vector<Effect>());
}

void StoreServer::RestartWith(std::vector<Effect> effects) {
  effects_ = std::move(effects);
  values_.clear();
  for (const Effect& effect : effects_) Apply(effect);
  synced_ = effects_.size();
  run_id_ = NewId();
  // A master that comes back begins another history.
  if (is_master_) replication_id_ = NewId();
}

void StoreServer::FollowAnew(const StoreServer& master) {
  effects_ = master.effects_;
  values_ = master.values_;
  replication_id_ = master.replication_id_;
  synced_ = effects_.size();
}

void StoreServer::Follow(const StoreServer& master, std::size_t to) {
  while (effects_.size() < std::min(to, master.effects_.size())) {
    Effect effect = master.effects_[effects_.size()];
    Record(std::move(effect));
  }
}

std::size_t StoreServer::bytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& [key, value] : values_) sum += key.size() + value.text.size();
  return sum;
}

void StoreServer::Apply(const Effect& effect) {
  switch (effect.kind) {
    case Effect::Kind::kSet:
      values_[effect.key] = {effect.text, effect.number};
      return;
    case Effect::Kind::kSetBit: {
      std::string& text = values_[effect.key].text;
      if (text.size() <= effect.number / 8) text.resize(effect.number / 8 + 1);
      char& byte = text[effect.number / 8];
      byte = static_cast<char>(byte | (1 << (7 - effect.number % 8)));
      return;
    }
    case Effect::Kind::kDelete:
      values_.erase(effect.key);
      return;
    case Effect::Kind::kFlush:
      values_.clear();
      return;
  }
}

void StoreServer::Record(Effect effect) {
  Apply(effect);
  effects_.push_back(std::move(effect));
}

}  // namespace stile::simulation
