#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "challenge/base64url.h"
#include "challenge/browser/page.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/sealed_challenge.h"
#include "challenge/solution.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::ChallengeIn;
using fixture::Door;
using fixture::Fetch;
using fixture::Navigate;
using fixture::Reply;
using fixture::Solve;
using fixture::WaitSolution;

std::uint64_t Redeems(const Door& door, Puzzle puzzle, Verdict verdict) {
  return door.counters()
      .redeems[static_cast<std::size_t>(puzzle)][static_cast<std::size_t>(verdict)]
      .Get();
}

std::string Flipped(std::string text) {
  char& c = text[text.size() - 5];
  c = c == 'A' ? 'B' : 'A';
  return text;
}

// A solution whose every nonce is wrong.
std::string Unsolved(const std::string& challenge) {
  Solution solution;
  EXPECT_TRUE(ParseSolution(Solve(challenge), solution));
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  const Alternative asked = sealed.claimed_alternative(solution.alternative);
  const Sha256Puzzle puzzle(sealed.tag(), sealed.claimed_id(), solution.alternative, asked.effort,
                            asked.parts);
  for (std::uint32_t part = 0; part < asked.parts; ++part) {
    while (puzzle.IsSolvedBy(part, solution.nonces[part])) ++solution.nonces[part];
  }
  return FormatSolution(solution);
}

TEST(RedeemAnswer, SendsAFormBackToWhereItsVisitorWas) {
  Door door;
  const std::string challenge = ChallengeIn(door.Ask(Navigate("/docs?a=1&b=%2F")).body);
  const Reply reply = door.RedeemForm(challenge, Solve(challenge));
  EXPECT_EQ(reply.status, 303);
  EXPECT_EQ(reply.Get("Location"), "/docs?a=1&b=%2F");
  EXPECT_EQ(reply.Count("Set-Cookie"), 1u);
  EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(Redeems(door, Puzzle::kSha256, Verdict::kValid), 1u);
}

TEST(RedeemAnswer, OpensTheWay) {
  Door door;
  const std::string challenge = ChallengeIn(door.Ask(Navigate("/docs")).body);
  const std::string cookie = fixture::CookieOf(door.RedeemForm(challenge, Solve(challenge)));
  Request request = Navigate("/docs");
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(door.Ask(request).status, 0);
}

TEST(RedeemAnswer, TellsAProgramWhatItHas) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  const Reply reply = door.RedeemJson(challenge, Solve(challenge));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Count("Set-Cookie"), 1u);
  EXPECT_EQ(reply.Get("Content-Type"), "application/json");
  EXPECT_EQ(reply.body, R"({"cleared":true,"level":"light","expires_at":)" +
                            std::to_string(fixture::kNowSeconds + 43'200) +
                            R"(,"return_path":"/"})");
}

TEST(RedeemAnswer, GivesTheSameClearanceAgain) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  const std::string solution = Solve(challenge);
  const std::string first = fixture::CookieOf(door.RedeemForm(challenge, solution));
  EXPECT_EQ(fixture::CookieOf(door.RedeemJson(challenge, solution)), first);
  Door restarted;
  EXPECT_EQ(fixture::CookieOf(restarted.RedeemForm(challenge, solution)), first);
}

TEST(RedeemAnswer, ClearsWhoeverWaited) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  door.now = fixture::kNow + std::chrono::milliseconds{5'000};
  const Reply reply = door.RedeemJson(challenge, WaitSolution());
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find(R"("level":"wait")"), std::string::npos);
  EXPECT_EQ(Redeems(door, Puzzle::kWait, Verdict::kValid), 1u);
}

TEST(RedeemAnswer, KeepsTheClockOfAnImpatientForm) {
  Door door;
  const std::string challenge = ChallengeIn(door.Ask(Navigate("/docs")).body);
  door.now = fixture::kNow + std::chrono::milliseconds{1'500};
  const Reply early = door.RedeemForm(challenge, WaitSolution());
  EXPECT_EQ(early.status, 403);
  EXPECT_EQ(early.Count("Set-Cookie"), 0u);
  EXPECT_EQ(early.Get("Retry-After"), "4");
  EXPECT_EQ(ChallengeIn(early.body), challenge);
  EXPECT_NE(early.body.find(WaitSolution()), std::string::npos);
  EXPECT_EQ(door.counters().challenges_issued.Get(), 1u);
  EXPECT_EQ(Redeems(door, Puzzle::kWait, Verdict::kTooEarly), 1u);

  door.now = fixture::kNow + std::chrono::milliseconds{5'000};
  EXPECT_EQ(door.RedeemForm(challenge, WaitSolution()).status, 303);
}

TEST(RedeemAnswer, GivesAFreshChallengeWhereTheOldOneEndsBeforeTheWait) {
  SiteOptions site = fixture::Site();
  site.challenge_lifetime = std::chrono::seconds{10};
  PolicySource source = fixture::Source();
  source.levels[1].alternatives[1].effort = 9'999;
  site.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(site));
  const std::string challenge = ChallengeIn(door.Ask(Navigate("/docs")).body);
  const Reply reply = door.RedeemForm(challenge, WaitSolution());
  EXPECT_EQ(reply.status, 403);
  EXPECT_NE(ChallengeIn(reply.body), challenge);
}

TEST(RedeemAnswer, TellsAnImpatientProgramWhenToRetry) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  const Reply reply = door.RedeemJson(challenge, WaitSolution());
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Get("Retry-After"), "5");
  EXPECT_EQ(fixture::WithoutReference(reply.body), R"({"cleared":false,"error":"refused"})");
}

