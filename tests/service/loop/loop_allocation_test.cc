#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include "challenge/clearance.h"
#include "engine/config/engine_build.h"
#include "engine/config/key_rings.h"
#include "service/engine_loader.h"
#include "service/event_loop.h"
#include "service/keys.h"
#include "tests/challenge/allocation_count.h"

namespace stile {
namespace {

constexpr std::string_view kConfig =
    "[[listener]]\naddress = \"unix:/never/bound.sock\"\nmode = \"check\"\n"
    "client_address = \"x-real-ip\"\ntrusted_peers = [\"unix\"]\n"
    "[[site]]\nname = \"main\"\nhosts = [\"*\"]\n"
    "[log]\nrefusals = 0\n";  // A line allocates, once a second.
constexpr std::string_view kAgent =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0";
constexpr std::string_view kClient = "198.51.100.23";
constexpr int kRequests = 10'000;

UnixMillis WallClock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

// An event loop with one check listener, on a thread of its own, and one client.
class LoopAllocationTest : public testing::Test {
 protected:
  LoopAllocationTest()
      : loaded_(LoadTexts({"stile.toml", std::string(kConfig), {}, {}})),
        now_(WallClock()),
        keys_(*TemporaryKeys(now_)->Ring(now_)) {
    EXPECT_TRUE(loaded_.good()) << ToString(loaded_.config_errors);
    engines_ = std::make_unique<EngineSlot>(
        *BuildEngine(loaded_.config, keys_, false, *RedeemTables::Create({})));
    loop_ =
        std::make_unique<EventLoop>(*engines_, occupancy_, budget_, Routing::Of(loaded_.config));
    int pair[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const timeval limit{30, 0};
    setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    client_ = pair[1];
    loop_->Accept(pair[0], ListenerPlan::Of(loaded_.config.listeners.at(0)), std::nullopt);
    thread_ = std::thread([this] { loop_->Run(); });
  }
  ~LoopAllocationTest() override {
    loop_->Post([this] { loop_->Stop(); });
    thread_.join();
    close(client_);
  }

  std::string Clearance() const {
    const auto keys = keys_.common.keys->ForSite("main");
    const HmacKey* const key = (*keys)->Find(KeyPurpose::kClearance, 1, now_.Seconds(), now_);
    stile::Clearance clearance;
    clearance.key_id = 1;
    clearance.issued_at = static_cast<std::uint32_t>(now_.Seconds());
    clearance.expires_at = static_cast<std::uint32_t>(now_.Seconds() + 86'400);
    clearance.site_id = (*keys)->site_id();
    clearance.rank = 2;
    clearance.puzzle = Puzzle::kSha256;
    clearance.effort_log2 = 21;
    clearance.binding = Binding::Of({*IpAddress::Parse(kClient), std::string(kAgent)}, {});
    const ClearanceText text = SealClearance(clearance, *key);
    return {text.data(), text.size()};
  }

  static std::string Question(const std::string& cookie) {
    return "GET /check HTTP/1.1\r\nHost: stile\r\nUser-Agent: " + std::string(kAgent) +
           "\r\nAccept: text/html\r\nCookie: a=b; stile=" + cookie +
           "\r\nX-Real-IP: " + std::string(kClient) +
           "\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Host: example.org\r\n"
           "X-Forwarded-Uri: /\r\n\r\n";
  }

  // Sends a request and returns the head that answers it; content isn't expected.
  std::string Ask(const std::string& request) const {
    EXPECT_EQ(send(client_, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      char buffer[2048];
      const ssize_t got = recv(client_, buffer, sizeof(buffer), 0);
      if (got <= 0) return "no answer";
      head.append(buffer, static_cast<std::size_t>(got));
    }
    return head;
  }

  // What the loop's thread has allocated so far.
  std::size_t Allocations() {
    std::promise<std::size_t> count;
    loop_->Post([&] { count.set_value(AllocationCount()); });
    return count.get_future().get();
  }

  // The allocations of kRequests requests after some that make room for them.
  std::size_t AllocationsOf(const std::string& request, std::string_view verdict) {
    std::size_t before = 0;
    for (int i = -10; i < kRequests; ++i) {
      if (i == 0) {
        (void)Allocations();
        before = Allocations();
      }
      const std::string head = Ask(request);
      EXPECT_NE(head.find(verdict), std::string::npos) << head;
      if (HasFailure()) return 0;
    }
    return Allocations() - before;
  }

  const LoadedConfig loaded_;
  const UnixMillis now_;
  const KeyRings keys_;
  Occupancy occupancy_;
  RefusalBudget budget_;
  std::unique_ptr<EngineSlot> engines_;
  std::unique_ptr<EventLoop> loop_;
  std::thread thread_;
  int client_ = -1;
};

TEST(EventLoopTest, IdleLoopStops) {
  const LoadedConfig loaded = LoadTexts({"stile.toml", std::string(kConfig), {}, {}});
  const UnixMillis now = WallClock();
  const KeyRings keys = *TemporaryKeys(now)->Ring(now);
  EngineSlot engines(*BuildEngine(loaded.config, keys, false, *RedeemTables::Create({})));
  Occupancy occupancy;
  RefusalBudget budget;
  EventLoop loop(engines, occupancy, budget, Routing::Of(loaded.config));
  std::promise<void> idle;
  std::thread thread([&] { loop.Run(); });
  loop.Post([&] { idle.set_value(); });
  idle.get_future().wait();
  loop.Post([&] { loop.Stop(); });
  thread.join();
}

TEST_F(LoopAllocationTest, RequestsWithAClearanceAllocateNothing) {
  EXPECT_EQ(AllocationsOf(Question(Clearance()), "X-Stile-Verdict: valid\r\n"), 0U);
}

TEST_F(LoopAllocationTest, RequestsThatAreChallengedAllocateNothing) {
  EXPECT_EQ(AllocationsOf(Question("no-clearance"), "HTTP/1.1 401 "), 0U);
}

TEST_F(LoopAllocationTest, QuestionsThatAreNoneAllocateNothing) {
  EXPECT_EQ(AllocationsOf("GET /check HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 403 "), 0U);
}

}  // namespace
}  // namespace stile
