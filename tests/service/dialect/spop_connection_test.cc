#include "service/dialect/spop_connection.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "challenge/clearance.h"
#include "challenge/concat.h"
#include "engine/config/engine_build.h"
#include "service/dialect/spop_value.h"
#include "service/engine_loader.h"
#include "service/event_loop.h"
#include "service/keys.h"
#include "tests/challenge/allocation_count.h"
#include "tests/service/dialect/spop_text.h"

namespace stile {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kConfig =
    "[[listener]]\naddress = \"unix:/never/bound.sock\"\nmode = \"spop\"\n"
    "trusted_peers = [\"unix\"]\n"
    "[[site]]\nname = \"main\"\nhosts = [\"*\"]\n"
    "[log]\nrefusals = 0\n";
constexpr std::string_view kAgent =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0";
constexpr std::string_view kClient = "198.51.100.23";
const std::string kClientBytes = "\xC6\x33\x64\x17";

UnixMillis WallClock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

std::string FieldsWith(const std::string& cookie) {
  return Concat("host: example.org\r\nuser-agent: ", kAgent,
                "\r\naccept: text/html\r\ncookie: a=b; stile=", cookie, "\r\n\r\n");
}

SpopList Question(const std::string& cookie) {
  return {{"address", SpopIpv4(kClientBytes)},
          {"method", SpopText("GET")},
          {"uri", SpopText("/")},
          {"https", SpopBool(false)},
          {"fields", SpopText(FieldsWith(cookie))}};
}

std::string Notify(const SpopList& arguments, std::uint64_t stream = 1, std::uint64_t id = 1) {
  return SpopFrameText(3, SpopMessage(arguments), stream, id);
}

std::string Disconnect(int status, std::string_view message) {
  return SpopFrameText(
      102, SpopPairs({{"status-code", SpopUint32(status)}, {"message", SpopText(message)}}));
}

// How an ACK says the value of a variable.
std::string Says(std::string_view name, std::string_view value) {
  return SpopString(name) + SpopText(value);
}

// An event loop with one spop listener, on a thread of its own, and HAProxy's end of a connection.
class SpopConnectionTest : public testing::Test {
 protected:
  explicit SpopConnectionTest(const std::optional<IpAddress>& peer = std::nullopt,
                              bool full = false)
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
    while (full && occupancy_.Enter(loaded_.config.limits.max_connections)) {
    }
    loop_->Accept(pair[0], ListenerPlan::Of(loaded_.config.listeners.at(0)), peer);
    thread_ = std::thread([this] { loop_->Run(); });
  }
  ~SpopConnectionTest() override {
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

  void Say(const std::string& bytes) const {
    EXPECT_EQ(send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // The next frame with its length; what came of it, if it ends before.
  std::string Hear() const {
    std::string frame = HearBytes(4);
    std::uint32_t size = 0;
    if (!SpopReader(frame).ReadUint32(size) || size > 100'000) return frame;
    return frame + HearBytes(size);
  }
  std::string HearBytes(std::size_t size) const {
    std::string bytes(size, '\0');
    std::size_t held = 0;
    while (held < size) {
      const ssize_t got = recv(client_, bytes.data() + held, size - held, 0);
      if (got <= 0) break;
      held += static_cast<std::size_t>(got);
    }
    bytes.resize(held);
    return bytes;
  }
  // True if the other end has said its last.
  bool HearsEnd() const {
    char byte = 0;
    return recv(client_, &byte, 1, 0) == 0;
  }

  std::string Ask(const std::string& bytes) const {
    Say(bytes);
    return Hear();
  }
  void Greet(std::uint32_t max_frame_size = 16'380) const {
    EXPECT_THAT(Ask(HelloText(max_frame_size)), HasSubstr("pipelining"));
  }
  void ExpectEnd(const std::string& bytes, int status, std::string_view message) const {
    EXPECT_EQ(Ask(bytes), Disconnect(status, message));
    EXPECT_TRUE(HearsEnd());
  }

  // Runs on the loop's thread, and returns what that says.
  template <typename Task>
  auto OnLoop(Task task) {
    std::promise<decltype(task())> done;
    loop_->Post([&] { done.set_value(task()); });
    return done.get_future().get();
  }
  std::uint64_t Refusals(DescriptionReason reason) const {
    return loop_->counters().descriptions_refused[static_cast<std::size_t>(reason)].Get();
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

class StrangerTest : public SpopConnectionTest {
 protected:
  StrangerTest() : SpopConnectionTest(IpAddress::Parse("192.0.2.99")) {}
};

// A process that has no more room for clients.
class FullHouseTest : public SpopConnectionTest {
 protected:
  explicit FullHouseTest(const std::optional<IpAddress>& peer = std::nullopt)
      : SpopConnectionTest(peer, true) {}
};

class StrangerAtFullHouseTest : public FullHouseTest {
 protected:
  StrangerAtFullHouseTest() : FullHouseTest(IpAddress::Parse("192.0.2.99")) {}
};

TEST_F(SpopConnectionTest, HelloIsAnsweredWithTheLowerLimitInOneWrite) {
  Say(HelloText(16'380));
  char buffer[1024];
  const ssize_t got = recv(client_, buffer, sizeof(buffer), 0);
  const std::string whole =
      SpopFrameText(101, SpopPairs({{"version", SpopText("2.0")},
                                    {"max-frame-size", SpopUint32(16'380)},
                                    {"capabilities", SpopText("pipelining")}}));
  EXPECT_EQ(std::string(buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0))), whole);
}

TEST_F(SpopConnectionTest, LimitOfOurOwnIsSaidWhereHaproxyWouldTakeMore) {
  EXPECT_THAT(Ask(HelloText(1'000'000)),
              HasSubstr(SpopString("max-frame-size") + SpopUint32(SpopConnection::kMaxFrame)));
}

TEST_F(SpopConnectionTest, HealthCheckIsAnsweredAndEnds) {
  EXPECT_THAT(Ask(HealthCheckText()), HasSubstr("max-frame-size"));
  EXPECT_TRUE(HearsEnd());
}

TEST_F(SpopConnectionTest, ClearedClientIsAllowed) {
  Greet();
  const std::string ack = Ask(Notify(Question(Clearance()), 300, 7));
  EXPECT_EQ(ack.substr(4, 9),
            Concat("\x67\x00\x00\x00\x01"sv, SpopVarint(300), SpopVarint(7), "\x01"));
  EXPECT_THAT(ack, HasSubstr(Says("action", "allow")));
  EXPECT_THAT(ack, HasSubstr(Says("verdict", "valid")));
  EXPECT_THAT(ack, Not(HasSubstr(SpopString("ctx"))));
}

TEST_F(SpopConnectionTest, ClientWithoutClearanceIsChallengedWithAContext) {
  Greet();
  const std::string ack = Ask(Notify(Question("none")));
  EXPECT_THAT(ack, HasSubstr(Says("action", "challenge")));
  EXPECT_THAT(ack, HasSubstr(SpopString("ctx")));
}

TEST_F(SpopConnectionTest, ClearanceOfAnotherAddressIsNoPass) {
  Greet();
  SpopList question = Question(Clearance());
  question[0].second = SpopIpv4("\xCB\x00\x71\x01"sv);
  EXPECT_THAT(Ask(Notify(question)), HasSubstr(Says("action", "challenge")));
}

TEST_F(SpopConnectionTest, OwnEndpointOfStileIsAllowed) {
  Greet();
  SpopList question = Question("none");
  question[2].second = SpopText("/.stile/challenge");
  EXPECT_THAT(Ask(Notify(question)), HasSubstr(Says("action", "allow")));
}

TEST_F(SpopConnectionTest, QuestionsSentAheadAreAnsweredEachWithItsOwnStream) {
  Greet();
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += Notify(Question(i % 2 == 0 ? Clearance() : "none"), 100 + i, i);
  }
  Say(all);
  for (int i = 0; i < 50; ++i) {
    const std::string ack = Hear();
    const std::string ids = SpopVarint(100 + i) + SpopVarint(i);
    EXPECT_EQ(ack.substr(9, ids.size()), ids);
    EXPECT_THAT(ack, HasSubstr(Says("action", i % 2 == 0 ? "allow" : "challenge")));
  }
}

TEST_F(SpopConnectionTest, QuestionThatComesByteByByteIsAnswered) {
  Greet();
  for (const char byte : Notify(Question(Clearance()))) Say(std::string(1, byte));
  EXPECT_THAT(Hear(), HasSubstr(Says("action", "allow")));
}

TEST_F(SpopConnectionTest, WhoReadsLateGetsEveryAnswer) {
  Greet();
  constexpr int kQuestions = 2'000;
  std::thread sender([this] {
    for (int i = 0; i < kQuestions; ++i) Say(Notify(Question("none"), 1, i));
  });
  for (int i = 0; i < kQuestions && !HasFailure(); ++i) {
    EXPECT_THAT(Hear(), HasSubstr(Says("action", "challenge")));
  }
  sender.join();
}

TEST_F(SpopConnectionTest, MessageThatDescribesNoRequestIsDeniedAndTheConnectionGoesOn) {
  Greet();
  SpopList question = Question(Clearance());
  question[2].second = SpopText("nowhere");
  const std::string ack = Ask(Notify(question));
  EXPECT_THAT(ack, HasSubstr(Says("action", "deny")));
  EXPECT_THAT(ack, HasSubstr(Says("verdict", "error")));
  EXPECT_EQ(Refusals(DescriptionReason::kUriForm), 1U);
  EXPECT_THAT(Ask(Notify(Question(Clearance()))), HasSubstr(Says("action", "allow")));
}

TEST_F(SpopConnectionTest, HeadThatNoListenerTakesIsDenied) {
  Greet();
  SpopList question = Question(Clearance());
  question[4].second = SpopText("host: a\r\nhost: b\r\n\r\n");
  EXPECT_THAT(Ask(Notify(question)), HasSubstr(Says("action", "deny")));
  const auto reason = static_cast<std::size_t>(HeadReason::kHostRepeated);
  EXPECT_EQ(loop_->counters().heads_refused[reason].Get(), 1U);
}

TEST_F(SpopConnectionTest, HeadWithoutItsEndOrWithMoreBehindItIsDenied) {
  Greet();
  for (const char* fields : {"host: a\r\n", "host: a\r\n\r\nGET / HTTP/1.1\r\n\r\n"}) {
    SpopList question = Question(Clearance());
    question[4].second = SpopText(fields);
    EXPECT_THAT(Ask(Notify(question)), HasSubstr(Says("action", "deny")));
  }
  EXPECT_EQ(Refusals(DescriptionReason::kFieldsSyntax), 2U);
  EXPECT_THAT(Ask(Notify(Question(Clearance()))), HasSubstr(Says("action", "allow")));
}

TEST_F(StrangerTest, WhoIsNotDeclaredIsToldToDeny) {
  Greet();
  EXPECT_THAT(Ask(Notify(Question(Clearance()))), HasSubstr(Says("action", "deny")));
  EXPECT_EQ(Refusals(DescriptionReason::kUntrustedPeer), 1U);
}

TEST_F(FullHouseTest, HaproxyIsAnsweredAllTheSame) {
  Greet();
  EXPECT_THAT(Ask(Notify(Question("none"))), HasSubstr(Says("action", "challenge")));
}

TEST_F(StrangerAtFullHouseTest, WhoIsNotDeclaredIsTurnedAway) {
  EXPECT_EQ(Hear(), Disconnect(13, "resources"));
  EXPECT_TRUE(HearsEnd());
}

TEST_F(SpopConnectionTest, FrameOverTheAgreedLimitEndsTheConnection) {
  Greet(256);
  ExpectEnd(Notify(Question(Clearance())), 3, "too-big");
  const auto reason = static_cast<std::size_t>(SpopStatus::kTooBig);
  EXPECT_EQ(loop_->counters().spop_refused[reason].Get(), 1U);
}

TEST_F(SpopConnectionTest, FirstFrameIsSmall) { ExpectEnd("\x00\x00\x10\x01"s, 3, "too-big"); }

TEST_F(SpopConnectionTest, QuestionBeforeHelloEndsTheConnection) {
  ExpectEnd(Notify(Question(Clearance())), 4, "invalid");
}

TEST_F(SpopConnectionTest, SecondHelloEndsTheConnection) {
  Greet();
  ExpectEnd(HelloText(), 4, "invalid");
}

TEST_F(SpopConnectionTest, HelloOfAnotherVersionEndsTheConnection) {
  SpopList keys = HelloKeys();
  keys[0].second = SpopText("3.0");
  ExpectEnd(SpopFrameText(1, SpopPairs(keys)), 8, "version");
}

TEST_F(SpopConnectionTest, FragmentEndsTheConnection) {
  Greet();
  ExpectEnd(SpopFrameText(3, SpopMessage(Question(Clearance())), 1, 1, 0), 10, "fragmented");
}

TEST_F(SpopConnectionTest, MessagesThatAreCutEndTheConnection) {
  Greet();
  const std::string message = SpopMessage(Question(Clearance()));
  ExpectEnd(SpopFrameText(3, message.substr(0, message.size() - 1), 1, 1), 4, "invalid");
}

TEST_F(SpopConnectionTest, FrameOfAnAgentEndsTheConnection) {
  Greet();
  ExpectEnd(SpopFrameText(103, "", 1, 1), 4, "invalid");
}

TEST_F(SpopConnectionTest, AnswersComeBeforeTheEndThatABadFrameBrings) {
  Greet();
  Say(Notify(Question(Clearance())) + "\xFF\xFF\xFF\xFF");
  EXPECT_THAT(Hear(), HasSubstr(Says("action", "allow")));
  EXPECT_EQ(Hear(), Disconnect(3, "too-big"));
  EXPECT_TRUE(HearsEnd());
}

TEST_F(SpopConnectionTest, FrameThatNobodyKnowsIsSkipped) {
  Greet();
  Say(SpopFrameText(77, "whatever"));
  EXPECT_THAT(Ask(Notify(Question(Clearance()))), HasSubstr(Says("action", "allow")));
}

TEST_F(SpopConnectionTest, DisconnectIsAnsweredByOne) {
  Greet();
  ExpectEnd(SpopFrameText(
                2, SpopPairs({{"status-code", SpopUint32(0)}, {"message", SpopText("normal")}})),
            0, "normal");
}

TEST_F(SpopConnectionTest, DrainEndsBehindTheNextAnswer) {
  Greet();
  OnLoop([this] { return loop_->BeginDrain(std::chrono::seconds(60)), 0; });
  EXPECT_THAT(Ask(Notify(Question(Clearance()))), HasSubstr(Says("action", "allow")));
  EXPECT_EQ(Hear(), Disconnect(0, "normal"));
  EXPECT_TRUE(HearsEnd());
}

TEST_F(SpopConnectionTest, DrainEndsAConnectionThatAsksNothing) {
  Greet();
  OnLoop([this] { return loop_->BeginDrain(std::chrono::milliseconds(50)), 0; });
  EXPECT_EQ(Hear(), Disconnect(0, "normal"));
  EXPECT_TRUE(HearsEnd());
}

TEST_F(SpopConnectionTest, DrainWaitsForAQuestionThatHasBegun) {
  Greet();
  const std::string question = Notify(Question(Clearance()));
  Say(question.substr(0, 20));
  Say(question.substr(20, 20));
  OnLoop([this] { return loop_->BeginDrain(std::chrono::milliseconds(50)), 0; });
  Say(question.substr(40));
  EXPECT_THAT(Hear(), HasSubstr(Says("action", "allow")));
  EXPECT_EQ(Hear(), Disconnect(0, "normal"));
}

TEST_F(SpopConnectionTest, QuestionsAllocateNothing) {
  Greet();
  for (const std::string& question :
       {Notify(Question(Clearance())), Notify(Question("none")), Notify({})}) {
    std::size_t before = 0;
    for (int i = -10; i < 1'000; ++i) {
      if (i == 0) {
        (void)OnLoop([] { return AllocationCount(); });
        before = OnLoop([] { return AllocationCount(); });
      }
      ASSERT_THAT(Ask(question), HasSubstr(SpopString("action")));
    }
    EXPECT_EQ(OnLoop([] { return AllocationCount(); }) - before, 0U);
  }
}

}  // namespace
}  // namespace stile