TEST(RedeemAnswer, LimitsTheWaitersOfANetwork) {
  Door door;
  Reply reply;
  std::string challenge;
  for (int i = 0; i < 11; ++i) {
    challenge = door.FreshChallenge();
    door.now = door.now + std::chrono::milliseconds{5'000};
    reply = door.RedeemForm(challenge, WaitSolution());
    door.now = door.now - std::chrono::milliseconds{5'000};
  }
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.Count("Set-Cookie"), 0u);
  const int seconds = std::stoi(reply.Get("Retry-After"));
  EXPECT_GE(seconds, 1);
  EXPECT_LE(seconds, 600);
  // It may come again with what it has.
  EXPECT_EQ(ChallengeIn(reply.body), challenge);
  EXPECT_EQ(Redeems(door, Puzzle::kWait, Verdict::kLimited), 1u);

  door.address = "198.51.100.9";  // Another network isn't limited.
  challenge = door.FreshChallenge();
  door.now = door.now + std::chrono::milliseconds{5'000};
  EXPECT_EQ(door.RedeemForm(challenge, WaitSolution()).status, 303);
}

TEST(RedeemAnswer, LimitsProgramsWithTheSameReasonAsEveryRefusal) {
  Door door;
  Reply reply;
  for (int i = 0; i < 11; ++i) {
    const std::string challenge = door.FreshChallenge();
    door.now = fixture::kNow + std::chrono::milliseconds{5'000};
    reply = door.RedeemJson(challenge, WaitSolution());
    door.now = fixture::kNow;
  }
  EXPECT_EQ(reply.status, 429);
  EXPECT_NE(reply.Get("Retry-After"), "");
  EXPECT_EQ(fixture::WithoutReference(reply.body), R"({"cleared":false,"error":"refused"})");
}

// Every verdict that refuses, each with a fresh challenge and nothing said about why.
struct Refusal {
  const char* name;
  Verdict verdict;
  Puzzle puzzle;
  void (*spoil)(Door& door, std::string& challenge, std::string& solution);
};

const Refusal kRefusals[] = {
    {"Absent", Verdict::kAbsent, Puzzle::kNone,
     [](Door&, std::string& challenge, std::string&) { challenge.clear(); }},
    {"MalformedChallenge", Verdict::kMalformed, Puzzle::kNone,
     [](Door&, std::string& challenge, std::string&) { challenge += "A"; }},
    {"MalformedSolution", Verdict::kMalformed, Puzzle::kNone,
     [](Door&, std::string&, std::string& solution) { solution = "AA"; }},
    {"Expired", Verdict::kExpired, Puzzle::kNone,
     [](Door& door, std::string&, std::string&) {
       door.now = fixture::kNow + std::chrono::seconds{600};
     }},
    {"NotYetValid", Verdict::kNotYetValid, Puzzle::kNone,
     [](Door& door, std::string&, std::string&) {
       door.now = fixture::kNow - std::chrono::seconds{62};
     }},
    {"Forged", Verdict::kForged, Puzzle::kNone,
     [](Door&, std::string& challenge, std::string&) { challenge = Flipped(challenge); }},
    {"WrongClient", Verdict::kWrongClient, Puzzle::kSha256,
     [](Door& door, std::string&, std::string&) { door.address = "198.51.100.1"; }},
    {"Unsolved", Verdict::kUnsolved, Puzzle::kSha256,
     [](Door&, std::string& challenge, std::string& solution) { solution = Unsolved(challenge); }},
};

class RedeemRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(RedeemRefusal, GivesAFormAFreshChallengeAndNoCookie) {
  Door door;
  std::string challenge = ChallengeIn(door.Ask(Navigate("/docs")).body);
  std::string solution = Solve(challenge);
  GetParam().spoil(door, challenge, solution);
  const Reply reply = door.RedeemForm(challenge, solution);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Count("Set-Cookie"), 0u);
  EXPECT_EQ(reply.Count("Location"), 0u);
  EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
  EXPECT_NE(ChallengeIn(reply.body), challenge);
  EXPECT_EQ(door.counters().challenges_issued.Get(), 2u);
  EXPECT_EQ(Redeems(door, GetParam().puzzle, GetParam().verdict), 1u);
}

TEST_P(RedeemRefusal, GivesAProgramOneOpaqueReasonAndAWayOn) {
  Door door;
  std::string challenge = ChallengeIn(door.Ask(Navigate("/docs")).body);
  std::string solution = Solve(challenge);
  GetParam().spoil(door, challenge, solution);
  const Reply reply = door.RedeemJson(challenge, solution);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Count("Set-Cookie"), 0u);
  EXPECT_EQ(fixture::WithoutReference(reply.body), R"({"cleared":false,"error":"refused"})");
  EXPECT_NE(door.FreshChallenge(reply.Get("Stile-Challenge")), "");
}

INSTANTIATE_TEST_SUITE_P(Each, RedeemRefusal, testing::ValuesIn(kRefusals),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(RedeemAnswer, RefusesTheChallengeOfAnotherSite) {
  EngineOptions options = fixture::OneSite();
  SiteOptions shop = fixture::Site();
  shop.name = "shop";
  shop.hosts = {"shop.example.org"};
  options.sites.push_back(shop);
  Door door(std::move(options));
  const std::string challenge = door.FreshChallenge();
  door.host = "shop.example.org";
  EXPECT_EQ(door.RedeemForm(challenge, Solve(challenge)).status, 403);
  EXPECT_EQ(Redeems(door, Puzzle::kNone, Verdict::kWrongSite), 1u);
}

TEST(RedeemAnswer, KeepsLevelAndPathAfterARefusal) {
  Door door;
  const std::string challenge = ChallengeIn(door.Ask(Navigate("/strict/x?y=1")).body);
  const Reply refused = door.RedeemForm(challenge, Unsolved(challenge));
  const std::string fresh = ChallengeIn(refused.body);
  const Reply reply = door.RedeemForm(fresh, Solve(fresh));
  EXPECT_EQ(reply.Get("Location"), "/strict/x?y=1");
  EXPECT_EQ(fixture::ClearanceOf(fixture::CookieOf(reply).substr(13)).rank, 3);
}

TEST(RedeemAnswer, StopsAChallengeAfterThreeBadSolutions) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  for (int i = 0; i < 3; ++i) door.RedeemJson(challenge, Unsolved(challenge));
  EXPECT_EQ(door.RedeemJson(challenge, Solve(challenge)).status, 403);
  EXPECT_EQ(Redeems(door, Puzzle::kSha256, Verdict::kTooManyTries), 1u);
}

TEST(RedeemAnswer, RefusesAClearanceThatIsOverAlready) {
  SiteOptions site = fixture::Site();
  PolicySource source = fixture::Source();
  source.levels[1].alternatives[0].lifetime_seconds = 60;
  site.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(site));
  const std::string challenge = door.FreshChallenge();
  door.now = fixture::kNow + std::chrono::seconds{60};
  const Reply reply = door.RedeemForm(challenge, Solve(challenge));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Count("Set-Cookie"), 0u);
  EXPECT_EQ(Redeems(door, Puzzle::kSha256, Verdict::kExpired), 1u);
}

