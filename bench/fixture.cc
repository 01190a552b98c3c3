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
  user_agent_ = std::string(FieldOf(head, "User-Agent"));
  const HmacKey* key = keys_->Find(KeyPurpose::kClearance, 1, kNow.Seconds(), kNow);
  if (key == nullptr) Fail("no signing key");
  const std::string_view cookie = FieldOf(head, "Cookie");
  const auto token_at =
      static_cast<std::size_t>(cookie.data() - head.data()) + cookie.size() - Clearance::kTextSize;
  heads_.reserve(kKinds * kClearances);
  fields_.reserve(kKinds * kClearances);
  requests_.assign(kKinds, std::vector<Request>(kClearances));
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (std::size_t i = 0; i < kClearances; ++i) {
      Clearance clearance;
      clearance.key_id = 1;
      for (std::size_t b = 0; b < clearance.id.size(); ++b) {
        clearance.id[b] = static_cast<std::uint8_t>((i + 1) * 131 >> (b % 4) ^ b);
      }
      const auto now = static_cast<std::uint32_t>(kNow.Seconds());
      clearance.issued_at = now - 60 - static_cast<std::uint32_t>(i);
      clearance.expires_at = static_cast<Kind>(kind) == Kind::kExpired ? now - 1 : now + 43'200;
      clearance.site_id = keys_->site_id();
      clearance.rank = 2;
      clearance.puzzle = Puzzle::kSha256;
      clearance.effort_log2 = 21;
      Client owner = client();
      if (static_cast<Kind>(kind) == Kind::kWrongClient) owner.address = Address("203.0.113.9");
      clearance.binding = Binding::Of(owner, {});
      ClearanceText text = SealClearance(clearance, *key);
      if (static_cast<Kind>(kind) == Kind::kForged) text[88] = text[88] == 'A' ? 'B' : 'A';
      if (static_cast<Kind>(kind) == Kind::kMalformed) text[40] = '!';

      std::string bytes = head;
      bytes.replace(token_at, text.size(), text.data(), text.size());
      if (static_cast<Kind>(kind) == Kind::kAbsent) {
        // The same length under another name.
        const std::size_t name_at = token_at - 1 - kCookieName.size();
        bytes.replace(name_at, kCookieName.size(), "sTile");
      }
      heads_.push_back(std::move(bytes));
      const std::string_view whole = heads_.back();
      Request& request = requests_[kind][i];
      request.method = "GET";
      request.target = whole.substr(4, whole.find(' ', 4) - 4);
      request.host = FieldOf(whole, "Host");
      request.user_agent = FieldOf(whole, "User-Agent");
      request.accept = FieldOf(whole, "Accept");
      request.accept_language = FieldOf(whole, "Accept-Language");
      request.cookies[0] = FieldOf(whole, "Cookie");
      request.cookie_count = 1;
      fields_.push_back(FieldsOf(whole));
      request.fields = fields_.back();
      request.country = "NO";
      request.asn = 64'496;
      request.address = client().address;
    }
  }
}

}  // namespace stile::bench
