#include "bench/fixture.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "bench/policy_data.h"
#include "challenge/ip_address.h"
#include "challenge/secret_bytes.h"

namespace stile::bench {
namespace {

constexpr std::size_t kKinds = 6;

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "stile_bench: %s\n", message.c_str());
  std::exit(1);
}

std::string ReadHead() {
  const std::string path = std::string(STILE_SOURCE_DIR) + "/tests/vectors/request.txt";
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view FieldOf(std::string_view head, std::string_view name) {
  const std::string line = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(line);
  if (at == std::string_view::npos) Fail("the request has no field " + std::string(name));
  const std::size_t begin = at + line.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

IpAddress Address(const char* text) {
  const auto address = IpAddress::Parse(text);
  if (!address) Fail("not an address");
  return *address;
}

// The fields of a head, in order.
std::vector<RequestField> FieldsOf(std::string_view head) {
  std::vector<RequestField> fields;
  for (std::size_t at = head.find("\r\n") + 2; at < head.size() && head[at] != '\r';) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    fields.push_back({head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2)});
    at = end + 2;
  }
  return fields;
}

}  // namespace

Client Fixture::client() const { return {Address("198.51.100.23"), user_agent_}; }

const Fixture& Fixture::Get() {
  static const Fixture fixture;
  return fixture;
}

Fixture::Fixture() {
  std::array<std::uint8_t, 32> secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i * 7 + 1);
  std::vector<MasterKey> masters(1);
  masters[0].id = 1;
  masters[0].secret = SecretBytes(secret);
  masters[0].sign_from = kNow - std::chrono::hours{24};
  auto ring = KeyRing::Create(std::move(masters), kNow);
  if (!ring) Fail(ToString(ring.error()));
  ring_ = std::make_unique<KeyRing>(*std::move(ring));
  auto keys = ring_->ForSite("main");
  if (!keys) Fail(ToString(keys.error()));
  keys_ = *std::move(keys);
  policy_ = CompileOrExit(FieldPolicy());
  regex_policy_ = CompileOrExit(RegexPolicy());
  BuildRequests(ReadHead());
}

void Fixture::BuildRequests(const std::string& head) {
  head_ = head;
  fields_ = FieldsOf(head_);
  user_agent_ = std::string(FieldOf(head_, "User-Agent"));
  Request shared;
  shared.method = "GET";
  shared.target = std::string_view(head_).substr(4, head_.find(' ', 4) - 4);
  shared.host = FieldOf(head_, "Host");
  shared.user_agent = FieldOf(head_, "User-Agent");
  shared.accept = FieldOf(head_, "Accept");
  shared.accept_language = FieldOf(head_, "Accept-Language");
  shared.cookie_count = 1;
  shared.fields = fields_;
  shared.country = "NO";
  shared.asn = 64'496;
  shared.address = client().address;

  const std::string_view field = FieldOf(head_, "Cookie");
  cookie_size_ = field.size();
  requests_.assign(kKinds, std::vector<Request>(kClearances, shared));
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    std::string& cookies = cookies_.emplace_back();
    for (std::size_t i = 0; i < kClearances; ++i) {
      cookies += CookieOf(static_cast<Kind>(kind), i, field);
    }
    for (std::size_t i = 0; i < kClearances; ++i) {
      requests_[kind][i].cookies[0] = cookie(static_cast<Kind>(kind), i);
    }
  }
}

// `field` with clearance `i` of this kind in the place of the token that it ends in.
std::string Fixture::CookieOf(Kind kind, std::size_t i, std::string_view field) const {
  const HmacKey* key = keys_->Find(KeyPurpose::kClearance, 1, kNow.Seconds(), kNow);
  if (key == nullptr) Fail("no signing key");
  Clearance clearance;
  clearance.key_id = 1;
  for (std::size_t b = 0; b < clearance.id.size(); ++b) {
    clearance.id[b] = static_cast<std::uint8_t>((i + 1) * 131 >> (b % 4) ^ b);
  }
  const auto now = static_cast<std::uint32_t>(kNow.Seconds());
  clearance.issued_at = now - 60 - static_cast<std::uint32_t>(i);
  clearance.expires_at = kind == Kind::kExpired ? now - 1 : now + 43'200;
  clearance.site_id = keys_->site_id();
  clearance.rank = 2;
  clearance.puzzle = Puzzle::kSha256;
  clearance.effort_log2 = 21;
  Client owner = client();
  if (kind == Kind::kWrongClient) owner.address = Address("203.0.113.9");
  clearance.binding = Binding::Of(owner, {});
  ClearanceText text = SealClearance(clearance, *key);
  if (kind == Kind::kForged) text[88] = text[88] == 'A' ? 'B' : 'A';
  if (kind == Kind::kMalformed) text[40] = '!';

  std::string cookie(field);
  const std::size_t token_at = cookie.size() - text.size();
  cookie.replace(token_at, text.size(), text.data(), text.size());
  // The same length under another name.
  if (kind == Kind::kAbsent) {
    cookie.replace(token_at - 1 - kCookieName.size(), kCookieName.size(), "sTile");
  }
  return cookie;
}

}  // namespace stile::bench
