// Runs each stage of a request's way 64 times over the same bytes, for callgrind to count what it
// takes. `counted_stages --about` says what was compiled and what the CPU shows.
//
// Nothing here differs between two runs: keys, tokens and the time are fixed, and what asks the
// system for randomness gets the same bytes each time. Every result is checked.
#include <gnu/libc-version.h>
#include <sys/types.h>
#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fixture.h"
#include "bench/solved_challenge.h"
#include "challenge/alternative.h"
#include "challenge/issuer.h"
#include "service/request_head.h"
#include "verifier/clearance_check.h"
#include "verifier/gate.h"
#include "verifier/redeemer.h"

extern "C" int getentropy(void* buffer, size_t length) {
  static unsigned char next = 1;
  std::memset(buffer, next++, length);
  return 0;
}

namespace stile::bench {
namespace {

constexpr std::size_t kTimes = 64;

// Calls `once` with 0, 1, 2..: unseen for the first 64 times, which warm caches and lazy symbols,
// then counted. Returns false if any of them did.
bool Count(const char* stage, const std::function<bool(std::size_t)>& once) {
  bool good = true;
  for (std::size_t i = 0; i < kTimes; ++i) good = once(i) && good;
  CALLGRIND_ZERO_STATS;
  CALLGRIND_TOGGLE_COLLECT;
  for (std::size_t i = kTimes; i < 2 * kTimes; ++i) good = once(i) && good;
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(stage);
  std::printf("%s %s\n", stage, good ? "as expected" : "WRONG RESULT");
  return good;
}

bool CountChecks() {
  const Fixture& fixture = Fixture::Get();
  const ClearanceCheck check(fixture.keys(), std::string(kCookieName));
  const auto count = [&](const char* stage, Fixture::Kind kind, Verdict expected) {
    return Count(stage, [&](std::size_t i) {
      return check.Find(fixture.request(kind, i), kNow).verdict == expected;
    });
  };
  bool good = count("Check/Valid", Fixture::Kind::kValid, Verdict::kValid);
  good = count("Check/Forged", Fixture::Kind::kForged, Verdict::kForged) && good;
  good = count("Check/Expired", Fixture::Kind::kExpired, Verdict::kExpired) && good;
  good = count("Check/Malformed", Fixture::Kind::kMalformed, Verdict::kMalformed) && good;
  return count("Check/Absent", Fixture::Kind::kAbsent, Verdict::kAbsent) && good;
}

bool CountGate() {
  const Fixture& fixture = Fixture::Get();
  const Gate gate(ClearanceCheck(fixture.keys(), std::string(kCookieName)), fixture.policy(),
                  GateMode::kEnforce);
  const auto count = [&](const char* stage, Fixture::Kind kind, Action expected) {
    return Count(stage, [&](std::size_t i) {
      return gate.Decide(fixture.request(kind, i), kNow).action == expected;
    });
  };
  const bool good = count("Gate/Cleared", Fixture::Kind::kValid, Action::kAllow);
  return count("Gate/Uncleared", Fixture::Kind::kAbsent, Action::kChallenge) && good;
}

bool CountIssue() {
  auto issuer = Issuer::Create(Fixture::Get().keys(), std::chrono::seconds{600});
  if (!issuer) return false;
  const std::vector<Alternative> alternatives{{Puzzle::kSha256, 2, 16, 0, 4'000'000, 43'200},
                                              {Puzzle::kWait, 1, 0, 0, 5'000, 600}};
  Issuer::Order order;
  order.binding = Binding::Of(Fixture::Get().client(), {});
  order.alternatives = alternatives;
  order.return_path = "/docs/page?id=17";
  Entropy entropy;
  ChallengeText text;
  return Count("Issue/Sha256", [&](std::size_t) {
    return issuer->Issue(order, kNow, entropy, text) == IssueFailure::kNone;
  });
}

bool CountRedeems() {
  const Client client = Fixture::Get().client();
  std::vector<SolvedChallenge> solved;
  for (std::size_t i = 0; i < 2 * kTimes; ++i) {
    solved.push_back(SolvedChallenge::Make(client, kNow));
  }
  SealedChallenge scratch;
  const auto count = [&](const char* stage, auto pick, Verdict expected, bool repeated) {
    auto tables = RedeemTables::Create({});
    if (!tables) return false;
    const Redeemer redeemer(Fixture::Get().keys(), *std::move(tables));
    return Count(stage, [&](std::size_t i) {
      const auto [challenge, solution] = pick(i);
      const Redemption redemption =
          redeemer.Redeem(*challenge, *solution, client, kNow + std::chrono::seconds{2}, scratch);
      return redemption.verdict == expected && redemption.repeated == (repeated && i > 0);
    });
  };
  using Texts = std::pair<const std::string*, const std::string*>;
  bool good = count(
      "Redeem/Valid",
      [&](std::size_t i) { return Texts(&solved[i].challenge, &solved[i].solution); },
      Verdict::kValid, false);
  good = count(
             "Redeem/Repeat",
             [&](std::size_t) { return Texts(&solved[0].challenge, &solved[0].solution); },
             Verdict::kValid, true) &&
         good;
  good = count(
             "Redeem/Forged",
             [&](std::size_t i) { return Texts(&solved[i].forged, &solved[i].solution); },
             Verdict::kForged, false) &&
         good;
  return count(
             "Redeem/Unsolved",
             [&](std::size_t i) { return Texts(&solved[i].challenge, &solved[i].unsolved); },
             Verdict::kUnsolved, false) &&
         good;
}

bool CountHead() {
  std::ifstream file(STILE_SOURCE_DIR "/tests/vectors/request.txt", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto head = std::make_unique<RequestHead>();
  return Count("Head/Read", [&](std::size_t) {
    const HeadResult result = head->Read(bytes, {});
    return result.status == HeadStatus::kComplete && result.size == bytes.size();
  });
}

void SayAbout() {
#ifdef __clang__
  const char* compiler = "clang " __clang_version__;
#else
  const char* compiler = "GCC " __VERSION__;
#endif
  __builtin_cpu_init();
  std::printf("compiler: %s\nlibc: %s\navx2: %s\n", compiler, gnu_get_libc_version(),
              __builtin_cpu_supports("avx2") != 0 ? "yes" : "no");
}

}  // namespace
}  // namespace stile::bench

int main(int argc, char** argv) {
  using namespace stile::bench;
  if (argc > 1 && std::string_view(argv[1]) == "--about") {
    SayAbout();
    return 0;
  }
  bool good = CountChecks();
  good = CountGate() && good;
  good = CountIssue() && good;
  good = CountRedeems() && good;
  good = CountHead() && good;
  return good ? 0 : 1;
}
