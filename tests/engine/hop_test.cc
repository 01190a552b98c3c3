#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "challenge/context.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Fetch;
using fixture::kNowSeconds;
using fixture::Navigate;

// The first hop: the text that the decision about `request` travels as.
std::string Sealed(Door& door, const Request& request) {
  const Decision decision = door.Decide(request);
  return std::string(door.engine().SealHop(request, decision, door.now, door.worker()));
}

// The second. Its views live until the next request of the door.
Answer Respond(Door& door, const Request& request, std::string_view context) {
  Answer answer;
  door.engine().RespondToHop(request, context, door.now, door.worker(), answer);
  return answer;
}

std::string Seal(const Context& context, std::string_view site = "main",
                 KeyPurpose purpose = KeyPurpose::kContext) {
  const auto keys = fixture::Keys().ForSite(site);
  const HmacKey* key = (*keys)->Find(purpose, 1, kNowSeconds, fixture::kNow);
  ContextText text;
  SealContext(context, *key, text);
  return std::string(text.view());
}

// A denial, which nothing but a context that is believed makes an answer of.
Context Denial() {
  Context context;
  context.key_id = 1;
  context.issued_at = kNowSeconds;
  context.expires_at = kNowSeconds + 60;
  context.site_id = SiteId("main");
  context.action = static_cast<std::uint8_t>(Action::kDeny);
  context.verdict = static_cast<std::uint8_t>(Verdict::kAbsent);
  context.return_path = "/private/x";
  return context;
}

constexpr std::string_view kDenied = R"({"error":"denied",)";

void ExpectBareChallenge(std::string_view context) {
  Door door;
  const Answer answer = Respond(door, Fetch("/private/x"), context);
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find(R"("error":"challenge","level":"light")"), std::string::npos)
      << answer.body;
}

std::uint64_t Decisions(const Door& door) {
  std::uint64_t count = 0;
  for (const auto& action : door.counters().decisions[0]) {
    for (const Counter& counter : action) count += counter.Get();
  }
  return count;
}

TEST(Hop, CarriesAChallengeWithItsLevelAndWhereItWas) {
  Door door;
  const std::string context = Sealed(door, Fetch("/strict/x?a=1"));
  const Answer answer = Respond(door, Fetch("/elsewhere"), context);
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find(R"("level":"standard")"), std::string::npos) << answer.body;
  SealedContext sealed;
  Context opened;
  const std::string address(answer.Get("Stile-Challenge"));
  ASSERT_EQ(sealed.Parse(address.substr(address.find('=') + 1)), TokenShape::kWellFormed);
  const auto keys = fixture::Keys().ForSite("main");
  ASSERT_TRUE(
      sealed.Open(*(*keys)->Find(KeyPurpose::kContext, 1, kNowSeconds, fixture::kNow), opened));
  EXPECT_EQ(opened.return_path, "/strict/x?a=1");
  EXPECT_EQ(opened.rank, 3);
}

TEST(Hop, CarriesAChallengeToThePageOfANavigation) {
  Door door;
  const std::string context = Sealed(door, Navigate("/docs"));
  const Answer answer = Respond(door, Navigate("/docs"), context);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_FALSE(fixture::ChallengeIn(answer.body).empty());
}

TEST(Hop, CarriesADenial) {
  Door door;
  const std::string context = Sealed(door, Fetch("/private/x"));
  EXPECT_TRUE(Respond(door, Fetch("/docs"), context).body.starts_with(kDenied));
  EXPECT_EQ(door.counters().challenges_issued.Get(), 0U);
}

TEST(Hop, CarriesWhatWasFoundOut) {
  Door door;
  Request request = Fetch("/strict/x");
  Clearance roaming = fixture::Earned();
  roaming.expires_at = kNowSeconds - 1;
  const std::string cookie = "__Host-stile=" + fixture::Seal(roaming);
  request.cookies[request.cookie_count++] = cookie;
  SealedContext sealed;
  Context opened;
  ASSERT_EQ(sealed.Parse(Sealed(door, request)), TokenShape::kWellFormed);
  const auto keys = fixture::Keys().ForSite("main");
  ASSERT_TRUE(
      sealed.Open(*(*keys)->Find(KeyPurpose::kContext, 1, kNowSeconds, fixture::kNow), opened));
  EXPECT_EQ(opened.action, static_cast<std::uint8_t>(Action::kChallenge));
  EXPECT_EQ(opened.verdict, static_cast<std::uint8_t>(Verdict::kExpired));
  EXPECT_EQ(opened.rule, 2);
  EXPECT_EQ(opened.expires_at, kNowSeconds + 60);
}

TEST(Hop, OfARequestThatMayPassIsNothing) {
  Door door;
  EXPECT_EQ(Sealed(door, Fetch("/free/x")), "");
  EXPECT_EQ(Sealed(door, Fetch("/.stile/challenge")), "");
  EXPECT_EQ(door.engine().SealHop(Fetch("/"), Decision{}, door.now, door.worker()), "");
}