TEST(RedeemAnswer, RefusesABodyThatCannotBeRead) {
  Door door;
  const Reply form = door.Ask(fixture::RedeemWith(fixture::kForm), "challenge=x");
  EXPECT_EQ(form.status, 400);
  EXPECT_NE(ChallengeIn(form.body), "");
  const Reply json = door.Ask(fixture::RedeemWith(fixture::kJson), "{}");
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(fixture::WithoutReference(json.body), R"({"cleared":false,"error":"refused"})");
  EXPECT_EQ(Redeems(door, Puzzle::kNone, Verdict::kMalformed), 2u);
}

TEST(RedeemAnswer, RefusesOtherMediaTypes) {
  Door door;
  for (const std::string_view type : {"", "text/plain", "multipart/form-data; boundary=x"}) {
    const Reply reply = door.Ask(fixture::RedeemWith(type), "challenge=x&solution=y");
    EXPECT_EQ(reply.status, 415) << type;
    EXPECT_EQ(reply.Count("Set-Cookie"), 0u) << type;
  }
}

TEST(RedeemAnswer, RefusesABodyThatIsTooLong) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  const std::string solution = Solve(challenge);
  std::string body = "challenge=" + challenge + "&solution=" + solution;
  body.append(Engine::kMaxBody + 1 - body.size(), 'A');
  EXPECT_EQ(door.Ask(fixture::RedeemWith(fixture::kForm), body).status, 413);
  body.pop_back();
  EXPECT_EQ(door.Ask(fixture::RedeemWith(fixture::kForm), body).status, 403);
}

