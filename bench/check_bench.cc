// From a request's Cookie field to a verdict, and the floor under it.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>

#include "bench/fixture.h"
#include "challenge/base64url.h"
#include "challenge/hmac_key.h"
#include "verifier/clearance_check.h"

namespace stile::bench {
namespace {

void Check(benchmark::State& state, Fixture::Kind kind, Verdict expected) {
  const Fixture& fixture = Fixture::Get();
  const ClearanceCheck check(fixture.keys(), std::string(kCookieName));
  std::size_t i = 0;
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    const ClearanceFinding finding = check.Find(fixture.request(kind, i++), kNow);
    if (finding.verdict != expected) {
      state.SkipWithError("another verdict than expected");
      break;
    }
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}

BENCHMARK_CAPTURE(Check, Valid, Fixture::Kind::kValid, Verdict::kValid);
BENCHMARK_CAPTURE(Check, Forged, Fixture::Kind::kForged, Verdict::kForged);
BENCHMARK_CAPTURE(Check, Expired, Fixture::Kind::kExpired, Verdict::kExpired);
BENCHMARK_CAPTURE(Check, Malformed, Fixture::Kind::kMalformed, Verdict::kMalformed);
BENCHMARK_CAPTURE(Check, WrongClient, Fixture::Kind::kWrongClient, Verdict::kWrongClient);
BENCHMARK_CAPTURE(Check, Absent, Fixture::Kind::kAbsent, Verdict::kAbsent);

// The least that any check of such a token must do: run over the same bytes, decode the token, and
// compute its HMAC from a cached key state.
void FloorHmac(benchmark::State& state) {
  const Fixture& fixture = Fixture::Get();
  const HmacKey* key = fixture.keys()->Find(KeyPurpose::kClearance, 1, kNow.Seconds(), kNow);
  if (key == nullptr) {
    state.SkipWithError("no key");
    return;
  }
  std::size_t i = 0;
  for (auto _ : state) {
    const std::string_view cookies = fixture.request(Fixture::Kind::kValid, i++).cookies[0];
    const char* at = cookies.data();
    const char* const end = at + cookies.size();
    const char* last = at;
    while ((at = static_cast<const char*>(
                std::memchr(at, ';', static_cast<std::size_t>(end - at)))) != nullptr) {
      last = ++at;
    }
    const std::string_view token(end - Clearance::kTextSize, Clearance::kTextSize);
    std::array<std::uint8_t, Clearance::kSize> bytes;
    const bool decoded = last < token.data() && DecodeBase64Url(token, bytes).has_value();
    const Tag tag = key->ComputeTag({bytes.data(), Clearance::kBodySize});
    if (!decoded ||
        std::memcmp(tag.bytes.data(), bytes.data() + Clearance::kBodySize, Tag::kSize) != 0) {
      state.SkipWithError("the floor did not verify its token");
      break;
    }
  }
}
BENCHMARK(FloorHmac)->Name("Floor/Hmac");

}  // namespace
}  // namespace stile::bench
