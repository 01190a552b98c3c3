#include "tests/verifier/site_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "challenge/base64url.h"
#include "challenge/entropy.h"
#include "challenge/error.h"
#include "challenge/issuer.h"
#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_search.h"
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

Solution ParsedSolution(std::string_view text) {
  Solution solution;
  EXPECT_TRUE(ParseSolution(text, solution));
  return solution;
}

// By the verifier's own interpreter: for small efforts.
std::string SolveHashwx(const HashwxPuzzle& puzzle, std::uint8_t index, std::uint64_t first_nonce) {
  Solution solution;
  solution.alternative = index;
  solution.parts = puzzle.parts();
  for (std::uint32_t part = 0; part < puzzle.parts(); ++part) {
    std::uint64_t nonce = first_nonce;
    while (!puzzle.IsSolvedBy(part, nonce)) ++nonce;
    solution.nonces[part] = nonce;
  }
  return FormatSolution(solution);
}

}  // namespace

IpAddress Address(std::string_view text) { return *Must(IpAddress::Parse(text), text); }

Client Visitor() { return VisitorAt("192.0.2.7"); }

Client VisitorAt(std::string_view address) { return {Address(address), kUserAgent}; }

MasterKey Master(std::uint8_t id, UnixMillis sign_from) {
  MasterKey master;
  master.id = id;
  master.secret = SecretBytes(std::vector<std::uint8_t>(32, id));
  master.sign_from = sign_from;
  return master;
}

std::shared_ptr<const SiteKeys> KeysOf(std::vector<MasterKey> masters, UnixMillis now,
                                       std::string_view site) {
  auto ring = Must(KeyRing::Create(std::move(masters), now, std::chrono::hours{48}), "key ring");
  return *Must(ring->ForSite(site), "site keys");
}

std::shared_ptr<const SiteKeys> Keys() {
  static const std::shared_ptr<const SiteKeys> keys = [] {
    std::vector<MasterKey> masters;
    masters.push_back(Master(1, UnixMillis{0}));
    return KeysOf(std::move(masters), kNow);
  }();
  return keys;
}

Clearance Earned(const Client& client) {
  Clearance clearance;
  clearance.key_id = 1;
  clearance.id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  clearance.issued_at = kNowSeconds - 600;
  clearance.expires_at = kNowSeconds + 3000;
  clearance.site_id = Keys()->site_id();
  clearance.rank = 2;
  clearance.puzzle = Puzzle::kSha256;
  clearance.effort_log2 = 21;
  clearance.binding = Binding::Of(client, BindingOptions{});
  return clearance;
}

std::string Seal(const Clearance& clearance, const SiteKeys& keys) {
  const HmacKey* key =
      keys.Find(KeyPurpose::kClearance, clearance.key_id, clearance.issued_at, kNow);
  // A key that isn't held is nobody's: any will do.
  const HmacKey any(std::span<const std::uint8_t>{});
  const ClearanceText text = SealClearance(clearance, key == nullptr ? any : *key);
  return {text.begin(), text.end()};
}

std::string FlipTag(std::string text) {
  // The last character of a token of 69 bytes holds six whole bits.
  text.back() = text.back() == 'A' ? 'B' : 'A';
  return text;
}

Request Get(std::string_view target, std::span<const std::string> cookies, const Client& client) {
  Request request;
  request.method = "GET";
  request.target = target;
  request.host = "example.org";
  request.user_agent = client.user_agent;
  request.address = client.address;
  for (const std::string& cookie : cookies) request.cookies[request.cookie_count++] = cookie;
  return request;
}

