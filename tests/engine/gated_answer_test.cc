#include <gtest/gtest.h>

#include <string>

#include "challenge/browser/asset.h"
#include "challenge/browser/page.h"
#include "challenge/return_path.h"
#include "engine/challenge_json.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Fetch;
using fixture::Navigate;
using fixture::Reply;

std::string ReturnPathIn(std::string_view challenge) {
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  const auto keys = fixture::Keys().ForSite("main");
  const HmacKey* key = (*keys)->Find(KeyPurpose::kChallenge, sealed.claimed_key_id(),
                                     sealed.claimed_issued_at().Seconds(), fixture::kNow);
  Challenge out;
  EXPECT_TRUE(key != nullptr && sealed.Open(*key, out));
  return std::string(out.return_path);
}

void ExpectPrivate(const Reply& reply) {
  EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
  EXPECT_EQ(reply.Get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(reply.Get("Referrer-Policy"), "same-origin");
  EXPECT_NE(reply.Get("Vary").find("Cookie"), std::string::npos);
  EXPECT_EQ(reply.Count("Set-Cookie"), 0u);
}

TEST(GatedAnswer, IsNothingWhereTheRequestMayPass) {
  Door door;
  const Reply reply = door.Ask(Navigate("/free/x"));
  EXPECT_EQ(reply.status, 0);
  EXPECT_TRUE(reply.fields.empty());
  EXPECT_EQ(reply.body, "");
}

TEST(GatedAnswer, IsThePageForANavigation) {
  Door door;
  const Reply reply = door.Ask(Navigate("/docs?a=1&b=2"));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(reply.Get("Content-Language"), "en");
  EXPECT_EQ(reply.Get("Content-Security-Policy"), PageSecurityPolicy(Page{}));
  EXPECT_EQ(reply.Get("X-Frame-Options"), "SAMEORIGIN");
  ExpectPrivate(reply);
  EXPECT_LE(reply.body.size(), kMaxPage);
  EXPECT_EQ(ReturnPathIn(fixture::ChallengeIn(reply.body)), "/docs?a=1&b=2");
  EXPECT_NE(reply.body.find("/.stile/redeem"), std::string::npos);
}

TEST(GatedAnswer, SpeaksTheLanguageThatIsAskedFor) {
  Door door;
  Request request = Navigate("/");
  request.accept_language = "de-CH,de;q=0.9";
  EXPECT_EQ(door.Ask(request).Get("Content-Language"), "de");
}

TEST(GatedAnswer, IsJsonForEverythingElse) {
  Door door;
  const Reply reply = door.Ask(Fetch("/api"));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Get("Content-Type"), "application/json");
  ExpectPrivate(reply);
  const std::string address = reply.Get("Stile-Challenge");
  EXPECT_EQ(address.rfind("/.stile/challenge?c=", 0), 0u) << address;
  EXPECT_EQ(fixture::WithoutReference(reply.body),
            std::string(R"({"error":"challenge","level":"light","challenge":")") + address + "\"}");
}

TEST(GatedAnswer, LeadsAProgramToTheChallengeOfWhereItWas) {
  Door door;
  const std::string address = door.Ask(Fetch("/strict/api?x=1")).Get("Stile-Challenge");
  const std::string challenge = door.FreshChallenge(address);
  EXPECT_EQ(ReturnPathIn(challenge), "/strict/api?x=1");
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_alternative(0).rank, 3);
}

TEST(GatedAnswer, FitsItsBoundsWithTheLongestReturnPath) {
  SiteOptions site = fixture::Site();
  site.title = std::string(256, '<');
  site.contact = "https://example.org/" + std::string(230, '&');
  Door door(fixture::OneSite(site));
  const std::string path = std::string("/") + std::string(kMaxReturnPath - 1, 'a');
  const Reply page = door.Ask(Navigate(path));
  EXPECT_EQ(page.status, 403);
  EXPECT_LE(page.body.size(), kMaxPage);
  EXPECT_EQ(ReturnPathIn(fixture::ChallengeIn(page.body)), path);

  const Reply json = door.Ask(Fetch(path));
  EXPECT_EQ(json.status, 403);
  EXPECT_LE(json.body.size(), kMaxGatedJson);
  EXPECT_EQ(ReturnPathIn(door.FreshChallenge(json.Get("Stile-Challenge"))), path);
  // The body's own address is of the same level, and leads to "/".
  EXPECT_EQ(ReturnPathIn(door.FreshChallenge(fixture::ChallengeIn(json.body))), "/");
}

