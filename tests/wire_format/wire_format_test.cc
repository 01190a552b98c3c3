// The library on tests/vectors: the same files that the Python checker, written from
// docs/wire-format.md alone, is run on.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/base64url.h"
#include "challenge/context.h"
#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/reference.h"
#include "challenge/response_token.h"
#include "challenge/return_path.h"
#include "challenge/solution.h"
#include "challenge/token_fields.h"
#include "tests/wire_format/vector_file.h"
#include "verifier/clearance_check.h"
#include "verifier/redeemer.h"
#include "verifier/response_check.h"
#include "verifier/tables/tables.h"

namespace stile {
namespace {

// Letters of a sweep, as tests/vectors/README.md lists them.
char LetterOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAbsent:
      return 'a';
    case Verdict::kUnsigned:
      return 's';
    case Verdict::kMalformed:
      return 'm';
    case Verdict::kWrongSite:
      return 'w';
    case Verdict::kExpired:
      return 'e';
    case Verdict::kNotYetValid:
      return 'n';
    case Verdict::kUnknownKey:
      return 'u';
    case Verdict::kForged:
      return 'f';
    case Verdict::kWrongClient:
      return 'c';
    case Verdict::kUnsolved:
      return 'x';
    case Verdict::kValid:
      return 'v';
    default:
      return '?';
  }
}

template <typename Judge>
void ExpectSweep(const VectorRecord& record, const std::string& text, Judge judge) {
  const std::size_t bits = Base64UrlDecodedLength(text.size()) * 8;
  std::string letters;
  for (std::size_t bit = 0; bit < bits; ++bit) letters += LetterOf(judge(FlipBit(text, bit)));
  EXPECT_EQ(letters, record.Get("flips"));
}

// A file's records without its ring, and the keys of that ring.
struct VectorSet {
  explicit VectorSet(std::string_view name) : records(ReadVectors(name)), ring(records.front()) {
    records.erase(records.begin());
  }
  std::vector<VectorRecord> records;
  VectorRing ring;
};

TEST(WireFormat, Base64UrlHasOneSpellingPerByteString) {
  for (const VectorRecord& record : ReadVectors("base64url.txt")) {
    SCOPED_TRACE(record.name());
    std::array<std::uint8_t, 128> bytes{};
    const std::string& text = record.Get("text");
    const auto size = DecodeBase64Url(text, bytes);
    if (record.Get("bytes") == "malformed") {
      EXPECT_FALSE(size.has_value());
      continue;
    }
    ASSERT_TRUE(size.has_value());
    EXPECT_EQ(HexOf(bytes.data(), *size), record.Get("bytes"));
    EXPECT_EQ(EncodeBase64Url(record.Hex("bytes")), text);
  }
}

TEST(WireFormat, KeysAndSiteIdsAreDerivedAsWritten) {
  constexpr std::array kPurposes = {"challenge", "clearance", "context"};
  VectorSet set("keys.txt");
  for (const VectorRecord& record : set.records) {
    SCOPED_TRACE(record.name());
    if (record.Has("site_id")) {
      std::array<std::uint8_t, 4> id{};
      for (int i = 0; i < 4; ++i) {
        id[i] = static_cast<std::uint8_t>(SiteId(record.Get("site")) >> (24 - 8 * i));
      }
      EXPECT_EQ(HexOf(id.data(), id.size()), record.Get("site_id"));
      continue;
    }
    const auto purpose = std::find(kPurposes.begin(), kPurposes.end(), record.Get("purpose"));
    ASSERT_NE(purpose, kPurposes.end());
    const std::int64_t issued_at = record.Number("epoch") * kKeyEpochSeconds + 86'399;
    const HmacKey* key = set.ring.KeysOf(record.Get("site"))
                             ->Find(static_cast<KeyPurpose>(purpose - kPurposes.begin()),
                                    static_cast<std::uint8_t>(record.Number("key_id")), issued_at,
                                    UnixMillis::FromSeconds(issued_at));
    ASSERT_NE(key, nullptr);
    const std::vector<std::uint8_t> body = record.Hex("body");
    const Tag tag = key->ComputeTag(body);
    EXPECT_EQ(HexOf(tag.bytes.data(), Tag::kSize), record.Get("tag"));
    const Tag direct = HmacKey(record.Hex("key")).ComputeTag(body);
    EXPECT_EQ(HexOf(direct.bytes.data(), Tag::kSize), record.Get("tag"));
  }
}

