#ifndef STILE_CHALLENGE_KEY_RING_H_
#define STILE_CHALLENGE_KEY_RING_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/hmac_key.h"
#include "challenge/secret_bytes.h"
#include "challenge/unix_millis.h"

namespace stile {

// One master secret. Every key is derived from one, so this is what operators rotate: publish a
// new master everywhere, let it sign later, stop verifying the old one last.
struct MasterKey {
  std::uint8_t id = 0;                 // 1 to 255, unique in a ring.
  SecretBytes secret;                  // 32 to 64 bytes.
  UnixMillis sign_from;                // It signs from here on...
  UnixMillis verify_until{INT64_MAX};  // ...and what it signed is believed until here.
};

// What a key is for. A token signed for one purpose never passes for another.
enum class KeyPurpose : std::uint8_t {
  kChallenge = 0,
  kClearance = 1,
  kContext = 2,
  kReference = 3,
  kResponse = 4,
  kSpend = 5,  // Hides what a response token is used up by.
};

// Seconds in one key epoch; docs/wire-format.md.
inline constexpr std::int64_t kKeyEpochSeconds = 86'400;

// The keys of one site: every master, purpose and epoch that the ring holds, as ready HMAC
// states. Immutable; safe to share between threads. Lookups take a few ns and derive nothing.
class SiteKeys {
 public:
  // Returns the key that a token issued at `issued_at_seconds` under master `key_id` was made
  // with. Returns nullptr if no such master is held, its verify-until is at or before `now`, or the
  // epoch is outside the held ones. The key lives as long as this object.
  [[nodiscard]] const HmacKey* Find(KeyPurpose purpose, std::uint8_t key_id,
                                    std::int64_t issued_at_seconds, UnixMillis now) const noexcept;

  // Returns the id of the master that signs at `now`: of those that may sign and still verify,
  // the one with the latest sign-from, and of several such the highest id. Returns nullopt if there
  // is none or `now` is outside the horizon.
  [[nodiscard]] std::optional<std::uint8_t> SigningKeyId(UnixMillis now) const noexcept;

  // The site's name and the first 4 bytes of its hash, as tokens carry them.
  [[nodiscard]] const std::string& site() const noexcept { return site_; }
  [[nodiscard]] std::uint32_t site_id() const noexcept { return site_id_; }

  // From here on nothing can be signed and a newer ring is needed.
  [[nodiscard]] UnixMillis horizon() const noexcept;

 private:
  friend class KeyRing;
  struct Master {
    std::uint8_t id;
    UnixMillis sign_from;
    UnixMillis verify_until;
  };

  SiteKeys() = default;

  std::string site_;
  std::uint32_t site_id_ = 0;
  std::int64_t first_epoch_ = 0;
  std::int64_t epochs_ = 0;
  std::vector<Master> masters_;
  std::array<std::uint8_t, 256> slot_of_id_{};  // 0: not held; else index in masters_ + 1.
  std::vector<HmacKey> states_;                 // [master][purpose][epoch - first_epoch_]
};

// Returns the id that tokens of the site named `site` carry.
[[nodiscard]] std::uint32_t SiteId(std::string_view site) noexcept;

// The masters of a deployment. Immutable once created; safe to share between threads.
//
// Keys are derived ahead for a stated horizon, so that an embedder without a thread of its own
// runs for weeks; whoever has a timer makes a new ring daily.
class KeyRing {
 public:
  static constexpr std::size_t kMaxMasters = 8;
  static constexpr std::size_t kMinSecret = 32;
  static constexpr std::size_t kMaxSecret = 64;
  static constexpr int kMaxHorizonDays = 400;

  // Returns every mistake in `masters`: none or more than 8 of them (kOutOfRange), a secret that
  // is shorter than 32 or longer than 64 bytes (kOutOfRange), an id that is 0 or used twice, a
  // verify-until at or before its sign-from (kInvalidArgument), two masters with the same secret
  // (kInvalidArgument), no master that may sign at `now` (kFailedPrecondition), `horizon` not in
  // [1 day, 400 days], `now` before 1970 or after the last second of 32 bits (kOutOfRange).
  [[nodiscard]] static tl::expected<KeyRing, Errors> Create(
      std::vector<MasterKey> masters, UnixMillis now,
      std::chrono::hours horizon = std::chrono::hours{24 * 35});

  // Derives the keys of the site named `site`: under 1 us for each master, purpose and epoch held
  // (8 days back and the horizon forward). Returns kInvalidArgument if the name is empty or longer
  // than 64 bytes.
  [[nodiscard]] tl::expected<std::shared_ptr<const SiteKeys>, Error> ForSite(
      std::string_view site) const;

  // The first four bytes of SHA-256 of a master's secret, as hex, so that two nodes can be
  // compared; one per master, in order, as "id:hex".
  [[nodiscard]] std::vector<std::string> Fingerprints() const;

  struct Validity {
    std::uint8_t id;
    UnixMillis sign_from;
    UnixMillis verify_until;
  };
  [[nodiscard]] std::vector<Validity> Validities() const;

 private:
  KeyRing(std::vector<MasterKey> masters, UnixMillis now, std::chrono::hours horizon)
      : masters_(std::move(masters)), created_(now), horizon_(horizon) {}

  std::vector<MasterKey> masters_;
  UnixMillis created_;
  std::chrono::hours horizon_;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_KEY_RING_H_