TEST(GatedAnswer, EveryLengthOfReturnPathFits) {
  Door door;
  for (std::size_t length = 1; length <= kMaxReturnPath + 1; ++length) {
    const std::string path = std::string("/") + std::string(length - 1, 'a');
    const Reply json = door.Ask(Fetch(path));
    ASSERT_LE(json.body.size(), kMaxGatedJson) << length;
    ASSERT_FALSE(json.body.empty()) << length;
    ASSERT_FALSE(json.Get("Stile-Challenge").empty()) << length;
  }
}

TEST(GatedAnswer, LeadsHomeFromATargetThatIsNoReturnPath) {
  Door door;
  for (const std::string& target :
       {std::string("//evil.example/x"), std::string("/\\evil.example"), std::string("/a\"b"),
        std::string("/a\r\nX: y"), std::string("/a b"), std::string("http://evil.example/"),
        std::string("*"), std::string("/") + std::string(kMaxReturnPath, 'a'),
        std::string("/caf\xC3\xA9")}) {
    EXPECT_EQ(ReturnPathIn(fixture::ChallengeIn(door.Ask(Navigate(target)).body)), "/") << target;
  }
}

TEST(GatedAnswer, ShowsThePageForAFormThatIsSubmittedAndLeadsHome) {
  Door door;
  Request request = Navigate("/comment");
  request.method = "POST";
  request.sec_fetch_mode = "navigate";
  const Reply reply = door.Ask(request);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(ReturnPathIn(fixture::ChallengeIn(reply.body)), "/");
}

// What the page says below its heading.
std::string NoticeIn(const std::string& body) {
  const std::size_t begin = std::min(body.find("</h1>"), body.size());
  return body.substr(begin, body.find("</p>", begin) - begin);
}

TEST(GatedAnswer, AsksForAFormToBeSentAgain) {
  Door door;
  Request form = Navigate("/comment");
  form.method = "POST";
  form.content_type = fixture::kForm;
  const Reply sent = door.Ask(form);
  EXPECT_EQ(sent.status, 403);
  EXPECT_EQ(sent.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(ReturnPathIn(fixture::ChallengeIn(sent.body)), "/");
  Page page;
  page.notice = PageNotice::kResend;
  page.prefix = "/.stile";
  page.challenge = "x";
  std::string expected(kMaxPage, ' ');
  expected.resize(RenderPage(page, expected));
  EXPECT_EQ(NoticeIn(sent.body), NoticeIn(expected));
  EXPECT_NE(NoticeIn(sent.body), NoticeIn(door.Ask(Navigate("/comment")).body));
}

TEST(GatedAnswer, AsksNobodyToSendAReadAgain) {
  Door door;
  const std::string notice = NoticeIn(door.Ask(Navigate("/.stile/challenge")).body);
  for (const std::string_view method : {"GET", "HEAD"}) {
    Request request = Navigate("/comment");
    request.method = method;
    EXPECT_EQ(NoticeIn(door.Ask(request).body), notice) << method;
  }
}

TEST(GatedAnswer, IsTheSameForHead) {
  Door door;
  Request request = Navigate("/docs");
  request.method = "HEAD";
  const Reply reply = door.Ask(request);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(ReturnPathIn(fixture::ChallengeIn(reply.body)), "/docs");
}

TEST(GatedAnswer, EscapesTitleAndContact) {
  SiteOptions site = fixture::Site();
  site.title = "<script>alert(1)</script>\"&";
  site.contact = "mailto:a@b?subject=\"><script>";
  Door door(fixture::OneSite(site));
  const std::string body = door.Ask(Navigate("/")).body;
  EXPECT_EQ(body.find("<script>alert"), std::string::npos);
  EXPECT_EQ(body.find("\"><script>"), std::string::npos);
  EXPECT_NE(body.find("&lt;script&gt;alert(1)"), std::string::npos);
}

TEST(DeniedAnswer, IsAPageWithoutAForm) {
  Door door;
  const Reply reply = door.Ask(Navigate("/private/x"));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Get("Content-Type"), "text/html; charset=utf-8");
  ExpectPrivate(reply);
  EXPECT_EQ(reply.body.find("<form"), std::string::npos);
  EXPECT_LE(reply.body.size(), kMaxPage);
  EXPECT_EQ(door.counters().challenges_issued.Get(), 0u);
}

TEST(DeniedAnswer, IsJsonForEverythingElse) {
  Door door;
  const Reply reply = door.Ask(Fetch("/private/x"));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(fixture::WithoutReference(reply.body), R"({"error":"denied"})");
  EXPECT_EQ(reply.Count("Stile-Challenge"), 0u);
  ExpectPrivate(reply);
}

TEST(DeniedAnswer, IsWhatADefaultDecisionGets) {
  Door door;
  const Engine& engine = door.engine();
  Answer answer;
  engine.Respond(Fetch("/"), Decision{}, {}, fixture::kNow, door.worker(), answer);
  EXPECT_EQ(answer.status, 403);
}

}  // namespace
}  // namespace stile