std::uint64_t FromHex(const VectorRecord& record, std::string_view key) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : record.Hex(key)) number = number << 8 | byte;
  return number;
}

TEST(WireFormat, UserAgentClassesAreFrozen) {
  for (const VectorRecord& record : ReadVectors("user_agent_class.txt")) {
    SCOPED_TRACE(record.name());
    EXPECT_EQ(UserAgentClass(record.HexText("user_agent")), FromHex(record, "class"));
  }
}

TEST(WireFormat, BindingsHoldWhatTheClientShows) {
  for (const VectorRecord& record : ReadVectors("binding.txt")) {
    SCOPED_TRACE(record.name());
    const BindingOptions options{static_cast<int>(record.Number("ipv4_prefix")),
                                 static_cast<int>(record.Number("ipv6_prefix")),
                                 record.Get("bind_user_agent") == "yes"};
    const Binding binding = Binding::Of(record.Client(), options);
    EXPECT_EQ(binding.parts, record.Number("parts"));
    EXPECT_EQ(binding.prefix_length, record.Number("prefix_length"));
    EXPECT_EQ(binding.prefix, FromHex(record, "prefix"));
    EXPECT_EQ(binding.user_agent_class_version, record.Number("class_version"));
    EXPECT_EQ(binding.user_agent_class, FromHex(record, "class"));
    EXPECT_TRUE(binding.Matches(record.Client()));
  }
}

TEST(WireFormat, ReturnPathsStayOnTheOrigin) {
  for (const VectorRecord& record : ReadVectors("return_path.txt")) {
    SCOPED_TRACE(record.name());
    EXPECT_EQ(IsReturnPath(record.HexText("path")), record.Get("expect") == "yes");
  }
}

TEST(WireFormat, SolutionsAreReadOrRefused) {
  for (const VectorRecord& record : ReadVectors("solution.txt")) {
    SCOPED_TRACE(record.name());
    Solution solution;
    if (record.Get("index") == "malformed") {
      EXPECT_FALSE(ParseSolution(record.Get("text"), solution));
      continue;
    }
    ASSERT_TRUE(ParseSolution(record.Get("text"), solution));
    EXPECT_EQ(solution.alternative, record.Number("index"));
    std::string nonces;
    for (int i = 0; i < solution.parts; ++i) {
      char hex[18];
      std::snprintf(hex, sizeof hex, "%s%016llx", i == 0 ? "" : " ",
                    static_cast<unsigned long long>(solution.nonces[i]));
      nonces += hex;
    }
    EXPECT_EQ(nonces, record.Get("nonces"));
    EXPECT_EQ(FormatSolution(solution), record.Get("text"));
  }
}

template <std::size_t kSize>
std::array<std::uint8_t, kSize> ArrayOf(const VectorRecord& record, std::string_view key) {
  std::array<std::uint8_t, kSize> array{};
  const std::vector<std::uint8_t> bytes = record.Hex(key);
  EXPECT_EQ(bytes.size(), kSize);
  if (bytes.size() == kSize) std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

std::string HexOfState(const Sha256State& state) {
  std::vector<std::uint8_t> bytes;
  for (const std::uint32_t word : state) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<std::uint8_t>(word >> shift));
    }
  }
  return HexOf(bytes.data(), bytes.size());
}

std::string DigestOfTry(const Sha256Puzzle& puzzle, const VectorRecord& record) {
  std::array<std::uint8_t, 12> rest{};
  rest[3] = static_cast<std::uint8_t>(record.Number("part"));
  const std::vector<std::uint8_t> nonce = record.Hex("nonce");
  std::copy(nonce.begin(), nonce.end(), rest.begin() + 4);
  const Sha256Digest digest = Sha256Finish(puzzle.midstate(), rest, kSha256Block + rest.size());
  return HexOf(digest.data(), digest.size());
}

