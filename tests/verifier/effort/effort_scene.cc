#include "tests/verifier/effort/effort_scene.h"

#include <random>

#include "tests/verifier/site_fixture.h"

namespace stile::fixture {
namespace {

constexpr std::chrono::milliseconds kPeriod{EffortControl::kPeriodMillis};

}  // namespace

EffortScene::EffortScene(const EffortOptions& options, std::uint32_t most)
    : now(kNow),
      table(*EffortTable::Create()),
      control(std::make_unique<EffortControl>(table, 1, options, most)) {
  static_cast<void>(control->SitePrice(now));  // The first period begins.
}

IpAddress EffortScene::NextAddress() {
  const std::uint32_t number = next_++;
  return IpAddress::V4({static_cast<std::uint8_t>(1 + number / 65536 % 200),
                        static_cast<std::uint8_t>(number / 256 % 256),
                        static_cast<std::uint8_t>(number % 256), 1});
}

void EffortScene::Redeem(int periods, int each) {
  for (int period = 0; period < periods; ++period) {
    for (int i = 0; i < each; ++i) {
      control->NoteRedemption(NextAddress(), Price(), now);
    }
    now = now + kPeriod;
  }
}

void EffortScene::RedeemFrom(const IpAddress& address, int periods, int each) {
  for (int period = 0; period < periods; ++period) {
    for (int i = 0; i < each; ++i) {
      const UnixMillis at = now + kPeriod * i / each;
      control->NoteRedemption(address, control->PriceFor(address, at), at);
    }
    now = now + kPeriod;
  }
}

void EffortScene::RedeemAt(std::uint32_t paid, int periods, int each) {
  for (int period = 0; period < periods; ++period) {
    for (int i = 0; i < each; ++i) control->NoteRedemption(NextAddress(), paid, now);
    now = now + kPeriod;
  }
}

void EffortScene::Visit(int periods, int visitors, bool failed) {
  for (int period = 0; period < periods; ++period) {
    for (int i = 0; i < visitors; ++i) {
      control->NoteOutcome("/", EffortId(static_cast<std::uint64_t>(i)), {failed, 20}, now);
    }
    now = now + kPeriod;
  }
}

TokenId EffortId(std::uint64_t number) {
  std::mt19937_64 random(number + 1);
  TokenId id{};
  for (std::uint8_t& byte : id) byte = static_cast<std::uint8_t>(random());
  return id;
}

}  // namespace stile::fixture
