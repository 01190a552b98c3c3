// What a clearance buys, and what a site's backend is told about it.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "challenge/ascii_text.h"
#include "engine/site_secret.h"
#include "tests/engine/door.h"
#include "verifier/budgets.h"
#include "verifier/local_spends.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Earned;
using fixture::Fetch;
using fixture::kJson;
using fixture::kNow;
using fixture::OneSite;
using fixture::Reply;
using fixture::Seal;
using std::chrono::seconds;

constexpr std::string_view kSecret = "0123456789abcdefghijklmnopqrstuv";
constexpr std::string_view kShopSecret = "vutsrqponmlkjihgfedcba9876543210";

SiteSecret Secret(std::string_view text) { return *SiteSecret::Create(text); }

std::shared_ptr<LocalSpends> Spends(std::size_t tokens = 10'000) {
  return *LocalSpends::Create({tokens, 256, 3});
}

// A site with a backend, another, and the store that both share.
class Shop {
 public:
  explicit Shop(std::shared_ptr<LocalSpends> store = Spends(),
                std::shared_ptr<Budgets> budgets = nullptr, GateMode mode = GateMode::kEnforce)
      : spends(std::move(store)), door(Options(spends, std::move(budgets), mode)) {}

  [[nodiscard]] static EngineOptions Options(std::shared_ptr<SpendNumbers> numbers,
                                             std::shared_ptr<Budgets> budgets = nullptr,
                                             GateMode mode = GateMode::kEnforce) {
    SiteOptions main = fixture::Site();
    main.mode = mode;
    main.secrets = {Secret(kSecret)};
    SiteOptions shop = fixture::Site();
    shop.name = "shop";
    shop.hosts = {"shop.example"};
    shop.secrets = {Secret(kShopSecret)};
    EngineOptions options = OneSite(main);
    options.sites.push_back(shop);
    options.spends = std::move(numbers);
    options.budgets = std::move(budgets);
    return options;
  }

  // A request of the page at example.org for a token, with a clearance.
  [[nodiscard]] Request TokenRequest() {
    Request request = Fetch("/.stile/token");
    request.method = "POST";
    request.content_type = kJson;
    request.origin = "https://example.org";
    request.sec_fetch_site = "same-origin";
    request.cookies[0] = cookie;
    request.cookie_count = 1;
    return request;
  }
  Reply Buy(const Request& request, std::string_view body = R"({"action":"login"})") {
    return door.Ask(request, body);
  }
  // The token of a sale.
  std::string Token(std::string_view body = R"({"action":"login"})") {
    const Reply reply = Buy(TokenRequest(), body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    const std::size_t begin = std::string_view("{\"token\":\"").size();
    return reply.body.substr(begin, reply.body.find('"', begin) - begin);
  }

  // What a backend hears that asks at `now` of `asked`.
  std::string Verify(std::string_view body, std::string_view type = kJson,
                     std::uint16_t site = Request::kSiteByHost) {
    const Engine& engine = door.engine();
    const SiteverifyQuestion question =
        engine.ReadSiteverify(type, body, site, door.now, door.worker());
    SpendAnswer answer;
    if (question.AsksStore()) answer = spends->Spend(question.spend, door.now);
    return Answered(question, answer);
  }
  std::string Answered(const SiteverifyQuestion& question, const SpendAnswer& answer) {
    Answer reply;
    Engine::AnswerSiteverify(question, answer, door.worker(), reply);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.Get("Content-Type"), "application/json");
    EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
    return std::string(reply.body);
  }
  std::string VerifyToken(std::string_view token, std::string_view more = "") {
    return Verify("{\"secret\":\"" + std::string(kSecret) + "\",\"response\":\"" +
                  std::string(token) + "\"" + std::string(more) + "}");
  }

  std::shared_ptr<LocalSpends> spends;
  Door door;
  std::string cookie = "__Host-stile=" + Seal(Earned());
};

