#include "challenge/key_ring.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "challenge/hkdf.h"
#include "challenge/sha256.h"
#include "challenge/token_fields.h"

namespace stile {
namespace {

constexpr std::size_t kPurposes = 6;
constexpr std::size_t kMaxSite = 64;
// A clearance lives for 7 days and may be asked for a little longer.
constexpr std::int64_t kEpochsBack = 8;
constexpr std::array<std::string_view, kPurposes> kPurposeNames = {
    "challenge", "clearance", "context", "reference", "response", "spend"};

std::span<const std::uint8_t> BytesOf(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::int64_t EpochOf(UnixMillis t) noexcept {
  const std::int64_t seconds = t.Seconds();
  return seconds >= 0 ? seconds / kKeyEpochSeconds
                      : (seconds - (kKeyEpochSeconds - 1)) / kKeyEpochSeconds;
}

bool MaySign(UnixMillis sign_from, UnixMillis verify_until, UnixMillis now) noexcept {
  return sign_from <= now && now < verify_until;
}

HmacKey PseudorandomKey(const SecretBytes& master) noexcept {
  Sha256Digest prk = HkdfExtract(BytesOf("stile-v1"), master.Expose());
  HmacKey key(prk);
  Wipe(prk);
  return key;
}

HmacKey Derive(const HmacKey& prk, std::string_view purpose, std::string_view site,
               std::int64_t epoch) noexcept {
  std::array<std::uint8_t, kMaxHkdfInfo> info;
  std::uint8_t* to = info.data();
  *to++ = static_cast<std::uint8_t>(purpose.size());
  to = std::copy(purpose.begin(), purpose.end(), to);
  *to++ = static_cast<std::uint8_t>(site.size());
  to = std::copy(site.begin(), site.end(), to);
  StoreU64(to, static_cast<std::uint64_t>(epoch));
  to += 8;
  Sha256Digest secret = HkdfExpand(prk, {info.data(), static_cast<std::size_t>(to - info.data())});
  HmacKey key(secret);
  Wipe(secret);
  return key;
}

// Where an error about a master is: its place in the list, since its id may be the mistake.
std::string PlaceOf(std::size_t index) { return "master key " + std::to_string(index + 1); }

void FindMistakesOf(const std::vector<MasterKey>& masters, std::size_t index, Errors& errors) {
  const MasterKey& master = masters[index];
  const auto add = [&errors, index](ErrorCode code, std::string message) {
    errors.push_back({code, PlaceOf(index), std::move(message)});
  };
  if (master.id == 0) add(ErrorCode::kInvalidArgument, "Give it an id from 1 to 255.");
  if (master.secret.size() < KeyRing::kMinSecret || master.secret.size() > KeyRing::kMaxSecret) {
    add(ErrorCode::kOutOfRange, "Its secret has " + std::to_string(master.secret.size()) +
                                    " bytes; use 32 to 64 random ones.");
  }
  if (master.verify_until <= master.sign_from) {
    add(ErrorCode::kInvalidArgument, "Set its verify_until later than its sign_from.");
  }
  for (std::size_t i = 0; i < index; ++i) {
    if (master.id != 0 && masters[i].id == master.id) {
      add(ErrorCode::kInvalidArgument, "Its id " + std::to_string(master.id) + " is that of " +
                                           PlaceOf(i) + "; give each key its own.");
      break;
    }
  }
  for (std::size_t i = 0; i < index; ++i) {
    if (masters[i].secret.size() != 0 && masters[i].secret.EqualsInConstantTime(master.secret)) {
      add(ErrorCode::kInvalidArgument,
          "Its secret is that of " + PlaceOf(i) + "; make a new one for each key.");
      break;
    }
  }
}

}  // namespace

const HmacKey* SiteKeys::Find(KeyPurpose purpose, std::uint8_t key_id,
                              std::int64_t issued_at_seconds, UnixMillis now) const noexcept {
  const std::size_t slot = slot_of_id_[key_id];
  if (slot == 0 || masters_[slot - 1].verify_until <= now) return nullptr;
  // Unsigned, so that a time before the first epoch is far after the last one.
  const std::uint64_t since_first =
      static_cast<std::uint64_t>(issued_at_seconds) -
      static_cast<std::uint64_t>(first_epoch_) * static_cast<std::uint64_t>(kKeyEpochSeconds);
  const std::uint64_t epoch = since_first / static_cast<std::uint64_t>(kKeyEpochSeconds);
  const std::uint64_t epochs = static_cast<std::uint64_t>(epochs_);
  if (epoch >= epochs || issued_at_seconds < 0) return nullptr;
  const std::uint64_t row = (slot - 1) * kPurposes + static_cast<std::uint64_t>(purpose);
  return &states_[row * epochs + epoch];
}

std::optional<std::uint8_t> SiteKeys::SigningKeyId(UnixMillis now) const noexcept {
  if (now >= horizon() || EpochOf(now) < first_epoch_) return std::nullopt;
  const Master* best = nullptr;
  for (const Master& master : masters_) {
    if (!MaySign(master.sign_from, master.verify_until, now)) continue;
    // The id settles a tie, so that every node takes the same one.
    if (best == nullptr || master.sign_from > best->sign_from ||
        (master.sign_from == best->sign_from && master.id > best->id)) {
      best = &master;
    }
  }
  if (best == nullptr) return std::nullopt;
  return best->id;
}

UnixMillis SiteKeys::horizon() const noexcept {
  return UnixMillis::FromSeconds((first_epoch_ + epochs_) * kKeyEpochSeconds);
}

std::uint32_t SiteId(std::string_view site) noexcept {
  constexpr std::string_view kName = "stile-site-v1";
  std::array<std::uint8_t, kName.size() + kMaxSite> input;
  const std::size_t length = std::min(site.size(), kMaxSite);
  std::memcpy(input.data(), kName.data(), kName.size());
  if (length != 0) std::memcpy(input.data() + kName.size(), site.data(), length);
  const Sha256Digest digest = Sha256({input.data(), kName.size() + length});
  return LoadU32(digest.data());
}

tl::expected<KeyRing, Errors> KeyRing::Create(std::vector<MasterKey> masters, UnixMillis now,
                                              std::chrono::hours horizon) {
  Errors errors;
  if (now.value < 0 || now.Seconds() > std::numeric_limits<std::uint32_t>::max()) {
    errors.push_back(
        {ErrorCode::kOutOfRange, "clock", "Set the clock: tokens hold times from 1970 to 2106."});
  }
  if (masters.empty()) {
    errors.push_back({ErrorCode::kOutOfRange, "", "Give at least one master key."});
  }
  if (masters.size() > kMaxMasters) {
    errors.push_back({ErrorCode::kOutOfRange, "",
                      "There are " + std::to_string(masters.size()) +
                          " master keys; keep 8 at most and remove the oldest."});
  }
  for (std::size_t i = 0; i < masters.size(); ++i) FindMistakesOf(masters, i, errors);
  const bool can_sign = std::any_of(masters.begin(), masters.end(), [now](const MasterKey& master) {
    return MaySign(master.sign_from, master.verify_until, now);
  });
  if (!masters.empty() && !can_sign) {
    errors.push_back({ErrorCode::kFailedPrecondition, "",
                      "No master key may sign now: add one whose sign_from has passed and whose "
                      "verify_until has not."});
  }
  if (horizon < std::chrono::hours{24} || horizon > std::chrono::hours{24 * kMaxHorizonDays}) {
    errors.push_back(
        {ErrorCode::kOutOfRange, "horizon", "Set the horizon to 1 day at least, 400 at most."});
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return KeyRing(std::move(masters), now, horizon);
}

tl::expected<std::shared_ptr<const SiteKeys>, Error> KeyRing::ForSite(std::string_view site) const {
  if (site.empty() || site.size() > kMaxSite) {
    return tl::unexpected(
        Error{ErrorCode::kInvalidArgument, "site name", "Give the site a name of 1 to 64 bytes."});
  }
  std::shared_ptr<SiteKeys> keys(new SiteKeys());
  keys->site_ = site;
  keys->site_id_ = SiteId(site);
  const std::int64_t current = EpochOf(created_);
  keys->first_epoch_ = current - kEpochsBack;
  keys->epochs_ = EpochOf(created_ + horizon_) - keys->first_epoch_ + 1;
  keys->states_.reserve(masters_.size() * kPurposes * static_cast<std::size_t>(keys->epochs_));
  for (const MasterKey& master : masters_) {
    keys->masters_.push_back({master.id, master.sign_from, master.verify_until});
    keys->slot_of_id_[master.id] = static_cast<std::uint8_t>(keys->masters_.size());
    const HmacKey prk = PseudorandomKey(master.secret);
    for (const std::string_view purpose : kPurposeNames) {
      for (std::int64_t i = 0; i < keys->epochs_; ++i) {
        keys->states_.push_back(Derive(prk, purpose, site, keys->first_epoch_ + i));
      }
    }
  }
  return std::shared_ptr<const SiteKeys>(std::move(keys));
}

std::vector<std::string> KeyRing::Fingerprints() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::vector<std::string> fingerprints;
  for (const MasterKey& master : masters_) {
    const Sha256Digest digest = Sha256(master.secret.Expose());
    std::string text = std::to_string(master.id) + ":";
    for (std::size_t i = 0; i < 4; ++i) {
      text += kHex[digest[i] >> 4];
      text += kHex[digest[i] & 15];
    }
    fingerprints.push_back(std::move(text));
  }
  return fingerprints;
}

std::vector<KeyRing::Validity> KeyRing::Validities() const {
  std::vector<Validity> validities;
  for (const MasterKey& master : masters_) {
    validities.push_back({master.id, master.sign_from, master.verify_until});
  }
  return validities;
}

}  // namespace stile
