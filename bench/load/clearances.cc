// stile_clearances COUNT ADDRESS USER_AGENT [RANK] prints that many clearances of the client, valid
// for a day from now, under the key that `stile_clearances --keys` prints as stiled's key file. For
// measurements: a client earns one by work, and a thousand would take a while.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/base64url.h"
#include "challenge/clearance.h"
#include "challenge/ip_address.h"
#include "challenge/key_ring.h"
#include "challenge/secret_bytes.h"
#include "challenge/unix_millis.h"

namespace {

using stile::UnixMillis;

constexpr std::string_view kSite = "main";
// Nobody's: it is in the open.
constexpr std::string_view kSecret = "a key that is good for bench only";
static_assert(kSecret.size() >= 32);

UnixMillis Now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "stile_clearances: %s\n", why.c_str());
  std::exit(1);
}

std::array<std::uint8_t, 32> Secret() {
  std::array<std::uint8_t, 32> secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<std::uint8_t>(kSecret[i]);
  }
  return secret;
}

void PrintKeys() {
  std::printf("[[key]]\nid = 1\nsecret = \"%s\"\nsign_from = 2026-01-01T00:00:00Z\n",
              stile::EncodeBase64Url(Secret()).c_str());
}

void PrintClearances(int count, const char* address_text, const char* user_agent,
                     std::uint8_t rank) {
  const UnixMillis now = Now();
  std::vector<stile::MasterKey> masters(1);
  masters[0].id = 1;
  masters[0].secret = stile::SecretBytes(Secret());
  masters[0].sign_from = UnixMillis{1'767'225'600'000};  // 2026-01-01.
  const auto ring = stile::KeyRing::Create(std::move(masters), now);
  if (!ring) Fail(ToString(ring.error()));
  const auto keys = ring->ForSite(kSite);
  if (!keys) Fail(ToString(keys.error()));
  const auto address = stile::IpAddress::Parse(address_text);
  if (!address) Fail("not an address");
  const stile::HmacKey* const key =
      (*keys)->Find(stile::KeyPurpose::kClearance, 1, now.Seconds(), now);
  if (key == nullptr) Fail("no signing key");
  for (int i = 0; i < count; ++i) {
    stile::Clearance clearance;
    clearance.key_id = 1;
    for (std::size_t b = 0; b < clearance.id.size(); ++b) {
      clearance.id[b] = static_cast<std::uint8_t>((i + 1) * 131 >> (b % 4) ^ static_cast<int>(b));
    }
    clearance.issued_at = static_cast<std::uint32_t>(now.Seconds() - 60 - i % 600);
    clearance.expires_at = static_cast<std::uint32_t>(now.Seconds() + 86'400);
    clearance.site_id = (*keys)->site_id();
    clearance.rank = rank;
    clearance.puzzle = stile::Puzzle::kSha256;
    clearance.effort_log2 = 21;
    clearance.binding = stile::Binding::Of({*address, user_agent}, {});
    const stile::ClearanceText text = stile::SealClearance(clearance, *key);
    std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--keys") {
    PrintKeys();
    return 0;
  }
  if (argc != 4 && argc != 5) {
    std::fputs("usage: stile_clearances COUNT ADDRESS USER_AGENT [RANK] | --keys\n", stderr);
    return 2;
  }
  const int rank = argc == 5 ? std::atoi(argv[4]) : 2;
  PrintClearances(std::atoi(argv[1]), argv[2], argv[3], static_cast<std::uint8_t>(rank));
  return 0;
}