std::string No(std::string_view codes) {
  return "{\"success\":false,\"error-codes\":[" + std::string(codes) + "]}";
}
const std::string kInvalid = No("\"invalid-input-response\"");
const std::string kDuplicate = No("\"timeout-or-duplicate\"");
const std::string kInternal = No("\"internal-error\"");
const std::string kBad = No("\"bad-request\"");

bool IsYes(const std::string& reply) { return reply.starts_with("{\"success\":true,"); }

// --- Buying ------------------------------------------------------------------------------------

TEST(TokenAnswer, AClearanceBuysATokenForFiveMinutes) {
  Shop shop;
  const Reply reply = shop.Buy(shop.TokenRequest());
  EXPECT_EQ(reply.decision.action, Action::kServe);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Get("Content-Type"), "application/json");
  EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
  EXPECT_NE(reply.body.find("\",\"expires_at\":1772366700}"), std::string::npos) << reply.body;
  EXPECT_EQ(shop.door.counters().token_sales[0].Get(), 1U);
}

TEST(TokenAnswer, NoTwoTokensLookAlike) {
  Shop shop;
  const std::string first = shop.Token();
  const std::string second = shop.Token();
  EXPECT_NE(first.substr(27, 45), second.substr(27, 45));
}

TEST(TokenAnswer, WithoutAClearanceNothingIsSold) {
  Shop shop;
  Clearance other = Earned();
  other.binding.prefix ^= std::uint64_t{1} << 40;
  Clearance expired = Earned();
  expired.expires_at = fixture::kNowSeconds;
  for (const std::string& cookie :
       {std::string("a=b"), "__Host-stile=" + Seal(Earned()).substr(0, 91) + "_",
        "__Host-stile=" + Seal(other), "__Host-stile=" + Seal(expired),
        "__Host-stile=" + Seal(Earned(), "shop")}) {
    shop.cookie = cookie;
    const Reply reply = shop.Buy(shop.TokenRequest());
    EXPECT_EQ(reply.status, 403) << cookie;
    EXPECT_EQ(fixture::WithoutReference(reply.body), R"({"error":"not-cleared"})");
    EXPECT_TRUE(reply.Get("Stile-Challenge").starts_with("/.stile/challenge?c="));
  }
  EXPECT_EQ(shop.spends->ring().issued(), 0U);
}

TEST(TokenAnswer, AnotherOriginGetsNone) {
  Shop shop;
  const auto refused = [&shop](auto change) {
    Request request = shop.TokenRequest();
    change(request);
    const Reply reply = shop.Buy(request);
    EXPECT_EQ(reply.status, 403);
    EXPECT_EQ(fixture::WithoutReference(reply.body), R"({"error":"cross-origin"})");
  };
  refused([](Request& r) { r.origin = "https://evil.example"; });
  refused([](Request& r) { r.origin = "null"; });
  for (const std::string_view site : {"cross-site", "same-site", "none", "Same-Origin"}) {
    refused([site](Request& r) { r.sec_fetch_site = site; });
  }
  // Even if it names no origin.
  refused([](Request& r) {
    r.origin = {};
    r.sec_fetch_site = "cross-site";
  });
  EXPECT_EQ(shop.door.counters().token_sales[2].Get(), 7U);
  EXPECT_EQ(shop.spends->ring().issued(), 0U);
}

TEST(TokenAnswer, AProgramThatNamesNoOriginMayBuy) {
  Shop shop;
  Request request = shop.TokenRequest();
  request.origin = {};
  request.sec_fetch_site = {};
  EXPECT_EQ(shop.Buy(request).status, 200);
}

TEST(TokenAnswer, OnlyJsonIsTaken) {
  Shop shop;
  for (const std::string_view type : {"", "text/plain", "application/x-www-form-urlencoded"}) {
    Request request = shop.TokenRequest();
    request.content_type = type;
    EXPECT_EQ(shop.Buy(request).status, 415) << type;
  }
}

