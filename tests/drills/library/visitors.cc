#include "tests/drills/library/visitors.h"

#include <utility>

#include "challenge/binding.h"
#include "challenge/clearance.h"

namespace stile::drills {
namespace {

IpAddress AddressOf(std::uint64_t number) {
  return *IpAddress::Parse("10." + std::to_string(number % 199 + 1) + "." +
                           std::to_string(number / 199 % 256) + "." +
                           std::to_string(number / (199 * 256) % 250 + 1));
}

}  // namespace

Request Visitor::Ask(std::string_view target) const {
  Request request;
  request.method = "GET";
  request.target = target;
  request.host = "example.test";
  request.user_agent = kind == Kind::kBot ? kBotAgent : kBrowser;
  request.accept = "text/html,*/*;q=0.8";
  request.address = address;
  request.https = true;
  if (!cookie.empty()) request.cookies[request.cookie_count++] = cookie;
  return request;
}

std::string Mint(const KeyRing& ring, std::uint8_t key_id, const IpAddress& address,
                 std::int64_t issued, std::int64_t expires, std::uint64_t id) {
  Clearance clearance;
  clearance.key_id = key_id;
  for (std::size_t i = 0; i < 8; ++i) clearance.id[i] = static_cast<std::uint8_t>(id >> (8 * i));
  clearance.id[15] = 1;
  clearance.issued_at = static_cast<std::uint32_t>(issued);
  clearance.expires_at = static_cast<std::uint32_t>(expires);
  clearance.site_id = SiteId("main");
  clearance.rank = 2;
  clearance.puzzle = Puzzle::kSha256;
  clearance.effort_log2 = 22;
  clearance.binding = Binding::Of(Client{address, kBrowser}, BindingOptions{});
  const auto keys = ring.ForSite("main");
  const HmacKey* key =
      keys.value()->Find(KeyPurpose::kClearance, key_id, issued, UnixMillis::FromSeconds(issued));
  if (key == nullptr) return {};
  const ClearanceText text = SealClearance(clearance, *key);
  return "__Host-stile=" + std::string(text.begin(), text.end());
}

Crowd::Crowd(Options options, std::uint64_t seed, UnixMillis now)
    : options_(std::move(options)), random_(seed) {
  MintAll(now);
}

void Crowd::MintAll(UnixMillis now) {
  minted_at_ = now.Seconds();
  valid_.clear();
  expired_.clear();
  for (std::uint64_t i = 0; i < options_.held; ++i) {
    const std::int64_t issued = minted_at_ - options_.age;
    valid_.push_back({Visitor::Kind::kValid,
                      Mint(*options_.ring, options_.key_id, AddressOf(i), issued,
                           issued + options_.lifetime, random_()),
                      AddressOf(i)});
  }
  for (std::uint64_t i = 0; i < 16; ++i) {
    const std::int64_t issued = minted_at_ - 40'000;
    expired_.push_back({Visitor::Kind::kExpired,
                        Mint(*options_.ring, options_.key_id, AddressOf(1'000 + i), issued,
                             issued + 3'600, random_()),
                        AddressOf(1'000 + i)});
  }
}

const Visitor& Crowd::Next(UnixMillis now) {
  if (now.Seconds() - minted_at_ >= options_.daily) MintAll(now);
  const std::uint64_t pick = random_() % 100;
  if (pick < 70) return valid_[random_() % valid_.size()];
  if (pick < 75) return expired_[random_() % expired_.size()];
  other_.cookie.clear();
  other_.address = AddressOf(2'000 + random_() % options_.others);
  if (pick < 80) {
    constexpr std::string_view kLetters = "AZaz09-_=.;\"% \t";
    other_.kind = Visitor::Kind::kGarbage;
    other_.cookie = "__Host-stile=";
    for (std::uint64_t left = random_() % 200; left > 0; --left) {
      other_.cookie += kLetters[random_() % kLetters.size()];
    }
  } else if (pick < 85) {
    other_.kind = Visitor::Kind::kBot;
    other_.address = *IpAddress::Parse(kBotAddress);
  } else {
    other_.kind = Visitor::Kind::kNone;
  }
  return other_;
}

}  // namespace stile::drills
