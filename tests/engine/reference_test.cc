#include "challenge/reference.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/challenge_json.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Fetch;
using fixture::Navigate;
using fixture::Reply;

// The reference in an answer, which must be this deployment's.
Reference ReadBack(const std::string& body, UnixMillis now = fixture::kNow) {
  const auto sealed = SealedReference::Parse(fixture::ReferenceIn(body));
  EXPECT_TRUE(sealed.has_value()) << body;
  if (!sealed) return {};
  const auto keys = fixture::Keys().ForSite("main");
  EXPECT_TRUE(IsAuthentic(*sealed, **keys, now)) << body;
  return sealed->claimed();
}

Reference Expected(Action action, Verdict verdict, std::uint16_t rule) {
  Reference reference;
  reference.issued_at = fixture::kNowSeconds;
  reference.site = static_cast<std::uint16_t>(SiteId("main") >> 16);
  reference.action = static_cast<std::uint8_t>(action);
  reference.verdict = static_cast<std::uint8_t>(verdict);
  reference.rule = rule;
  return reference;
}

TEST(ReferenceOfAnAnswer, SaysWhatWasDecidedAndWhy) {
  Door door;
  EXPECT_EQ(ReadBack(door.Ask(Fetch("/strict/x")).body),
            Expected(Action::kChallenge, Verdict::kAbsent, 2));
  EXPECT_EQ(ReadBack(door.Ask(Fetch("/private/x")).body),
            Expected(Action::kDeny, Verdict::kAbsent, fixture::kPrivateRule));
  EXPECT_EQ(ReadBack(door.Ask(Fetch("/x")).body),
            Expected(Action::kChallenge, Verdict::kAbsent, Reference::kNoRule));
  Request request = Fetch("/x");
  const std::string cookie = "__Host-stile=nonsense";
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(ReadBack(door.Ask(request).body),
            Expected(Action::kChallenge, Verdict::kMalformed, Reference::kNoRule));
}

TEST(ReferenceOfAnAnswer, NamesTheNode) {
  EngineOptions options = fixture::OneSite();
  options.node = 65'535;
  Door door(std::move(options));
  EXPECT_EQ(ReadBack(door.Ask(Fetch("/x")).body).node, 65'535);
}

TEST(ReferenceOfAnAnswer, SaysWhyASolutionWasRefused) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  const Reply early = door.RedeemJson(challenge, fixture::WaitSolution());
  EXPECT_EQ(ReadBack(early.body), Expected(Action::kServe, Verdict::kTooEarly, Reference::kNoRule));
  EXPECT_EQ(ReadBack(door.RedeemJson("x", "y").body).verdict,
            static_cast<std::uint8_t>(Verdict::kMalformed));
}

TEST(ReferenceOfAnAnswer, OutlivesTheWayToTheChallenge) {
  Door door;
  const std::string address = door.Ask(Fetch("/strict/x")).Get("Stile-Challenge");
  const Reply refused = door.Ask(Fetch(address));
  EXPECT_EQ(refused.status, 200);
  // A challenge that is issued is no refusal. Where it can't be, the reference says what it was
  // for.
  EXPECT_EQ(fixture::ReferenceIn(refused.body), "");
}

// What a proxy gets that asks in two hops.
std::string AnswerInTwoHops(Door& door, const Request& request, int* status = nullptr) {
  const Engine& engine = door.engine();
  const Decision decision = engine.Decide(request, door.now, door.worker());
  const std::string context(engine.SealHop(request, decision, door.now, door.worker()));
  Answer answer;
  engine.RespondToHop(request, context, door.now, door.worker(), answer);
  if (status != nullptr) *status = answer.status;
  return std::string(answer.body);
}

TEST(ReferenceOfAnAnswer, IsTheSameInTwoHops) {
  Door door;
  for (const std::string_view target : {"/strict/x", "/private/x", "/x"}) {
    EXPECT_EQ(ReadBack(AnswerInTwoHops(door, Fetch(target))),
              ReadBack(door.Ask(Fetch(target)).body))
        << target;
  }
}

TEST(ReferenceOfAnAnswer, SaysInTwoHopsToThatItWasOurFault) {
  EngineOptions options = fixture::OneSite();
  options.keys_degraded = true;
  Door door(std::move(options));
  int status = 0;
  const Reference reference = ReadBack(AnswerInTwoHops(door, Fetch("/closed/x"), &status));
  EXPECT_EQ(status, 503);
  EXPECT_EQ(reference.action, Reference::kUnavailable);
}

TEST(ReferenceOfAnAnswer, SaysThatItWasOurFault) {
  EngineOptions options = fixture::OneSite();
  options.keys_degraded = true;
  Door door(std::move(options));
  const Reference reference = ReadBack(door.Ask(Fetch("/closed/x")).body);
  EXPECT_EQ(reference.action, Reference::kUnavailable);
  EXPECT_EQ(reference.rule, 4);
}

TEST(ReferenceOfAnAnswer, IsUnsignedWhereThereIsNoKey) {
  Door door;
  door.now = fixture::kNow + std::chrono::hours{24 * 30};
  const auto sealed =
      SealedReference::Parse(fixture::ReferenceIn(door.Ask(Fetch("/strict/x")).body));
  ASSERT_TRUE(sealed.has_value());
  EXPECT_TRUE(sealed->is_unsigned());
  EXPECT_EQ(sealed->claimed().action, Reference::kUnavailable);
  EXPECT_EQ(sealed->claimed().rule, 2);
  EXPECT_EQ(sealed->claimed().issued_at, door.now.Seconds());
}

TEST(ReferenceOfAnAnswer, IsTheSameTextForTheSameAnswer) {
  Door door;
  EXPECT_EQ(fixture::ReferenceIn(door.Ask(Fetch("/x")).body),
            fixture::ReferenceIn(door.Ask(Fetch("/y")).body));
}

}  // namespace
}  // namespace stile