TEST(TokenAnswer, AnActionIsAShortNameOrNone) {
  Shop shop;
  for (const std::string_view body : {"", "{}", R"({"action":""})", R"({"action":null,"x":1})",
                                      R"({"action":"Az09_-Az09_-Az09_-Az09_-Az09_-ab"})"}) {
    EXPECT_EQ(shop.Buy(shop.TokenRequest(), body).status, 200) << body;
  }
  for (const std::string_view body :
       {"[]", "{", R"({"action":7})", R"({"action":"a b"})", R"({"action":"<"})",
        R"({"action":"Az09_-Az09_-Az09_-Az09_-Az09_-abc"})"}) {
    EXPECT_EQ(shop.Buy(shop.TokenRequest(), body).status, 400) << body;
  }
}

TEST(TokenAnswer, OnlyPostBuys) {
  Shop shop;
  Request request = shop.TokenRequest();
  request.method = "GET";
  const Reply reply = shop.Buy(request);
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.Get("Allow"), "POST");
}

TEST(TokenAnswer, ASiteWithoutABackendSellsNone) {
  EngineOptions options = OneSite();
  options.spends = Spends();
  Door door(std::move(options));
  Shop shop;
  EXPECT_EQ(door.Ask(shop.TokenRequest(), "{}").status, 404);
}

TEST(TokenAnswer, WithoutAStoreThereIsNoneToSell) {
  Door door(Shop::Options(nullptr));
  Shop shop;
  const Reply reply = door.Ask(shop.TokenRequest(), "{}");
  EXPECT_EQ(reply.status, 503);
  EXPECT_FALSE(reply.Get("Retry-After").empty());
}

