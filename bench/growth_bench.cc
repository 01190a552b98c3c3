// How the cost of a check grows with what a client sends and with what a site holds.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "bench/fixture.h"
#include "challenge/secret_bytes.h"
#include "engine/site_index.h"
#include "verifier/clearance_check.h"

namespace stile::bench {
namespace {

constexpr std::size_t kRequests = 64;

// The clearance of a request of the fixture, as its cookie has it.
std::string_view TokenOf(Fixture::Kind kind, std::size_t i) {
  const std::string_view field = Fixture::Get().request(kind, i).cookies[0];
  return field.substr(field.size() - Clearance::kTextSize);
}

// Requests of the fixture with Cookie fields of their own.
class Variants {
 public:
  template <typename Write>
  explicit Variants(Write write) {
    for (std::size_t i = 0; i < kRequests; ++i) {
      requests_[i] = Fixture::Get().request(Fixture::Kind::kValid, i);
      fields_[i] = write(i);
      requests_[i].cookies[0] = fields_[i];
    }
  }
  [[nodiscard]] const Request& operator[](std::size_t i) const { return requests_[i % kRequests]; }

 private:
  std::array<std::string, kRequests> fields_;
  std::array<Request, kRequests> requests_;
};

void Run(benchmark::State& state, const ClearanceCheck& check, const Variants& requests,
         Verdict expected) {
  std::size_t i = 0;
  for (auto _ : state) {
    if (check.Find(requests[i++], kNow).verdict != expected) {
      state.SkipWithError("another verdict than expected");
      break;
    }
  }
}

// A valid clearance behind other cookies, in a field of so many bytes.
void CookieBytes(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const Variants requests([size](std::size_t i) {
    const std::string last =
        std::string(kCookieName) + '=' + std::string(TokenOf(Fixture::Kind::kValid, i));
    std::string field;
    for (std::size_t n = 0; field.size() + last.size() < size; ++n) {
      std::string cookie = std::to_string(n);
      cookie.append("=").append(40, 'x').append("; ");
      field += cookie.substr(0, size - last.size() - field.size());
    }
    // What was cut short still ends where a cookie may begin.
    if (field.size() >= 2) field.replace(field.size() - 2, 2, "; ");
    return field + last;
  });
  const ClearanceCheck check(Fixture::Get().keys(), std::string(kCookieName));
  Run(state, check, requests, Verdict::kValid);
}
BENCHMARK(CookieBytes)->Name("Growth/CookieBytes")->RangeMultiplier(2)->Range(128, 16'384);

// So many forged clearances, two in each cookie: up to the eight that are looked at, and beyond.
void Candidates(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const Variants requests([count](std::size_t i) {
    std::string field;
    for (std::size_t n = 0; n < count; ++n) {
      const bool first = n % 2 == 0;
      if (first) field.append(n == 0 ? "" : "; ").append(kCookieName).append("=");
      if (!first) field += '.';
      field += TokenOf(Fixture::Kind::kForged, i * count + n);
    }
    return field;
  });
  const ClearanceCheck check(Fixture::Get().keys(), std::string(kCookieName));
  Run(state, check, requests, Verdict::kForged);
}
BENCHMARK(Candidates)->Name("Growth/Candidates")->RangeMultiplier(2)->Range(1, 32);

std::shared_ptr<const SiteKeys> ManyKeys(std::size_t count) {
  std::vector<MasterKey> masters(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::array<std::uint8_t, 32> secret{};
    for (std::size_t b = 0; b < secret.size(); ++b) {
      secret[b] = static_cast<std::uint8_t>(b * 7 + 1 + i * 31);
    }
    masters[i].id = static_cast<std::uint8_t>(i + 1);
    masters[i].secret = SecretBytes(secret);
    masters[i].sign_from = kNow - std::chrono::hours{24 + i};
  }
  auto ring = KeyRing::Create(std::move(masters), kNow);
  if (!ring) std::abort();
  auto keys = ring->ForSite("main");
  if (!keys) std::abort();
  return *std::move(keys);
}

// A valid clearance of the last of so many keys.
void Keys(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::shared_ptr<const SiteKeys> keys = ManyKeys(count);
  const auto id = static_cast<std::uint8_t>(count);
  const HmacKey* key = keys->Find(KeyPurpose::kClearance, id, kNow.Seconds(), kNow);
  if (key == nullptr) std::abort();
  const Variants requests([&](std::size_t i) {
    Clearance clearance;
    clearance.key_id = id;
    clearance.id[0] = static_cast<std::uint8_t>(i);
    clearance.issued_at = static_cast<std::uint32_t>(kNow.Seconds()) - 60;
    clearance.expires_at = clearance.issued_at + 43'200;
    clearance.site_id = keys->site_id();
    clearance.rank = 2;
    clearance.puzzle = Puzzle::kSha256;
    clearance.binding = Binding::Of(Fixture::Get().client(), {});
    const ClearanceText text = SealClearance(clearance, *key);
    std::string field(Fixture::Get().request(Fixture::Kind::kValid, i).cookies[0]);
    return field.replace(field.size() - text.size(), text.size(), text.data(), text.size());
  });
  Run(state, ClearanceCheck(keys, std::string(kCookieName)), requests, Verdict::kValid);
}
BENCHMARK(Keys)->Name("Growth/Keys")->RangeMultiplier(2)->Range(1, KeyRing::kMaxMasters);

// The site of a host, among so many hosts, half of which are wildcards.
void Hosts(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  SiteIndex sites;
  std::vector<std::string> hosts;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = std::to_string(i * 7919 % count) + ".example.org";
    const bool exact = i % 2 == 0;
    if (!sites.Add(std::string(exact ? "" : "*.").append(name), i)) std::abort();
    hosts.push_back(std::string(exact ? "" : "www.").append(name));
  }
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t at = i++ * 31 % count;
    if (sites.Find(hosts[at]) != at) {
      state.SkipWithError("another site than expected");
      break;
    }
  }
}
BENCHMARK(Hosts)->Name("Growth/Hosts")->RangeMultiplier(10)->Range(1, 100'000);

}  // namespace
}  // namespace stile::bench