TEST(WireFormat, PuzzlesHaveTheTargetStateAndDigestAsWritten) {
  for (const VectorRecord& record : ReadVectors("sha256_puzzle.txt")) {
    SCOPED_TRACE(record.name());
    if (record.Has("target")) {
      EXPECT_EQ(Sha256Puzzle::Target(static_cast<std::uint64_t>(record.Number("effort")),
                                     static_cast<std::uint8_t>(record.Number("parts"))),
                FromHex(record, "target"));
      continue;
    }
    const bool is_try = record.Has("nonce");
    const Sha256Puzzle puzzle(Tag{ArrayOf<16>(record, "tag")}, ArrayOf<16>(record, "id"),
                              static_cast<std::uint8_t>(record.Number("index")),
                              is_try ? static_cast<std::uint64_t>(record.Number("effort")) : 1,
                              is_try ? static_cast<std::uint8_t>(record.Number("parts")) : 1);
    if (!is_try) {
      EXPECT_EQ(HexOfState(puzzle.midstate()), record.Get("state"));
      continue;
    }
    EXPECT_EQ(DigestOfTry(puzzle, record), record.Get("digest"));
    EXPECT_EQ(puzzle.IsSolvedBy(static_cast<std::uint32_t>(record.Number("part")),
                                FromHex(record, "nonce")),
              record.Get("expect") == "yes");
  }
}

TEST(WireFormat, HashwxMakesTheProgramsAndHashesAsWritten) {
  for (const VectorRecord& record : ReadVectors("hashwx_function.txt")) {
    SCOPED_TRACE(record.name());
    HashwxFunction function;
    HashwxFunction::Make(ArrayOf<32>(record, "seed").data(), function);
    std::vector<std::uint8_t> code;
    for (const auto& program : function.programs) {
      for (const HashwxInstruction& in : program) {
        code.insert(code.end(), {in.opcode, in.dst, in.src, in.imm});
      }
    }
    const Sha256Digest programs = Sha256(code);
    EXPECT_EQ(HexOf(programs.data(), programs.size()), record.Get("programs"));
    for (const std::string& line : record.All("hash")) {
      EXPECT_EQ(function.Hash(std::stoull(line.substr(0, 16), nullptr, 16)),
                std::stoull(line.substr(17), nullptr, 16));
    }
  }
}

TEST(WireFormat, HashwxPuzzlesHaveTheStateSeedAndVerdictAsWritten) {
  for (const VectorRecord& record : ReadVectors("hashwx_puzzle.txt")) {
    SCOPED_TRACE(record.name());
    const bool is_try = record.Has("nonce");
    const HashwxPuzzle puzzle(Tag{ArrayOf<16>(record, "tag")}, ArrayOf<16>(record, "id"),
                              static_cast<std::uint8_t>(record.Number("index")),
                              is_try ? static_cast<std::uint64_t>(record.Number("effort")) : 1,
                              is_try ? static_cast<std::uint8_t>(record.Number("parts")) : 1);
    if (!is_try) {
      EXPECT_EQ(HexOfState(puzzle.midstate()), record.Get("state"));
      continue;
    }
    const auto part = static_cast<std::uint32_t>(record.Number("part"));
    const std::uint64_t nonce = FromHex(record, "nonce");
    const Sha256Digest seed = puzzle.Seed(part, nonce / HashwxPuzzle::kNoncesPerFunction);
    EXPECT_EQ(HexOf(seed.data(), seed.size()), record.Get("seed"));
    HashwxFunction function;
    HashwxFunction::Make(seed.data(), function);
    EXPECT_EQ(function.Hash(nonce), FromHex(record, "hash"));
    EXPECT_EQ(puzzle.IsSolvedBy(part, nonce), record.Get("expect") == "yes");
  }
}

