#ifndef STILE_BENCH_FIXTURE_H_
#define STILE_BENCH_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/clearance.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "verifier/policy/policy.h"
#include "verifier/request.h"

namespace stile::bench {

inline constexpr std::size_t kClearances = 1024;
inline constexpr UnixMillis kNow{1'800'000'000'000};
inline constexpr std::string_view kCookieName = "stile";

// What every stage is measured on: the Chrome request of tests/vectors/request.txt, with 1,024
// clearances in turn, so that no branch predictor learns one token by heart. Everything is built
// before the clock starts.
class Fixture {
 public:
  enum class Kind { kValid, kForged, kExpired, kMalformed, kWrongClient, kAbsent };

  static const Fixture& Get();  // Ends the process with a message if the vector is missing.

  // Request `index` mod 1,024 with a clearance of this kind as the last of its seven cookies.
  [[nodiscard]] const Request& request(Kind kind, std::size_t index) const {
    return requests_[static_cast<std::size_t>(kind)][index % kClearances];
  }
  // Its Cookie field.
  [[nodiscard]] std::string_view cookie(Kind kind, std::size_t index) const {
    return std::string_view(cookies_[static_cast<std::size_t>(kind)])
        .substr(index % kClearances * cookie_size_, cookie_size_);
  }
  // All 1,024 of them.
  [[nodiscard]] std::span<const Request> requests(Kind kind) const {
    return requests_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const std::shared_ptr<const SiteKeys>& keys() const { return keys_; }
  [[nodiscard]] const KeyRing& ring() const { return *ring_; }
  [[nodiscard]] Client client() const;

  // FieldPolicy() of policy_data.h: the last of its rules challenges these requests.
  [[nodiscard]] const std::shared_ptr<const Policy>& policy() const { return policy_; }
  // RegexPolicy().
  [[nodiscard]] const std::shared_ptr<const Policy>& regex_policy() const { return regex_policy_; }

 private:
  Fixture();
  void BuildRequests(const std::string& head);
  [[nodiscard]] std::string CookieOf(Kind kind, std::size_t i, std::string_view field) const;

  std::unique_ptr<KeyRing> ring_;
  std::shared_ptr<const SiteKeys> keys_;
  std::shared_ptr<const Policy> policy_;
  std::shared_ptr<const Policy> regex_policy_;
  std::string head_;
  std::string user_agent_;
  std::vector<RequestField> fields_;
  std::size_t cookie_size_ = 0;
  std::vector<std::string> cookies_;  // By kind, the Cookie fields of all requests end to end.
  std::vector<std::vector<Request>> requests_;
};

// Requests of one kind, one after the other as one connection of a server has them: in one place,
// and new in each is the Cookie field alone. What a server has just parsed is in the core's cache;
// a thousand whole requests would not be.
class Presented {
 public:
  explicit Presented(Fixture::Kind kind, std::size_t first = 0)
      : fixture_(Fixture::Get()),
        kind_(kind),
        at_(first),
        request_(fixture_.request(kind, first)) {}

  // Until the next call.
  [[nodiscard]] const Request& Next() noexcept {
    request_.cookies[0] = fixture_.cookie(kind_, at_++);
    return request_;
  }

 private:
  const Fixture& fixture_;
  Fixture::Kind kind_;
  std::size_t at_;
  Request request_;
};

// Calls of operator new by this program so far.
[[nodiscard]] std::uint64_t Allocations() noexcept;

}  // namespace stile::bench

#endif  // STILE_BENCH_FIXTURE_H_
