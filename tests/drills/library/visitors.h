#ifndef STILE_TESTS_DRILLS_LIBRARY_VISITORS_H_
#define STILE_TESTS_DRILLS_LIBRARY_VISITORS_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/ip_address.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "verifier/request.h"

namespace stile::drills {

inline constexpr std::string_view kBrowser =
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
inline constexpr std::string_view kBotAgent = "Mozilla/5.0 (compatible; Examplebot/1.0)";
inline constexpr std::string_view kBotAddress = "192.0.2.7";

// Who comes, and what becomes of him while all is well.
struct Visitor {
  enum class Kind : std::uint8_t { kValid, kNone, kExpired, kGarbage, kBot };
  Kind kind = Kind::kNone;
  std::string cookie;  // The Cookie field; may be empty.
  IpAddress address = *IpAddress::Parse(kBotAddress);

  // He passes whatever happens: he holds a clearance, or is a verified crawler.
  [[nodiscard]] bool may_pass() const { return kind == Kind::kValid || kind == Kind::kBot; }
  // Views of this object.
  [[nodiscard]] Request Ask(std::string_view target) const;
};

// A cookie with a clearance of `address`, under the ring's key `key_id`; empty if the ring doesn't
// hold that for this time.
[[nodiscard]] std::string Mint(const KeyRing& ring, std::uint8_t key_id, const IpAddress& address,
                               std::int64_t issued, std::int64_t expires, std::uint64_t id);

// Picks who comes next: of a hundred, 70 hold a clearance, 15 none, 5 an expired one, 5 garbage, 5
// are a crawler. For one thread.
class Crowd {
 public:
  struct Options {
    std::shared_ptr<const KeyRing> ring;  // Whose clearances they hold.
    std::uint8_t key_id = 1;
    std::int64_t age = 600;  // Seconds since they were earned.
    std::int64_t lifetime = 43'200;
    std::int64_t daily = 86'400;   // Seconds after which all come back for new ones.
    std::size_t others = 100'000;  // Addresses of those without a clearance.
    std::size_t held = 256;        // Clearances that are in use at a time.
  };
  Crowd(Options options, std::uint64_t seed, UnixMillis now);

  [[nodiscard]] const Visitor& Next(UnixMillis now);

 private:
  void MintAll(UnixMillis now);

  Options options_;
  std::mt19937_64 random_;
  std::int64_t minted_at_ = 0;
  std::vector<Visitor> valid_, expired_;
  Visitor other_;
};

}  // namespace stile::drills

#endif  // STILE_TESTS_DRILLS_LIBRARY_VISITORS_H_
