// spend_driver NODE...: the nodes of a fleet in one process, each with a connection of its own to
// the Redis at its address, and a client that tries to use every token up more than once. An oracle
// outside of all nodes counts what was accepted.
//
//   NODE: unix:PATH or IP:PORT
//   --timeout MS, --wait-replicas N, --wait-timeout MS, --local, --prefix TEXT, --lifetime S
//
// Commands on stdin, one a line; each is answered by one line of JSON on stdout when it is done:
//   ready [MS]     waits until every node can issue, or for so long
//   load N         N attempts: new tokens and, among them, ones that were tried before
//   hold N         issues N tokens and tries none
//   replay         tries every token once more, at any node
//   swarm N        issues N tokens and tries each 256 times at once
//   only I         from here on attempts go to node I alone; -1: to any
//   tell           the totals
// `issued`, `asked`, `fresh`, `spent`, `unknown` and `repeated` count since the start; `doubled`
// are tokens that were accepted more than once; `slowest_ms` is the longest that an answer took.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "service/config_address.h"
#include "service/redis_spends.h"
#include "service/wall_clock.h"
#include "verifier/local_spends.h"

namespace stile {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostTokens = 4'000'000;
constexpr std::size_t kInFlight = 512;
constexpr std::uint32_t kRecent = 65'536;

struct Arguments {
  RedisConfig redis;
  std::vector<SocketAddress> nodes;
  std::uint32_t lifetime = 300;
};

// Counts what was accepted, by token. Hears answers on the threads of all nodes.
class Oracle final : public SpendReceiver {
 public:
  Oracle() : accepted_(std::make_unique<std::atomic<std::uint8_t>[]>(kMostTokens)) {}

  // A ticket is a token's number and when it was asked about, in microseconds.
  void OnSpendAnswer(std::uint64_t ticket, const SpendAnswer& answer) noexcept override {
    const auto token = static_cast<std::uint32_t>(ticket >> 40);
    const std::uint64_t took = (Micros() - ticket) & ((std::uint64_t{1} << 40) - 1);
    std::uint64_t slowest = slowest_us.load();
    while (took > slowest && !slowest_us.compare_exchange_weak(slowest, took)) {
    }
    Hear(token, answer);
    in_flight.fetch_sub(1);
  }
  void Hear(std::uint32_t token, const SpendAnswer& answer) noexcept {
    switch (answer.result) {
      case SpendResult::kFresh:
        if (answer.repeated) {
          ++repeated;
          return;
        }
        ++fresh;
        if (accepted_[token].fetch_add(1) == 1) ++doubled;
        return;
      case SpendResult::kSpent:
        ++spent;
        return;
      case SpendResult::kUnknown:
        ++unknown;
        return;
    }
  }
  static std::uint64_t Micros() {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
            .count());
  }
  static std::uint64_t TicketOf(std::uint32_t token) {
    return std::uint64_t{token} << 40 | (Micros() & ((std::uint64_t{1} << 40) - 1));
  }

  std::atomic<std::uint64_t> fresh{0}, spent{0}, unknown{0}, repeated{0}, doubled{0};
  std::atomic<std::uint64_t> slowest_us{0};
  std::atomic<std::size_t> in_flight{0};

 private:
  std::unique_ptr<std::atomic<std::uint8_t>[]> accepted_;
};

class Fleet {
 public:
  explicit Fleet(const Arguments& arguments) : lifetime_(arguments.lifetime) {
    for (std::size_t i = 0; i < arguments.nodes.size(); ++i) {
      RedisOptions options;
      options.config = arguments.redis;
      options.config.address = arguments.nodes[i];
      options.node = static_cast<std::uint16_t>(i + 1);
      options.boot = (std::uint64_t{std::random_device()()} << 32) | std::random_device()();
      options.token_lifetime = std::chrono::seconds(lifetime_);
      std::shared_ptr<LocalSpends> local;
      if (arguments.redis.on_store_error == OnStoreError::kLocal) {
        local = LocalSpends::Create({.node = options.node}).value();
      }
      auto made = RedisSpends::Create(std::move(options), std::move(local));
      if (!made.ok()) std::abort();
      nodes_.push_back(*std::move(made));
    }
  }
  ~Fleet() { Finish(); }

