#include "tests/simulation/store_scripts.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "service/redis_scripts.h"

namespace stile::simulation {
namespace {

constexpr std::string_view kPrefix = "stile";
// How long an attempt is remembered: the longest life of a token and a minute.
constexpr Span kKeepAttempt = (300 + 60) * kSecond;

struct Sentinel {
  std::uint64_t epoch = 0;
  bool own = false;  // It says who the server is at this instant.
};

std::string IdentityOf(const StoreServer& server, bool without) {
  return without ? std::string("0 0") : server.run_id() + " " + server.replication_id();
}

Sentinel ReadSentinel(StoreServer& server, Instant now, bool without) {
  Sentinel sentinel;
  const std::string* const text = server.Get(SentinelKey(kPrefix), now);
  if (text == nullptr) return sentinel;
  const std::size_t space = text->find(' ');
  std::from_chars(text->data(), text->data() + space, sentinel.epoch);
  sentinel.own = text->substr(space + 1) == IdentityOf(server, without);
  return sentinel;
}

StoreReply Error(const char* what) {
  StoreReply reply;
  reply.error = what;
  return reply;
}

StoreReply Values(std::vector<std::string> values) {
  StoreReply reply;
  reply.ok = true;
  reply.values = std::move(values);
  return reply;
}

std::string IdOf(const IdempotencyId& attempt) {
  return std::to_string(attempt.high) + "." + std::to_string(attempt.low);
}

std::string BlockOf(const SpendId& id) {
  return BlockKey(kPrefix, id, SpendEpochs::PlaceOf(id.sequence).block);
}

std::string LetterOf(const SpendQuestion& question, StoreServer& server, Instant now,
                     std::uint64_t epoch, bool writes) {
  const SpendId& id = question.id;
  if (id.epoch != epoch) return "e";
  const std::string key = BlockOf(id);
  const std::uint32_t position = SpendEpochs::PlaceOf(id.sequence).position;
  const std::string* const block = server.Get(key, now);
  if (block == nullptr || block->size() * 8 <= position) return "m";
  if (!writes) {
    return (((*block)[position / 8] >> (7 - position % 8)) & 1) != 0 ? "s" : "f";
  }
  const bool attempts = !question.idempotency.empty();
  if (!server.SetBit(key, position, now)) {
    if (attempts) {
      server.Set(AttemptKey(kPrefix, id), IdOf(question.idempotency),
                 server.ServerTime(now) + kKeepAttempt, now);
    }
    return "f";
  }
  if (!attempts) return "s";
  const std::string* const by = server.Get(AttemptKey(kPrefix, id), now);
  return by != nullptr && *by == IdOf(question.idempotency) ? "r" : "s";
}

}  // namespace

StoreCommand AdoptCommand(const World& world, std::uint32_t floor, UnixMillis now) {
  const bool without = world.Is(Mutant::kNoRunId);
  return [&world, without, floor, now](StoreServer& server, Instant instant) {
    const Sentinel sentinel = ReadSentinel(server, instant, without);
    if (sentinel.own && sentinel.epoch >= floor) return Values({std::to_string(sentinel.epoch)});
    // Allowed where the server is full.
    if (!server.is_master()) return Error("READONLY");
    const auto before = static_cast<std::uint64_t>(std::max<std::int64_t>(now.Seconds() - 1, 0));
    const std::uint64_t epoch = std::max({sentinel.epoch, std::uint64_t{floor}, before}) + 1;
    if (epoch > 0xFFFFFFFF) return Error("EPOCH");
    const std::string text = std::to_string(epoch);
    world.Say("server %.4s %.4s: epoch %s after %llu, floor %u", server.run_id().c_str(),
              server.replication_id().c_str(), text.c_str(),
              static_cast<unsigned long long>(sentinel.epoch), floor);
    server.Set(SentinelKey(kPrefix), text + " " + IdentityOf(server, without), 0, instant);
    return Values({text});
  };
}

StoreCommand OpenCommand(const World& world, std::uint16_t node, std::uint64_t boot,
                         const SpendEpochs::Order& order) {
  const bool without = world.Is(Mutant::kNoRunId);
  SpendEpochs::Order asked = order;
  if (world.Is(Mutant::kNoSkew)) asked.keep -= SpendEpochs::Options().skew;
  return [without, node, boot, asked](StoreServer& server, Instant now) {
    if (!server.MayWrite()) return Error(server.is_master() ? "OOM" : "READONLY");
    const Sentinel sentinel = ReadSentinel(server, now, without);
    if (!sentinel.own || sentinel.epoch != asked.epoch) return Values({"stale"});
    const std::string key = BlockKey(kPrefix, {node, boot, asked.epoch, 0}, asked.block);
    if (server.Get(key, now) != nullptr) return Values({"taken"});
    const auto keep = static_cast<Span>(asked.keep.count()) * kMillisecond;
    server.Set(key, std::string(asked.bytes, '\0'), server.ServerTime(now) + keep, now);
    return Values({"opened"});
  };
}

StoreCommand SpendCommand(const World& world, const SpendQuestion& question) {
  const bool without = world.Is(Mutant::kNoRunId);
  return [without, question](StoreServer& server, Instant now) {
    // An attempt stores something new, which a full server refuses before the script begins.
    if (!question.idempotency.empty() && !server.MayWrite()) return Error("OOM");
    const Sentinel sentinel = ReadSentinel(server, now, without);
    if (!sentinel.own) return Values({"0", ""});
    if (!server.is_master()) return Error("READONLY");
    return Values(
        {std::to_string(sentinel.epoch), LetterOf(question, server, now, sentinel.epoch, true)});
  };
}

StoreCommand InfoCommand() {
  return [](StoreServer& server, Instant now) {
    const Instant time = server.ServerTime(now) + World::kBeginMillis * kMillisecond;
    return Values({"redis_version:7.0.15\r\nserver_time_usec:" + std::to_string(time) +
                   "\r\nrole:" + (server.is_master() ? "master" : "slave") +
                   "\r\nmaxmemory_policy:" + (server.evicts() ? "allkeys-lru" : "noeviction") +
                   "\r\naof_enabled:" + (server.appends() ? "1" : "0") + "\r\n"});
  };
}

StoreCommand LookCommand(const World& world, const SpendQuestion& question) {
  const bool without = world.Is(Mutant::kNoRunId);
  return [without, question](StoreServer& server, Instant now) {
    const Sentinel sentinel = ReadSentinel(server, now, without);
    if (!sentinel.own) return Values({"0", ""});
    return Values(
        {std::to_string(sentinel.epoch), LetterOf(question, server, now, sentinel.epoch, false)});
  };
}

StoreCommand MarkCommand(const SpendQuestion& question) {
  return [question](StoreServer& server, Instant now) {
    if (!server.is_master()) return Error("READONLY");
    server.SetBit(BlockOf(question.id), SpendEpochs::PlaceOf(question.id.sequence).position, now);
    return Values({});
  };
}

StoreCommand TextCommand(const std::string& text) {
  return [text](StoreServer& server, Instant now) {
    if (!server.MayWrite()) return Error("OOM");
    const std::string key = "text:" + text;
    if (server.Get(key, now) != nullptr) return Values({"s"});
    server.Set(key, "1", server.ServerTime(now) + kKeepAttempt, now);
    return Values({"f"});
  };
}

}  // namespace stile::simulation
