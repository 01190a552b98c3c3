// What time it is for a request while another time is adopted.
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "challenge/clearance.h"
#include "challenge/hmac_key.h"
#include "engine/config/engine_build.h"
#include "service/engine_loader.h"
#include "service/event_loop.h"
#include "service/guarded_time.h"
#include "service/keys.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::string_view kConfig =
    "[[listener]]\naddress = \"unix:/never/bound.sock\"\nmode = \"check\"\n"
    "client_address = \"x-real-ip\"\ntrusted_peers = [\"unix\"]\n"
    "[[site]]\nname = \"main\"\nhosts = [\"*\"]\n";
constexpr milliseconds kYears = hours{24 * 3653};

class ClockAdoptionTest : public testing::Test {
 protected:
  ClockAdoptionTest() {
    GuardedTime::Set(origin_);
    engines_ = std::make_unique<EngineSlot>(EngineAt(WallClock()));
    loop_ =
        std::make_unique<EventLoop>(*engines_, occupancy_, budget_, Routing::Of(loaded_.config));
  }
  ~ClockAdoptionTest() override { GuardedTime::Set(origin_); }

  std::unique_ptr<const Engine> EngineAt(UnixMillis now) const {
    return *BuildEngine(loaded_.config, *TemporaryKeys(now)->Ring(now), false,
                        *RedeemTables::Create({}));
  }
  // By how much the next request's time is ahead of the system's.
  milliseconds Ahead() {
    const Engine& engine = loop_->Enter();
    EXPECT_TRUE(engine.SignsAt(loop_->Now()));
    return loop_->Now() - SystemClock();
  }

  LoadedConfig loaded_ = LoadTexts({"stile.toml", std::string(kConfig), {}, {}});
  const UnixMillis origin_ = SystemClock() - BootClock::now().time_since_epoch();
  Occupancy occupancy_;
  RefusalBudget budget_;
  std::unique_ptr<EngineSlot> engines_;
  std::unique_ptr<EventLoop> loop_;
};

TEST_F(ClockAdoptionTest, EngineWithoutKeysAtATimeDoesNotSignThen) {
  const auto engine = EngineAt(WallClock());
  EXPECT_TRUE(engine->SignsAt(WallClock()));
  EXPECT_FALSE(engine->SignsAt(WallClock() + kYears));
  EXPECT_FALSE(engine->SignsAt(WallClock() - kYears));
}

TEST_F(ClockAdoptionTest, EngineThatSignsNowIsAskedAtTheTimeThatHolds) {
  GuardedTime::Offer(origin_ + kYears);
  EXPECT_LT(Ahead(), minutes{10});
}

TEST_F(ClockAdoptionTest, EngineForTheOfferedTimeIsAskedThen) {
  GuardedTime::Offer(origin_ + kYears);
  engines_->Publish(EngineAt(WallClock() + kYears));
  EXPECT_GT(Ahead(), kYears - minutes{10});
}

TEST_F(ClockAdoptionTest, EngineOnTrialIsAskedAtATimeOfItsOwn) {
  engines_->Try(EngineAt(WallClock() + kYears), {1, 7});
  GuardedTime::Offer(origin_ + kYears);
  const HmacKey key(std::span<const std::uint8_t>{});
  Clearance clearance;
  clearance.key_id = 1;
  clearance.rank = 1;
  clearance.puzzle = Puzzle::kSha256;
  const ClearanceText text = SealClearance(clearance, key);
  const std::string cookie = "stile=" + std::string(text.begin(), text.end());
  Request request;
  request.host = "example.org";
  request.cookies[request.cookie_count++] = cookie;
  const Engine& entered = loop_->Enter();
  EXPECT_TRUE(entered.SignsAt(loop_->Now()));
  const Engine& chosen = loop_->Choose(entered, request);
  ASSERT_NE(&chosen, &entered);
  EXPECT_TRUE(chosen.SignsAt(loop_->Now()));
}

TEST_F(ClockAdoptionTest, OnceItIsSetTheTimeIsThatOfTheNewEngine) {
  (void)Ahead();
  GuardedTime::Offer(origin_ + kYears);
  engines_->Publish(EngineAt(WallClock() + kYears));
  GuardedTime::Set(origin_ + kYears);
  EXPECT_GT(Ahead(), kYears - minutes{10});
}

TEST_F(ClockAdoptionTest, TimeThatIsOfferedNoLongerIsNotTaken) {
  GuardedTime::Offer(origin_ + kYears);
  GuardedTime::Set(origin_);
  EXPECT_FALSE(GuardedTime::Offered().has_value());
}

}  // namespace
}  // namespace stile