  // Returns whether every node issues.
  bool Ready(std::chrono::milliseconds limit) {
    const auto end = Clock::now() + limit;
    for (std::size_t node = 0; node < nodes_.size();) {
      if (Clock::now() > end) return false;
      if (nodes_[node]->totals().up.load() && Issue(node)) {
        ++node;
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    }
    return true;
  }
  // Two attempts of three are about a token that was tried before, or will be again at once.
  void Load(std::uint64_t attempts) {
    for (std::uint64_t done = 0; done < attempts;) {
      const std::uint64_t die = random_() % 8;
      if (die < 3 || tokens_.empty()) {
        if (!Issue(PickNode())) {
          ++refused_;
          ++done;
          if (refused_ % 64 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
          continue;
        }
        const auto token = static_cast<std::uint32_t>(tokens_.size() - 1);
        Ask(token);
        if (die == 0) Ask(token), ++done;  // At the same time, at another node perhaps.
      } else {
        const std::uint64_t back =
            random_() % std::min<std::uint64_t>(tokens_.size(), die == 7 ? kRecent : 256);
        Ask(static_cast<std::uint32_t>(tokens_.size() - 1 - back));
      }
      ++done;
    }
    Finish();
  }
  void Hold(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      while (!Issue(PickNode())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  void Replay() {
    for (std::uint32_t token = 0; token < tokens_.size(); ++token) Ask(token);
    Finish();
  }
  void Swarm(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      while (!Issue(PickNode())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const auto token = static_cast<std::uint32_t>(tokens_.size() - 1);
      for (int submitter = 0; submitter < 256; ++submitter) Ask(token);
    }
    Finish();
  }
  void Only(int node) { only_ = node; }

  void Tell(const char* done, bool good) const {
    std::uint64_t changes = 0;
    std::uint64_t up = 0;
    std::uint64_t local = 0;
    std::uint64_t contract = 0;
    std::uint64_t unconfirmed = 0;
    for (const auto& node : nodes_) {
      changes += node->totals().epoch_changes.load();
      up += node->totals().up.load() ? 1 : 0;
      local += node->totals().local.load();
      contract += node->totals().broken_contract.load() ? 1 : 0;
      unconfirmed += node->totals().unconfirmed.load();
    }
    std::printf(
        "{\"done\":\"%s\",\"good\":%s,\"issued\":%zu,\"refused\":%llu,\"asked\":%llu,"
        "\"fresh\":%llu,\"spent\":%llu,\"unknown\":%llu,\"repeated\":%llu,\"doubled\":%llu,"
        "\"slowest_ms\":%llu,\"epoch_changes\":%llu,\"up\":%llu,\"local\":%llu,"
        "\"broken_contract\":%llu,\"unconfirmed\":%llu}\n",
        done, good ? "true" : "false", tokens_.size(), ull(refused_), ull(asked_),
        ull(oracle_.fresh), ull(oracle_.spent), ull(oracle_.unknown), ull(oracle_.repeated),
        ull(oracle_.doubled), ull(oracle_.slowest_us / 1000), ull(changes), ull(up), ull(local),
        ull(contract), ull(unconfirmed));
    std::fflush(stdout);
  }

 private:
  static unsigned long long ull(std::uint64_t value) { return value; }

  std::size_t PickNode() {
    return only_ >= 0 ? static_cast<std::size_t>(only_) : random_() % nodes_.size();
  }
  bool Issue(std::size_t node) {
    SpendGrant grant;
    if (tokens_.size() == kMostTokens || !nodes_[node]->Issue(WallClock(), lifetime_, grant)) {
      return false;
    }
    tokens_.push_back({grant.id, grant.expires_at, {}});
    return true;
  }
  void Ask(std::uint32_t token) {
    while (oracle_.in_flight.load() >= kInFlight) std::this_thread::yield();
    oracle_.in_flight.fetch_add(1);
    ++asked_;
    const auto known =
        nodes_[PickNode()]->Ask(tokens_[token], WallClock(), oracle_, Oracle::TicketOf(token));
    if (!known) return;
    oracle_.Hear(token, *known);
    oracle_.in_flight.fetch_sub(1);
  }
  void Finish() {
    while (oracle_.in_flight.load() != 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  std::uint32_t lifetime_;
  Oracle oracle_;  // Outlives the nodes.
  std::vector<std::unique_ptr<RedisSpends>> nodes_;
  std::vector<SpendQuestion> tokens_;
  std::minstd_rand random_{std::random_device()()};
  int only_ = -1;
  std::uint64_t asked_ = 0;
  std::uint64_t refused_ = 0;
};

// Returns false where it can't be told what is meant.
bool Read(int argc, char** argv, Arguments& out) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto next = [&]() { return std::string(i + 1 < argc ? argv[++i] : ""); };
    if (word == "--timeout") {
      out.redis.timeout = std::chrono::milliseconds(std::stol(next()));
    } else if (word == "--wait-replicas") {
      out.redis.wait_replicas = static_cast<std::uint32_t>(std::stoul(next()));
    } else if (word == "--wait-timeout") {
      out.redis.wait_timeout = std::chrono::milliseconds(std::stol(next()));
    } else if (word == "--local") {
      out.redis.on_store_error = OnStoreError::kLocal;
    } else if (word == "--prefix") {
      out.redis.key_prefix = next();
    } else if (word == "--lifetime") {
      out.lifetime = static_cast<std::uint32_t>(std::stoul(next()));
    } else if (word.starts_with("unix:")) {
      SocketAddress address;
      address.is_unix = true;
      address.path = word.substr(5);
      out.nodes.push_back(std::move(address));
    } else if (auto address = ParseServerAddress(word)) {
      out.nodes.push_back(*std::move(address));
    } else {
      return false;
    }
  }
  return !out.nodes.empty();
}

int Run(int argc, char** argv) {
  Arguments arguments;
  if (!Read(argc, argv, arguments)) {
    std::fputs("usage: spend_driver [OPTIONS] NODE...\n", stderr);
    return 2;
  }
  Fleet fleet(arguments);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    long long number = 0;
    words >> command;
    const bool numbered = static_cast<bool>(words >> number);
    bool good = true;
    if (command == "ready") {
      good = fleet.Ready(std::chrono::milliseconds(numbered ? number : 20'000));
    } else if (command == "load") {
      fleet.Load(static_cast<std::uint64_t>(number));
    } else if (command == "hold") {
      fleet.Hold(static_cast<std::uint64_t>(number));
    } else if (command == "replay") {
      fleet.Replay();
    } else if (command == "swarm") {
      fleet.Swarm(static_cast<std::uint64_t>(number));
    } else if (command == "only") {
      fleet.Only(static_cast<int>(number));
    } else {
      good = command == "tell";
    }
    fleet.Tell(command.c_str(), good);
  }
  return 0;
}

}  // namespace
}  // namespace stile

int main(int argc, char** argv) { return stile::Run(argc, argv); }