// The ids that a record says were taken back, for good. Null: none.
std::shared_ptr<const RevocationTable> RevokedIn(const VectorRecord& record) {
  if (!record.Has("revoked")) return nullptr;
  auto tables = Tables::Private({});
  EXPECT_TRUE(tables.has_value());
  for (const std::string& hex : record.All("revoked")) {
    const std::vector<std::uint8_t> bytes = BytesOfHex(hex);
    TokenId id{};
    EXPECT_EQ(bytes.size(), id.size());
    std::copy(bytes.begin(), bytes.end(), id.begin());
    EXPECT_TRUE(
        (*tables)->revocations()->Revoke(id, record.Now() + std::chrono::hours{1}, record.Now()));
  }
  return (*tables)->revocations();
}

TEST(WireFormat, EveryClearanceGetsItsVerdict) {
  VectorSet set("clearance.txt");
  for (const VectorRecord& record : set.records) {
    SCOPED_TRACE(record.name());
    const ClearanceCheck check(set.ring.KeysOf(record.Get("site")), "stile", RevokedIn(record));
    const auto judge = [&](std::string_view token) {
      return check.Check(token, record.Client(), record.Now());
    };
    const std::string& token = record.Get("token");
    if (record.kind() == "sweep") {
      ExpectSweep(record, token, [&](const std::string& text) { return judge(text).verdict; });
      continue;
    }
    const ClearanceFinding finding = judge(token);
    EXPECT_EQ(VerdictName(finding.verdict), record.Get("expect"));
    if (finding.verdict == Verdict::kValid) {
      EXPECT_TRUE(finding.authentic);
      EXPECT_EQ(finding.clearance.rank, record.Number("rank"));
    } else if (finding.verdict == Verdict::kExpired) {
      EXPECT_EQ(finding.in_grace, record.Get("grace") == "yes");
    } else {
      EXPECT_EQ(finding.authentic,
                finding.verdict == Verdict::kWrongClient || finding.verdict == Verdict::kRevoked);
      EXPECT_FALSE(finding.in_grace);
    }
  }
}

TEST(WireFormat, EveryCookieFieldGetsItsBestFinding) {
  VectorSet set("cookie.txt");
  for (const VectorRecord& record : set.records) {
    SCOPED_TRACE(record.name());
    const ClearanceCheck check(set.ring.KeysOf(record.Get("site")), record.Get("cookie_name"),
                               RevokedIn(record));
    const std::vector<std::string> cookies = record.All("cookie");
    Request request;
    request.method = record.Get("method");
    request.user_agent = record.Client().user_agent;
    request.address = record.Client().address;
    ASSERT_LE(cookies.size(), Request::kMaxCookieFields);
    for (const std::string& cookie : cookies) request.cookies[request.cookie_count++] = cookie;
    const ClearanceFinding finding = check.Find(request, record.Now());
    EXPECT_EQ(VerdictName(finding.verdict), record.Get("expect"));
    if (finding.verdict == Verdict::kValid) {
      EXPECT_EQ(finding.clearance.rank, record.Number("rank"));
    }
    const std::string& other = record.Get("other_family");
    EXPECT_EQ(finding.other_family, other == "-" ? "" : other);
  }
}

// What one redemption vector asks for, of a process with `tables`.
void ExpectRedemption(VectorSet& set, const VectorRecord& record,
                      const std::shared_ptr<RedeemTables>& tables) {
  const Redeemer redeemer(set.ring.KeysOf(record.Get("site")), tables);
  SealedChallenge scratch;
  const auto judge = [&](std::string_view challenge) {
    return redeemer.Redeem(challenge, record.Get("solution"), record.Client(), record.Now(),
                           scratch);
  };
  const std::string& challenge = record.Get("challenge");
  if (record.kind() == "sweep") {
    ExpectSweep(record, challenge, [&](const std::string& text) { return judge(text).verdict; });
    return;
  }
  const Redemption redemption = judge(challenge);
  EXPECT_EQ(VerdictName(redemption.verdict), record.Get("expect"));
  if (redemption.verdict == Verdict::kValid) {
    EXPECT_EQ(std::string_view(redemption.text.data(), redemption.text.size()),
              record.Get("clearance"));
  }
}

TEST(WireFormat, EveryRedemptionGetsItsVerdictAndItsClearance) {
  for (const char* file : {"redemption.txt", "hashwx_redemption.txt"}) {
    VectorSet set(file);
    for (const VectorRecord& record : set.records) {
      SCOPED_TRACE(record.name());
      auto tables = RedeemTables::Create({});
      ASSERT_TRUE(tables.has_value());
      ExpectRedemption(set, record, *tables);
    }
  }
}