TEST(Hop, DecidesAndCountsNothingASecondTime) {
  Door door;
  const std::string context = Sealed(door, Fetch("/docs"));
  const std::uint64_t before = Decisions(door);
  for (const std::string_view text : {std::string_view(context), std::string_view("forged")}) {
    (void)Respond(door, Navigate("/docs"), text);
  }
  EXPECT_EQ(Decisions(door), before);
  EXPECT_EQ(door.counters().challenges_issued.Get(), 2U);
}

TEST(Hop, ThatIsBelievedDenies) {
  // Otherwise the cases below could be this test's own mistake.
  Door door;
  EXPECT_TRUE(Respond(door, Fetch("/docs"), Seal(Denial())).body.starts_with(kDenied));
}

TEST(Hop, ThatIsAbsentOrMalformedChallenges) {
  ExpectBareChallenge("");
  ExpectBareChallenge("-");
  ExpectBareChallenge(std::string(5000, 'A'));
  ExpectBareChallenge(Seal(Denial()).substr(1));
}

TEST(Hop, ThatIsForgedChallenges) {
  std::string text = Seal(Denial());
  text[5] = text[5] == 'A' ? 'B' : 'A';
  ExpectBareChallenge(text);
  ExpectBareChallenge(Seal(Denial(), "main", KeyPurpose::kChallenge));
  ExpectBareChallenge(Seal(Denial(), "other"));
}

TEST(Hop, OfAnotherSiteChallenges) {
  Context context = Denial();
  context.site_id = SiteId("other");
  ExpectBareChallenge(Seal(context, "other"));
}

TEST(Hop, ThatExpiredChallenges) {
  Context context = Denial();
  context.issued_at = kNowSeconds - 60;
  context.expires_at = kNowSeconds;
  ExpectBareChallenge(Seal(context));
}

TEST(Hop, OfTheFutureChallenges) {
  Context context = Denial();
  context.issued_at = kNowSeconds + 61;
  context.expires_at = kNowSeconds + 100;
  ExpectBareChallenge(Seal(context));
}

TEST(Hop, OfAnyOtherActionChallenges) {
  for (int action = 0; action < 256; ++action) {
    if (action == static_cast<int>(Action::kChallenge)) continue;
    if (action == static_cast<int>(Action::kDeny)) continue;
    Context context = Denial();
    context.action = static_cast<std::uint8_t>(action);
    ExpectBareChallenge(Seal(context));
  }
}

TEST(Hop, WithAVerdictThatThereIsNotChallenges) {
  Context context = Denial();
  context.verdict = kVerdictCount;
  ExpectBareChallenge(Seal(context));
}

TEST(Hop, WithoutAKeyIsNothingAndItsAnswerIsUnavailable) {
  Door door;
  door.now = UnixMillis::FromSeconds(kNowSeconds + 10 * 86'400);  // No key is valid any more.
  for (const char* target : {"/docs", "/open/x", "/closed/x"}) {
    EXPECT_EQ(Sealed(door, Fetch(target)), "") << target;
    const Answer answer = Respond(door, Fetch(target), "");
    EXPECT_EQ(answer.status, 503) << target;
    EXPECT_NE(answer.Get("Retry-After"), "");
  }
}

TEST(Hop, IsNoPassWhereTheKeysEndBetweenItsTwoEndsWhateverTheRuleSays) {
  Door door;
  const std::int64_t begin = kNowSeconds;
  std::int64_t good = begin;
  std::int64_t bad = begin + 10 * 86'400;
  while (bad - good > 1) {
    door.now = UnixMillis::FromSeconds((good + bad) / 2);
    (Sealed(door, Fetch("/open/x")).empty() ? bad : good) = (good + bad) / 2;
  }
  door.now = UnixMillis::FromSeconds(good);
  const std::string context = Sealed(door, Fetch("/open/x"));
  ASSERT_FALSE(context.empty());
  door.now = UnixMillis::FromSeconds(bad);
  EXPECT_EQ(Respond(door, Fetch("/open/x"), context).status, 503);
}

TEST(Hop, PassesOnAFaultOnlyWhereTheRuleSaysSo) {
  Door door;
  const auto passes = [&door](const char* target) {
    const Request request = Fetch(target);
    const Decision decision = door.Decide(request);
    return door.engine().PassesOnFault(request, decision, door.now);
  };
  EXPECT_FALSE(passes("/open/x"));
  door.now = UnixMillis::FromSeconds(kNowSeconds + 10 * 86'400);
  EXPECT_TRUE(passes("/open/x"));
  EXPECT_FALSE(passes("/closed/x"));
  EXPECT_FALSE(passes("/docs"));
  EXPECT_FALSE(passes("/private/x"));
}

TEST(Hop, OwnRequestsAreThoseUnderThePrefix) {
  Door door;
  EXPECT_TRUE(door.engine().IsOwn(Fetch("/.stile/challenge")));
  EXPECT_TRUE(door.engine().IsOwn(Fetch("/.stile/none")));
  EXPECT_FALSE(door.engine().IsOwn(Fetch("/check")));
  EXPECT_FALSE(door.engine().IsOwn(Fetch("/.stile/../check")));
}

}  // namespace
}  // namespace stile
