// What the store's client makes of a server that answers oddly, late, or not at all.
#include "service/redis_spends.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "challenge/concat.h"
#include "service/redis_connection.h"
#include "service/redis_contract.h"
#include "service/redis_scripts.h"
#include "service/redis_session.h"
#include "service/wall_clock.h"
#include "tests/service/redis/fake_redis.h"
#include "tests/service/redis/scarce_memory.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kDeadline{30};

class Hearer final : public SpendReceiver {
 public:
  void OnSpendAnswer(std::uint64_t ticket, const SpendAnswer& answer) noexcept override {
    const std::lock_guard lock(mutex_);
    answer_ = answer;
    ticket_ = ticket;
    ++count_;
    heard_.notify_all();
  }
  SpendAnswer Wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(heard_.wait_for(lock, kDeadline, [this] { return count_ != 0; }));
    return answer_.value_or(SpendAnswer());
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  std::optional<SpendAnswer> answer_;
  std::uint64_t ticket_ = 0;
  int count_ = 0;
};

RedisOptions OptionsFor(const FakeRedis& server) {
  RedisOptions options;
  options.config.address = server.address();
  options.node = 1;
  options.boot = 2;
  return options;
}

std::unique_ptr<RedisSpends> Client(RedisOptions options, bool serves = true,
                                    std::shared_ptr<LocalSpends> local = nullptr) {
  auto made = RedisSpends::Create(std::move(options), std::move(local));
  EXPECT_TRUE(made.ok());
  const auto end = steady_clock::now() + kDeadline;
  SpendGrant grant;
  while (serves && !(*made)->Issue(WallClock(), 300, grant) && steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_TRUE(!serves || (*made)->totals().up.load());
  return *std::move(made);
}

SpendQuestion Token() { return {{1, 2, 100, 7}, 4'000'000'000, {}}; }

// The same, asked about with an idempotency key.
SpendQuestion Attempt(std::uint64_t number) {
  SpendQuestion question = Token();
  question.idempotency = {3, number};
  return question;
}

SpendAnswer AnswerOf(RedisSpends& client, const SpendQuestion& question = Token()) {
  Hearer hearer;
  const auto known = client.Ask(question, WallClock(), hearer, 1);
  if (known) return *known;
  const SpendAnswer answer = hearer.Wait();
  EXPECT_EQ(hearer.count(), 1);
  return answer;
}

// What a server that answers `bytes` to a spend makes of it.
SpendAnswer AnswerTo(const std::string& bytes) {
  FakeRedis server([&bytes](const FakeRedis::Words&) { return bytes; });
  const auto client = Client(OptionsFor(server));
  return AnswerOf(*client);
}

bool IsPassing(const SpendAnswer& answer) {
  return answer.result == SpendResult::kUnknown && answer.passing && !answer.repeated;
}

TEST(RedisSpends, LettersBecomeAnswers) {
  EXPECT_EQ(AnswerTo(SpendAnswered(100, "f")).result, SpendResult::kFresh);
  EXPECT_EQ(AnswerTo(SpendAnswered(100, "s")).result, SpendResult::kSpent);
  const SpendAnswer forgotten = AnswerTo(SpendAnswered(100, "m"));
  EXPECT_EQ(forgotten.result, SpendResult::kUnknown);
  EXPECT_FALSE(forgotten.passing);
}

TEST(RedisSpends, ErrorsAreUnknown) {
  for (const char* error :
       {"MOVED 3999 127.0.0.1:6381", "READONLY You can't write against a read only replica.",
        "OOM command not allowed when used memory > 'maxmemory'.", "LOADING Redis is loading",
        "MISCONF Errors writing to the AOF file", "CLUSTERDOWN The cluster is down", "WRONGTYPE",
        "BUSY Redis is busy running a script", "ERR", ""}) {
    EXPECT_TRUE(IsPassing(AnswerTo(Concat("-", error, "\r\n")))) << error;
  }
}

TEST(RedisSpends, AnswersOfAnotherShapeAreUnknown) {
  for (const std::string& bytes :
       {std::string(":1\r\n"), std::string("+f\r\n"), Bulk("f"), std::string("$-1\r\n"),
        std::string("*-1\r\n"), std::string("*0\r\n"), std::string("*1\r\n$1\r\nf\r\n"),
        std::string("*2\r\n$1\r\nf\r\n$1\r\nf\r\n"), SpendAnswered(100, ""),
        SpendAnswered(100, "ff"), SpendAnswered(0, "f"), std::string("*2\r\n:-1\r\n$1\r\nf\r\n"),
        std::string("*2\r\n:4294967296\r\n$1\r\nf\r\n"), std::string("*2\r\n:100\r\n:1\r\n"),
        std::string("*2\r\n:100\r\n*1\r\n$1\r\nf\r\n"), std::string("HTTP/1.1 200 OK\r\n\r\n"),
        std::string("\0\0\0\0", 4), SpendAnswered(100, "F"), SpendAnswered(100, "?")}) {
    EXPECT_TRUE(IsPassing(AnswerTo(bytes))) << bytes;
  }
}

TEST(RedisSpends, TruncatedAnswersAreUnknownWithinTheTimeout) {
  const std::string whole = SpendAnswered(100, "f");
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    EXPECT_TRUE(IsPassing(AnswerTo(whole.substr(0, size)))) << size;
  }
}

TEST(RedisSpends, ConnectionThatEndsIsUnknownAndAnotherIsMade) {
  std::atomic<int> asked{0};
  FakeRedis server([&asked](const FakeRedis::Words&) {
    return asked.fetch_add(1) == 0 ? FakeRedis::kHangUp : SpendAnswered(100, "f");
  });
  const auto client = Client(OptionsFor(server));
  EXPECT_TRUE(IsPassing(AnswerOf(*client)));
  const auto end = steady_clock::now() + kDeadline;
  while (AnswerOf(*client).result != SpendResult::kFresh && steady_clock::now() < end) {
  }
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(client->totals().connects.load(), 2U);
}

TEST(RedisSpends, AnswerThatComesTooLateIsNotUsed) {
  FakeRedis server([](const FakeRedis::Words&) {
    std::this_thread::sleep_for(milliseconds(400));
    return SpendAnswered(100, "f");
  });
  RedisOptions options = OptionsFor(server);
  options.config.timeout = milliseconds(50);
  const auto client = Client(std::move(options));
  EXPECT_TRUE(IsPassing(AnswerOf(*client)));
  EXPECT_GE(client->totals().timed_out.load(), 1U);
}

TEST(RedisSpends, HugeSizesTakeNoMemory) {
  rusage before = {};
  ::getrusage(RUSAGE_SELF, &before);
  for (const char* bytes : {"*1000000000\r\n", "*2147483647\r\n", "*65\r\n", "$2147483647\r\nf",
                            "$9223372036854775807\r\nf", "*9223372036854775807\r\n"}) {
    EXPECT_TRUE(IsPassing(AnswerTo(bytes))) << bytes;
  }
  rusage after = {};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024);
}

// "*2\r\n*2\r\n:1\r\n:1\r\n*2\r\n..." with `parts` in each array, `depth` of them within each
// other.
std::string Nested(int parts, int depth) {
  if (depth == 0) return ":1\r\n";
  const std::string part = Nested(parts, depth - 1);
  std::string all = Concat("*", parts, "\r\n");
  for (int i = 0; i < parts; ++i) all += part;
  return all;
}

// What becomes of `bytes` as the reply to a question, and of the connection.
bool KeepsConnection(const std::string& bytes) {
  FakeRedis server([](const FakeRedis::Words&) { return std::string(); });
  server.info = bytes;
  std::string error;
  const auto connection = RedisConnection::Open(server.address(), error);
  EXPECT_NE(connection, nullptr) << error;
  connection->Append(std::array<std::string_view, 1>{"INFO"});
  const auto end = steady_clock::now() + kDeadline;
  while (steady_clock::now() < end) {
    RedisReply reply;
    bool taken = false;
    if (!connection->Write() || !connection->Read() || !connection->Take(reply, taken)) {
      EXPECT_EQ(connection->error(), "it says more than it was asked for");
      return false;
    }
    if (taken) return true;
    std::this_thread::sleep_for(milliseconds(1));
  }
  ADD_FAILURE() << "no reply";
  return false;
}

TEST(RedisConnection, ReplyWithinTheLimitsIsTaken) {
  EXPECT_TRUE(KeepsConnection(Nested(2, 5)));
  EXPECT_TRUE(KeepsConnection(Nested(60, 2)));
  EXPECT_TRUE(KeepsConnection(
      Concat("*2\r\n", Bulk(std::string(250'000, 'x')), Bulk(std::string(250'000, 'x')))));
}

TEST(RedisConnection, ReplyOfTooManyPartsBreaksTheConnection) {
  EXPECT_FALSE(KeepsConnection(Nested(64, 2)));
  EXPECT_FALSE(KeepsConnection(Nested(4'097, 1)));
  EXPECT_FALSE(KeepsConnection("*1000000000\r\n"));
}

TEST(RedisConnection, ReplyOfTooManyBytesBreaksTheConnection) {
  const std::string part = Bulk(std::string(200'000, 'x'));
  EXPECT_FALSE(KeepsConnection(Concat("*3\r\n", part, part, part)));
}

TEST(RedisConnection, ReplyThatIsNestedTooDeepBreaksTheConnection) {
  EXPECT_FALSE(KeepsConnection(Nested(1, 6)));
}

TEST(RedisSpends, EndlessAnswerBreaksTheConnection) {
  EXPECT_TRUE(IsPassing(AnswerTo("$10000000\r\n" + std::string(1'000'000, 'x'))));
  EXPECT_TRUE(IsPassing(AnswerTo("+" + std::string(1'000'000, 'x'))));
}

TEST(RedisSpends, AnswerThatNobodyAskedForBreaksTheConnection) {
  FakeRedis server(
      [](const FakeRedis::Words&) { return SpendAnswered(100, "s") + SpendAnswered(100, "f"); });
  const auto client = Client(OptionsFor(server));
  EXPECT_EQ(AnswerOf(*client).result, SpendResult::kSpent);
  const auto end = steady_clock::now() + kDeadline;
  while (server.connections() < 2 && steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST(RedisSpends, ForgottenScriptIsLoadedAndAskedAgain) {
  std::atomic<int> asked{0};
  FakeRedis server([&asked](const FakeRedis::Words&) {
    return asked.fetch_add(1) == 0 ? std::string("-NOSCRIPT No matching script.\r\n")
                                   : SpendAnswered(100, "f");
  });
  const auto client = Client(OptionsFor(server));
  EXPECT_EQ(AnswerOf(*client).result, SpendResult::kFresh);
  EXPECT_EQ(server.loads(), 8);
}

TEST(RedisSpends, ScriptThatIsForgottenForEverIsUnknown) {
  EXPECT_TRUE(IsPassing(AnswerTo("-NOSCRIPT No matching script.\r\n")));
}

TEST(RedisSpends, UnconfirmedByReplicasIsUnknown) {
  FakeRedis server([](const FakeRedis::Words&) { return SpendAnswered(100, "f"); });
  RedisOptions options = OptionsFor(server);
  options.config.wait_replicas = 1;
  const auto client = Client(std::move(options));
  EXPECT_TRUE(IsPassing(AnswerOf(*client)));
  EXPECT_EQ(client->totals().unconfirmed.load(), 1U);
}

// Each waits for those before it: all of them together take longer than a server may be silent.
TEST(RedisSpends, ReplicasThatConfirmNothingDoNotCostTheConnection) {
  constexpr int kQuestions = RedisSession::kInFlight * RedisSession::kBatch;
  FakeRedis server([](const FakeRedis::Words& words) {
    // The epoch and the place of each question follow the keys.
    const int questions = std::atoi(words[2].c_str()) - 1;
    return SpendAnswered(100, std::string(static_cast<std::size_t>(questions), 'f'));
  });
  server.wait_takes = milliseconds(500);
  RedisOptions options = OptionsFor(server);
  options.config.timeout = milliseconds(1'500);
  options.config.wait_replicas = 1;
  options.config.wait_timeout = server.wait_takes;
  Hearer hearer;
  const auto client = Client(std::move(options));
  for (int i = 0; i < 2 * kQuestions; ++i) {
    ASSERT_FALSE(client->Ask(Token(), WallClock(), hearer, 1).has_value());
  }
  const auto end = steady_clock::now() + kDeadline;
  constexpr int kWaits = RedisSession::kInFlight;
  while (server.waits.load() < kWaits && steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_GE(server.waits.load(), kWaits);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_TRUE(client->totals().up.load());
}

TEST(RedisSpends, TokenOfAnEarlierEpochIsRefusedUnasked) {
  std::atomic<int> asked{0};
  FakeRedis server([&asked](const FakeRedis::Words&) {
    ++asked;
    return SpendAnswered(100, "f");
  });
  const auto client = Client(OptionsFor(server));
  SpendQuestion old = Token();
  old.id.epoch = 99;
  const SpendAnswer answer = AnswerOf(*client, old);
  EXPECT_EQ(answer.result, SpendResult::kUnknown);
  EXPECT_FALSE(answer.passing);
  EXPECT_EQ(asked.load(), 0);
}

TEST(RedisSpends, NoServerIsUnknownAtOnceAndNothingIsIssued) {
  RedisOptions options;
  {
    FakeRedis gone([](const FakeRedis::Words&) { return std::string(); });
    options = OptionsFor(gone);
  }
  const auto client = Client(std::move(options), false);
  EXPECT_TRUE(IsPassing(AnswerOf(*client)));
  SpendGrant grant;
  EXPECT_FALSE(client->Issue(WallClock(), 300, grant));
  EXPECT_FALSE(client->Trouble().why.empty());
}

TEST(RedisSpends, WhatAServerSaysIsToldUpToAPoint) {
  FakeRedis server([](const FakeRedis::Words&) { return std::string(); });
  server.info = Concat("-ERR ", std::string(10'000, 'x'), "\r\n");
  const auto client = Client(OptionsFor(server), false);
  const auto end = steady_clock::now() + kDeadline;
  while (!client->Trouble().why.starts_with("INFO is refused: ERR xxx") &&
         steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(client->Trouble().why.size(), 260U);
}

TEST(RedisSpends, ReplacedPasswordIsSaidOnTheNextConnection) {
  const ScratchFolder folder;
  FakeRedis server([](const FakeRedis::Words&) { return SpendAnswered(100, "f"); });
  server.password = "first";
  RedisOptions options = OptionsFor(server);
  options.config.password_file = folder.Write("password", "first\n");
  const auto client = Client(std::move(options));
  const auto await = [&](auto&& is_so) {
    const auto end = steady_clock::now() + kDeadline;
    while (!is_so() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(1));
    EXPECT_TRUE(is_so()) << client->Trouble().why;
  };
  server.password = "second";
  server.away = true;
  await([&] {
    (void)AnswerOf(*client);
    return !client->totals().up.load();
  });
  server.away = false;
  await([&] { return client->Trouble().why.starts_with("it doesn't take the password: "); });
  folder.Write("password", "");
  await([&] { return client->Trouble().why.find("must have the password") != std::string::npos; });
  folder.Write("password", "second\n");
  await([&] { return client->totals().up.load(); });
}

TEST(RedisSpends, MoreQuestionsThanItHasRoomForAreUnknownAtOnce) {
  FakeRedis server([](const FakeRedis::Words&) { return std::string(); });
  RedisOptions options = OptionsFor(server);
  options.room = 64;
  options.config.timeout = milliseconds(750);
  const auto client = Client(std::move(options));
  Hearer hearer;
  int at_once = 0;
  // More than wait, are in flight, and fit the queue.
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    if (client->Ask(Token(), WallClock(), hearer, i)) ++at_once;
  }
  EXPECT_GT(at_once, 0);
  client->Close();
  EXPECT_EQ(hearer.count() + at_once, 100'000);
}

// A node that goes on by itself while its store is away.
class LoneNode : public testing::Test {
 protected:
  LoneNode() {
    RedisOptions options = OptionsFor(server_);
    options.config.on_store_error = OnStoreError::kLocal;
    client_ = Client(std::move(options), false, *LocalSpends::Create({1'000, 64, 1}));
    FindStore();
  }
  void LoseStore() {
    server_.away.store(true);
    SpendQuestion other = Token();
    other.id.sequence = 1'000;
    while (client_->totals().up.load() && steady_clock::now() < end_) {
      (void)AnswerOf(*client_, other);
    }
    ASSERT_FALSE(client_->totals().up.load());
  }
  void FindStore() {
    server_.away.store(false);
    while (!client_->totals().up.load() && steady_clock::now() < end_) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    ASSERT_TRUE(client_->totals().up.load());
  }

  std::atomic<const char*> says_{"f"};  // As if the store had never heard of any token.
  FakeRedis server_{[this](const FakeRedis::Words&) { return SpendAnswered(100, says_.load()); }};
  std::unique_ptr<RedisSpends> client_;
  steady_clock::time_point end_ = steady_clock::now() + kDeadline;
};

TEST_F(LoneNode, TokenThatPassedByItselfDoesNotPassOnceMoreWithTheStore) {
  LoseStore();
  EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kFresh);
  EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kSpent);
  FindStore();
  EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kSpent);
}

TEST_F(LoneNode, TokenOfAnotherNodeOrProcessDoesNotPassByItself) {
  LoseStore();
  SpendQuestion other = Token();
  ++other.id.boot;
  EXPECT_EQ(AnswerOf(*client_, other).result, SpendResult::kUnknown);
  --other.id.boot;
  ++other.id.node;
  EXPECT_EQ(AnswerOf(*client_, other).result, SpendResult::kUnknown);
}

// Of which the store believes that it has used the token up.
TEST_F(LoneNode, AttemptThatCameLaterIsSpentHoweverOftenItAsks) {
  LoseStore();
  EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kFresh);
  FindStore();
  const SpendQuestion later = Attempt(4);
  EXPECT_EQ(AnswerOf(*client_, later).result, SpendResult::kSpent);
  says_.store("r");
  EXPECT_EQ(AnswerOf(*client_, later).result, SpendResult::kSpent);
}

TEST_F(LoneNode, AttemptOfAnotherNodeGetsItsVerdictAgainHere) {
  says_.store("r");
  const SpendQuestion first = Attempt(4);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(AnswerOf(*client_, first).repeated);
    LoseStore();
    EXPECT_TRUE(AnswerOf(*client_, first).repeated);
    FindStore();
  }
}

TEST_F(LoneNode, AttemptThatPassedByItselfGetsItsVerdictAgain) {
  const SpendQuestion first = Attempt(4);
  const SpendQuestion second = Attempt(5);
  LoseStore();
  EXPECT_EQ(AnswerOf(*client_, first).result, SpendResult::kFresh);
  const auto expect_only_first = [&] {
    const SpendAnswer again = AnswerOf(*client_, first);
    EXPECT_EQ(again.result, SpendResult::kFresh);
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(AnswerOf(*client_, second).result, SpendResult::kSpent);
    EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kSpent);
  };
  expect_only_first();
  FindStore();
  expect_only_first();
}

// The second attempt makes the store believe that it was the first.
TEST_F(LoneNode, AttemptThatPassedByItselfGetsItsVerdictAgainAlsoAfterAnotherOne) {
  const SpendQuestion first = Attempt(4);
  const SpendQuestion second = Attempt(5);
  LoseStore();
  EXPECT_EQ(AnswerOf(*client_, first).result, SpendResult::kFresh);
  FindStore();
  EXPECT_EQ(AnswerOf(*client_, second).result, SpendResult::kSpent);
  says_.store("s");
  const SpendAnswer again = AnswerOf(*client_, first);
  EXPECT_EQ(again.result, SpendResult::kFresh);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(AnswerOf(*client_, second).result, SpendResult::kSpent);
  EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kSpent);
}

TEST_F(LoneNode, AttemptThatTheStoreRefusesIsNotRememberedAsOneThatPassed) {
  says_.store("s");
  const SpendQuestion first = Attempt(4);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(AnswerOf(*client_, first).result, SpendResult::kSpent);
}

TEST_F(LoneNode, AttemptThatPassedWithTheStoreGetsItsVerdictAgainByItself) {
  const SpendQuestion first = Attempt(4);
  EXPECT_EQ(AnswerOf(*client_, first).result, SpendResult::kFresh);
  LoseStore();
  EXPECT_TRUE(AnswerOf(*client_, first).repeated);
  EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kSpent);
}

TEST_F(LoneNode, TokenThatPassedWithTheStoreDoesNotPassOnceMoreByItself) {
  EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kFresh);
  LoseStore();
  EXPECT_EQ(AnswerOf(*client_).result, SpendResult::kSpent);
}

TEST(RedisSpends, WithoutMemoryTheStoreIsAwayAndComesBackWithIt) {
  constexpr int kQuestions = RedisSession::kInFlight * RedisSession::kBatch + 100;
  std::atomic<bool> hangs{true};
  FakeRedis server([&hangs](const FakeRedis::Words&) {
    if (!hangs.load()) return SpendAnswered(100, "f");
    while (hangs.load()) std::this_thread::sleep_for(milliseconds(1));
    return FakeRedis::kHangUp;
  });
  RedisOptions options = OptionsFor(server);
  options.config.timeout = kDeadline;
  options.config.on_store_error = OnStoreError::kLocal;
  Hearer hearer;
  const auto client = Client(std::move(options), false, *LocalSpends::Create({1'000, 64, 1}));
  const auto end = steady_clock::now() + kDeadline;
  const auto await = [&](auto&& is_so) {
    while (!is_so() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(1));
    EXPECT_TRUE(is_so());
  };
  await([&] { return client->totals().up.load(); });
  for (std::uint64_t i = 0; i < kQuestions; ++i) {
    SpendQuestion question = Token();
    question.id.sequence = i;
    ASSERT_FALSE(client->Ask(question, WallClock(), hearer, i).has_value());
  }
  {
    // Some are asked, the others wait and are answered by the node itself, which can't remember.
    const ScarceMemory scarce("stile-redis");
    hangs = false;
    await([&] { return hearer.count() == kQuestions; });
    EXPECT_TRUE(IsPassing(hearer.Wait()));
    EXPECT_FALSE(client->totals().up.load());
  }
  await([&] { return client->totals().up.load(); });
  EXPECT_EQ(AnswerOf(*client).result, SpendResult::kFresh);
}

TEST(RedisSpends, StoreThatFallsSilentIsNoticedThoughNobodyAsks) {
  FakeRedis server([](const FakeRedis::Words&) { return SpendAnswered(100, "f"); });
  const auto client = Client(OptionsFor(server));
  server.mute = true;
  const auto begin = steady_clock::now();
  while (client->totals().up.load() && steady_clock::now() - begin < kDeadline) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_FALSE(client->totals().up.load());
  EXPECT_EQ(client->Trouble().why, "it doesn't answer");
}

TEST(RedisSpends, StoreThatAnswersOnIsAskedAgainAndStaysUp) {
  FakeRedis server([](const FakeRedis::Words&) { return SpendAnswered(100, "f"); });
  const auto client = Client(OptionsFor(server));
  const int connections = server.connections();
  const auto end = steady_clock::now() + kDeadline;
  while (server.probes.load() < 3 && steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_GE(server.probes.load(), 3);
  EXPECT_TRUE(client->totals().up.load());
  EXPECT_EQ(server.connections(), connections);
}

TEST(RedisSpends, CloseAnswersWhatIsAsked) {
  FakeRedis server([](const FakeRedis::Words&) { return std::string(); });
  const auto client = Client(OptionsFor(server));
  Hearer hearer;
  ASSERT_FALSE(client->Ask(Token(), WallClock(), hearer, 1).has_value());
  client->Close();
  EXPECT_EQ(hearer.count(), 1);
  EXPECT_TRUE(client->Ask(Token(), WallClock(), hearer, 2).has_value());
}

TEST(RedisContract, SoundServerKeepsIt) {
  FakeRedis server([](const FakeRedis::Words&) { return std::string(); });
  EXPECT_TRUE(RedisContractMistakes(server.info, WallClock(), seconds(30)).empty());
}

TEST(RedisContract, EachPartIsNamedAlone) {
  struct Case {
    std::string_view from, to, says;
  };
  FakeRedis server([](const FakeRedis::Words&) { return std::string(); });
  for (const Case& one : {Case{"7.0.15", "6.2.1", "Redis 7.0 or later"},
                          Case{"role:master", "role:slave", "its role is slave"},
                          Case{"noeviction", "allkeys-lru", "maxmemory-policy is allkeys-lru"},
                          Case{"aof_enabled:1", "aof_enabled:0", "appendonly yes"}}) {
    std::string info = server.info;
    info.replace(info.find(one.from), one.from.size(), one.to);
    const auto mistakes = RedisContractMistakes(info, WallClock(), seconds(30));
    ASSERT_EQ(mistakes.size(), 1U) << one.to;
    EXPECT_NE(mistakes.front().find(one.says), std::string::npos) << mistakes.front();
  }
  const auto late = RedisContractMistakes(server.info, WallClock() + seconds(90), seconds(30));
  ASSERT_EQ(late.size(), 1U);
  EXPECT_NE(late.front().find("its clock is"), std::string::npos);
  EXPECT_EQ(RedisContractMistakes("", WallClock(), seconds(30)).size(), 5U);
}

TEST(RedisScripts, KeysOfAFleetAreOfOneSlot) {
  const SpendId id{3, 0xAB, 9, 5};
  EXPECT_EQ(SentinelKey("shop"), "{shop}:epoch");
  EXPECT_EQ(BlockKey("shop", id, 4), "{shop}:spent:9:3:00000000000000ab:4");
  EXPECT_EQ(AttemptKey("shop", id), "{shop}:attempt:9:3:00000000000000ab:5");
}

}  // namespace
}  // namespace stile
