// What an event loop that is late does for whom.
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "challenge/clearance.h"
#include "challenge/concat.h"
#include "engine/config/engine_build.h"
#include "engine/config/key_rings.h"
#include "service/engine_loader.h"
#include "service/event_loop.h"
#include "service/keys.h"
#include "service/overload_answer.h"
#include "tests/service/dialect/spop_text.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kAgent =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0";
constexpr std::string_view kClient = "198.51.100.23";
constexpr std::chrono::seconds kDeadline{30};

UnixMillis WallClock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<milliseconds>(since).count()};
}

// Listeners of each kind; the upstream is nowhere.
std::string ConfigOf(std::string_view limits) {
  std::string config;
  for (const std::string_view mode : {"check", "forward-auth", "gateway"}) {
    config += Concat("[[listener]]\naddress = \"unix:/never/", mode, ".sock\"\nmode = \"", mode,
                     "\"\nclient_address = \"x-real-ip\"\ntrusted_peers = [\"unix\"]\n");
  }
  config +=
      "[[listener]]\naddress = \"unix:/never/spop.sock\"\nmode = \"spop\"\n"
      "trusted_peers = [\"unix\"]\n";
  return Concat(config,
                "[[site]]\nname = \"main\"\nhosts = [\"*\"]\nupstream = \"unix:/never/there\"\n"
                "[log]\nrefusals = 0\n[limits]\n",
                limits);
}

// An event loop on a thread of its own.
class OverloadLoopTest : public testing::Test {
 protected:
  explicit OverloadLoopTest(std::string_view limits = "overload = \"20ms\"\n")
      : loaded_(LoadTexts({"stile.toml", ConfigOf(limits), {}, {}})),
        now_(WallClock()),
        keys_(*TemporaryKeys(now_)->Ring(now_)) {
    EXPECT_TRUE(loaded_.good()) << ToString(loaded_.config_errors);
    engines_ = std::make_unique<EngineSlot>(
        *BuildEngine(loaded_.config, keys_, false, *RedeemTables::Create({})));
    loop_ =
        std::make_unique<EventLoop>(*engines_, occupancy_, budget_, Routing::Of(loaded_.config));
    loop_->OnOverload([this] { changes_.fetch_add(1); });
    thread_ = std::thread([this] { loop_->Run(); });
  }
  ~OverloadLoopTest() override {
    loop_->Post([this] { loop_->Stop(); });
    thread_.join();
    for (const int client : clients_) close(client);
  }

  // Makes the loop late for as long as it lives: nothing else has its turn for 250 ms each time.
  class Busy {
   public:
    explicit Busy(OverloadLoopTest& test) : test_(test) {
      thread_ = std::thread([this] {
        while (!over_.load()) {
          std::promise<void> done;
          test_.loop_->Post([&done] {
            std::this_thread::sleep_for(milliseconds(250));
            done.set_value();
          });
          done.get_future().wait();
        }
      });
      test_.AwaitOverload(true);
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() {
      over_.store(true);
      thread_.join();
    }

   private:
    OverloadLoopTest& test_;
    std::atomic<bool> over_{false};
    std::thread thread_;
  };