Alternative Work() { return {Puzzle::kSha256, 2, 4, 0, 64, 43'200}; }

Alternative Wait() { return {Puzzle::kWait, 1, 0, 1, 5'000, 600}; }

std::string Issue(const Client& client, UnixMillis now, const SiteKeys& keys, std::uint8_t roams) {
  const std::array<Alternative, 2> alternatives{Work(), Wait()};
  const auto issuer =
      Must(Issuer::Create(std::shared_ptr<const SiteKeys>(std::shared_ptr<void>(), &keys),
                          std::chrono::seconds{120}),
           "issuer");
  static thread_local Entropy entropy;
  ChallengeText text;
  const Issuer::Order order{Binding::Of(client, BindingOptions{}), alternatives, "/deep?link=1",
                            roams};
  EXPECT_EQ(issuer->Issue(order, now, entropy, text), IssueFailure::kNone);
  return std::string(text.view());
}

std::string IssueFor(std::span<const Alternative> alternatives, const Client& client,
                     UnixMillis now, const SiteKeys& keys) {
  const auto issuer =
      Must(Issuer::Create(std::shared_ptr<const SiteKeys>(std::shared_ptr<void>(), &keys),
                          std::chrono::seconds{120}),
           "issuer");
  static thread_local Entropy entropy;
  ChallengeText text;
  const Issuer::Order order{Binding::Of(client, BindingOptions{}), alternatives, "/", 0};
  EXPECT_EQ(issuer->Issue(order, now, entropy, text), IssueFailure::kNone);
  return std::string(text.view());
}

std::string Patched(std::string_view challenge, const HmacKey* key,
                    const std::function<void(std::vector<std::uint8_t>&)>& patch) {
  std::vector<std::uint8_t> bytes(Challenge::kMaxSize);
  bytes.resize(*Must(DecodeBase64Url(challenge, bytes), "challenge text"));
  patch(bytes);
  if (key != nullptr) {
    const std::size_t body = bytes.size() - Tag::kSize;
    const Tag tag = key->ComputeTag(std::span(bytes).first(body));
    std::copy(tag.bytes.begin(), tag.bytes.end(), bytes.begin() + static_cast<long>(body));
  }
  return EncodeBase64Url(bytes);
}

const HmacKey* ChallengeKey(UnixMillis issued_at) {
  return Keys()->Find(KeyPurpose::kChallenge, 1, issued_at.Seconds(), issued_at);
}

std::string Solve(std::string_view challenge, std::size_t index, std::uint64_t first_nonce) {
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  const Alternative alternative = sealed.claimed_alternative(index);
  const Tag tag = sealed.tag();
  const TokenId id = sealed.claimed_id();
  if (alternative.puzzle == Puzzle::kHashwx) {
    return SolveHashwx(HashwxPuzzle(tag, id, static_cast<std::uint8_t>(index), alternative.effort,
                                    alternative.parts),
                       static_cast<std::uint8_t>(index), first_nonce);
  }
  Sha256Job job{};
  Sha256PrefixMidstate(tag.bytes.data(), id.data(), static_cast<std::uint8_t>(index), job.midstate);
  job.target = Sha256Puzzle::Target(alternative.effort, alternative.parts);
  Solution solution;
  solution.alternative = static_cast<std::uint8_t>(index);
  solution.parts = alternative.parts;
  for (std::uint8_t part = 0; part < alternative.parts; ++part) {
    job.part = part;
    std::uint64_t tried = 0;
    EXPECT_TRUE(SearchSha256(job, first_nonce, 1U << 24, &solution.nonces[part], &tried));
  }
  return FormatSolution(solution);
}

std::string SolveBadly(std::string_view challenge, std::size_t bad_part) {
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  Solution solution = ParsedSolution(Solve(challenge));
  const Alternative alternative = sealed.claimed_alternative(0);
  const Sha256Puzzle puzzle(sealed.tag(), sealed.claimed_id(), 0, alternative.effort,
                            alternative.parts);
  std::uint64_t& nonce = solution.nonces[bad_part];
  while (puzzle.IsSolvedBy(static_cast<std::uint32_t>(bad_part), nonce)) ++nonce;
  return FormatSolution(solution);
}

std::string WaitSolution(std::size_t index) {
  Solution solution;
  solution.alternative = static_cast<std::uint8_t>(index);
  return FormatSolution(solution);
}

std::shared_ptr<RedeemTables> Tables(const RedeemTables::Options& options) {
  return *Must(RedeemTables::Create(options), "redeem tables");
}

}  // namespace stile::fixture