TEST(WireFormat, RedemptionsInARowRememberBadSolutionsAndWaits) {
  VectorSet set("redemption_sequence.txt");
  std::shared_ptr<RedeemTables> tables;
  for (const VectorRecord& record : set.records) {
    SCOPED_TRACE(record.name());
    if (record.kind() == "sequence") {
      RedeemTables::Options options;
      const auto at_once = [](std::int64_t count) {
        return Rate{1, std::chrono::hours{24}, static_cast<std::uint32_t>(count)};
      };
      options.wait_per_prefix = at_once(record.Number("waits_per_prefix"));
      options.wait_global = at_once(record.Number("waits"));
      auto created = RedeemTables::Create(options);
      ASSERT_TRUE(created.has_value());
      tables = *created;
      continue;
    }
    ASSERT_NE(tables, nullptr);
    ExpectRedemption(set, record, tables);
  }
}

// The verdict on a context, with the order of docs/wire-format.md around the library's own steps.
Verdict JudgeContext(const SiteKeys& keys, std::string_view text, UnixMillis now,
                     SealedContext& sealed, Context& out) {
  switch (sealed.Parse(text)) {
    case TokenShape::kWellFormed:
      break;
    case TokenShape::kAbsent:
      return Verdict::kAbsent;
    default:
      return Verdict::kMalformed;
  }
  if (sealed.claimed_site_id() != keys.site_id()) return Verdict::kWrongSite;
  if (sealed.claimed_expires_at() <= now.Seconds()) return Verdict::kExpired;
  if (sealed.claimed_issued_at() > now.Seconds() + kClockSkewSeconds) return Verdict::kNotYetValid;
  const HmacKey* key =
      keys.Find(KeyPurpose::kContext, sealed.claimed_key_id(), sealed.claimed_issued_at(), now);
  if (key == nullptr) return Verdict::kUnknownKey;
  return sealed.Open(*key, out) ? Verdict::kValid : Verdict::kForged;
}

TEST(WireFormat, EveryContextGetsItsVerdict) {
  VectorSet set("context.txt");
  for (const VectorRecord& record : set.records) {
    SCOPED_TRACE(record.name());
    const auto keys = set.ring.KeysOf(record.Get("site"));
    SealedContext sealed;
    Context context;
    const auto judge = [&](std::string_view text) {
      return JudgeContext(*keys, text, record.Now(), sealed, context);
    };
    const std::string& text = record.Get("context");
    if (record.kind() == "sweep") {
      ExpectSweep(record, text, judge);
      continue;
    }
    const Verdict verdict = judge(text);
    EXPECT_EQ(VerdictName(verdict), record.Get("expect"));
    if (verdict != Verdict::kValid) continue;
    EXPECT_EQ(context.rank, record.Number("rank"));
    EXPECT_EQ(context.action, record.Number("action"));
    EXPECT_EQ(context.verdict, record.Number("verdict"));
    EXPECT_EQ(context.roams, record.Number("roams"));
    EXPECT_EQ(context.rule, record.Number("rule"));
    EXPECT_EQ(context.return_path, record.Get("return_path"));
  }
}

