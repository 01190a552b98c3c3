// From a request's Cookie field to a verdict, and the floor under it.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <span>

#include "bench/fixture.h"
#include "challenge/base64url.h"
#include "challenge/hmac_key.h"
#include "verifier/clearance_check.h"

namespace stile::bench {
namespace {

void Check(benchmark::State& state, Fixture::Kind kind, Verdict expected) {
  const Fixture& fixture = Fixture::Get();
  const ClearanceCheck check(fixture.keys(), std::string(kCookieName));
  Presented requests(kind);
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    const ClearanceFinding finding = check.Find(requests.Next(), kNow);
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

// The least that any check of such a token must do, with the fastest that there is for each: run
// over the bytes before the token once, decode the token, and check its MAC from a cached key
// state. Where the token is and which key it names it knows already.
void FloorHmac(benchmark::State& state) {
  const Fixture& fixture = Fixture::Get();
  const HmacKey* key = fixture.keys()->Find(KeyPurpose::kClearance, 1, kNow.Seconds(), kNow);
  if (key == nullptr) {
    state.SkipWithError("no key");
    return;
  }
  Presented requests(Fixture::Kind::kValid);
  for (auto _ : state) {
    const std::string_view cookies = requests.Next().cookies[0];
    const std::size_t before = cookies.size() - Clearance::kTextSize;
    const bool whole = std::memchr(cookies.data(), '\n', before) == nullptr;
    alignas(16) std::array<std::uint8_t, kSha256Block> block;
    Tag claimed;
    const std::span<const char, kSignedBlockText> text(cookies.data() + before, kSignedBlockText);
    if (!whole || !DecodeSignedBlock(text, block, claimed) || !key->Authenticates(block, claimed)) {
      state.SkipWithError("the floor did not verify its token");
      break;
    }
  }
}
BENCHMARK(FloorHmac)->Name("Floor/Hmac");

}  // namespace
}  // namespace stile::bench