  void AwaitOverload(bool holds) const {
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (loop_->overloaded() != holds && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    ASSERT_EQ(loop_->overloaded(), holds);
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

  static std::string Request(std::string_view path, std::string_view cookie,
                             std::string_view method = "GET") {
    return Concat(method, " ", path, " HTTP/1.1\r\nHost: example.org\r\nUser-Agent: ", kAgent,
                  "\r\nAccept: text/html\r\nX-Real-IP: ", kClient, "\r\nCookie: stile=", cookie,
                  "\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Host: example.org\r\n"
                  "X-Forwarded-Uri: /\r\nConnection: close\r\n\r\n");
  }

  // What HAProxy says that has one question.
  static std::string SpopQuestion(std::string_view cookie) {
    return HelloText() +
           SpopFrameText(
               3,
               SpopMessage(
                   {{"address", SpopIpv4("\xC6\x33\x64\x17")},
                    {"method", SpopText("GET")},
                    {"uri", SpopText("/")},
                    {"fields", SpopText(Concat("Host: example.org\r\nUser-Agent: ", kAgent,
                                               "\r\nCookie: stile=", cookie, "\r\n\r\n"))}}),
               1, 1) +
           SpopFrameText(2, "");
  }

  // Says `request` on a connection of its own to the listener of this mode; returns all that comes.
  std::string Ask(ListenerMode mode, const std::string& request) {
    int pair[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    clients_.push_back(pair[1]);
    EXPECT_EQ(send(pair[1], request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    for (const ListenerConfig& listener : loaded_.config.listeners) {
      if (listener.mode != mode) continue;
      loop_->Post([this, descriptor = pair[0], plan = ListenerPlan::Of(listener)] {
        loop_->Accept(descriptor, plan, std::nullopt);
      });
    }
    std::string answer;
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (std::chrono::steady_clock::now() < end) {
      char buffer[4096];
      const ssize_t got = recv(pair[1], buffer, sizeof(buffer), 0);
      if (got == 0) return answer;
      if (got > 0) {
        answer.append(buffer, static_cast<std::size_t>(got));
      } else if (errno == EAGAIN) {
        std::this_thread::sleep_for(milliseconds(1));
      } else {
        return answer + " and an error";
      }
    }
    return answer + " and no end";
  }

  LoadedConfig loaded_;
  UnixMillis now_;
  KeyRings keys_;
  std::unique_ptr<EngineSlot> engines_;
  Occupancy occupancy_;
  RefusalBudget budget_;
  std::unique_ptr<EventLoop> loop_;
  std::atomic<int> changes_{0};
  std::thread thread_;
  std::vector<int> clients_;
};

TEST_F(OverloadLoopTest, CheckRefusesWithoutASealedContextWhileItLasts) {
  {
    const Busy busy(*this);
    const std::string answer = Ask(ListenerMode::kCheck, Request("/check", "none"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(answer, HasSubstr("X-Stile-Ctx: -\r\n"));
    EXPECT_EQ(loop_->counters().shed.Get(), 1U);
  }
  AwaitOverload(false);
  const std::string after = Ask(ListenerMode::kCheck, Request("/check", "none"));
  EXPECT_THAT(after, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(after, Not(HasSubstr("X-Stile-Ctx: -\r\n")));
}

TEST_F(OverloadLoopTest, CheckLetsTheClearedThrough) {
  const Busy busy(*this);
  EXPECT_THAT(Ask(ListenerMode::kCheck, Request("/check", Clearance())),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(OverloadLoopTest, HaproxyIsToldToChallengeWithoutASealedContextWhileItLasts) {
  const auto says = [](std::string_view name, std::string_view value) {
    return HasSubstr(SpopString(name) + SpopText(value));
  };
  {
    const Busy busy(*this);
    const std::string answer = Ask(ListenerMode::kSpop, SpopQuestion("none"));
    EXPECT_THAT(answer, says("action", "challenge"));
    EXPECT_THAT(answer, Not(HasSubstr(SpopString("ctx"))));
    EXPECT_EQ(loop_->counters().shed.Get(), 1U);
    EXPECT_THAT(Ask(ListenerMode::kSpop, SpopQuestion(Clearance())), says("action", "allow"));
  }
  AwaitOverload(false);
  EXPECT_THAT(Ask(ListenerMode::kSpop, SpopQuestion("none")), HasSubstr(SpopString("ctx")));
}

TEST_F(OverloadLoopTest, SecondHopGetsTheShortPage) {
  const Busy busy(*this);
  const std::string answer = Ask(ListenerMode::kCheck, Request("/interstitial", "none"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 5\r\n"));
}

TEST_F(OverloadLoopTest, ForwardAuthGetsTheShortPageAndNoVerdict) {
  const Busy busy(*this);
  const std::string answer = Ask(ListenerMode::kForwardAuth, Request("/auth", "none"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(answer, HasSubstr("X-Stile-Verdict: -\r\n"));
  EXPECT_THAT(Ask(ListenerMode::kForwardAuth, Request("/auth", Clearance())),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(OverloadLoopTest, GatewayAnswersAChallengeInShortAndForwardsTheCleared) {
  const Busy busy(*this);
  const std::string answer = Ask(ListenerMode::kGateway, Request("/", "none"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(answer, HasSubstr("One moment"));
  EXPECT_LT(answer.size(), 1'000U);
  // To an upstream that isn't there.
  EXPECT_THAT(Ask(ListenerMode::kGateway, Request("/", Clearance())), StartsWith("HTTP/1.1 502 "));
}

TEST_F(OverloadLoopTest, DeniedAreToldSoInShort) {
  const auto engine = *BuildEngine(loaded_.config, keys_, false, *RedeemTables::Create({}));
  Decision decision;
  decision.action = Action::kDeny;
  Answer answer;
  ASSERT_TRUE(ShortAnswer(*engine, {}, decision, now_, answer));
  EXPECT_EQ(answer.status, 403);
  decision.retry_after = 7;
  ASSERT_TRUE(ShortAnswer(*engine, {}, decision, now_, answer));
  EXPECT_EQ(answer.status, 429);
}

TEST_F(OverloadLoopTest, FormIsSaidNotToBeSentAndIsNotSentAgain) {
  stile::Request request;
  request.method = "POST";
  request.accept = "text/html";
  request.sec_fetch_mode = "navigate";
  const Answer answer = OverloadAnswer(request);
  EXPECT_EQ(answer.status, 429);
  EXPECT_THAT(std::string(answer.body), HasSubstr("Your form was not sent"));
  EXPECT_THAT(std::string(answer.body), Not(HasSubstr("http-equiv=refresh")));
}

TEST_F(OverloadLoopTest, NobodyIsCalledRefusedInShortForKeysThatAreDegraded) {
  const auto engine = *BuildEngine(loaded_.config, keys_, true, *RedeemTables::Create({}));
  Decision decision;
  decision.action = Action::kDeny;
  Answer answer;
  EXPECT_FALSE(ShortAnswer(*engine, {}, decision, now_, answer));
}

TEST_F(OverloadLoopTest, WhoPassesGetsNoShortAnswer) {
  const auto engine = *BuildEngine(loaded_.config, keys_, false, *RedeemTables::Create({}));
  Answer answer;
  for (const Action action : {Action::kAllow, Action::kServe}) {
    Decision decision;
    decision.action = action;
    EXPECT_FALSE(ShortAnswer(*engine, {}, decision, now_, answer));
  }
}

TEST_F(OverloadLoopTest, ChallengesAreStillIssuedWhereTheyAreAskedFor) {
  const Busy busy(*this);
  EXPECT_THAT(Ask(ListenerMode::kGateway, Request("/.stile/challenge", "none")),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(OverloadLoopTest, NewChallengesLeaveOutSha256WhileItLasts) {
  const auto fetch = [this] {
    std::string request = Request("/.stile/challenge", "none");
    const std::size_t accept = request.find("text/html");
    return Ask(ListenerMode::kGateway, request.replace(accept, 9, "application/json"));
  };
  {
    const Busy busy(*this);
    const std::string answer = fetch();
    EXPECT_THAT(answer, HasSubstr(R"("puzzle":"hashwx")"));
    EXPECT_THAT(answer, Not(HasSubstr(R"("puzzle":"sha256")")));
    EXPECT_THAT(answer, HasSubstr(R"("puzzle":"wait")"));  // For ten seconds more.
    EXPECT_TRUE(loop_->counters().without_sha256.load());
    EXPECT_FALSE(loop_->counters().without_wait.load());
  }
  AwaitOverload(false);
  EXPECT_THAT(fetch(), HasSubstr(R"("puzzle":"sha256")"));
  EXPECT_FALSE(loop_->counters().without_sha256.load());
}

TEST_F(OverloadLoopTest, SolutionsHaveAShareOfTheTime) {
  const auto taken = [this] {
    std::promise<int> count;
    loop_->Post([&] {
      int redeems = 0;
      for (int i = 0; i < 1'000; ++i) redeems += loop_->TakeRedeem() ? 1 : 0;
      count.set_value(redeems);
    });
    return count.get_future().get();
  };
  EXPECT_EQ(taken(), 1'000);
  const Busy busy(*this);
  EXPECT_EQ(taken(), 64);
}

TEST_F(OverloadLoopTest, BeginningAndEndAreToldOnceEach) {
  { const Busy busy(*this); }
  AwaitOverload(false);
  EXPECT_EQ(changes_.load(), 2);
  EXPECT_EQ(loop_->counters().overloads.Get(), 1U);
}

class NoOverloadLoopTest : public OverloadLoopTest {
 protected:
  NoOverloadLoopTest() : OverloadLoopTest("overload = \"0s\"\nmax_connections = 1\n") {}
};

TEST_F(NoOverloadLoopTest, WithoutALimitNobodyIsShed) {
  std::promise<void> done;
  loop_->Post([&done] {
    std::this_thread::sleep_for(milliseconds(1'100));
    done.set_value();
  });
  done.get_future().wait();
  EXPECT_THAT(Ask(ListenerMode::kCheck, Request("/check", "none")),
              Not(HasSubstr("X-Stile-Ctx: -\r\n")));
}

// What it has sent must not cost it the answer.
TEST_F(NoOverloadLoopTest, ConnectionThatIsOneTooManyIsTold) {
  ASSERT_TRUE(occupancy_.Enter(1));
  EXPECT_EQ(Ask(ListenerMode::kCheck, Request("/check", Clearance())),
            FullAnswer(ListenerMode::kCheck));
  EXPECT_EQ(Ask(ListenerMode::kForwardAuth, Request("/auth", Clearance())),
            FullAnswer(ListenerMode::kForwardAuth));
  EXPECT_EQ(Ask(ListenerMode::kGateway, Request("/", Clearance())),
            FullAnswer(ListenerMode::kGateway));
  occupancy_.Leave();
}

TEST(FullAnswer, IsNeverAPassNorAnErrorOfACheck) {
  EXPECT_THAT(std::string(FullAnswer(ListenerMode::kCheck)), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(std::string(FullAnswer(ListenerMode::kForwardAuth)), StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(std::string(FullAnswer(ListenerMode::kGateway)), StartsWith("HTTP/1.1 503 "));
}

// A descriptor that is always ready, and writes down when it is served.
class Note final : public Reactor::Watcher {
 public:
  Note(Reactor& reactor, int number, std::vector<int>& order)
      : reactor_(reactor), number_(number), order_(order), descriptor_(eventfd(1, EFD_CLOEXEC)) {
    EXPECT_EQ(reactor_.Watch(descriptor_, EPOLLIN, *this), 0);
  }
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;
  ~Note() {
    reactor_.Forget(descriptor_);
    close(descriptor_);
  }
  void OnReady(std::uint32_t) noexcept override {
    order_.push_back(number_);
    set_yields(!yields());  // Whatever it makes of itself, it had its turn.
  }

 private:
  Reactor& reactor_;
  int number_;
  std::vector<int>& order_;
  int descriptor_;
};

TEST(ReactorOrder, ThoseThatYieldComeLastIfItIsAskedFor) {
  Reactor reactor;
  std::vector<int> order;
  Note one(reactor, 1, order);
  Note two(reactor, 2, order);
  Note three(reactor, 3, order);
  one.set_yields(true);
  reactor.Await(0, Reactor::kUsual);
  reactor.Serve(true);
  EXPECT_THAT(order, ElementsAre(2, 3, 1));
}

TEST(ReactorOrder, ThoseThatYieldKeepTheirPlaceOtherwise) {
  Reactor reactor;
  std::vector<int> order;
  Note one(reactor, 1, order);
  Note two(reactor, 2, order);
  one.set_yields(true);
  reactor.Await(0, Reactor::kUsual);
  reactor.Serve(false);
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(ReactorOrder, FindsAsMuchAsItIsAskedFor) {
  Reactor reactor;
  std::vector<int> order;
  Note one(reactor, 1, order);
  Note two(reactor, 2, order);
  reactor.Await(0, 1);
  EXPECT_TRUE(reactor.found_all_it_can());
  reactor.Serve();
  EXPECT_EQ(order.size(), 1U);
  reactor.Await(0, 3);
  EXPECT_FALSE(reactor.found_all_it_can());
}

}  // namespace
}  // namespace stile