TEST(TokenAnswer, AFullStoreSellsNoneUntilItsTokensHaveExpired) {
  Shop shop(Spends(1));
  int sold = 0;
  while (shop.Buy(shop.TokenRequest()).status == 200) ++sold;
  EXPECT_GT(sold, 1'000);
  EXPECT_EQ(shop.Buy(shop.TokenRequest()).status, 503);
  EXPECT_EQ(shop.door.counters().token_sales[5].Get(), 2U);
  shop.door.now = kNow + seconds{301};
  EXPECT_EQ(shop.Buy(shop.TokenRequest()).status, 200);
}

TEST(TokenAnswer, ATokenCostsAsMuchAsTenRequests) {
  Shop shop(Spends(), *Budgets::Create({64, 64, 64, 64}));
  // The burst of a clearance of light.
  for (int i = 0; i < 30; ++i) EXPECT_EQ(shop.Buy(shop.TokenRequest()).status, 200) << i;
  const Reply reply = shop.Buy(shop.TokenRequest());
  EXPECT_EQ(reply.status, 429);
  EXPECT_TRUE(reply.body.starts_with(R"({"error":"limited")")) << reply.body;
  EXPECT_EQ(reply.Get("Retry-After"), "10");
  EXPECT_EQ(reply.Get("Stile-Challenge"), "");
  EXPECT_EQ(shop.spends->ring().issued(), 30U);
  EXPECT_EQ(shop.door.counters().token_sales[4].Get(), 1U);
  shop.door.now = shop.door.now + seconds(10);
  EXPECT_EQ(shop.Buy(shop.TokenRequest()).status, 200);
}

TEST(TokenAnswer, WhereEverythingPassesAnyoneOfThePageBuysAndTheBackendIsTold) {
  for (const GateMode mode : {GateMode::kOpen, GateMode::kShadow}) {
    Shop shop(Spends(), *Budgets::Create({64, 64, 64, 64}), mode);
    shop.cookie = "a=b";
    const std::string reply = shop.VerifyToken(shop.Token());
    EXPECT_NE(reply.find(R"("metadata":{"cleared_ts":null,"rank":0})"), std::string::npos) << reply;
    Request foreign = shop.TokenRequest();
    foreign.origin = "https://evil.example";
    EXPECT_EQ(shop.Buy(foreign).status, 403);
  }
}

TEST(TokenAnswer, WhereEverythingPassesNoBudgetLimits) {
  for (const GateMode mode : {GateMode::kOpen, GateMode::kShadow}) {
    Shop shop(Spends(), *Budgets::Create({64, 64, 64, 64}), mode);
    for (int i = 0; i < 40; ++i) EXPECT_EQ(shop.Buy(shop.TokenRequest()).status, 200) << i;
    const std::string reply = shop.VerifyToken(shop.Token());
    EXPECT_NE(reply.find("\"rank\":2}"), std::string::npos) << reply;
  }
}

// Numbers are those of all sites.
TEST(TokenAnswer, WhereEverythingPassesWhoHasNoClearanceIsLimitedByHisAddresses) {
  for (const GateMode mode : {GateMode::kOpen, GateMode::kShadow}) {
    Shop shop(Spends(), *Budgets::Create({64, 64, 64, 64}), mode);
    const std::string cookie = shop.cookie;
    shop.cookie = "a=b";
    // The burst of a prefix without clearance.
    for (int i = 0; i < 600; ++i) ASSERT_EQ(shop.Buy(shop.TokenRequest()).status, 200) << i;
    const Reply reply = shop.Buy(shop.TokenRequest());
    EXPECT_EQ(reply.status, 429);
    EXPECT_EQ(fixture::WithoutReference(reply.body), "{\"error\":\"limited\"}");
    EXPECT_EQ(reply.Get("Retry-After"), "1");
    EXPECT_EQ(reply.Get("Stile-Challenge"), "");
    EXPECT_EQ(shop.spends->ring().issued(), 600U);
    // Whoever has one is not.
    shop.cookie = cookie;
    EXPECT_EQ(shop.Buy(shop.TokenRequest()).status, 200);
  }
}

TEST(TokenAnswer, AHostThatIsNoneGetsNone) {
  Shop shop;
  Request request = shop.TokenRequest();
  request.origin = {};
  for (const std::string_view host : {"", "ex\"ample.org"}) {
    request.host = host;
    EXPECT_EQ(shop.Buy(request).status, 503) << host;
  }
}

// --- Asking ------------------------------------------------------------------------------------

TEST(Siteverify, AFreshTokenIsAYesWithAllThatClientsReadOfIt) {
  Shop shop;
  const std::string token = shop.Token();
  shop.door.now = kNow + seconds{9};
  EXPECT_EQ(shop.VerifyToken(token),
            R"({"success":true,"challenge_ts":"2026-03-01T12:00:00.000Z",)"
            R"("hostname":"example.org","error-codes":[],"action":"login","cdata":"",)"
            R"("metadata":{"cleared_ts":"2026-03-01T11:50:00.000Z","rank":2}})");
  EXPECT_EQ(shop.door.counters().spends[0].Get(), 1U);
  EXPECT_EQ(shop.door.counters().siteverifies[0].Get(), 1U);
}

TEST(Siteverify, TheActionIsReportedAsItWasBought) {
  Shop shop;
  EXPECT_NE(shop.VerifyToken(shop.Token("{}")).find("\"action\":\"\""), std::string::npos);
  EXPECT_NE(
      shop.VerifyToken(shop.Token(R"({"action":"Sign-Up_2"})")).find("\"action\":\"Sign-Up_2\""),
      std::string::npos);
}

TEST(Siteverify, TheHostIsReportedInLowerCase) {
  Shop shop;
  Request request = shop.TokenRequest();
  request.host = "WWW.Example.ORG";
  request.origin = "https://www.example.org";
  const std::string body = shop.Buy(request).body;
  const std::string reply = shop.VerifyToken(body.substr(10, body.find('"', 10) - 10));
  EXPECT_NE(reply.find("\"hostname\":\"www.example.org\""), std::string::npos) << reply;
}

TEST(Siteverify, ATokenIsAYesOnce) {
  Shop shop;
  const std::string token = shop.Token();
  EXPECT_TRUE(IsYes(shop.VerifyToken(token)));
  EXPECT_EQ(shop.VerifyToken(token), kDuplicate);
  EXPECT_EQ(shop.VerifyToken(token, R"(,"idempotency_key":"a")"), kDuplicate);
  EXPECT_EQ(shop.door.counters().spends[2].Get(), 2U);
}

TEST(Siteverify, AnIdempotencyKeyGetsItsFirstVerdictAgain) {
  Shop shop;
  const std::string token = shop.Token();
  const std::string first = shop.VerifyToken(token, R"(,"idempotency_key":"a")");
  EXPECT_TRUE(IsYes(first));
  EXPECT_EQ(shop.VerifyToken(token, R"(,"idempotency_key":"a")"), first);
  EXPECT_EQ(shop.VerifyToken(token, R"(,"idempotency_key":"b")"), kDuplicate);
  EXPECT_EQ(shop.VerifyToken(token, R"(,"idempotency_key":"")"), kDuplicate);
  EXPECT_EQ(shop.VerifyToken(token), kDuplicate);
  // Of this token alone.
  const std::string other = shop.Token();
  EXPECT_TRUE(IsYes(shop.VerifyToken(other)));
  EXPECT_EQ(shop.VerifyToken(other, R"(,"idempotency_key":"a")"), kDuplicate);
  EXPECT_EQ(shop.door.counters().spends[1].Get(), 1U);
}

TEST(Siteverify, AnIdempotencyKeyThatIsTooLongIsABadRequest) {
  Shop shop;
  const std::string key(129, 'a');
  const std::string token = shop.Token();
  EXPECT_EQ(shop.VerifyToken(token, ",\"idempotency_key\":\"" + key + "\""), kBad);
  EXPECT_TRUE(IsYes(shop.VerifyToken(token)));
}

TEST(Siteverify, AnExpiredTokenIsATimeout) {
  Shop shop;
  const std::string token = shop.Token();
  shop.door.now = kNow + seconds{299};
  const std::string other = shop.Token();
  EXPECT_TRUE(IsYes(shop.VerifyToken(token)));
  shop.door.now = kNow + seconds{599};
  EXPECT_EQ(shop.VerifyToken(other), kDuplicate);
}

TEST(Siteverify, ATokenOfAnotherBootIsATimeout) {
  Shop before;
  const std::string token = before.Token();
  Shop after;
  (void)after.Token();
  EXPECT_EQ(after.VerifyToken(token), kDuplicate);
  EXPECT_EQ(after.door.counters().spends[3].Get(), 1U);
}

TEST(Siteverify, ATokenOfAnotherSiteIsInvalid) {
  Shop shop;
  const std::string token = shop.Token();
  EXPECT_EQ(shop.Verify("{\"secret\":\"" + std::string(kShopSecret) + "\",\"response\":\"" + token +
                        "\"}"),
            kInvalid);
  EXPECT_TRUE(IsYes(shop.VerifyToken(token)));
}

TEST(Siteverify, WhatIsNoTokenIsInvalid) {
  Shop shop;
  std::string forged = shop.Token();
  forged[110] = forged[110] == 'A' ? 'B' : 'A';
  EXPECT_EQ(shop.VerifyToken("XXXX.DUMMY.TOKEN.XXXX"), kInvalid);
  EXPECT_EQ(shop.VerifyToken(forged), kInvalid);
  EXPECT_EQ(shop.VerifyToken(Seal(Earned())), kInvalid);
}

TEST(Siteverify, WhatIsMissingIsNamed) {
  Shop shop;
  EXPECT_EQ(shop.Verify("{}"), No(R"("missing-input-secret","missing-input-response")"));
  EXPECT_EQ(shop.Verify(R"({"response":"r"})"), No("\"missing-input-secret\""));
  EXPECT_EQ(shop.VerifyToken(""), No("\"missing-input-response\""));
}

TEST(Siteverify, AnUnknownSecretIsRefusedWhateverTheToken) {
  Shop shop;
  const std::string token = shop.Token();
  for (const std::string& secret :
       {std::string("wrong"), std::string(kSecret) + "x", std::string(kSecret.substr(1)),
        std::string("1x0000000000000000000000000000000AA")}) {
    EXPECT_EQ(shop.Verify("{\"secret\":\"" + secret + "\",\"response\":\"" + token + "\"}"),
              No("\"invalid-input-secret\""));
  }
  EXPECT_TRUE(IsYes(shop.VerifyToken(token)));
}

TEST(Siteverify, AListenerOfOneSiteTakesItsSecretsAlone) {
  Shop shop;
  const std::string body =
      "{\"secret\":\"" + std::string(kSecret) + "\",\"response\":\"" + shop.Token() + "\"}";
  EXPECT_EQ(shop.Verify(body, kJson, 1), No("\"invalid-input-secret\""));
  EXPECT_EQ(shop.Verify(body, kJson, 2), No("\"invalid-input-secret\""));  // There is no such site.
  EXPECT_TRUE(IsYes(shop.Verify(body, kJson, 0)));
}

TEST(Siteverify, FormsAreReadAsJsonIs) {
  Shop shop;
  const std::string body = "secret=" + std::string(kSecret) + "&remoteip=&response=" + shop.Token();
  EXPECT_TRUE(IsYes(shop.Verify(body, fixture::kForm)));
  EXPECT_EQ(shop.Verify(body, fixture::kForm), kDuplicate);
}

TEST(Siteverify, WhatCantBeReadIsABadRequest) {
  Shop shop;
  EXPECT_EQ(shop.Verify("{"), kBad);
  EXPECT_EQ(shop.Verify("<xml/>", "text/xml"), kBad);
  EXPECT_EQ(shop.Verify(std::string(Engine::kMaxBody + 1, ' ')), kBad);
}

TEST(Siteverify, AStoreThatDoesNotAnswerIsAnInternalError) {
  Shop shop;
  const std::string body =
      "{\"secret\":\"" + std::string(kSecret) + "\",\"response\":\"" + shop.Token() + "\"}";
  const SiteverifyQuestion question = shop.door.engine().ReadSiteverify(
      kJson, body, Request::kSiteByHost, kNow, shop.door.worker());
  ASSERT_TRUE(question.AsksStore());
  EXPECT_EQ(shop.Answered(question, {SpendResult::kUnknown, false, true}), kInternal);
  EXPECT_EQ(shop.Answered(question, {SpendResult::kUnknown, true, false}), kDuplicate);
  EXPECT_EQ(shop.Answered(question, {SpendResult::kSpent, true, true}), kDuplicate);
  EXPECT_EQ(shop.Answered(question, {}), kDuplicate);
  EXPECT_EQ(shop.Answered(SiteverifyQuestion{}, {SpendResult::kFresh, false, false}), kInternal);
  EXPECT_EQ(shop.door.counters().spends[4].Get(), 1U);
}

// --- Secrets -----------------------------------------------------------------------------------

TEST(SiteSecret, MustBeLongVisibleAndRandom) {
  EXPECT_TRUE(SiteSecret::Create(kSecret).has_value());
  EXPECT_EQ(SiteSecret::Create(kSecret.substr(1)).error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(SiteSecret::Create(std::string(257, 'a')).error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(SiteSecret::Create(std::string(kSecret) + " ").error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(SiteSecret::Create(std::string(kSecret) + "\xC3").error().code,
            ErrorCode::kInvalidArgument);
  // What passes always in the examples of another service.
  const auto example = SiteSecret::Create("1x0000000000000000000000000000000AA");
  EXPECT_EQ(example.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(example.error().message.find("1x00"), std::string::npos);
}

TEST(SiteSecret, TwoSitesMayNotShareOne) {
  EngineOptions options = Shop::Options(nullptr);
  options.sites[1].secrets.push_back(Secret(kSecret));
  EXPECT_EQ(fixture::CreateError(std::move(options)),
            "site \"shop\": siteverify: A secret is that of another site: make each site its own.");
}

}  // namespace
}  // namespace stile
