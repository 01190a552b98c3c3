// A backend's question whose store answers later, through an event loop.
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "challenge/response_token.h"
#include "engine/config/engine_build.h"
#include "engine/config/key_rings.h"
#include "service/engine_loader.h"
#include "service/event_loop.h"
#include "service/keys.h"

namespace stile {
namespace {

constexpr std::string_view kConfig =
    "[[listener]]\naddress = \"unix:/never/bound.sock\"\nmode = \"siteverify\"\n"
    "[[site]]\nname = \"main\"\nhosts = [\"*\"]\n"
    "[site.siteverify]\nsecrets_file = \"secrets\"\n";
constexpr std::string_view kSecret = "0123456789abcdefghijklmnopqrstuv";

UnixMillis WallClock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

// Keeps what it is asked until the test answers.
class LaterDesk final : public SpendDesk {
 public:
  std::optional<SpendAnswer> Ask(const SpendQuestion& question, UnixMillis, SpendReceiver& receiver,
                                 std::uint64_t ticket) noexcept override {
    const std::lock_guard lock(mutex_);
    asked_.push_back({question, &receiver, ticket});
    changed_.notify_all();
    return std::nullopt;
  }
  // Waits for the question of this index and answers it from the test's thread.
  SpendQuestion Answer(std::size_t index, const SpendAnswer& answer) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_.size() > index; });
    const Asked asked = asked_[index];
    lock.unlock();
    asked.receiver->OnSpendAnswer(asked.ticket, answer);
    return asked.question;
  }
  void AwaitQuestions(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_.size() >= count; });
  }

 private:
  struct Asked {
    SpendQuestion question;
    SpendReceiver* receiver;
    std::uint64_t ticket;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Asked> asked_;
};

class SpendWaitTest : public testing::Test {
 protected:
  SpendWaitTest()
      : loaded_(LoadTexts({"stile.toml", std::string(kConfig), {}, {}})),
        now_(WallClock()),
        keys_(*TemporaryKeys(now_)->Ring(now_)) {
    EXPECT_TRUE(loaded_.good()) << ToString(loaded_.config_errors);
    keys_.secrets.push_back({loaded_.config.sites.at(0).options.name,
                             "secrets",
                             {*SiteSecret::Create(kSecret)},
                             false,
                             false});
    engines_ = std::make_unique<EngineSlot>(
        *BuildEngine(loaded_.config, keys_, false, *RedeemTables::Create({})));
    LookUps look_ups;
    look_ups.spends = desk_;
    loop_ = std::make_unique<EventLoop>(*engines_, occupancy_, budget_,
                                        Routing::Of(loaded_.config, look_ups));
    thread_ = std::thread([this] { loop_->Run(); });
  }
  ~SpendWaitTest() override {
    loop_->Post([this] { loop_->Stop(); });
    thread_.join();
  }

  // A client's end of a new connection.
  int Connect() {
    int pair[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const timeval limit{30, 0};
    setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    loop_->Post([this, served = pair[0]] {
      loop_->Accept(served, ListenerPlan::Of(loaded_.config.listeners.at(0)), std::nullopt);
    });
    return pair[1];
  }

  std::string Question(std::uint64_t sequence) const {
    const auto site = *keys_.common.keys->ForSite("main");
    const std::int64_t seconds = now_.Seconds();
    ResponseToken token;
    token.key_id = 1;
    token.issued_at = static_cast<std::uint32_t>(seconds);
    token.expires_at = static_cast<std::uint32_t>(seconds + 300);
    token.site_id = site->site_id();
    token.spend.sequence = sequence;
    token.host = "example.org";
    ResponseTokenText text;
    EXPECT_TRUE(SealResponseToken(token,
                                  {*site->Find(KeyPurpose::kResponse, 1, seconds, now_),
                                   *site->Find(KeyPurpose::kSpend, 1, seconds, now_)},
                                  text));
    const std::string body =
        "secret=" + std::string(kSecret) + "&response=" + std::string(text.view());
    return "POST /siteverify HTTP/1.1\r\nHost: a\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  static void Send(int client, const std::string& bytes) {
    EXPECT_EQ(send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Reads until a whole reply's JSON is there.
  static std::string Read(int client) {
    std::string reply;
    char buffer[4096];
    while (reply.find("}\n") == std::string::npos && !reply.ends_with('}')) {
      const ssize_t size = recv(client, buffer, sizeof(buffer), 0);
      if (size <= 0) break;
      reply.append(buffer, static_cast<std::size_t>(size));
    }
    return reply;
  }

  LoadedConfig loaded_;
  UnixMillis now_;
  KeyRings keys_;
  std::shared_ptr<LaterDesk> desk_ = std::make_shared<LaterDesk>();
  Occupancy occupancy_;
  RefusalBudget budget_;
  std::unique_ptr<EngineSlot> engines_;
  std::unique_ptr<EventLoop> loop_;
  std::thread thread_;
};

TEST_F(SpendWaitTest, AnAnswerThatComesLaterIsTheReply) {
  const int client = Connect();
  Send(client, Question(17));
  const SpendQuestion question = desk_->Answer(0, {SpendResult::kFresh, false, false});
  EXPECT_EQ(question.id.sequence, 17U);
  const std::string reply = Read(client);
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
  EXPECT_NE(reply.find("{\"success\":true,"), std::string::npos) << reply;
  // The connection goes on.
  Send(client, Question(18));
  EXPECT_EQ(desk_->Answer(1, {SpendResult::kSpent, false, false}).id.sequence, 18U);
  EXPECT_NE(Read(client).find("timeout-or-duplicate"), std::string::npos);
  close(client);
}

TEST_F(SpendWaitTest, RequestsSentAheadWaitForTheirTurn) {
  const int client = Connect();
  Send(client, Question(1) + Question(2));
  desk_->Answer(0, {SpendResult::kFresh, false, false});
  desk_->Answer(1, {SpendResult::kSpent, false, false});
  std::string replies = Read(client);
  if (replies.find("timeout-or-duplicate") == std::string::npos) replies += Read(client);
  EXPECT_LT(replies.find("\"success\":true"), replies.find("timeout-or-duplicate"));
  close(client);
}

TEST_F(SpendWaitTest, AStoreThatStaysSilentIsAnInternalError) {
  const int client = Connect();
  Send(client, Question(1));
  const std::string reply = Read(client);
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
  EXPECT_NE(reply.find("internal-error"), std::string::npos) << reply;
  // What comes then is nobody's answer.
  desk_->Answer(0, {SpendResult::kFresh, false, false});
  Send(client, Question(2));
  desk_->Answer(1, {SpendResult::kSpent, false, false});
  EXPECT_NE(Read(client).find("timeout-or-duplicate"), std::string::npos);
  close(client);
}

TEST_F(SpendWaitTest, AClientThatGoesTakesNothingWithIt) {
  const int gone = Connect();
  Send(gone, Question(1));
  desk_->AwaitQuestions(1);
  close(gone);
  desk_->Answer(0, {SpendResult::kFresh, false, false});
  desk_->Answer(0, {SpendResult::kFresh, false, false});  // Nor if it comes twice.
  const int client = Connect();
  Send(client, Question(2));
  desk_->Answer(1, {SpendResult::kFresh, false, false});
  EXPECT_NE(Read(client).find("{\"success\":true,"), std::string::npos);
  close(client);
}

}  // namespace
}  // namespace stile