TEST(WireFormat, EveryResponseTokenGetsItsVerdict) {
  VectorSet set("response.txt");
  for (const VectorRecord& record : set.records) {
    SCOPED_TRACE(record.name());
    const auto keys = set.ring.KeysOf(record.Get("site"));
    SealedResponseToken sealed;
    const std::string& text = record.Get("response");
    if (record.kind() == "sweep") {
      ExpectSweep(record, text, [&](std::string_view flipped) {
        return CheckResponse(*keys, flipped, "", record.Now(), sealed).verdict;
      });
      continue;
    }
    const std::string attempt = record.Get("attempt") == "-" ? "" : record.Get("attempt");
    const ResponseFinding finding = CheckResponse(*keys, text, attempt, record.Now(), sealed);
    EXPECT_EQ(VerdictName(finding.verdict), record.Get("expect"));
    if (finding.verdict != Verdict::kValid) continue;
    const ResponseToken& token = finding.token;
    EXPECT_EQ(token.rank, record.Number("rank"));
    EXPECT_EQ(token.issued_at, record.Number("issued_at"));
    EXPECT_EQ(token.expires_at, record.Number("expires_at"));
    EXPECT_EQ(finding.question.expires_at, record.Number("expires_at"));
    EXPECT_EQ(token.cleared_at, record.Number("cleared_at"));
    EXPECT_EQ(token.action.empty() ? "-" : token.action, record.Get("action"));
    EXPECT_EQ(token.host, record.Get("host"));
    const SpendId& id = finding.question.id;
    EXPECT_EQ(std::to_string(id.node) + " " + std::to_string(id.boot) + " " +
                  std::to_string(id.epoch) + " " + std::to_string(id.sequence),
              record.Get("spend"));
    std::array<std::uint8_t, 16> bytes{};
    StoreU64(bytes.data(), finding.question.idempotency.high);
    StoreU64(bytes.data() + 8, finding.question.idempotency.low);
    EXPECT_EQ(HexOf(bytes.data(), bytes.size()), record.Get("attempt_id"));
    // The same again from its contents.
    const auto held = [&](KeyPurpose purpose) {
      return keys->Find(purpose, token.key_id, token.issued_at, record.Now());
    };
    ResponseTokenText again;
    ASSERT_TRUE(
        SealResponseToken(token, {*held(KeyPurpose::kResponse), *held(KeyPurpose::kSpend)}, again));
    EXPECT_EQ(again.view(), text);
  }
}

std::string_view JudgeReference(const SiteKeys& keys, const std::optional<SealedReference>& sealed,
                                UnixMillis now) {
  if (!sealed) return "malformed";
  if (sealed->claimed().site != keys.site_id() >> 16) return "wrong-site";
  if (sealed->is_unsigned()) return "unsigned";
  return IsAuthentic(*sealed, keys, now) ? "valid" : "forged";
}

TEST(WireFormat, EveryReferenceGetsItsVerdict) {
  VectorSet set("reference.txt");
  for (const VectorRecord& record : set.records) {
    SCOPED_TRACE(record.name());
    const auto keys = set.ring.KeysOf(record.Get("site"));
    const auto sealed = SealedReference::Parse(record.Get("reference"));
    const std::string_view verdict = JudgeReference(*keys, sealed, record.Now());
    EXPECT_EQ(verdict, record.Get("expect"));
    if (!sealed) continue;
    EXPECT_EQ(sealed->claimed().issued_at, record.Number("issued_at"));
    EXPECT_EQ(sealed->claimed().node, record.Number("node"));
    EXPECT_EQ(sealed->claimed().action, record.Number("action"));
    EXPECT_EQ(sealed->claimed().verdict, record.Number("verdict"));
    EXPECT_EQ(sealed->claimed().rule, record.Number("rule"));
    if (verdict != "valid") continue;
    const ReferenceText spelling = sealed->Spelling();
    EXPECT_EQ(std::string_view(spelling.data(), spelling.size()), record.Get("spelling"));
  }
}

TEST(WireFormat, TheBenchmarksRequestHasTheSizesItIsKnownFor) {
  const std::string head = ReadVectorText("request.txt");
  const auto field = [&](const std::string& name) {
    const std::size_t begin = head.find("\r\n" + name + ": ");
    EXPECT_NE(begin, std::string::npos) << name;
    const std::size_t value = begin + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
  };
  EXPECT_EQ(head.size(), 736u);
  EXPECT_EQ(head.find("\r\n\r\n"), 732u);
  EXPECT_EQ(field("Cookie").size(), 394u);
  EXPECT_EQ(field("User-Agent").size(), 113u);
  const std::string cookie = field("Cookie");
  EXPECT_EQ(std::count(cookie.begin(), cookie.end(), ';'), 6);
  EXPECT_EQ(cookie.rfind("; stile="), 394u - 92u - 8u);
}

}  // namespace
}  // namespace stile
