// A solution of hashwx that is checked by the desk's thread, through an event loop.
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "challenge/concat.h"
#include "challenge/entropy.h"
#include "challenge/issuer.h"
#include "challenge/solution.h"
#include "engine/config/engine_build.h"
#include "engine/config/key_rings.h"
#include "service/engine_loader.h"
#include "service/event_loop.h"
#include "service/keys.h"
#include "service/redeem_desk.h"
#include "tests/service/hashwx_checks.h"

namespace stile {
namespace {

using fixture::HashwxCheck;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kAgent = "Mozilla/5.0 (X11; Linux x86_64) Test/1.0";
constexpr std::string_view kClient = "198.51.100.23";
constexpr std::chrono::seconds kLimit{60};  // Of whatever is awaited.

constexpr std::string_view kConfig =
    "[[listener]]\naddress = \"unix:/never/bound.sock\"\nmode = \"public\"\n"
    "client_address = \"x-real-ip\"\ntrusted_peers = [\"unix\"]\n"
    "[[site]]\nname = \"main\"\nhosts = [\"*\"]\n[limits]\noverload = \"0s\"\n";

UnixMillis WallClock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

bool Await(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kLimit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

class DeafEar final : public CheckReceiver {
 public:
  void OnChecked(std::uint64_t, PuzzleCheck::State) noexcept override {}
};

// A loop with a desk whose thread the test starts when it likes.
class RedeemWaitTest : public testing::Test {
 protected:
  RedeemWaitTest()
      : loaded_(LoadTexts({"stile.toml", std::string(kConfig), {}, {}})),
        now_(WallClock()),
        keys_(*TemporaryKeys(now_)->Ring(now_)) {
    EXPECT_TRUE(loaded_.good()) << ToString(loaded_.config_errors);
    engines_ = std::make_unique<EngineSlot>(
        *BuildEngine(loaded_.config, keys_, false, *RedeemTables::Create({})));
    loop_ =
        std::make_unique<EventLoop>(*engines_, occupancy_, budget_, Routing::Of(loaded_.config));
    loop_->UseRedeemDesk(desk_);
    thread_ = std::thread([this] { loop_->Run(); });
  }
  ~RedeemWaitTest() override {
    desk_.Close();
    loop_->Post([this] { loop_->Stop(); });
    thread_.join();
  }

  int Connect() {
    int pair[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const timeval limit{60, 0};
    setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    loop_->Post([this, served = pair[0]] {
      loop_->Accept(served, ListenerPlan::Of(loaded_.config.listeners.at(0)), std::nullopt);
    });
    return pair[1];
  }

  // One that any nonce solves, or none.
  std::string Challenge(bool solvable = true) const {
    const auto keys = *keys_.common.keys->ForSite("main");
    const auto issuer = Issuer::Create(keys, std::chrono::seconds{120});
    const std::array<Alternative, 1> asked{
        Alternative{Puzzle::kHashwx, 2, 2, 0, solvable ? 1 : kMaxEffort, 600}};
    Issuer::Order order;
    order.binding = Binding::Of({*IpAddress::Parse(kClient), kAgent}, {});
    order.alternatives = asked;
    order.return_path = "/";
    Entropy entropy;
    ChallengeText text;
    EXPECT_EQ(issuer->Issue(order, now_, entropy, text), IssueFailure::kNone);
    return std::string(text.view());
  }
  static std::string Redeem(const std::string& challenge) {
    Solution solution;
    solution.parts = 2;
    const std::string body = Concat(R"({"challenge":")", challenge, R"(","solution":")",
                                    FormatSolution(solution), R"("})");
    return Concat("POST /.stile/redeem HTTP/1.1\r\nHost: example.org\r\nUser-Agent: ", kAgent,
                  "\r\nX-Real-IP: ", kClient,
                  "\r\nContent-Type: application/json\r\nContent-Length: ",
                  std::to_string(body.size()), "\r\n\r\n", body);
  }
  static std::string Fetch() {
    return "GET /.stile/challenge HTTP/1.1\r\nHost: example.org\r\nAccept: "
           "application/json\r\n\r\n";
  }

  static void Send(int client, const std::string& bytes) {
    EXPECT_EQ(send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Reads until a whole reply's JSON is there.
  static std::string Read(int client) {
    std::string reply;
    char buffer[4096];
    while (!reply.ends_with('}')) {
      const ssize_t size = recv(client, buffer, sizeof(buffer), 0);
      if (size <= 0) break;
      reply.append(buffer, static_cast<std::size_t>(size));
    }
    return reply;
  }
  bool AwaitWaiting(std::uint64_t count) const {
    return Await([&] { return desk_.totals()->waiting.load() >= count; });
  }
  std::uint64_t Refused(DeskRefusal refusal) const {
    return desk_.totals()->refused[static_cast<std::size_t>(refusal)].load();
  }

  LoadedConfig loaded_;
  UnixMillis now_;
  KeyRings keys_;
  Occupancy occupancy_;
  RefusalBudget budget_;
  std::unique_ptr<EngineSlot> engines_;
  DeafEar ear_;
  RedeemDesk desk_;
  std::unique_ptr<EventLoop> loop_;
  std::thread thread_;
};

TEST_F(RedeemWaitTest, ASolutionIsAnsweredOnceItIsCheckedAndNobodyWaitsBehindIt) {
  const int client = Connect();
  Send(client, Redeem(Challenge()));
  ASSERT_TRUE(AwaitWaiting(1));
  const int other = Connect();
  Send(other, Fetch());
  EXPECT_THAT(Read(other), StartsWith("HTTP/1.1 200 OK\r\n"));
  ASSERT_TRUE(desk_.Start().ok());
  const std::string reply = Read(client);
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("Set-Cookie: stile="));
  EXPECT_THAT(reply, HasSubstr(R"({"cleared":true,)"));
  // The connection goes on.
  Send(client, Fetch());
  EXPECT_THAT(Read(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  close(client);
  close(other);
}

TEST_F(RedeemWaitTest, AnUnsolvedOneIsRefused) {
  ASSERT_TRUE(desk_.Start().ok());
  const int client = Connect();
  Send(client, Redeem(Challenge(false)));
  const std::string reply = Read(client);
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(reply, Not(HasSubstr("Set-Cookie")));
  EXPECT_EQ(desk_.totals()->unsolved.load(), 1u);
  close(client);
}

TEST_F(RedeemWaitTest, ARepeatIsAnsweredWithoutTheDesk) {
  ASSERT_TRUE(desk_.Start().ok());
  const int client = Connect();
  const std::string challenge = Challenge();
  Send(client, Redeem(challenge));
  const std::string first = Read(client);
  Send(client, Redeem(challenge));
  EXPECT_THAT(Read(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(desk_.totals()->solved.load(), 1u);
  close(client);
}

TEST_F(RedeemWaitTest, WhereTheQueueIsFullTheSameSolutionIsGoodLater) {
  for (std::uint64_t i = 0; i < RedeemDesk::kRoom; ++i) {
    ASSERT_EQ(desk_.Place(HashwxCheck(i), i, ear_, i), DeskRefusal::kNone);
  }
  const int client = Connect();
  const std::string challenge = Challenge();
  Send(client, Redeem(challenge));
  const std::string refused = Read(client);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(refused, Not(HasSubstr("Set-Cookie")));
  Send(client, Fetch());  // Nothing else is any slower.
  EXPECT_THAT(Read(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  ASSERT_TRUE(desk_.Start().ok());
  ASSERT_TRUE(Await([&] { return desk_.totals()->solved.load() == RedeemDesk::kRoom; }));
  Send(client, Redeem(challenge));
  EXPECT_THAT(Read(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  close(client);
}

TEST_F(RedeemWaitTest, AClientThatGoesTakesItsSolutionWithIt) {
  const int client = Connect();
  Send(client, Redeem(Challenge()));
  ASSERT_TRUE(AwaitWaiting(1));
  close(client);
  ASSERT_TRUE(Await([&] { return loop_->counters().connections_closed.Get() == 1; }));
  ASSERT_TRUE(desk_.Start().ok());
  ASSERT_TRUE(Await([&] { return desk_.totals()->forgotten.load() == 1; }));
  EXPECT_EQ(desk_.totals()->solved.load(), 0u);
  EXPECT_EQ(Refused(DeskRefusal::kLate), 0u);  // It was noticed, and not waited out.
}

TEST_F(RedeemWaitTest, OneThatWaitsForTooLongIsToComeAgain) {
  const int client = Connect();
  const std::string challenge = Challenge();
  Send(client, Redeem(challenge));
  EXPECT_THAT(Read(client), StartsWith("HTTP/1.1 429 "));
  EXPECT_EQ(Refused(DeskRefusal::kLate), 1u);
  ASSERT_TRUE(desk_.Start().ok());
  Send(client, Redeem(challenge));
  EXPECT_THAT(Read(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  close(client);
}

TEST_F(RedeemWaitTest, RequestsSentAheadWaitForTheirTurn) {
  const int client = Connect();
  Send(client, Redeem(Challenge()) + Redeem(Challenge()));
  ASSERT_TRUE(AwaitWaiting(1));
  ASSERT_TRUE(desk_.Start().ok());
  std::string replies = Read(client);
  while (replies.find("cleared") == replies.rfind("cleared")) {
    const std::string more = Read(client);
    ASSERT_FALSE(more.empty());
    replies += more;
  }
  EXPECT_EQ(desk_.totals()->solved.load(), 2u);
  close(client);
}

TEST_F(RedeemWaitTest, AStopWhileOneWaitsIsClean) {
  const int client = Connect();
  Send(client, Redeem(Challenge()));
  ASSERT_TRUE(AwaitWaiting(1));
  close(client);
}

}  // namespace
}  // namespace stile