TEST(RedeemAnswer, RefusesWhatAnotherOriginSent) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  const std::string body = "challenge=" + challenge + "&solution=" + Solve(challenge);
  Request request = fixture::RedeemWith(fixture::kForm);
  for (const std::string_view origin :
       {"https://evil.example", "null", "https://example.org.evil.example"}) {
    request.origin = origin;
    const Reply reply = door.Ask(request, body);
    EXPECT_EQ(reply.status, 403) << origin;
    EXPECT_EQ(reply.Count("Set-Cookie"), 0u) << origin;
    EXPECT_EQ(reply.Count("Location"), 0u) << origin;
    // What the visitor gets is a challenge of his own, which leads nowhere but home.
    EXPECT_NE(ChallengeIn(reply.body), challenge) << origin;
  }
  EXPECT_EQ(Redeems(door, Puzzle::kNone, Verdict::kWrongSite), 3u);
  EXPECT_EQ(Redeems(door, Puzzle::kSha256, Verdict::kValid), 0u);
  request.origin = "https://example.org:8443";
  EXPECT_EQ(door.Ask(request, body).status, 303);
}

TEST(RedeemAnswer, NeverSendsAVisitorToAnotherOrigin) {
  Door door;
  for (const std::string& target :
       {std::string("//evil.example"), std::string("/\\evil.example"), std::string("///x"),
        std::string("https://evil.example/"), std::string("/x\r\nLocation: //evil.example"),
        std::string("/\t/evil.example"), std::string("/x#//evil.example")}) {
    const std::string challenge = ChallengeIn(door.Ask(Navigate(target)).body);
    const Reply reply = door.RedeemForm(challenge, Solve(challenge));
    EXPECT_EQ(reply.status, 303) << target;
    EXPECT_EQ(reply.Get("Location"), "/") << target;
  }
}

TEST(RedeemAnswer, ChecksAPathAgainThatAKeyHolderSealed) {
  Door door;
  const std::string challenge = ChallengeIn(door.Ask(Navigate("/xevil.example")).body);
  std::vector<std::uint8_t> bytes(Challenge::kMaxSize);
  bytes.resize(DecodeBase64Url(challenge, bytes).value_or(0));
  ASSERT_EQ(bytes[3], 2);  // Alternatives; the path follows them and its length.
  const std::size_t path = Challenge::kFixedSize + 2 * Challenge::kAlternativeSize + 2;
  ASSERT_EQ(bytes[path + 1], 'x');
  bytes[path + 1] = '/';
  const auto keys = fixture::Keys().ForSite("main");
  const HmacKey* key =
      (*keys)->Find(KeyPurpose::kChallenge, 1, fixture::kNowSeconds, fixture::kNow);
  ASSERT_NE(key, nullptr);
  const std::size_t body = bytes.size() - Tag::kSize;
  const Tag tag = key->ComputeTag(std::span(bytes).first(body));
  std::copy(tag.bytes.begin(), tag.bytes.end(), bytes.begin() + static_cast<long>(body));
  const std::string resealed = EncodeBase64Url(bytes);
  const Reply reply = door.RedeemForm(resealed, Solve(resealed));
  EXPECT_EQ(reply.status, 303);
  EXPECT_EQ(reply.Get("Location"), "/");
}

TEST(RedeemAnswer, AcceptsWhatThePageItselfSends) {
  Door door;
  const std::string body = door.Ask(Navigate("/docs")).body;
  // The form holds the two fields that redeeming reads, and no other.
  std::size_t names = 0;
  for (std::size_t at = body.find("name="); at != std::string::npos;
       at = body.find("name=", at + 1)) {
    if (body.compare(at, 11, "name=\"viewp") != 0 && body.compare(at, 11, "name=\"color") != 0 &&
        body.compare(at, 11, "name=\"robot") != 0) {
      ++names;
    }
  }
  EXPECT_EQ(names, 2u) << body;
  EXPECT_NE(body.find("name=\"challenge\""), std::string::npos);
  EXPECT_NE(body.find("name=\"solution\""), std::string::npos);
}

}  // namespace
}  // namespace stile
