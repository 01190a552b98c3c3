#ifndef STILE_TESTS_CHALLENGE_MAIN_SITE_H_
#define STILE_TESTS_CHALLENGE_MAIN_SITE_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "challenge/binding.h"
#include "challenge/clearance.h"
#include "challenge/context.h"
#include "challenge/key_ring.h"
#include "challenge/sealed_challenge.h"
#include "challenge/unix_millis.h"

namespace stile {

// Noon of 2026-03-01, UTC, in epoch 20513.
inline constexpr std::int64_t kNoon = 1'772'366'400;
inline constexpr UnixMillis kNow = UnixMillis::FromSeconds(kNoon);

// A master that may sign from `sign_from` on, whose secret is the bytes first, first + 1, ...
[[nodiscard]] MasterKey MakeMaster(std::uint8_t id, UnixMillis sign_from = UnixMillis{0},
                                   std::uint8_t first = 0);

// The site "main" under one master, id 1, secret 00 01 .. 1f.
[[nodiscard]] const std::shared_ptr<const SiteKeys>& MainSite();

// Its key at noon.
[[nodiscard]] const HmacKey& MainKey(KeyPurpose purpose);

// A client of 192.0.2.0/24 with the class 0xdeadbeef.
[[nodiscard]] Binding MakeBinding();

// Tokens of the site "main" whose texts below another implementation has made.
[[nodiscard]] Clearance MakeClearance();
[[nodiscard]] Challenge MakeChallenge();
[[nodiscard]] Context MakeContext();

inline constexpr std::string_view kClearanceText =
    "AQIBAwABAgMEBQYHCAkKCwwNDg9ppCpAaaTTAEgHcmYCARUFGMAAAgAAAAAAAd6tvu8BAADvljhYyp8NFuAgFKXQ00iP";
inline constexpr std::string_view kChallengeText =
    "AQEBAgABAgMEBQYHCAkKCwwNDg8AAAGcqUUKe2mkLJhIB3JmAxjAAAIAAAAAAAHerb7vAQEAAQIQBQAAAAAAPQkAAACo"
    "wAIBAAEAAAAAAAATiAAAAlgABi9hP2I9Y8bh27x2u3JBiSog1fh0idI";
inline constexpr std::string_view kContextText =
    "AQMBAmmkKkBppCyYSAdyZgIEAQAABwAGL2E_Yj1j3i2PStpT8A41Tk8brmLhUg";

}  // namespace stile

#endif  // STILE_TESTS_CHALLENGE_MAIN_SITE_H_
