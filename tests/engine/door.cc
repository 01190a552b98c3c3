#include "tests/engine/door.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_search.h"
#include "challenge/reference.h"
#include "challenge/solution.h"

namespace stile::fixture {
namespace {

template <typename T>
T Must(T&& result, std::string_view what) {
  if (!result) {
    ADD_FAILURE() << what;
    std::abort();
  }
  return std::forward<T>(result);
}

Rule PathRule(std::string name, Action action, std::uint8_t rank = 0,
              OnFault on_fault = OnFault::kStale, RuleMode mode = RuleMode::kEnforce) {
  Rule rule;
  rule.paths = {"/" + name + "/*"};
  rule.name = std::move(name);
  rule.action = action;
  rule.rank = rank;
  rule.on_fault = on_fault;
  rule.mode = mode;
  return rule;
}

Level MakeLevel(std::string name, std::uint8_t rank, std::vector<Alternative> alternatives,
                std::vector<std::string> earns) {
  Level level;
  level.name = std::move(name);
  level.rank = rank;
  level.alternative_count = static_cast<std::uint8_t>(alternatives.size());
  std::copy(alternatives.begin(), alternatives.end(), level.alternatives.begin());
  std::copy(earns.begin(), earns.end(), level.earns.begin());
  return level;
}

}  // namespace

IpAddress Address(std::string_view text) { return *Must(IpAddress::Parse(text), text); }

const KeyRing& Keys() {
  static const KeyRing ring = [] {
    std::vector<MasterKey> masters(1);
    masters[0].id = 1;
    masters[0].secret = SecretBytes(std::vector<std::uint8_t>(32, 7));
    return *Must(KeyRing::Create(std::move(masters), kNow, std::chrono::hours{48}), "key ring");
  }();
  return ring;
}

PolicySource Source() {
  const Alternative work{Puzzle::kSha256, 2, 2, 0, 64, 43'200};
  const Alternative wait{Puzzle::kWait, 1, 0, 0, 5'000, 600};
  const Alternative hard{Puzzle::kSha256, 3, 4, 0, 256, 21'600};
  PolicySource source;
  source.levels = {MakeLevel("wait", 1, {wait}, {"wait"}),
                   MakeLevel("light", 2, {work, wait}, {"light", "wait"}),
                   MakeLevel("standard", 3, {hard}, {"standard"})};
  source.rules = {PathRule("free", Action::kAllow),
                  PathRule("private", Action::kDeny),
                  PathRule("strict", Action::kChallenge, 3),
                  PathRule("open", Action::kChallenge, 2, OnFault::kOpen),
                  PathRule("closed", Action::kChallenge, 2, OnFault::kClosed),
                  PathRule("shadow", Action::kDeny, 0, OnFault::kStale, RuleMode::kShadow)};
  return source;
}

std::shared_ptr<const Policy> PolicyOf(PolicySource source) {
  auto policy = Policy::Compile(std::move(source));
  if (!policy.has_value()) ADD_FAILURE() << ToString(policy.error());
  return *Must(std::move(policy), "policy");
}

SiteOptions Site() {
  static const std::shared_ptr<const Policy> policy = PolicyOf(Source());
  SiteOptions site;
  site.policy = policy;
  return site;
}

EngineOptions OneSite(SiteOptions site) {
  EngineOptions options;
  options.sites.push_back(std::move(site));
  return options;
}

std::shared_ptr<RedeemTables> Tables() {
  return *Must(RedeemTables::Create(RedeemTables::Options{}), "redeem tables");
}

std::unique_ptr<const Engine> MakeEngine(EngineOptions options) {
  auto engine = Engine::Create(std::move(options), Keys(), Tables());
  if (!engine.has_value()) ADD_FAILURE() << ToString(engine.error());
  return std::move(*Must(std::move(engine), "engine"));
}

std::string CreateError(EngineOptions options) {
  auto engine = Engine::Create(std::move(options), Keys(), Tables());
  return engine.has_value() ? std::string{} : ToString(engine.error().front());
}

Request Navigate(std::string_view target) {
  Request request;
  request.method = "GET";
  request.target = target;
  request.host = "example.org";
  request.user_agent = kBrowser;
  request.accept = kHtml;
  request.address = Address("192.0.2.7");
  request.https = true;
  return request;
}

Request Fetch(std::string_view target) {
  Request request = Navigate(target);
  request.accept = "*/*";
  return request;
}

Request RedeemWith(std::string_view content_type) {
  Request request = Navigate("/.stile/redeem");
  request.method = "POST";
  request.content_type = content_type;
  if (content_type == kJson) request.accept = "application/json";
  return request;
}

std::string Reply::Get(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return {};
}

std::size_t Reply::Count(std::string_view name) const {
  std::size_t count = 0;
  for (const auto& field : fields) count += field.first == name ? 1 : 0;
  return count;
}

Door::Door(EngineOptions options)
    : slot_(MakeEngine(std::move(options))), worker_(slot_.NewWorker()) {}

Decision Door::Decide(const Request& request) {
  return slot_.Enter(*worker_).Decide(request, now, *worker_);
}

Reply Door::Ask(const Request& request, std::string_view body) {
  const Engine& engine = slot_.Enter(*worker_);
  Reply reply;
  reply.decision = engine.Decide(request, now, *worker_);
  Answer answer;
  engine.Respond(request, reply.decision, body, now, *worker_, answer);
  reply.status = answer.status;
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    reply.fields.emplace_back(answer.fields[i].name, answer.fields[i].value);
    // No field may hold what ends one.
    EXPECT_EQ(answer.fields[i].value.find_first_of("\r\n"), std::string_view::npos);
    EXPECT_FALSE(answer.fields[i].value.empty()) << answer.fields[i].name;
  }
  reply.body = answer.body;
  return reply;
}

Request Door::Dressed(Request request) const {
  request.address = Address(address);
  request.https = https;
  request.host = host;
  if (!cookie.empty()) request.cookies[request.cookie_count++] = cookie;
  return request;
}

Reply Door::RedeemForm(std::string_view challenge, std::string_view solution) {
  const std::string body =
      "challenge=" + std::string(challenge) + "&solution=" + std::string(solution);
  return Ask(Dressed(RedeemWith(kForm)), body);
}

Reply Door::RedeemJson(std::string_view challenge, std::string_view solution) {
  const std::string body = R"({"challenge":")" + std::string(challenge) + R"(","solution":")" +
                           std::string(solution) + "\"}";
  return Ask(Dressed(RedeemWith(kJson)), body);
}

std::string Door::FreshChallenge(std::string_view target) {
  return ChallengeIn(Ask(Dressed(Fetch(target))).body);
}

std::string ChallengeIn(std::string_view body) {
  for (const std::string_view before :
       {std::string_view("\"challenge\":\""), std::string_view("name=\"challenge\" value=\""),
        std::string_view("name=challenge value=\""), std::string_view("name=challenge value=")}) {
    const std::size_t at = body.find(before);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = body.substr(at + before.size());
    return std::string(rest.substr(0, rest.find_first_of("\" >")));
  }
  ADD_FAILURE() << "no challenge in: " << body;
  return {};
}

std::string ReferenceIn(std::string_view body) {
  constexpr std::string_view kBefore = ",\"reference\":\"";
  std::size_t at = body.find(kBefore);
  if (at != std::string_view::npos) return std::string(body.substr(at + kBefore.size(), 34));
  // In a page it is whatever reads as one.
  for (at = 0; at + 34 <= body.size(); ++at) {
    const std::string_view text = body.substr(at, 34);
    if (text[4] == '-' && text[29] == '-' && SealedReference::Parse(text)) return std::string(text);
  }
  return {};
}

std::string WithoutReference(std::string body) {
  const std::string member = ",\"reference\":\"" + ReferenceIn(body) + "\"";
  const std::size_t at = body.find(member);
  EXPECT_NE(at, std::string::npos) << body;
  if (at != std::string::npos) body.erase(at, member.size());
  return body;
}

namespace {

// By the verifier's own interpreter: for small efforts.
std::string SolveHashwx(const SealedChallenge& sealed, std::size_t index,
                        const Alternative& alternative) {
  const HashwxPuzzle puzzle(sealed.tag(), sealed.claimed_id(), static_cast<std::uint8_t>(index),
                            alternative.effort, alternative.parts);
  Solution solution;
  solution.alternative = static_cast<std::uint8_t>(index);
  solution.parts = alternative.parts;
  for (std::uint32_t part = 0; part < alternative.parts; ++part) {
    while (!puzzle.IsSolvedBy(part, solution.nonces[part])) ++solution.nonces[part];
  }
  return FormatSolution(solution);
}

}  // namespace

std::string Solve(std::string_view challenge, std::size_t index) {
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  const Alternative alternative = sealed.claimed_alternative(index);
  if (alternative.puzzle == Puzzle::kHashwx) return SolveHashwx(sealed, index, alternative);
  Sha256Job job{};
  Sha256PrefixMidstate(sealed.tag().bytes.data(), sealed.claimed_id().data(),
                       static_cast<std::uint8_t>(index), job.midstate);
  job.target = Sha256Puzzle::Target(alternative.effort, alternative.parts);
  Solution solution;
  solution.alternative = static_cast<std::uint8_t>(index);
  solution.parts = alternative.parts;
  for (std::uint8_t part = 0; part < alternative.parts; ++part) {
    job.part = part;
    std::uint64_t tried = 0;
    EXPECT_TRUE(SearchSha256(job, 0, 1U << 24, &solution.nonces[part], &tried));
  }
  return FormatSolution(solution);
}

std::string WaitSolution(std::size_t index) {
  Solution solution;
  solution.alternative = static_cast<std::uint8_t>(index);
  return FormatSolution(solution);
}

Clearance Earned() {
  Clearance clearance;
  clearance.key_id = 1;
  clearance.id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  clearance.issued_at = kNowSeconds - 600;
  clearance.expires_at = kNowSeconds + 3'600;
  clearance.site_id = SiteId("main");
  clearance.rank = 2;
  clearance.puzzle = Puzzle::kSha256;
  clearance.effort_log2 = 6;
  clearance.binding = Binding::Of(Client{Address("192.0.2.7"), kBrowser}, BindingOptions{});
  return clearance;
}

std::string Seal(const Clearance& clearance, std::string_view site) {
  const auto keys = *Must(Keys().ForSite(site), "site keys");
  const HmacKey* key =
      keys->Find(KeyPurpose::kClearance, clearance.key_id, clearance.issued_at, kNow);
  // A key that isn't held is nobody's: any will do.
  const HmacKey any(std::span<const std::uint8_t>{});
  const ClearanceText text = SealClearance(clearance, key == nullptr ? any : *key);
  return {text.begin(), text.end()};
}

std::string CookieOf(const Reply& reply) { return CookieOf(reply.Get("Set-Cookie")); }

std::string CookieOf(std::string_view set_cookie) {
  return std::string(set_cookie.substr(0, set_cookie.find(';')));
}

Clearance ClearanceOf(std::string_view token) {
  Clearance clearance;
  SealedClearance sealed;
  EXPECT_EQ(sealed.Parse(token), TokenShape::kWellFormed) << token;
  const auto keys = *Must(Keys().ForSite("main"), "site keys");
  const HmacKey* key =
      keys->Find(KeyPurpose::kClearance, sealed.claimed_key_id(), sealed.claimed_issued_at(), kNow);
  EXPECT_TRUE(key != nullptr && sealed.Open(*key, clearance));
  return clearance;
}

}  // namespace stile::fixture
