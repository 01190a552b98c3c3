// spend_store_bench SOCKET [TOKENS SPENDS KEYS]: what single use costs in Redis, in a bitmap and as
// keys.
//
// Over one connection to the redis-server at the unix socket SOCKET, which must be empty:
//   1. numbers TOKENS tokens, and says what memory the store took for them
//   2. uses SPENDS of them up, picked at random, each of which must be fresh, and once more, where
//      each must be spent
//   3. sets KEYS keys with NX and PX as peers do, 64 at a time, each of which must be new, and once
//      more, where each must be there; and says what memory they took
// Prints one line of JSON.

#include <hiredis/hiredis.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "service/redis_spends.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "spend_store_bench: %s\n", what);
  std::exit(1);
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A plain connection, for what Stile's client doesn't do.
class Plain {
 public:
  explicit Plain(const std::string& path) : context_(redisConnectUnix(path.c_str())) {
    if (context_ == nullptr || context_->err != 0) Fail("can't connect");
  }
  ~Plain() { redisFree(context_); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  // A number of INFO's answer.
  std::uint64_t Info(const char* field) {
    auto* reply = static_cast<redisReply*>(redisCommand(context_, "INFO"));
    if (reply == nullptr || reply->str == nullptr) Fail("no INFO");
    const char* at = std::strstr(reply->str, field);
    const std::uint64_t value =
        at == nullptr ? 0 : std::strtoull(at + std::strlen(field), nullptr, 10);
    freeReplyObject(reply);
    return value;
  }
  // Seconds of CPU that the server has used.
  double Cpu() {
    auto* reply = static_cast<redisReply*>(redisCommand(context_, "INFO cpu"));
    if (reply == nullptr || reply->str == nullptr) Fail("no INFO");
    double seconds = 0;
    for (const char* field : {"used_cpu_sys:", "used_cpu_user:"}) {
      const char* at = std::strstr(reply->str, field);
      if (at != nullptr) seconds += std::strtod(at + std::strlen(field), nullptr);
    }
    freeReplyObject(reply);
    return seconds;
  }
  // Sets keys, 64 at a time. Returns how many were new.
  std::uint64_t SetKeys(std::uint64_t count) {
    constexpr std::uint64_t kBatch = 64;
    std::uint64_t fresh = 0;
    for (std::uint64_t first = 0; first < count; first += kBatch) {
      const std::uint64_t end = std::min(count, first + kBatch);
      for (std::uint64_t i = first; i < end; ++i) {
        // 21 bytes of key, and a life of five minutes.
        redisAppendCommand(context_, "SET t:%019llu 1 NX PX 300000",
                           static_cast<unsigned long long>(i * 2'654'435'761U));
      }
      for (std::uint64_t i = first; i < end; ++i) {
        void* reply = nullptr;
        if (redisGetReply(context_, &reply) != REDIS_OK) Fail("no reply to SET");
        fresh += static_cast<redisReply*>(reply)->type == REDIS_REPLY_STATUS ? 1U : 0U;
        freeReplyObject(reply);
      }
    }
    return fresh;
  }

 private:
  redisContext* context_;
};

class Tally final : public SpendReceiver {
 public:
  void OnSpendAnswer(std::uint64_t /*ticket*/, const SpendAnswer& answer) noexcept override {
    (answer.result == SpendResult::kFresh   ? fresh
     : answer.result == SpendResult::kSpent ? spent
                                            : unknown)
        .fetch_add(1, std::memory_order_relaxed);
    in_flight.fetch_sub(1, std::memory_order_release);
  }
  std::atomic<std::uint64_t> fresh{0}, spent{0}, unknown{0};
  std::atomic<std::uint64_t> in_flight{0};
};

// Asks about all of `ids`. Returns the seconds that it took.
double AskAll(RedisSpends& store, const std::vector<SpendQuestion>& ids, Tally& tally) {
  const Clock::time_point start = Clock::now();
  const UnixMillis now = WallClock();
  for (const SpendQuestion& id : ids) {
    while (tally.in_flight.load(std::memory_order_acquire) >= 1'024) std::this_thread::yield();
    tally.in_flight.fetch_add(1, std::memory_order_relaxed);
    if (store.Ask(id, now, tally, 0)) Fail("a spend was not asked about");
  }
  while (tally.in_flight.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  return SecondsSince(start);
}

int Run(const std::string& path, std::uint64_t tokens, std::uint64_t spends, std::uint64_t keys) {
  Plain plain(path);
  const std::uint64_t empty = plain.Info("used_memory:");
  RedisOptions options;
  options.config.address.is_unix = true;
  options.config.address.path = path;
  options.config.timeout = std::chrono::milliseconds(750);
  options.boot = 1;
  auto made = RedisSpends::Create(std::move(options), nullptr);
  if (!made.ok()) Fail("no store");
  RedisSpends& store = **made;
  std::vector<SpendQuestion> ids;
  std::mt19937_64 random(1);
  const Clock::time_point start = Clock::now();
  for (std::uint64_t i = 0; i < tokens;) {
    SpendGrant grant;
    if (!store.Issue(WallClock(), 300, grant)) {
      if (SecondsSince(start) > 60) Fail("no numbers");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    // Every tokens / spends-th, on average.
    if (random() % tokens < spends) ids.push_back({grant.id, grant.expires_at, {}});
    ++i;
  }
  std::shuffle(ids.begin(), ids.end(), random);
  const std::uint64_t bitmap = plain.Info("used_memory:") - empty;
  Tally tally;
  const double cpu_before = plain.Cpu();
  const double fresh_s = AskAll(store, ids, tally);
  if (tally.fresh != ids.size()) Fail("a new token was not fresh");
  const double cpu_fresh = plain.Cpu();
  const double spent_s = AskAll(store, ids, tally);
  if (tally.fresh != ids.size() || tally.spent != ids.size()) Fail("a used token was not spent");

  const std::uint64_t before = plain.Info("used_memory:");
  const double cpu_spent = plain.Cpu();
  const Clock::time_point keys_start = Clock::now();
  if (plain.SetKeys(keys) != keys) Fail("a key was there already");
  const double keys_s = SecondsSince(keys_start);
  const double cpu_keys = plain.Cpu();
  const std::uint64_t keys_memory = plain.Info("used_memory:") - before;
  const Clock::time_point again = Clock::now();
  if (plain.SetKeys(keys) != 0) Fail("a key was forgotten");
  const double again_s = SecondsSince(again);
  const double count = static_cast<double>(ids.size());
  std::printf(
      "{\"tokens\":%llu,\"bitmap_bytes\":%llu,\"spends\":%zu,\"fresh_per_s\":%.0f,"
      "\"spent_per_s\":%.0f,\"keys\":%llu,\"keys_bytes\":%llu,\"set_per_s\":%.0f,"
      "\"set_again_per_s\":%.0f,\"fresh_per_cpu_s\":%.0f,"
      "\"spent_per_cpu_s\":%.0f,\"set_per_cpu_s\":%.0f}\n",
      static_cast<unsigned long long>(tokens), static_cast<unsigned long long>(bitmap), ids.size(),
      count / fresh_s, count / spent_s, static_cast<unsigned long long>(keys),
      static_cast<unsigned long long>(keys_memory), static_cast<double>(keys) / keys_s,
      static_cast<double>(keys) / again_s, count / (cpu_fresh - cpu_before),
      count / (cpu_spent - cpu_fresh), static_cast<double>(keys) / (cpu_keys - cpu_spent));
  return 0;
}

}  // namespace
}  // namespace stile

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: spend_store_bench SOCKET [TOKENS SPENDS KEYS]\n", stderr);
    return 2;
  }
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  return stile::Run(argv[1], number(2, 30'000'000), number(3, 500'000), number(4, 500'000));
}
